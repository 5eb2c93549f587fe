"""How far the suggested sizes are off: what was expected ÷ what was used, for each algorithm.

    python benchmarks/bench_sizing.py [ROWS] [ALGORITHM …]

Every algorithm trains twice within limits, on a table of ROWS (6,000) × 20 numbers and on one of
three times as many rows. Prints one JSON object: the first estimate of memory ÷ the peak of the
large run, and what the small run told of the large one ÷ what that used, in memory and in time.
A ratio below 1 is an estimate that was too low.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pandas as pd

from mlops_core.algorithms import ALGORITHMS
from mlops_core.domain.configs import (
    EvaluationConfig,
    ExperimentConfig,
    ExperimentModel,
    FeatureConfig,
    ModelConfig,
    ResourceAllocation,
)
from mlops_core.domain.params import Task
from mlops_core.domain.records import Dataset, ExperimentRun
from mlops_core.domain.states import RunStatus
from mlops_core.services import datasets, experiments, runs, sizing
from mlops_core.store.workspace import Workspace

COLUMNS = 20
GIVEN = ResourceAllocation(cpu_cores=1, memory_gb=4.0, time_limit_hours=0.1)


def table(ws: Workspace, folder: Path, rows: int) -> Dataset:
    luck = np.random.default_rng(1)
    values = luck.normal(size=(rows, COLUMNS)).round(5)
    signal = values[:, 0] + values[:, 1] ** 2 - 1 + luck.normal(size=rows)
    frame = pd.DataFrame(values, columns=[f"n{i}" for i in range(COLUMNS)])
    frame["kind"] = np.where(signal > 0, "yes", "no")
    frame["amount"] = signal.round(4)
    path = folder / f"t{rows}.csv"
    frame.to_csv(path, index=False)
    return datasets.add_file(ws, path, target="kind")


def config(dataset: Dataset, key: str, task: Task) -> ExperimentConfig:
    target, other = ("kind", "amount") if task is Task.CLASSIFICATION else ("amount", "kind")
    return ExperimentConfig(
        dataset_id=dataset.id,
        target=target,
        task=task,
        features=FeatureConfig(exclude=(other,)),
        models=(ExperimentModel(name=key, config=ModelConfig(algorithm=key)),),
        resources=GIVEN,
        evaluation=EvaluationConfig(folds=2),
    )


def trained(ws: Workspace, dataset: Dataset, key: str, task: Task) -> ExperimentRun:
    name = f"{key} {task} {dataset.rows}"
    _made, (run_id,) = experiments.train(ws, name, config(dataset, key, task))
    return runs.wait(ws, run_id)


def measured(ws: Workspace, tables: list[Dataset], key: str, task: Task) -> dict[str, Any]:
    small, large = tables
    first = sizing.advise(ws, config(large, key, task), large).peak_gb * 1024
    trained(ws, small, key, task)
    told = sizing.advise(ws, config(large, key, task), large)
    run = trained(ws, large, key, task)
    if run.status is not RunStatus.COMPLETED:
        return {"ended": str(run.end_reason)}
    used = run.usage
    return {
        "peak_mb": round(used.peak_memory_mb),
        "seconds": round(used.wall_seconds, 1),
        "first_memory": round(first / used.peak_memory_mb, 2),
        "told_memory": round(told.peak_gb * 1024 / used.peak_memory_mb, 2),
        "told_time": round(told.seconds / used.wall_seconds, 2) if told.seconds else None,
    }


def main(rows: int, keys: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["MLOPS_HOME"] = str(folder / "home")
        ws = Workspace.open()
        tables = [table(ws, folder, rows), table(ws, folder, 3 * rows)]
        found = {
            f"{key} {task}": measured(ws, tables, key, task)
            for key in keys
            for task in Task
            if task in ALGORITHMS[key].tasks
        }
    whole = [one for one in found.values() if "peak_mb" in one]
    summary = {
        kind: {
            "least": min(values),
            "median": statistics.median(values),
            "most": max(values),
        }
        for kind in ("first_memory", "told_memory", "told_time")
        if (values := [one[kind] for one in whole if one[kind] is not None])
    }
    print(json.dumps({"rows": 3 * rows, "summary": summary, "runs": found}, indent=2))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    count = int(arguments[0]) if arguments and arguments[0].isdigit() else 6_000
    chosen = [key for key in arguments if key in ALGORITHMS]
    main(count, chosen or [key for key in ALGORITHMS if key != "svm"])
