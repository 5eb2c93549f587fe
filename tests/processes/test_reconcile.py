"""What a scheduler concludes about runs whose supervisor has gone or never came."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from mlops_core.domain.records import ProcessIdentity
from mlops_core.domain.results import TrainingError
from mlops_core.errors import StoreError
from mlops_core.runners.processes import boot_id
from mlops_core.scheduling import launch
from mlops_core.scheduling.loop import Scheduler
from mlops_core.scheduling.reconcile import TAKE_UP_SECONDS, reconcile
from mlops_core.settings import load_settings
from mlops_core.store import runs, work
from mlops_core.store.work import ActiveRun
from mlops_core.store.workspace import Workspace
from tests.processes.conftest import Lab

GONE = 2**22 + 1  # above the largest number that a process can have


def active(lab: Lab) -> ActiveRun:
    with lab.ws.read() as connection:
        (found,) = work.active(connection)
    return found


def take_up(lab: Lab, run_id: int, boot: str) -> None:
    attempt = lab.claim(run_id)
    with lab.ws.begin() as connection:
        assert runs.take_up(
            connection,
            run_id,
            attempt=attempt,
            supervisor=ProcessIdentity(pid=GONE, start_ticks=1, boot_id=boot),
            enforcement={},
            at=lab.ws.now(),
        )


@pytest.mark.parametrize("launched", [True, None])
def test_a_fresh_claim_is_left_alone(lab: Lab, launched: bool | None) -> None:
    run_id = lab.queue()
    lab.claim(run_id)
    reconcile(lab.ws, active(lab), launched=launched)
    assert lab.events(run_id) == ["queued", "claim"]


@pytest.mark.parametrize("ahead", [-10, 10])
def test_a_clock_that_was_set_does_not_hold_a_claim_for_ever(lab: Lab, ahead: float) -> None:
    """Set forward the claim seems old; set back it seems to lie in the future."""
    run_id = lab.queue()
    with lab.ws.begin() as connection:
        at = lab.ws.now() + timedelta(seconds=ahead * TAKE_UP_SECONDS)
        runs.claim(connection, run_id, cores=(0,), at=at)
    reconcile(lab.ws, active(lab), launched=None)
    row = lab.row(run_id)
    assert (row.status, row.attempt) == ("queued", 2)


def test_a_supervisor_that_starts_slowly_is_waited_for(lab: Lab) -> None:
    run_id = lab.queue()
    with lab.ws.begin() as connection:
        long_ago = lab.ws.now() - timedelta(seconds=10 * TAKE_UP_SECONDS)
        runs.claim(connection, run_id, cores=(0,), at=long_ago)
    reconcile(lab.ws, active(lab), launched=True)
    assert lab.row(run_id).status == "running"


def test_a_supervisor_that_dies_at_its_start_is_tried_three_times(lab: Lab) -> None:
    run_id = lab.queue()
    for _ in range(3):
        assert lab.row(run_id).status == "queued"
        lab.claim(run_id)
        reconcile(lab.ws, active(lab), launched=False)
    row = lab.ended(run_id)
    assert (row.status, row.end_reason) == ("failed", "lost")
    assert "could not be started, three times" in row.message


@pytest.mark.parametrize(
    ("boot", "words"),
    [(boot_id(), "supervised it is gone"), ("another", "machine was restarted")],
)
def test_a_gone_supervisor_leaves_a_lost_run(lab: Lab, boot: str, words: str) -> None:
    run_id = lab.queue()
    take_up(lab, run_id, boot)
    reconcile(lab.ws, active(lab), launched=None)
    row = lab.ended(run_id)
    assert row.end_reason == "lost"
    assert words in row.message


def test_what_the_trainer_had_said_counts_more_than_the_loss(lab: Lab) -> None:
    run_id = lab.queue()
    take_up(lab, run_id, boot_id())
    paths = lab.paths(run_id)
    paths.folder.mkdir()
    error = TrainingError(kind="InvalidInput", message="No rows.")
    paths.error.write_text(error.model_dump_json())
    reconcile(lab.ws, active(lab), launched=None)
    row = lab.ended(run_id)
    assert (row.end_reason, row.message) == ("error", "No rows.")


def refuse_to_start(*arguments: object, **more: object) -> subprocess.Popen[bytes]:
    raise OSError(11, "Resource temporarily unavailable")


def test_a_machine_that_starts_no_process_delays_a_run_and_does_not_end_it(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = lab.queue()
    monkeypatch.setattr(launch.subprocess, "Popen", refuse_to_start)
    scheduler = Scheduler(lab.ws)
    assert scheduler.tick()
    assert scheduler.tick()
    assert lab.events(run_id) == ["queued", "claim"]


def test_a_scheduler_that_cannot_be_started_is_told_in_a_sentence(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch.subprocess, "Popen", refuse_to_start)
    with pytest.raises(StoreError, match="The scheduler could not be started: Resource"):
        launch.wake(lab.ws)


def snapshot(lab: Lab, path: Path) -> None:
    """A backup of the database, as somebody makes it while the app is at work."""
    with (
        closing(sqlite3.connect(lab.ws.home / "mlops.db")) as source,
        closing(sqlite3.connect(path)) as backup,
    ):
        source.backup(backup)


def restore(lab: Lab, path: Path) -> None:
    lab.ws.close()
    for left in lab.ws.home.glob("mlops.db-*"):
        left.unlink()
    shutil.copy(path, lab.ws.home / "mlops.db")
    lab.ws = Workspace.open(lab.ws.settings)


@pytest.mark.parametrize("delivered", [True, False])
def test_a_backup_from_while_a_run_went_on_ends_it_by_what_its_folder_holds(
    lab: Lab, tmp_path: Path, delivered: bool
) -> None:
    run_id = lab.queue()
    body = f"""
    event(kind="phase", phase="fold", fold=2, of=5)
    while not (folder / "go").exists():
        time.sleep(0.02)
    {"deliver()" if delivered else "sys.exit(3)"}
    """
    supervisor = lab.supervise(run_id, lab.claim(run_id), body)
    lab.trains(run_id)
    snapshot(lab, tmp_path / "backup.db")
    (lab.paths(run_id).folder / "go").touch()
    assert supervisor.wait(timeout=20) == 0
    ended = lab.row(run_id)
    restore(lab, tmp_path / "backup.db")
    assert lab.row(run_id).status == "running"

    Scheduler(lab.ws).tick()
    row = lab.row(run_id)
    if delivered:
        assert (row.status, row.end_reason) == ("completed", "finished")
        assert (ended.status, ended.value) == (row.status, row.value)
    else:
        assert (row.status, row.end_reason) == ("failed", "lost")
        assert "is gone: it was killed, the data folder was moved" in row.message


def test_a_run_whose_data_folder_was_moved_away_ends_and_says_so(lab: Lab, tmp_path: Path) -> None:
    run_id = lab.queue()
    supervisor = lab.supervise(run_id, lab.claim(run_id), "for_ever()")
    lab.trains(run_id)
    moved = tmp_path / "moved"
    lab.ws.close()
    lab.ws.home.rename(moved)
    # Whether it can still write the ending itself depends on what the database noticed.
    assert supervisor.wait(timeout=30) in (0, 1)
    settings = load_settings({"MLOPS_HOME": str(moved)})
    lab.ws = Workspace.open(settings)
    Scheduler(lab.ws).tick()
    row = lab.row(run_id)
    assert (row.status, row.end_reason) == ("failed", "lost")
    assert "folder was moved" in row.message
    assert lab.processes(run_id) == ()
