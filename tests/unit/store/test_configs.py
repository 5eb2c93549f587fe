"""Versions of a name: never two of one number, whoever else writes."""

from __future__ import annotations

import pytest
from sqlalchemy import NestedTransaction, insert, select

from mlops_core.errors import StoreError
from mlops_core.store import configs
from mlops_core.store.tables import resource_profile
from mlops_core.store.workspace import Workspace


def values(ws: Workspace, name: str = "p") -> dict[str, object]:
    return {"name": name, "allocation": {"cpu_cores": 1}, "created_at": ws.now(), "description": ""}


def test_each_name_counts_by_itself(workspace: Workspace) -> None:
    with workspace.begin() as connection:
        for name in ("a", "b", "a"):
            configs.insert_next_version(connection, resource_profile, values(workspace, name))
        rows = connection.execute(select(resource_profile.c.name, resource_profile.c.version))
        assert sorted((row.name, row.version) for row in rows) == [("a", 1), ("a", 2), ("b", 1)]


def test_a_number_that_another_took_is_chosen_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a database that lets two writers in: a rival comes between the look and the insert."""
    with workspace.begin() as connection:
        savepoint = connection.begin_nested

        def slow_savepoint() -> NestedTransaction:
            monkeypatch.undo()
            connection.execute(insert(resource_profile).values(**values(workspace), version=1))
            return savepoint()

        monkeypatch.setattr(connection, "begin_nested", slow_savepoint)
        made = configs.insert_next_version(connection, resource_profile, values(workspace))
        version = select(resource_profile.c.version).where(resource_profile.c.id == made)
        assert connection.execute(version).scalar() == 2


def test_giving_up_says_so_and_keeps_the_transaction(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configs, "VERSION_ATTEMPTS", 0)
    with workspace.begin() as connection:
        with pytest.raises(StoreError, match="Try again"):
            configs.insert_next_version(connection, resource_profile, values(workspace))
        assert configs.is_empty(connection, configs.RESOURCE_PROFILES)
