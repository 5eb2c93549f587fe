"""The queue moves, one scheduler moves it, and no crash makes a run lie or run twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta

import psutil
import pytest

from mlops_core.domain.queue import Priority
from mlops_core.runners.machine import usable_cores
from mlops_core.scheduling.launch import wake
from mlops_core.store import runs, work
from mlops_core.store.workspace import Workspace
from tests.processes.conftest import ROOT, Lab
from tests.support import processes_of, wait_until

pytestmark = pytest.mark.process

# Says on each start that it was started; ends when the test says so.
PATIENT = """
with (folder / "starts").open("a") as file:
    file.write("started\\n")
event(kind="phase", phase="fold", fold=1, of=2)
while not (folder / "go").exists():
    time.sleep(0.02)
deliver()
"""


def release(lab: Lab, run_id: int) -> None:
    (lab.paths(run_id).folder / "go").touch()


def starts(lab: Lab, run_id: int) -> int:
    return len((lab.paths(run_id).folder / "starts").read_text().splitlines())


def test_the_queue_is_worked_off_in_order_and_the_scheduler_leaves(lab: Lab) -> None:
    whole = len(usable_cores())
    first, second = lab.queue(cpu_cores=whole), lab.queue(cpu_cores=whole)
    scheduler = lab.schedule(lab.program(PATIENT))
    lab.trains(first)
    assert lab.row(first).cores == list(usable_cores())
    assert lab.row(second).status == "queued"
    release(lab, first)
    assert lab.ended(first).status == "completed"
    lab.trains(second)
    release(lab, second)
    assert lab.ended(second).status == "completed"
    assert scheduler.wait(timeout=15) == 0
    assert lab.events(first) == ["queued", "claim", "complete"]
    assert "leaves" in (lab.ws.logs / "scheduler.log").read_text()


def test_a_second_scheduler_leaves_at_once(lab: Lab) -> None:
    lab.queue()
    first = lab.schedule(lab.program("for_ever()"))
    lab.trains(1)  # it has read its program, which the next line replaces
    assert lab.schedule(lab.program("deliver()")).wait(timeout=15) == 0
    assert first.poll() is None
    assert lab.row(1).attempt == 1


def test_a_run_goes_on_without_its_scheduler_and_does_not_start_twice(lab: Lab) -> None:
    run_id = lab.queue()
    program = lab.program(PATIENT)
    first = lab.schedule(program)
    lab.trains(run_id)
    first.kill()
    first.wait()
    second = lab.schedule(program)
    log = lab.ws.logs / "scheduler.log"
    wait_until(lambda: log.read_text().count("at work") == 2, what="the second is at work")
    release(lab, run_id)
    assert lab.ended(run_id).end_reason == "finished"
    assert second.wait(timeout=15) == 0
    assert (lab.row(run_id).attempt, starts(lab, run_id)) == (1, 1)


def test_a_run_whose_supervisor_is_killed_is_lost_and_nothing_of_it_stays(lab: Lab) -> None:
    run_id = lab.queue()
    lab.schedule(
        lab.program(
            """
            if os.fork() == 0:
                os.setsid()
            for_ever()
            """
        )
    )
    lab.trains(run_id)
    wait_until(lambda: len(lab.processes(run_id)) == 2, what="it has a child")
    lab.kill(lab.row(run_id).supervisor_pid)
    row = lab.ended(run_id)
    assert (row.status, row.end_reason) == ("failed", "lost")
    assert "supervised it is gone" in row.message


def test_a_killed_trainer_is_tried_again_as_often_as_was_asked_for(lab: Lab) -> None:
    run_id = lab.queue(retries=1)
    lab.schedule(lab.program(PATIENT))
    lab.kill(lab.trains(run_id))
    wait_until(lambda: lab.row(run_id).attempt == 3, what="it is claimed again")
    lab.trains(run_id)
    release(lab, run_id)
    assert lab.ended(run_id).end_reason == "finished"
    assert lab.events(run_id) == ["queued", "claim", "retry", "claim", "complete"]


def test_a_higher_priority_goes_first(lab: Lab) -> None:
    whole = len(usable_cores())
    first = lab.queue(cpu_cores=whole)
    low, high = lab.queue(cpu_cores=whole), lab.queue(cpu_cores=whole)
    with lab.ws.begin() as connection:
        work.set_priority(connection, high, Priority.HIGH, by="kim", at=lab.ws.now())
        work.set_priority(connection, first, Priority.HIGH, by="kim", at=lab.ws.now())
    lab.schedule(lab.program(PATIENT))
    for run_id in (first, high, low):
        lab.trains(run_id)
        release(lab, run_id)
        assert lab.ended(run_id).end_reason == "finished"


def test_a_result_that_was_delivered_counts_though_the_supervisor_was_killed(lab: Lab) -> None:
    run_id = lab.queue()
    lab.schedule(lab.program("deliver(0.9)\nfor_ever()"))
    lab.trains(run_id)
    lab.kill(lab.row(run_id).supervisor_pid)
    row = lab.ended(run_id)
    assert (row.status, row.end_reason, row.value) == ("completed", "finished", 0.9)


def test_what_a_crash_of_everything_left_is_found_by_the_next_scheduler(lab: Lab) -> None:
    running, waiting = lab.queue(), lab.queue(cpu_cores=len(usable_cores()))
    scheduler = lab.schedule(lab.program(PATIENT))
    lab.trains(running)
    scheduler.kill()
    lab.kill(lab.row(running).supervisor_pid)
    scheduler.wait()
    lab.schedule(lab.program(PATIENT))
    assert lab.ended(running).end_reason == "lost"
    lab.trains(waiting)
    release(lab, waiting)
    assert lab.ended(waiting).end_reason == "finished"


def test_a_claim_that_nobody_took_up_goes_back_to_the_queue(lab: Lab) -> None:
    run_id = lab.queue()
    with lab.ws.begin() as connection:
        long_ago = lab.ws.now() - timedelta(seconds=60)
        assert runs.claim(connection, run_id, cores=(0,), at=long_ago) == 1
    lab.schedule(lab.program("deliver()"))
    row = lab.ended(run_id)
    assert (row.end_reason, row.attempt) == ("finished", 3)
    assert lab.events(run_id) == ["queued", "claim", "give_back", "claim", "complete"]


def test_a_run_that_can_never_fit_is_refused_with_a_sentence(lab: Lab) -> None:
    run_id = lab.queue(cpu_cores=4096)
    lab.schedule()
    row = lab.ended(run_id)
    assert (row.status, row.end_reason) == ("failed", "error")
    assert row.message.startswith(
        f"It asks for 4096 CPU cores; this machine can give {len(usable_cores())}."
    )


def test_a_scheduler_that_is_asked_to_leave_lets_its_runs_go_on(lab: Lab) -> None:
    run_id = lab.queue()
    scheduler = lab.schedule(lab.program(PATIENT))
    lab.trains(run_id)
    scheduler.send_signal(signal.SIGTERM)
    assert scheduler.wait(timeout=10) == 0
    release(lab, run_id)
    assert lab.ended(run_id).end_reason == "finished"


def test_waking_never_loses_a_run(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each submit meets a scheduler that is just leaving, or that has just left."""
    monkeypatch.setenv("MLOPS_SCHEDULER_IDLE_SECONDS", "0")
    ws = Workspace.open()
    for _ in range(6):
        run_id = lab.queue(cpu_cores=4096)
        wake(ws)
        wait_until(lambda: lab.row(run_id).ended_at, what="the run was looked at")  # noqa: B023
    ws.close()
    wait_until(lambda: not processes_of(ws.home), what="the scheduler has left")


