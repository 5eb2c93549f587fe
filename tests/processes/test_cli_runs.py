"""The shell with everything behind it: real runs, their exit codes, killed processes."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import psutil
import pytest

from mlops_core.domain.states import RunStatus
from mlops_core.services import runs
from mlops_core.store.workspace import Workspace
from tests.processes.shell import command, shell
from tests.support import processes_of, wait_until
from tests.unit.services.support import csv

pytestmark = pytest.mark.process

QUICK = {"algorithm": "logistic_regression", "params": {"C": 0.5}}
# Minutes of work on the table below, on any machine.
ENDLESS = {"algorithm": "random_forest", "params": {"n_estimators": 5000}}


def begin(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def spec(
    folder: Path, model: dict[str, Any], *, rows: int = 60, name: str = "first", hours: float = 0.1
) -> Path:
    """A spec file (JSON is YAML) beside its table."""
    content = {
        "name": name,
        "dataset": {"path": csv(folder, rows=rows).name, "target": "churned"},
        "model": model,
        "resources": {"cpu_cores": 1, "memory_gb": 1, "time_limit_hours": hours},
        "evaluation": {"holdout": 0.25, "folds": 3, "seed": 7},
    }
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def running(ws: Workspace, run_id: int = 1) -> bool:
    """The run is being trained."""
    found = runs.list_runs(ws, runs.RunFilter(ids=(run_id,))).items
    return bool(found) and found[0].status is RunStatus.RUNNING and found[0].progress > 0


def kill(home: Path, module: str) -> int:
    """SIGKILL every process of this kind that works for ``home``; how many there were."""
    killed = 0
    for process in processes_of(home):
        try:
            if module in process.cmdline():
                process.kill()
                killed += 1
        except psutil.NoSuchProcess:
            continue
    return killed


def test_a_completed_run_is_code_0_and_one_object(home: Path, tmp_path: Path) -> None:
    first = shell("run", spec(tmp_path, QUICK), "--wait", "--json")
    assert (first.returncode, first.stderr) == (0, "")
    said = json.loads(first.stdout)
    assert (said["status"], said["end_reason"]) == ("completed", "finished")
    assert 0 <= said["metrics"]["holdout"]["accuracy"] <= 1
    assert len(said["metrics"]["cv"]["accuracy"]["folds"]) == 3
    assert said["usage"]["peak_memory_mb"] > 10
    assert said["usage"]["cpu_seconds"] > 0
    # What the run says of itself repeats it: the same numbers to the last bit, and a remark.
    opened = Workspace.open()
    (tmp_path / "back.yaml").write_text(runs.spec_yaml(opened, 1), encoding="utf-8")
    opened.close()
    second = json.loads(shell("run", tmp_path / "back.yaml", "--json").stdout)
    assert (second["digest"], second["metrics"]) == (said["digest"], said["metrics"])
    assert "Run 1 had the same digest" in second["message"]
    compared = json.loads(shell("compare", 1, 2, "--json").stdout)
    assert (compared["comparable"], compared["groups"]) == (True, [[1, 2]])
    assert {pair["verdict"] for pair in compared["pairs"]} == {"equivalent"}  # the same, twice
    assert compared["indistinguishable_from_best"] == [1, 2]
    for run in compared["runs"]:
        assert run["low"] <= run["estimate"] <= run["high"]
    assert compared["params"] == {}
    log = shell("runs", "logs", 1).stdout
    assert "Fold 3 of 3" in log


def test_a_run_that_is_ended_by_its_time_limit_is_code_1(home: Path, tmp_path: Path) -> None:
    path = spec(tmp_path, ENDLESS, rows=4000, hours=0.001)
    environment = {"MLOPS_MIN_TIME_LIMIT_HOURS": "0.001"}
    found = shell("run", path, "--json", **environment)
    said = json.loads(found.stdout)
    assert (found.returncode, said["status"]) == (1, "failed")
    assert said["end_reason"] == "time_limit"
    assert said["message"]
    assert said["metrics"] == {"holdout": {}, "cv": {}}


def test_bad_input_is_code_2_and_starts_nothing(home: Path, tmp_path: Path) -> None:
    path = spec(tmp_path, {"algorithm": "logistic_regression", "params": {"C": -1}})
    found = shell("run", path, "--json")
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.startswith("model.params.C: ")
    assert found.stderr.count("\n") == 1
    assert processes_of(home) == []


def test_an_interrupted_wait_leaves_the_run_and_a_stop_ends_it(
    home: Path, workspace: Workspace, tmp_path: Path
) -> None:
    waiting = begin("run", spec(tmp_path, ENDLESS, rows=4000), "--json")
    wait_until(lambda: running(workspace), timeout=60, what="the run trains")
    waiting.send_signal(signal.SIGINT)
    out, err = waiting.communicate(timeout=20)
    assert (waiting.returncode, out) == (130, "")
    assert "runs stop 1" in err
    assert "Traceback" not in err
    assert running(workspace)
    assert shell("runs", "stop", 1).returncode == 0
    ended = runs.wait(workspace, 1, timeout=20)
    assert ended.status is RunStatus.CANCELLED


def test_a_run_whose_trainer_is_killed_is_code_1(
    home: Path, workspace: Workspace, tmp_path: Path
) -> None:
    waiting = begin("run", spec(tmp_path, ENDLESS, rows=4000), "--json")
    wait_until(lambda: running(workspace), timeout=60, what="the run trains")
    wait_until(lambda: kill(home, "mlops_core.training"), what="a trainer to kill")
    out, _err = waiting.communicate(timeout=30)
    said = json.loads(out)
    assert waiting.returncode == 1
    assert (said["status"], said["end_reason"]) == ("failed", "killed")


def test_a_run_outlives_whoever_waits_and_the_scheduler(
    home: Path, workspace: Workspace, tmp_path: Path
) -> None:
    model = {"algorithm": "random_forest", "params": {"n_estimators": 600}}
    waiting = begin("run", spec(tmp_path, model, rows=1000), "--json")
    wait_until(lambda: running(workspace), timeout=60, what="the run trains")
    waiting.kill()
    waiting.communicate(timeout=10)
    assert kill(home, "mlops_core.scheduling") > 0
    ended = runs.wait(workspace, 1, timeout=90)
    assert (ended.status, ended.attempt) == (RunStatus.COMPLETED, 1)


def test_a_killed_scheduler_is_replaced_while_somebody_waits(
    home: Path, workspace: Workspace, tmp_path: Path
) -> None:
    shell("run", spec(tmp_path, ENDLESS, rows=4000), "--no-wait")
    wait_until(lambda: running(workspace), timeout=60, what="the first run trains")
    # The second waits for the cores or starts at once; either way somebody must look after it.
    second = begin("run", spec(tmp_path, QUICK, name="second"), "--json")
    wait_until(lambda: runs.list_runs(workspace).total == 2, what="the second run is queued")
    assert kill(home, "mlops_core.scheduling") > 0
    assert shell("runs", "stop", 1).returncode == 0
    out, _err = second.communicate(timeout=90)
    assert second.returncode == 0
    assert json.loads(out)["status"] == "completed"


def test_the_demo_trains_and_compares(home: Path) -> None:
    found = shell("demo", "--sample", "penguins", "--json")
    assert found.returncode == 0
    (sample,) = json.loads(found.stdout)["samples"]
    assert sample["dataset"]["name"] == "penguins"
    assert [run["status"] for run in sample["runs"]] == ["completed"] * 4
    rows = {row["key"]: row["runs"] for row in sample["comparison"]["metrics"]}
    best = [run_id for run_id, one in rows["balanced_accuracy"].items() if one["best"]]
    dummy = str(sample["runs"][0]["run_id"])
    assert best
    assert dummy not in best
