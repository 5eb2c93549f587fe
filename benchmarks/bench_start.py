"""From a submit to the first line of the training, and what supervision costs.

    python benchmarks/bench_start.py [RUNS]

Cold: nothing works for the workspace yet. Warm: an app is up, a supervisor and a trainer wait.
The floor is a bare script in the same run: the same imports, then the same line. Prints one JSON
object: medians in seconds; the memory of the waiting pair (what it has written to, and all that it
alone has mapped, files among it) and its share of a processor; and, over three pairs in turns,
time and processor time of a training under supervision ÷ those of the bare trainer on the same
job, both without the start.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil

from mlops_core.domain.configs import SpecFile
from mlops_core.domain.events import RunPaths
from mlops_core.runners.limits import THREAD_VARIABLES
from mlops_core.scheduling.launch import renew
from mlops_core.services import datasets, runs
from mlops_core.settings import load_settings
from mlops_core.store.locks import share_lock
from mlops_core.store.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 60.0
QUIET_SECONDS = 5.0


def spec(dataset: str, trees: int) -> SpecFile:
    return SpecFile.model_validate(
        {
            "name": "start",
            "version": f"1.0.{trees}",
            "dataset": {"name": dataset},
            "model": {"algorithm": "random_forest", "params": {"n_estimators": trees}},
            "resources": {"cpu_cores": 1, "memory_gb": 1, "time_limit_hours": 0.5},
        }
    )


def first_line(ws: Workspace, asked: SpecFile) -> tuple[float, int]:
    """Seconds from the submit to the first line of the training, and the run."""
    began = time.perf_counter()
    run_id = runs.submit_spec(ws, asked, base=ws.home)
    events = ws.run_paths(run_id).events
    while not (events.exists() and b'"phase"' in events.read_bytes()):
        time.sleep(0.001)
    return time.perf_counter() - began, run_id


def bare_start(folder: Path) -> float:
    """The floor of a cold start: a script with the trainer's imports that writes its first line."""
    program = "import sys, mlops_core.training.train; open(sys.argv[1], 'w').write('phase')"
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", program, str(folder / "line")],
        cwd=ROOT,
        env={**os.environ, **dict.fromkeys(THREAD_VARIABLES, "1")},
        check=True,
    )
    return time.perf_counter() - began


def waiting(ws: Workspace) -> list[psutil.Process]:
    """The pair that waits, once its trainer has loaded everything."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        time.sleep(1.0)
        pair = []
        for process in psutil.process_iter():
            try:
                environment = process.environ()
                words = process.cmdline()
            except psutil.Error:
                continue
            tag = environment.get("MLOPS_RUN_TAG", "")
            ours = environment.get("MLOPS_HOME") == str(ws.home) or tag.startswith(str(ws.home))
            if "--spare" in words and ours:
                pair.append(process)
        if len(pair) == 2 and not any(busy(process) for process in pair):
            return pair
    raise TimeoutError("no pair waits")


def busy(process: psutil.Process) -> bool:
    before = sum(process.cpu_times()[:2])
    time.sleep(0.3)
    return sum(process.cpu_times()[:2]) > before


def written_mb(process: psutil.Process) -> float:
    """The memory that a process has written to: its own, and in no file."""
    rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    line = next(line for line in rollup.splitlines() if line.startswith("Private_Dirty:"))
    return int(line.split()[1]) / 1024


def overhead(ws: Workspace, asked: SpecFile, pairs: int = 3) -> dict[str, float]:
    """The bare trainer on the job of a run, beside the run itself."""
    folder = ws.runs / "bare"
    walls, processors = [], []
    start = bare_start(ws.home)
    for _number in range(pairs):
        waiting(ws)
        _seconds, run_id = first_line(ws, asked)
        used = runs.wait(ws, run_id).usage
        waiting(ws)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copy(ws.run_paths(run_id).spec, RunPaths(folder).spec)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "mlops_core.training", str(folder)],
            cwd=ROOT,
            env={**os.environ, **dict.fromkeys(THREAD_VARIABLES, "1"), "PYTHONHASHSEED": "0"},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        wall = time.perf_counter() - began - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime - start
        walls.append((used.wall_seconds or 0.0) / wall)
        processors.append((used.cpu_seconds or 0.0) / cpu)
    return {
        "seconds": round(wall, 1),
        "wall": round(statistics.median(walls), 3),
        "cpu": round(statistics.median(processors), 3),
    }


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = load_settings(
            {"MLOPS_HOME": str(folder / "home"), "MLOPS_SCHEDULER_IDLE_SECONDS": "2"}
        )
        ws = Workspace.open(settings)
        sample = datasets.add_sample(ws, "breast_cancer").name
        bare = [bare_start(folder) for _number in range(3)]
        cold_seconds, run_id = first_line(ws, spec(sample, 20))
        runs.wait(ws, run_id)
        lock = share_lock(ws.app_lock)
        renew(ws)
        warm = []
        for _number in range(count):
            waiting(ws)
            seconds, run_id = first_line(ws, spec(sample, 20))
            warm.append(seconds)
            runs.wait(ws, run_id)
        pair = waiting(ws)
        before = [sum(process.cpu_times()[:2]) for process in pair]
        time.sleep(QUIET_SECONDS)
        idle = [sum(process.cpu_times()[:2]) for process in pair]
        found = {
            "bare script": round(statistics.median(bare), 2),
            "cold": round(cold_seconds, 2),
            "warm": round(statistics.median(warm), 3),
            "warm, slowest": round(max(warm), 3),
            "waiting pair": {
                "written_mb": [round(written_mb(process)) for process in pair],
                "own_mb": [round(process.memory_full_info().uss / 1024**2) for process in pair],
                "cpu_percent": round(100 * (sum(idle) - sum(before)) / QUIET_SECONDS, 2),
            },
            "supervised ÷ bare": overhead(ws, spec(sample, 500)),
        }
        lock.close()
        ws.close()
    print(json.dumps(found, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
