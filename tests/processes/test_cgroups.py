"""Where the machine lends control groups, the kernel holds a run inside its memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_core.runners import cgroups
from mlops_core.runners.cgroups import Group
from mlops_core.runners.processes import identify
from mlops_core.services import resources
from mlops_core.settings import load_settings
from mlops_core.store.workspace import Workspace
from tests.processes.conftest import Lab
from tests.support import wait_until

MB = 1024**2
# Shared memory belongs to no process: what adds up the memory of processes does not see a file.
HIDE = """
event(kind="phase", phase="fold", fold=2, of=5)
hidden = open(f"/dev/shm/{os.getpid()}", "wb")
os.unlink(hidden.name)
while True:
    hidden.write(bytes(1 << 20))
    hidden.flush()
"""
GROW = """
event(kind="phase", phase="fold", fold=2, of=5)
import mmap
block = mmap.mmap(-1, 1 << 30)
while True:
    block.write(bytes(16 << 20))
"""
ESCAPE = """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)"], {})
    os._exit(0)
os.wait()
time.sleep(0.5)
deliver()
"""


@pytest.fixture(scope="module", autouse=True)
def settled() -> None:
    """This process and what it starts may make groups."""
    if not cgroups.settle(f"mlops-test-{os.getpid()}-{time.time():.0f}"):
        pytest.skip("this machine lends no control groups")


@pytest.fixture
def grouped(lab: Lab) -> Iterator[Lab]:
    """Runs are held in groups, and no group is left behind."""
    settings = lab.ws.settings.model_copy(update={"control_groups": True})
    part = cgroups.subtree()
    assert part is not None
    lab.ws = Workspace.open(settings)
    yield lab
    lab.ws.close()
    assert list(part.glob(f"{cgroups.RUN}*")) == []


@pytest.fixture
def group() -> Iterator[Group]:
    made = Group.make()
    assert made is not None
    yield made
    made.kill()
    wait_until(lambda: (made.remove(), not made.path.exists())[1], what="the group is empty")


def inside(group: Group, code: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", code], preexec_fn=group.enter())


def test_the_kernel_ends_all_of_a_group_at_its_limit(group: Group) -> None:
    group.limit(64 * MB, cores=1)
    beside = inside(group, "import time; time.sleep(600)")
    greedy = inside(group, "import mmap; mmap.mmap(-1, 1 << 30).write(bytes(256 << 20))")
    assert (greedy.wait(30), beside.wait(30)) == (-signal.SIGKILL, -signal.SIGKILL)
    assert group.memory_kills() >= 1


def test_inside_its_limit_nothing_happens_to_it(group: Group) -> None:
    group.limit(256 * MB, cores=1)
    modest = inside(group, "import mmap; mmap.mmap(-1, 1 << 30).write(bytes(64 << 20))")
    assert modest.wait(30) == 0
    assert group.memory_kills() == 0


def test_killing_a_group_reaches_what_has_a_session_of_its_own(group: Group) -> None:
    apart = inside(group, "import os, time; os.setsid(); time.sleep(600)")
    group.kill()
    assert apart.wait(30) == -signal.SIGKILL


def test_what_a_killed_supervisor_left_is_taken_away() -> None:
    part = cgroups.subtree()
    assert part is not None
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = Group(part / f"{cgroups.RUN}{gone.pid}")
    orphan = inside(left, "import time; time.sleep(600)")
    wait_until(
        lambda: str(orphan.pid) in (left.path / cgroups.MEMBERS).read_text(), what="it is in"
    )

    def swept() -> bool:
        made = Group.make()
        assert made is not None
        made.remove()
        return not left.path.exists()

    wait_until(swept, what="the group has gone")
    assert orphan.wait(30) == -signal.SIGKILL


@pytest.mark.parametrize("program", [HIDE, GROW], ids=["no process's", "its own"])
def test_a_run_never_gets_more_than_it_asked_for(grouped: Lab, program: str) -> None:
    row = grouped.run(program, memory_gb=0.25)
    assert (row.status, row.end_reason) == ("failed", "memory_limit")
    assert row.enforcement["memory"] == "hard"
    assert row.peak_memory_mb <= 1.05 * 256
    assert "of the 0.25 GB" in row.message or "used up the 0.25 GB" in row.message
    assert "in fold 2 of 5" in row.message


def test_memory_that_no_process_holds_counts_as_well(grouped: Lab) -> None:
    row = grouped.run(HIDE, memory_gb=0.25)
    assert "it used up the 0.25 GB it was given and asked for more, in fold 2 of 5" in row.message
    assert (row.signal, row.peak_memory_mb) == (signal.SIGKILL, 256)


def test_what_no_process_holds_stands_in_the_usage(grouped: Lab) -> None:
    row = grouped.run(
        """
        hidden = open(f"/dev/shm/{os.getpid()}", "wb")
        os.unlink(hidden.name)
        hidden.write(bytes(128 << 20))
        hidden.flush()
        time.sleep(0.5)
        deliver()
        """
    )
    assert row.end_reason == "finished"
    assert 128 <= row.peak_memory_mb < 200


def test_nothing_that_a_run_started_stays(grouped: Lab) -> None:
    row = grouped.run(ESCAPE)
    assert row.end_reason == "finished"
    part = cgroups.subtree()
    assert part is not None
    assert list(part.glob(f"{cgroups.RUN}*")) == []


def test_a_trainer_that_waits_is_born_in_its_group(tmp_path: Path) -> None:
    code = """
import os, sys
from mlops_core.runners import cgroups, processes
from mlops_core.runners.local import LocalRunner
runner = LocalRunner()
runner.prepare(sys.argv[1])
(trainer,) = processes.descendants(os.getpid())
born = cgroups.own_group(trainer)
print(born.name == f"{cgroups.RUN}{os.getpid()}", born.exists())
runner.leave()
print(born.exists())
"""
    told = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == ["True", "True", "False"]


def test_a_scheduler_settles_by_itself(grouped: Lab) -> None:
    run_id = grouped.queue()
    scheduler = grouped.schedule(grouped.program("for_ever()"))
    grouped.trains(run_id)
    assert grouped.row(run_id).enforcement["memory"] == "hard"
    own = cgroups.own_group(scheduler.pid)
    assert own is not None and own.name == cgroups.REST
    trainer = cgroups.own_group(grouped.processes(run_id)[0])
    assert trainer is not None and trainer.name.startswith(cgroups.RUN)
    assert (trainer / "memory.max").read_text() == f"{1024 * MB}\n"
    assert trainer.parent == own.parent
    grouped.stop(run_id)
    assert grouped.ended(run_id).end_reason == "cancelled"
    wait_until(lambda: not trainer.exists(), what="its group has gone")
    assert identify(scheduler.pid)


def test_the_machine_says_what_will_hold(grouped: Lab) -> None:
    assert cgroups.on_offer()
    said = {rule.resource: rule.layer for rule in resources.machine(grouped.ws).enforcement}
    assert said["memory"] == "hard"
    without = load_settings({"MLOPS_HOME": str(grouped.ws.home), "MLOPS_CONTROL_GROUPS": "0"})
    ws = Workspace.open(without)
    said = {rule.resource: rule.layer for rule in resources.machine(ws).enforcement}
    ws.close()
    assert said["memory"] == "polled"
