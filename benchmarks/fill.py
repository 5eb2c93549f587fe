"""Fill a workspace with runs that look like a year of work: for page tests and benchmarks."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func, insert, select

from mlops_core.domain.configs import (
    EvaluationConfig,
    ExperimentConfig,
    ExperimentModel,
    ModelConfig,
    ResourceAllocation,
)
from mlops_core.domain.params import Task
from mlops_core.domain.records import Dataset
from mlops_core.metrics import primary_metric
from mlops_core.services import datasets
from mlops_core.services.queueing import run_specs
from mlops_core.store.tables import (
    experiment,
    experiment_model,
    experiment_tag,
    metric_point,
    metric_value,
    resource_sample,
    run,
    run_event,
)
from mlops_core.store.workspace import Workspace

RUNS_OF_AN_EXPERIMENT = 4
TAGS = ("baseline", "tuned", "weekly", "이탈", "candidate", "rejected")
ALGORITHMS = ("dummy", "random_forest", "extra_trees", "hist_gradient_boosting", "knn", "mlp")
ENDINGS = (
    *(("completed", "finished", "Completed."),) * 17,
    ("failed", "memory_limit", "Stopped: it used 2.0 GB, its limit. Peak was in fold 3."),
    ("failed", "error", "Column 'age' holds a value that is no number."),
    ("cancelled", "cancelled", "Stopped by a person."),
)
METRICS = {
    Task.CLASSIFICATION: ("accuracy", "balanced_accuracy", "f1", "roc_auc", "log_loss"),
    Task.REGRESSION: ("r2", "rmse", "mae", "mape"),
}
FOLDS = 5


def fill(
    ws: Workspace, runs: int = 1000, seed: int = 0, *, points: int = 20, samples: int = 10
) -> list[int]:
    """Add ``runs`` runs that are over, four to an experiment, on two small datasets; their ids.

    Every experiment has two tags, every completed run its final values over five folds, and every
    run ``points`` measured points and ``samples`` looks at its processes. The same ``seed`` gives
    the same runs.
    """
    luck = random.Random(seed)
    tables = _datasets(ws)
    rows: dict[Any, list[dict[str, Any]]] = {
        table: []
        for table in (
            experiment,
            experiment_model,
            experiment_tag,
            run,
            metric_value,
            metric_point,
            resource_sample,
            run_event,
        )
    }
    with ws.begin() as connection:
        first_run, first = (
            connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
            for table in (run, experiment)
        )
        start = ws.now() - timedelta(days=365)
        step = timedelta(days=364) / max(runs, 1)
        ids = []
        for number in range(runs):
            group, place = divmod(number, RUNS_OF_AN_EXPERIMENT)
            at = start + step * number
            data = tables[group % len(tables)]
            if place == 0:
                config = _config(data, luck)
                experiment_id = first + group + 1
                _add_experiment(rows, experiment_id, group, config, at, luck)
            run_id = first_run + number + 1
            ids.append(run_id)
            _add_run(rows, run_id, experiment_id, place, config, data, at, luck)
            _add_series(rows, run_id, config.task, at, luck, points, samples)
        for table, values in rows.items():
            if values:
                connection.execute(insert(table), values)
    return ids


def _datasets(ws: Workspace) -> list[Dataset]:
    luck = random.Random(1)
    with TemporaryDirectory() as folder:
        lines = ["age,plan,amount,price,churned"]
        for _row in range(200):
            age, amount = luck.randint(18, 90), luck.random() * 100
            plan = luck.choice(["basic", "plus", "프로"])
            price = 3 * amount + age + luck.gauss(0, 5)
            churned = "yes" if luck.random() < age / 100 else "no"
            lines.append(f"{age},{plan},{amount:.2f},{price:.2f},{churned}")
        path = Path(folder) / "table.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return [
            datasets.add_file(ws, path, name="customers", target="churned"),
            datasets.add_file(ws, path, name="prices", target="price"),
        ]


def _config(data: Dataset, luck: random.Random) -> ExperimentConfig:
    assert data.target is not None and data.task is not None
    models = tuple(
        ExperimentModel(name=key.replace("_", " "), config=_model(key, luck))
        for key in luck.sample(ALGORITHMS, RUNS_OF_AN_EXPERIMENT)
    )
    return ExperimentConfig(
        dataset_id=data.id,
        target=data.target,
        task=data.task,
        models=models,
        resources=ResourceAllocation(cpu_cores=luck.choice((1, 2)), memory_gb=2.0),
        evaluation=EvaluationConfig(seed=luck.randrange(1000)),
    )


def _model(key: str, luck: random.Random) -> ModelConfig:
    params = {"n_estimators": luck.randrange(50, 500)} if key.endswith(("forest", "trees")) else {}
    return ModelConfig(algorithm=key, params=params)


def _add_experiment(
    rows: dict[Any, list[dict[str, Any]]],
    experiment_id: int,
    group: int,
    config: ExperimentConfig,
    at: Any,
    luck: random.Random,
) -> None:
    rows[experiment].append(
        {
            "id": experiment_id,
            "name": f"experiment {experiment_id - group % 5}",
            "major": 1,
            "minor": group % 5,
            "patch": 0,
            "description": "",
            "task": config.task.value,
            "config": config.model_dump(mode="json"),
            "dataset_id": config.dataset_id,
            "created_at": at,
        }
    )
    for place, model in enumerate(config.models, start=1):
        rows[experiment_model].append(
            {
                "experiment_id": experiment_id,
                "position": place,
                "name": model.name,
                "algorithm": model.config.algorithm,
            }
        )
    for tag in luck.sample(TAGS, 2):
        rows[experiment_tag].append({"experiment_id": experiment_id, "tag": tag})


def _add_run(
    rows: dict[Any, list[dict[str, Any]]],
    run_id: int,
    experiment_id: int,
    place: int,
    config: ExperimentConfig,
    data: Dataset,
    at: Any,
    luck: random.Random,
) -> None:
    status, reason, message = luck.choice(ENDINGS)
    seconds = luck.uniform(3, 900)
    values = _values(config.task, luck) if status == "completed" else {}
    primary = primary_metric(config.task, 2).key
    spec = run_specs(config, data)[place]
    rows[run].append(
        {
            "id": run_id,
            "experiment_id": experiment_id,
            "number": place + 1,
            "model_name": config.models[place].name,
            "algorithm": spec.model.algorithm,
            "dataset_id": data.id,
            "task": config.task.value,
            "spec": spec.model_dump(mode="json"),
            "digest": spec.digest,
            "status": status,
            "end_reason": reason,
            "message": message,
            "attempt": 1,
            "progress": 1.0 if values else luck.random(),
            "phase": "saving" if values else "fold",
            "fold": FOLDS,
            "folds": FOLDS,
            "metric": primary,
            "value": values[primary]["holdout"] if values else None,
            "std": values[primary]["std"] if values else None,
            "cpu_cores": spec.resources.cpu_cores,
            "memory_gb": spec.resources.memory_gb,
            "gpus": 0,
            "time_limit_hours": 1.0,
            "cores": [0],
            "enforcement": {"memory": "polled", "cpu": "hard", "time": "hard"},
            "peak_memory_mb": luck.uniform(150, 2000),
            "cpu_seconds": seconds * luck.uniform(0.5, 2),
            "wall_seconds": seconds,
            "created_at": at,
            "started_at": at + timedelta(seconds=1),
            "ended_at": at + timedelta(seconds=1 + seconds),
        }
    )
    rows[metric_value].extend({"run_id": run_id, **value} for value in values.values())
    for seq, (kind, text) in enumerate((("queued", ""), ("claim", ""), ("end", message)), start=1):
        rows[run_event].append(
            {"run_id": run_id, "seq": seq, "at": at, "kind": kind, "message": text, "attempt": 1}
        )


def _values(task: Task, luck: random.Random) -> dict[str, dict[str, Any]]:
    found = {}
    for name in METRICS[task]:
        middle = luck.uniform(0.6, 0.95)
        folds = [middle + luck.gauss(0, 0.02) for _fold in range(FOLDS)]
        mean = sum(folds) / FOLDS
        std = (sum((value - mean) ** 2 for value in folds) / (FOLDS - 1)) ** 0.5
        holdout = middle + luck.gauss(0, 0.02)
        found[name] = {
            "name": name,
            "holdout": holdout,
            "mean": mean,
            "std": std,
            "folds": folds,
        }
    return found


def _add_series(
    rows: dict[Any, list[dict[str, Any]]],
    run_id: int,
    task: Task,
    at: Any,
    luck: random.Random,
    points: int,
    samples: int,
) -> None:
    name = primary_metric(task, 2).key
    for seq in range(1, points + 1):
        rows[metric_point].append(
            {
                "run_id": run_id,
                "seq": seq,
                "name": name,
                "split": "validation",
                "fold": 1 + seq * FOLDS // (points + 1),
                "step": seq,
                "value": 1 - 1 / (seq + luck.random()),
                "at": at + timedelta(seconds=seq),
            }
        )
    for seq in range(1, samples + 1):
        rows[resource_sample].append(
            {
                "run_id": run_id,
                "seq": seq,
                "at": at + timedelta(seconds=seq),
                "cpu_percent": luck.uniform(50, 200),
                "memory_mb": luck.uniform(100, 1500),
                "processes": 1,
                "threads": 4,
            }
        )
