"""What pages read, and what a submit takes, while 32 runs wait and run over 10,000 in the store.

    python benchmarks/bench_crowd.py [RUNS] [IN_STORE]

The floor is the same, in the same run, with nothing waiting or running. Prints one JSON object:
median and 95th percentile in milliseconds of each, idle and in the crowd; how the runs ended; and
every error of the store.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.fill import fill
from mlops_core.domain.configs import SpecFile
from mlops_core.domain.states import RunStatus
from mlops_core.errors import StoreError
from mlops_core.services import datasets, overview, queue, runs
from mlops_core.settings import load_settings
from mlops_core.store.workspace import Workspace

Times = dict[str, list[float]]


def reads(ws: Workspace, run_id: int) -> dict[str, Callable[[], object]]:
    """What the pages ask for."""
    return {
        "home": lambda: overview.overview(ws),
        "runs, first 100": lambda: runs.list_runs(ws, runs.RunFilter(), limit=100),
        "queue": lambda: queue.look(ws),
        "live tick": lambda: runs.live(ws, run_id, after_point=0, after_sample=0, after_byte=0),
    }


def measure(asked: dict[str, Callable[[], object]], times: Times, errors: Counter[str]) -> None:
    for name, read in asked.items():
        began = time.perf_counter()
        try:
            read()
        except StoreError as error:
            errors[f"{name}: {error.message}"] += 1
        times.setdefault(name, []).append((time.perf_counter() - began) * 1000)


def summary(times: Times) -> dict[str, dict[str, float]]:
    return {
        name: {
            "median": round(statistics.median(values), 1),
            "p95": round(statistics.quantiles(values, n=20)[-1], 1),
        }
        for name, values in times.items()
    }


def main(count: int, in_store: int) -> None:
    errors: Counter[str] = Counter()
    idle: Times = {}
    crowd: Times = {}
    with tempfile.TemporaryDirectory() as name:
        ws = Workspace.open(load_settings({"MLOPS_HOME": name}))
        old = fill(ws, in_store)[-1]
        sample = datasets.add_sample(ws, "penguins").name
        spec = SpecFile.model_validate(
            {
                "name": "crowd",
                "dataset": {"name": sample},
                "model": {"algorithm": "logistic_regression"},
                "resources": {"cpu_cores": 1, "memory_gb": 1, "time_limit_hours": 0.1},
            }
        )
        for _number in range(40):
            measure(reads(ws, old), idle, errors)
        submitted = []
        for _number in range(count):
            ask = {"submit": lambda: submitted.append(runs.submit_spec(ws, spec, base=ws.home))}
            measure(ask, crowd, errors)
        wanted = runs.RunFilter(status=(RunStatus.QUEUED, RunStatus.RUNNING))
        began = time.perf_counter()
        while runs.list_runs(ws, wanted, limit=1).total:
            measure(reads(ws, submitted[0]), crowd, errors)
            time.sleep(0.2)
        took = time.perf_counter() - began
        endings = Counter(str(runs.get_run(ws, one).end_reason) for one in submitted)
        ws.close()
    found = {
        "in store": in_store,
        "idle": summary(idle),
        "crowd": summary(crowd),
        "endings": dict(endings),
        "seconds": round(took),
        "errors": dict(errors),
    }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    main(*(numbers + [32, 10_000][len(numbers) :]))
