"""The history of the tables ends in the tables as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from mlops_core.errors import StoreError
from mlops_core.settings import load_settings
from mlops_core.store import migrations
from mlops_core.store.session import open_engine
from mlops_core.store.tables import metadata
from mlops_core.store.workspace import Workspace


def constraints(connection: Connection) -> dict[str, object]:
    """What ``compare_metadata`` does not look at."""
    found = inspect(connection)
    return {
        name: (
            sorted((str(one["name"]), one["sqltext"]) for one in found.get_check_constraints(name)),
            sorted((one["name"], one["options"]) for one in found.get_foreign_keys(name)),
        )
        for name in metadata.tables
    }


def test_migrating_makes_exactly_the_tables(workspace: Workspace, tmp_path: Path) -> None:
    made = open_engine(f"sqlite:///{tmp_path / 'made.db'}")
    metadata.create_all(made)
    with workspace.read() as migrated, made.connect() as created:
        context = MigrationContext.configure(migrated, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert constraints(migrated) == constraints(created)
    made.dispose()


def test_a_workspace_is_at_the_newest_revision(workspace: Workspace) -> None:
    with workspace.read() as connection:
        assert migrations.current(connection) == migrations.head()


def test_opening_again_changes_nothing(home: Path) -> None:
    settings = load_settings({"MLOPS_HOME": str(home)})
    before = (home / "mlops.db").stat().st_size
    Workspace.open(settings).close()
    assert (home / "mlops.db").stat().st_size == before


def test_a_database_of_a_newer_release_is_refused(workspace: Workspace, home: Path) -> None:
    with workspace.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer version"):
        Workspace.open(load_settings({"MLOPS_HOME": str(home)}))


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = load_settings(
        {"MLOPS_HOME": str(tmp_path / "file" / "data"), "DATABASE_URL": "sqlite://"}
    )
    with pytest.raises(StoreError, match="data"):
        Workspace.open(settings)
