"""Imports in the background: begun, told, cancelled, forgotten."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from mlops_core.errors import Cancelled, InvalidInput
from mlops_core.i18n import use_language
from mlops_core.services import datasets, imports
from mlops_core.services.imports import AT_ONCE, ENDED_KEPT, Imports, Stage
from mlops_core.services.reading import Watch
from mlops_core.store.workspace import Workspace


def table(folder: Path, name: str = "in.csv") -> Path:
    path = folder / name
    path.write_text("a,b\n1,x\n2,y\n", encoding="utf-8")
    return path


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Imports read nothing before this is set, unless they are cancelled."""
    free, add_file = Event(), datasets.add_file

    def slow(*given: object, watch: Watch, **named: object) -> object:
        assert watch.tell and watch.cancelled
        watch.tell("deciding", 0.5)
        while not free.wait(0.02):
            if watch.cancelled():
                raise Cancelled("No.")
        return add_file(*given, watch=watch, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(imports.datasets, "add_file", slow)
    return free


def test_an_import_becomes_a_dataset(workspace: Workspace, tmp_path: Path) -> None:
    jobs, called = Imports(workspace), Event()
    path = table(tmp_path)
    id = jobs.start(path, file_name="나의.csv", name="mine", tags=("t",), after=called.set)
    jobs.wait(id, 20)
    now = jobs.get(id)
    assert now and now.stage is Stage.ADDED and now.share == 1 and called.is_set()
    dataset = datasets.get_dataset(workspace, now.dataset_id or 0)
    assert (dataset.name, dataset.original_name, dataset.tags) == ("mine", "나의.csv", ("t",))


def test_why_one_failed_is_told_in_the_language_of_who_began_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    jobs = Imports(workspace)
    use_language("ko")
    id = jobs.start(tmp_path / "none.csv", file_name="none.csv", name="x")
    use_language("en")
    jobs.wait(id, 20)
    now = jobs.get(id)
    assert now and now.stage is Stage.FAILED and isinstance(now.error, InvalidInput)
    assert "파일" in now.error.message


def test_what_nobody_foresaw_has_a_reference_and_no_traceback(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: object, **_named: object) -> None:
        raise RuntimeError("inside")

    monkeypatch.setattr(imports.datasets, "add_file", broken)
    jobs = Imports(workspace)
    id = jobs.start(table(tmp_path), file_name="in.csv", name="x")
    jobs.wait(id, 20)
    now = jobs.get(id)
    assert now and now.stage is Stage.FAILED and now.error
    assert "inside" not in str(now.error) and "log" in now.error.hint


def test_only_a_few_read_at_once_and_each_can_be_cancelled(
    workspace: Workspace, tmp_path: Path, held: Event
) -> None:
    jobs, path = Imports(workspace), table(tmp_path)
    ids = [jobs.start(path, file_name="in.csv", name=f"n{i}") for i in range(AT_ONCE + 2)]
    reading, waiting = ids[:AT_ONCE], ids[AT_ONCE:]
    assert [one.id for one in jobs.known()] == ids[::-1]
    for id in ids:
        jobs.forget(id)  # of no effect as long as they go on
    jobs.cancel(waiting[0])
    jobs.wait(waiting[0], 20)
    jobs.cancel(reading[0])
    jobs.wait(reading[0], 20)
    held.set()
    for id in ids:
        jobs.wait(id, 20)
    stages = {one.id: one.stage for one in jobs.known()}
    assert stages == {
        reading[0]: Stage.CANCELLED,
        reading[1]: Stage.ADDED,
        waiting[0]: Stage.CANCELLED,
        waiting[1]: Stage.ADDED,
    }
    assert {one.name for one in datasets.list_datasets(workspace)} == {"n1", "n3"}
    jobs.cancel(ids[1])
    assert jobs.get(ids[1]) and stages[ids[1]] is Stage.ADDED
    jobs.forget(ids[0])
    assert jobs.get(ids[0]) is None


def test_how_far_it_is_can_be_seen(workspace: Workspace, tmp_path: Path, held: Event) -> None:
    jobs = Imports(workspace)
    id = jobs.start(table(tmp_path), file_name="in.csv", name="x")
    jobs.wait(id, 0.2)
    now = jobs.get(id)
    assert now and (now.step, now.share) == ("deciding", 0.5)
    assert now.stage is Stage.READING and now.bytes > 0
    held.set()
    jobs.wait(id, 20)


def test_only_the_last_that_ended_are_told(workspace: Workspace, tmp_path: Path) -> None:
    jobs = Imports(workspace)
    for place in range(ENDED_KEPT + 5):
        id = jobs.start(tmp_path / "none.csv", file_name=f"{place}.csv", name="x")
        jobs.wait(id, 20)
    assert len(jobs.known()) == ENDED_KEPT + 1
    assert jobs.known()[0].file_name == f"{ENDED_KEPT + 4}.csv"
