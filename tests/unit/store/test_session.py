"""Transactions: whole or not at all, and never "database is locked"."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import func, insert, select

from mlops_core.errors import InvalidInput, StoreError
from mlops_core.store import session
from mlops_core.store.session import open_engine, transaction
from mlops_core.store.tables import resource_profile
from mlops_core.store.workspace import Workspace


def profile(ws: Workspace, version: int) -> dict[str, object]:
    return {"name": "p", "version": version, "allocation": {}, "created_at": ws.now()}


def test_an_error_undoes_the_whole_transaction(workspace: Workspace) -> None:
    with pytest.raises(KeyError), workspace.begin() as connection:
        connection.execute(insert(resource_profile).values(**profile(workspace, 1)))
        raise KeyError
    with workspace.read() as connection:
        assert connection.execute(select(func.count(resource_profile.c.id))).scalar() == 0


def test_a_reading_transaction_cannot_write(workspace: Workspace) -> None:
    with pytest.raises(StoreError), workspace.read() as connection:
        connection.execute(insert(resource_profile).values(**profile(workspace, 1)))


@pytest.mark.parametrize("value", [2**63, "\udcff"])
def test_what_the_database_cannot_hold_is_bad_input(workspace: Workspace, value: object) -> None:
    column = resource_profile.c.version if isinstance(value, int) else resource_profile.c.name
    with pytest.raises(InvalidInput, match="cannot be looked up"), workspace.read() as connection:
        connection.execute(select(resource_profile.c.id).where(column == value))


def test_reading_sees_one_state_while_another_writes(workspace: Workspace) -> None:
    count = select(func.count(resource_profile.c.id))
    with workspace.read() as reading:
        assert reading.execute(count).scalar() == 0
        with workspace.begin() as writing:
            writing.execute(insert(resource_profile).values(**profile(workspace, 1)))
        assert reading.execute(count).scalar() == 0
    with workspace.read() as reading:
        assert reading.execute(count).scalar() == 1


def test_many_writers_take_turns(workspace: Workspace) -> None:
    failures: list[StoreError] = []

    def write(first: int) -> None:
        try:
            for version in range(first, first + 20):
                with workspace.begin() as connection:
                    # Read, then write: what a deferred transaction would fail at.
                    connection.execute(select(func.max(resource_profile.c.version))).scalar()
                    connection.execute(
                        insert(resource_profile).values(**profile(workspace, version))
                    )
        except StoreError as error:
            failures.append(error)

    threads = [Thread(target=write, args=(number * 100,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with workspace.read() as connection:
        assert connection.execute(select(func.count(resource_profile.c.id))).scalar() == 120


def test_a_database_that_stays_busy_is_said(
    workspace: Workspace, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "BUSY_TIMEOUT_MS", 50)
    impatient = open_engine(f"sqlite:///{home / 'mlops.db'}")
    with (
        workspace.begin(),
        pytest.raises(StoreError, match="The database is busy"),
        transaction(impatient),
    ):
        pass
    impatient.dispose()


def test_a_damaged_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "mlops.db").write_bytes(b"not a database, but long enough to look at" * 100)
    engine = open_engine(f"sqlite:///{tmp_path / 'mlops.db'}")
    with pytest.raises(StoreError, match="cannot be read"), transaction(engine):
        pass
    engine.dispose()


@pytest.mark.parametrize("url", ["nonsense", "oracle9://x", "sqlite+nowhere://"])
def test_an_address_that_cannot_be_used_is_named(url: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        open_engine(url)
    assert refused.value.field == "DATABASE_URL"