def test_many_who_wake_at_once_get_one_scheduler_and_no_zombie(lab: Lab) -> None:
    lab.queue(cpu_cores=4096)
    for _ in range(5):
        wake(lab.ws)
    lab.ended(1)
    wait_until(lambda: len(processes_of(lab.ws.home)) == 1, what="one scheduler works")
    wait_until(lambda: not processes_of(lab.ws.home), what="the scheduler has left")
    wait_until(lambda: not unreaped(), what="all are reaped")
    assert (lab.ws.logs / "scheduler-errors.log").read_text() == ""


def unreaped() -> list[str]:
    """Children of this process that are schedulers, or were: a zombie has no command line."""
    found = []
    for child in psutil.Process().children():
        try:
            command = " ".join(child.cmdline())
        except psutil.ZombieProcess:
            found.append(f"zombie {child.pid}")
        except psutil.NoSuchProcess:
            continue
        else:
            found += [command] * ("scheduling" in command)
    return found


def test_no_run_is_claimed_twice_by_processes_that_claim_at_once(lab: Lab) -> None:
    ids = [lab.queue() for _ in range(30)]
    program = """
from mlops_core.store import runs, work
from mlops_core.store.workspace import Workspace
ws = Workspace.open()
while True:
    with ws.read() as connection:
        waiting = work.queue(connection)
    if not waiting:
        break
    with ws.begin() as connection:
        if runs.claim(connection, waiting[0].id, cores=(0,), at=ws.now()):
            print(waiting[0].id, flush=True)
"""
    claimers = [
        subprocess.Popen(
            [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    claimed = [int(line) for claimer in claimers for line in claimer.communicate()[0].split()]
    assert sorted(claimed) == ids
    assert {lab.row(run_id).attempt for run_id in ids} == {1}
