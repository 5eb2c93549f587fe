"""Runs brought to an end as a supervisor does it, without one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import insert, select

from mlops_core.domain.configs import (
    EvaluationConfig,
    ExperimentConfig,
    ExperimentModel,
    ModelConfig,
)
from mlops_core.domain.events import TrainerJob
from mlops_core.domain.params import Task
from mlops_core.domain.records import ProcessIdentity
from mlops_core.domain.results import (
    CrossValidated,
    Floor,
    PartialResult,
    RunOutcome,
    TrainingResult,
    Usage,
)
from mlops_core.domain.states import EndReason
from mlops_core.metrics import METRICS, Observed
from mlops_core.services import datasets, runs
from mlops_core.store import runs as store
from mlops_core.store.tables import dataset
from mlops_core.store.workspace import Workspace
from tests.unit.services.support import csv

USED = Usage(
    peak_memory_mb=120.5,
    mean_memory_mb=90.0,
    cpu_seconds=2.0,
    wall_seconds=1.6,
    read_mb=12.0,
    write_mb=3.0,
)
CLASSES = ("no", "yes")
US = ProcessIdentity(pid=1, start_ticks=1, boot_id="test")


_read_before: dict[int, tuple[dict[str, Any], Path]] = {}


def table(ws: Workspace, folder: Path, *, name: str = "churn", rows: int = 40) -> int:
    """A dataset of two classes; its id. The file is read once and copied from then on."""
    if rows not in _read_before:
        made = datasets.add_file(ws, csv(folder, rows=rows), name=name, target="churned")
        with ws.read() as connection:
            one = select(dataset).where(dataset.c.id == made.id)
            row = dict(connection.execute(one).mappings().one())
        _read_before[rows] = (row, made.table_path.parent)
        return made.id
    row, source = _read_before[rows]
    copy = f"{row['folder']}-{len(list(ws.datasets.iterdir()))}"
    shutil.copytree(source, ws.datasets / copy)
    values = {key: value for key, value in row.items() if key != "id"}
    with ws.begin() as connection:
        return connection.execute(
            insert(dataset).values(values | {"name": name, "folder": copy}).returning(dataset.c.id)
        ).scalar_one()


@contextmanager
def without(path: Path) -> Iterator[None]:
    """A file that is gone for a while; it comes back, for other tables are copied from it."""
    away = path.with_name(f"{path.name}.away")
    path.rename(away)
    try:
        yield
    finally:
        away.rename(path)


def plan(
    dataset_id: int,
    *algorithms: str,
    target: str = "churned",
    task: Task = Task.CLASSIFICATION,
    evaluation: EvaluationConfig | None = None,
) -> ExperimentConfig:
    """A configuration of these algorithms with their defaults."""
    return ExperimentConfig(
        dataset_id=dataset_id,
        target=target,
        task=task,
        models=tuple(
            ExperimentModel(name=key, config=ModelConfig(algorithm=key))
            for key in algorithms or ("dummy",)
        ),
        evaluation=evaluation or EvaluationConfig(folds=3),
    )


def begin(ws: Workspace, run_id: int) -> int:
    """Claim a run and take it up; its attempt number."""
    with ws.begin() as connection:
        attempt = store.claim(connection, run_id, cores=[0], at=ws.now())
        assert attempt is not None
        assert store.take_up(
            connection, run_id, attempt=attempt, supervisor=US, enforcement={}, at=ws.now()
        )
    return attempt


def finish(
    ws: Workspace,
    run_id: int,
    holdout: dict[str, float] | None = None,
    *,
    folds: dict[str, Sequence[float]] | None = None,
    metric: str = "roc_auc",
    usage: Usage = USED,
) -> TrainingResult:
    """Complete a run with these values; its result file is written too."""
    attempt = begin(ws, run_id)
    cv = {
        name: CrossValidated(mean=sum(values) / len(values), std=0.01, folds=tuple(values))
        for name, values in (folds or {}).items()
    }
    result = TrainingResult(
        primary_metric=metric, holdout=holdout or {}, cv=cv, warnings=("Take care.",)
    )
    paths = ws.run_paths(run_id)
    paths.folder.mkdir(parents=True)
    paths.result.write_text(result.model_dump_json(), encoding="utf-8")
    outcome = RunOutcome(
        reason=EndReason.FINISHED,
        message="",
        usage=usage,
    )
    with ws.begin() as connection:
        assert store.end(
            connection, run_id, attempt=attempt, outcome=outcome, result=result, at=ws.now()
        )
    return result


def fail(
    ws: Workspace,
    run_id: int,
    reason: EndReason = EndReason.MEMORY_LIMIT,
    partial: PartialResult | None = None,
    usage: Usage | None = None,
) -> None:
    """End a run for ``reason``; ``partial`` is what it had judged by then."""
    attempt = begin(ws, run_id)
    outcome = RunOutcome(reason=reason, message="It used 2.0 GB, its limit.")
    if usage is not None:
        outcome = outcome.model_copy(update={"usage": usage})
    with ws.begin() as connection:
        assert store.end(
            connection, run_id, attempt=attempt, outcome=outcome, partial=partial, at=ws.now()
        )


def judged_rows(right: float, seed: int, folds: int, rows: int = 200) -> dict[str, np.ndarray]:
    """``rows`` rows of the hold-out and of each fold; about ``right`` of the answers are."""
    truth = np.random.default_rng(7).integers(0, 2, rows * (folds + 1))
    hit = np.random.default_rng(seed).random(len(truth)) < right
    return {
        "row": np.arange(len(truth)),
        "fold": np.repeat(np.arange(folds + 1, dtype=np.int32), rows),
        "truth": truth,
        "said": np.where(hit, truth, 1 - truth),
    }


def complete(ws: Workspace, run_id: int, found: dict[str, np.ndarray]) -> None:
    """End a run as if it had said this: its values, its result and its predictions."""

    def value(chosen: np.ndarray) -> float:
        seen = Observed(truth=found["truth"][chosen], predicted=found["said"][chosen], classes=2)
        return METRICS["accuracy"].compute(seen)

    numbers = range(1, int(found["fold"].max()) + 1)
    result = finish(
        ws,
        run_id,
        {"accuracy": value(found["fold"] == 0)} if (found["fold"] == 0).any() else {},
        folds={"accuracy": [value(found["fold"] == n) for n in numbers]} if numbers else {},
        metric="accuracy",
    )
    paths = ws.run_paths(run_id)
    told = {"classes": CLASSES, "positive_class": "yes", "rows": {"train": len(found["row"])}}
    told["floor"] = Floor(answers=dict.fromkeys(map(int, np.unique(found["fold"])), (0.6, 0.4)))
    paths.result.write_text(result.model_copy(update=told).model_dump_json(), encoding="utf-8")
    names = pa.array(CLASSES)
    content = {
        "row": found["row"],
        "fold": found["fold"],
        "actual": names.take(pa.array(found["truth"])),
        "predicted": names.take(pa.array(found["said"])),
    }
    if "score" in found:  # of the second class
        probabilities = np.column_stack([1 - found["score"], found["score"]])
        for place, name in enumerate(CLASSES):
            content[f"probability:{name}"] = probabilities[:, place]
    pq.write_table(pa.table(content), paths.predictions)


def trained(ws: Workspace, run_id: int) -> TrainingResult:
    """Train a queued run here, as its trainer would, and complete it."""
    from mlops_core.training.train import train

    attempt = begin(ws, run_id)
    run = runs.get_run(ws, run_id)
    data = datasets.get_dataset(ws, run.dataset_id)
    target = data.column(run.spec.dataset.target)
    paths = ws.run_paths(run_id)
    paths.folder.mkdir(parents=True)
    job = TrainerJob(
        run_id=run_id,
        attempt=attempt,
        spec=run.spec,
        table=str(data.table_path),
        roles={column.name: column.role.value for column in data.columns},
        n_jobs=1,
        spelling=None if target is None else target.spelling,
    )
    result = train(job, paths.folder)
    outcome = RunOutcome(reason=EndReason.FINISHED, message="", usage=USED)
    with ws.begin() as connection:
        assert store.end(
            connection, run_id, attempt=attempt, outcome=outcome, result=result, at=ws.now()
        )
    return result
