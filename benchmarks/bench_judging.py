"""Saying which of 50 runs are better, and asking a model: what both take, against a floor.

    python benchmarks/bench_judging.py [ROWS]        (2,000 rows that judge)

Judging: intervals, every paired difference, verdicts and the group that is level with the best;
once with nothing read before, once more as a page does on the next visit. The floor reads the
same files and gives each run's plain accuracy by scikit-learn, without any uncertainty.

Asking: a first question, which loads the model in a process of its own, later ones, and an effect;
the floor is the same rows answered by the model in this process. Prints one JSON object; times in
milliseconds.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score

from mlops_core.domain.configs import EvaluationConfig
from mlops_core.services import asking, comparison, datasets, experiments, runs, what_if
from mlops_core.settings import load_settings
from mlops_core.store.locks import try_lock
from mlops_core.store.predictions import read_predictions
from mlops_core.store.workspace import Workspace
from mlops_core.training.artifact import load_model
from tests.unit.services.outcomes import complete, plan, trained

RUNS = 50
REPEATS = 5
METRIC = "accuracy"


def table(folder: Path, rows: int) -> Path:
    luck = np.random.default_rng(1)
    values = luck.normal(size=(rows, 8)).round(4)
    frame = pd.DataFrame(values, columns=[f"n{i}" for i in range(8)])
    frame["plan"] = luck.choice(["a", "b", "c", "d"], rows)
    signal = values[:, 0] + values[:, 1] ** 2 - 1 + luck.normal(size=rows)
    frame["left"] = np.where(signal > 0, "yes", "no")
    path = folder / "table.csv"
    frame.to_csv(path, index=False)
    return path


def said(rows: int, run_id: int) -> dict[str, np.ndarray]:
    """What a run said about every row, all of the hold-out; the later the run, the better."""
    truth = np.random.default_rng(7).integers(0, 2, rows)
    luck = np.random.default_rng(run_id)
    score = np.clip(0.5 + (truth - 0.5) * 0.3 + luck.normal(0, 0.25, rows), 0.001, 0.999)
    return {
        "row": np.arange(rows),
        "fold": np.zeros(rows, np.int32),
        "truth": truth,
        "said": (score > 0.5).astype(int),
        "score": score,
    }


def timed(task: Callable[[], Any]) -> float:
    started = time.perf_counter()
    task()
    return (time.perf_counter() - started) * 1000


def median_ms(task: Callable[[], Any]) -> float:
    return statistics.median(timed(task) for _repeat in range(REPEATS))


def judged(ws: Workspace, data: int, rows: int) -> dict[str, Any]:
    config = plan(data, *["knn"] * RUNS, target="left")
    models = tuple(
        model.model_copy(update={"name": f"m{place}"}) for place, model in enumerate(config.models)
    )
    ids = experiments.train(ws, "a", config.model_copy(update={"models": models}))[1]
    for run_id in ids:
        complete(ws, run_id, said(rows, run_id))
    found = comparison.compare(ws, ids)

    def floor() -> None:
        for run_id in ids:
            path = ws.run_paths(run_id).predictions
            known = read_predictions(path, ("no", "yes"), "yes")
            assert known is not None
            accuracy_score(known.seen.truth, known.seen.predicted)

    first = timed(lambda: comparison.judge(ws, found, METRIC))
    again = median_ms(lambda: comparison.judge(ws, found, METRIC))
    least = median_ms(floor)
    return {
        "first": round(first), "again": round(again), "floor": round(least),
        "first ÷ floor": round(first / least, 1), "again ÷ floor": round(again / least, 1),
    }  # fmt: skip


def asked(ws: Workspace, data: int) -> dict[str, Any]:
    config = plan(
        data, "random_forest", target="left", evaluation=EvaluationConfig(folds=2, holdout=0.2)
    )
    (run_id,) = experiments.train(ws, "b", config)[1]
    trained(ws, run_id)
    one = asking.open_run(ws, runs.get_run(ws, run_id))
    begin = asking.start(one)
    first = timed(lambda: what_if.ask(ws, one, [begin.values]))
    later = median_ms(lambda: what_if.ask(ws, one, [begin.values]))
    effect = median_ms(lambda: what_if.effect(ws, one, "n0", begin.values))
    pipeline = load_model(ws.run_paths(run_id).model)
    frame = pd.DataFrame([begin.values])
    least = median_ms(lambda: pipeline.predict_proba(frame))
    what_if.close_all()
    return {
        "first": round(first), "later": round(later, 1), "floor": round(least, 1),
        "later ÷ floor": round(later / least, 2), "effect of a column": round(effect),
    }  # fmt: skip


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    with tempfile.TemporaryDirectory() as folder:
        ws = Workspace.open(load_settings({"MLOPS_HOME": f"{folder}/home"}))
        lock = try_lock(ws.scheduler_lock)  # nothing starts by itself
        try:
            data = datasets.add_file(ws, table(Path(folder), rows), target="left").id
            found = {
                f"judge {RUNS} runs on {rows} rows, ms": judged(ws, data, rows),
                "ask a model, ms": asked(ws, data),
            }
        finally:
            if lock is not None:
                lock.close()
            ws.close()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(
        json.dumps(
            {"machine": machine, "python": platform.python_version(), **found},
            indent=2,
            ensure_ascii=False,
        )
    )


if __name__ == "__main__":
    main()
