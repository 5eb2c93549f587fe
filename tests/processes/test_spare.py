"""The supervisor and the trainer that wait: used once, limited like all, never left over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psutil
import pytest

from mlops_core.domain.configs import ResourceAllocation, SpecFile
from mlops_core.domain.events import Orders
from mlops_core.domain.states import RunStatus
from mlops_core.runners.limits import ROOT, data_limit, spare_environment
from mlops_core.runners.processes import TAG_VARIABLE, tagged
from mlops_core.scheduling.launch import renew
from mlops_core.services import runs
from mlops_core.store.locks import share_lock
from mlops_core.store.workspace import Workspace
from mlops_core.supervision.supervise import run_tag
from tests.support import end_processes, processes_of, wait_until
from tests.unit.services.support import csv

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform != "linux", reason="nothing waits elsewhere"),
]
LONG = {"algorithm": "random_forest", "params": {"n_estimators": 5000}}
QUICK = {"algorithm": "logistic_regression"}


@pytest.fixture
def watched(workspace: Workspace) -> Iterator[IO[bytes]]:
    """An app shows the workspace, and its scheduler is at work."""
    lock = share_lock(workspace.app_lock)
    renew(workspace)
    yield lock
    lock.close()
    end_processes(workspace.home)


def submit(ws: Workspace, folder: Path, model: dict[str, object], name: str = "a") -> int:
    content = {
        "name": name,
        "dataset": {"path": csv(folder, rows=60).name, "target": "churned"},
        "model": model,
        "resources": {"cpu_cores": 1, "memory_gb": 1, "time_limit_hours": 0.1},
        "evaluation": {"folds": 2},
    }
    return runs.submit_spec(ws, SpecFile.model_validate(content), base=folder)


def trains(ws: Workspace, run_id: int) -> None:
    wait_until(lambda: runs.get_run(ws, run_id).phase == "fold", timeout=60, what="it trains")


def working(ws: Workspace, module: str, *, waiting: bool) -> list[psutil.Process]:
    found = []
    for process in processes_of(ws.home):
        try:
            words = process.cmdline()
            tag = process.environ().get(TAG_VARIABLE, "") if waiting else ""
        except psutil.NoSuchProcess:
            continue
        free = not tag or tag.endswith(":" + "0" * 24)
        if f"mlops_core.{module}" in words and ("--spare" in words) is waiting and free:
            found.append(process)
    return found


def warm_pair(ws: Workspace) -> tuple[psutil.Process, psutil.Process]:
    """The supervisor and the trainer that wait, once the trainer has loaded everything."""

    def both() -> bool:
        pair = working(ws, "supervision", waiting=True), working(ws, "training", waiting=True)
        return all(pair) and pair[1][0].status() == psutil.STATUS_SLEEPING and _reads(pair[1][0])

    wait_until(both, timeout=60, what="a supervisor and a trainer wait")
    return working(ws, "supervision", waiting=True)[0], working(ws, "training", waiting=True)[0]


def _reads(process: psutil.Process) -> bool:
    """It waits for its orders: it is in a read of its standard input."""
    try:
        return "pipe" in Path(f"/proc/{process.pid}/wchan").read_text() or bool(
            Path(f"/proc/{process.pid}/syscall").read_text().startswith("0 0x0 ")
        )
    except OSError:
        return False


def test_a_trainer_that_waited_has_every_limit_of_its_run(
    workspace: Workspace, watched: IO[bytes], tmp_path: Path
) -> None:
    supervisor, trainer = warm_pair(workspace)
    run_id = submit(workspace, tmp_path, LONG)
    trains(workspace, run_id)
    run = runs.get_run(workspace, run_id)
    assert run.supervisor_pid == supervisor.pid
    assert tagged(run_tag(workspace.home, run_id, 1)) == (trainer.pid,)
    given = ResourceAllocation(cpu_cores=1, memory_gb=1, time_limit_hours=0.1)
    assert trainer.rlimit(psutil.RLIMIT_DATA) == (data_limit(given),) * 2
    assert trainer.rlimit(psutil.RLIMIT_FSIZE) == (10 * 1024**3,) * 2
    assert trainer.rlimit(psutil.RLIMIT_CORE) == (0, 0)
    assert tuple(trainer.cpu_affinity()) == run.cores
    assert trainer.cwd() == str(workspace.run_paths(run_id).folder)
    assert Path(f"/proc/{trainer.pid}/oom_score_adj").read_text().strip() == "500"
    runs.stop(workspace, run_id)
    assert runs.wait(workspace, run_id, timeout=20).status is RunStatus.CANCELLED
    assert "cancelled: Stopped by request" in workspace.run_paths(run_id).supervisor_log.read_text()
    assert not trainer.is_running()
    wait_until(lambda: not supervisor.is_running(), what="its supervisor has left")


def test_what_a_trainer_did_while_it_waited_is_not_the_runs(
    workspace: Workspace, watched: IO[bytes], tmp_path: Path
) -> None:
    cold = submit(workspace, tmp_path, QUICK, "cold")
    assert runs.wait(workspace, cold, timeout=60).status is RunStatus.COMPLETED
    _supervisor, trainer = warm_pair(workspace)
    loaded = sum(trainer.cpu_times()[:2])
    warm = submit(workspace, tmp_path, QUICK, "warm")
    run = runs.wait(workspace, warm, timeout=60)
    assert run.status is RunStatus.COMPLETED
    assert run.usage.cpu_seconds is not None
    assert run.usage.cpu_seconds < loaded
    assert run.digest == runs.get_run(workspace, cold).digest
    first, second = (runs.result(workspace, one) for one in (cold, warm))
    assert first is not None
    assert second is not None
    assert (first.holdout, first.cv) == (second.holdout, second.cv)
    assert first.digests["predictions"] == second.digests["predictions"]


def test_nothing_waits_on_when_the_scheduler_is_killed(
    workspace: Workspace, watched: IO[bytes]
) -> None:
    supervisor, trainer = warm_pair(workspace)
    (scheduler,) = working(workspace, "scheduling", waiting=False)
    scheduler.send_signal(signal.SIGKILL)
    wait_until(lambda: not (supervisor.is_running() or trainer.is_running()), what="both have left")


@pytest.mark.parametrize("which", [0, 1])
def test_a_run_starts_also_when_what_waited_for_it_was_killed(
    workspace: Workspace, watched: IO[bytes], tmp_path: Path, which: int
) -> None:
    victim = warm_pair(workspace)[which]
    victim.send_signal(signal.SIGKILL)
    run_id = submit(workspace, tmp_path, QUICK)
    assert runs.wait(workspace, run_id, timeout=60).status is RunStatus.COMPLETED


def test_a_new_app_brings_a_new_scheduler_and_runs_do_not_notice(
    workspace: Workspace, watched: IO[bytes], tmp_path: Path
) -> None:
    run_id = submit(workspace, tmp_path, LONG)
    wait_until(
        lambda: runs.get_run(workspace, run_id).phase == "fold", timeout=60, what="it trains"
    )
    (before,) = working(workspace, "scheduling", waiting=False)
    renew(workspace)
    wait_until(lambda: not before.is_running(), what="the old scheduler has left")
    wait_until(lambda: working(workspace, "scheduling", waiting=False), what="a new one works")
    assert runs.get_run(workspace, run_id).status is RunStatus.RUNNING
    runs.stop(workspace, run_id)
    assert runs.wait(workspace, run_id, timeout=20).status is RunStatus.CANCELLED


def test_without_an_app_nothing_waits_and_the_scheduler_leaves(
    workspace: Workspace, tmp_path: Path
) -> None:
    run_id = submit(workspace, tmp_path, QUICK)
    assert runs.wait(workspace, run_id, timeout=60).status is RunStatus.COMPLETED
    assert not working(workspace, "training", waiting=True)
    wait_until(lambda: not processes_of(workspace.home), timeout=40, what="the scheduler has left")


def test_a_waiting_trainer_takes_threads_place_environment_and_tag_from_its_orders(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    orders = Orders(
        folder=str(folder),
        stdout=str(folder / "stdout"),
        stderr=str(folder / "stderr"),
        threads=2,
        tag=f"{tmp_path}:7:1",
        environment={"OMP_NUM_THREADS": "2", TAG_VARIABLE: f"{tmp_path}:7:1"},
    )
    program = """
import json, os, sys
import sklearn.ensemble
from threadpoolctl import threadpool_info
from mlops_core.domain.events import Orders
from mlops_core.training import spare
place = spare._tag_in_memory()
before = {info["num_threads"] for info in threadpool_info()}
spare._become(Orders.model_validate_json(sys.argv[1]), place)
environ = open("/proc/self/environ", "rb").read().decode().split("\\0")
print(json.dumps({
    "before": sorted(before),
    "after": sorted({info["num_threads"] for info in threadpool_info()}),
    "tag": [word for word in environ if word.startswith("MLOPS_RUN_TAG=")],
    "environment": dict(os.environ),
    "folder": os.getcwd(),
}))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, orders.model_dump_json()],
        env=spare_environment(f"{tmp_path}:" + "0" * 24, os.environ),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads((folder / "stdout").read_text())
    assert found == {
        "before": [1],
        "after": [2],
        "tag": [f"MLOPS_RUN_TAG={tmp_path}:7:1"],
        "environment": orders.environment,
        "folder": str(folder),
    }
