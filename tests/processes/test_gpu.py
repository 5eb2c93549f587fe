"""Runs on a real GPU: what they are given, what they use, and what ends them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_core.domain.params import is_installed
from mlops_core.domain.records import ExperimentRun
from mlops_core.domain.states import RunStatus
from mlops_core.runners.gpus import read_gpus
from mlops_core.services import runs
from mlops_core.store.workspace import Workspace
from tests.processes.conftest import Lab
from tests.processes.shell import shell
from tests.support import wait_until
from tests.unit.services.support import csv

pytestmark = [
    pytest.mark.process,
    pytest.mark.gpu,
    pytest.mark.skipif(not read_gpus(), reason="this machine has no GPU"),
]
# NVIDIA's driver as every program finds it, without any other library.
CUDA = """
import ctypes
cuda = ctypes.CDLL("libcuda.so.1")
def ask(name, *arguments):
    code = getattr(cuda, name)(*arguments)
    if code:
        raise SystemExit(f"{name}: {code}")
def count():
    found = ctypes.c_int()
    return 0 if cuda.cuInit(0) or cuda.cuDeviceGetCount(ctypes.byref(found)) else found.value
def begin():
    ask("cuInit", 0)
    context = ctypes.c_void_p()
    ask("cuDevicePrimaryCtxRetain", ctypes.byref(context), 0)
    ask("cuCtxSetCurrent", context)
def take(megabytes):
    place = ctypes.c_uint64()
    ask("cuMemAlloc_v2", ctypes.byref(place), ctypes.c_size_t(megabytes << 20))
    ask("cuMemsetD8_v2", place, 1, ctypes.c_size_t(megabytes << 20))
"""


def test_the_machine_tells_its_gpus() -> None:
    said = json.loads(shell("machine", "--json").stdout)["machine"]
    first = said["gpus"][0]
    assert first["uuid"].startswith("GPU-")
    assert first["memory_gb"] > 1
    assert first["name"] and first["driver"]
    layers = {one["resource"]: one["layer"] for one in said["enforcement"]}
    assert layers["gpu"] == "polled"


def test_a_run_without_gpus_sees_none_and_one_with_a_gpu_sees_that(lab: Lab) -> None:
    body = CUDA + '(folder / "seen").write_text(str(count()))\ndeliver()'
    blind = lab.run(body)
    assert (lab.paths(blind.id).folder / "seen").read_text() == "0"
    assert (blind.peak_gpu_memory_mb, blind.mean_gpu_percent) == (None, None)
    seeing = lab.run(body, on=[read_gpus()[0].uuid])
    assert seeing.end_reason == "finished", seeing.message
    assert (lab.paths(seeing.id).folder / "seen").read_text() == "1"


def test_what_a_run_holds_of_the_gpu_is_measured(lab: Lab) -> None:
    row = lab.run(
        CUDA + "begin()\ntake(1000)\ntime.sleep(2)\ndeliver()",
        on=[read_gpus()[0].uuid],
        gpu_memory_gb=4,
    )
    assert row.end_reason == "finished", row.message
    assert 1000 <= row.peak_gpu_memory_mb < 2500
    assert row.mean_gpu_percent is not None
    assert max(sample.gpu_memory_mb or 0 for sample in lab.samples(row.id)) >= 1000


def test_more_gpu_memory_than_was_asked_for_ends_the_run(lab: Lab) -> None:
    row = lab.run(
        CUDA
        + """
begin()
event(kind="phase", phase="fold", fold=2, of=5)
while True:
    take(100)
    time.sleep(0.05)
""",
        on=[read_gpus()[0].uuid],
        gpu_memory_gb=2,
    )
    assert (row.status, row.end_reason) == ("failed", "memory_limit")
    assert row.message.startswith("Stopped: it used 2.")
    assert "of the 2 GB of GPU memory it was given, in fold 2 of 5." in row.message
    assert 2048 < row.peak_gpu_memory_mb < 2048 + 700
    assert row.enforcement["gpu"] == "polled"


def spec(folder: Path, name: str, **resources: object) -> Path:
    content = {
        "name": name,
        "dataset": {"path": csv(folder, rows=400).name, "target": "churned"},
        "model": {"algorithm": "xgboost", "params": {"n_estimators": 50}},
        "resources": {"cpu_cores": 1, "memory_gb": 4, "time_limit_hours": 0.1, **resources},
        "evaluation": {"holdout": 0.25, "folds": 3, "seed": 7},
    }
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.skipif(not is_installed("xgboost"), reason="XGBoost is not installed")
def test_xgboost_trains_where_it_was_told_to_and_says_so(home: Path, tmp_path: Path) -> None:
    done = shell("run", spec(tmp_path, "on-gpu", gpus=1), "--wait", "--json")
    said = json.loads(done.stdout)
    assert (said["status"], said["end_reason"]) == ("completed", "finished"), said["message"]
    assert said["device"] == f"cuda:0 ({read_gpus()[0].name})"
    assert said["usage"]["peak_gpu_memory_mb"] > 0
    assert said["enforcement"]["gpu"] == "polled"

    again = json.loads(shell("runs", "reproduce", said["run_id"], "--json").stdout)
    assert again["verdict"] == "identical", again

    script = tmp_path / "script.py"
    assert shell("runs", "export", said["run_id"], "--script", script).returncode == 0
    assert "device='cuda'" in script.read_text(encoding="utf-8")

    plain = json.loads(shell("run", spec(tmp_path, "on-cpu"), "--wait", "--json").stdout)
    assert plain["device"] == "cpu"
    assert plain["usage"]["peak_gpu_memory_mb"] is None
    for name, value in plain["metrics"]["holdout"].items():
        assert said["metrics"]["holdout"][name] == pytest.approx(value, abs=0.1)


@pytest.mark.skipif(not is_installed("xgboost"), reason="XGBoost is not installed")
def test_runs_that_want_every_gpu_take_turns(
    home: Path, workspace: Workspace, tmp_path: Path
) -> None:
    count = len(read_gpus())
    for name in ("one", "two"):
        assert shell("run", spec(tmp_path, name, gpus=count), "--no-wait").returncode == 0

    def both() -> list[ExperimentRun]:
        return [runs.get_run(workspace, number) for number in (1, 2)]

    wait_until(lambda: all(run.ended_at for run in both()), timeout=120, what="both are over")
    first, second = sorted(both(), key=lambda run: str(run.started_at))
    assert first.status is second.status is RunStatus.COMPLETED
    assert str(first.ended_at) <= str(second.started_at)
