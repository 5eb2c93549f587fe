"""A small table with every kind of column, and the job that trains on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mlops_core.algorithms import algorithms_for
from mlops_core.domain.configs import (
    DatasetConfig,
    EvaluationConfig,
    FeatureConfig,
    ModelConfig,
    ResourceAllocation,
    RunSpec,
)
from mlops_core.domain.events import TrainerJob
from mlops_core.domain.params import ParamValues, Task

ROLES = {
    "age": "numeric",
    "price ": "numeric",
    "nothing": "numeric",
    "도시": "categorical",
    "code": "categorical",
    "member": "categorical",
    "joined": "date",
    "후기": "text",
    "답": "categorical",
    "grade": "categorical",
    "amount": "numeric",
}
TARGETS = {"답", "grade", "amount"}
TARGET_OF = {Task.CLASSIFICATION: "grade", Task.REGRESSION: "amount"}
PAIRS = [(algorithm.key, task) for task in Task for algorithm in algorithms_for(task)]


def mixed_frame(rows: int = 90, seed: int = 7) -> pd.DataFrame:
    """Numbers, a column without values, few and many categories, booleans, dates, Korean text;
    targets: ``답`` (two Korean classes), ``grade`` (three), ``amount`` (a number)."""
    rng = np.random.default_rng(seed)
    age = rng.normal(40, 10, rows)
    price = rng.gamma(2.0, 100.0, rows)
    city = rng.choice(["서울", "부산", "대구"], rows).astype(object)
    signal = price / 100 - 2 + 1.5 * (city == "서울") + (age - 40) / 10
    age[::11] = np.nan
    city[::9] = None
    reviews = ["아주 좋은 상품입니다", "배송이 느려요", "small red box", ""]
    return pd.DataFrame(
        {
            "age": age,
            "price ": price,
            "nothing": np.full(rows, np.nan),
            "도시": city,
            "code": [f"k{index % (rows - 5)}" for index in range(rows)],
            "member": rng.random(rows) > 0.5,
            "joined": pd.date_range("2024-01-01", periods=rows, freq="7h"),
            "후기": [reviews[index % 4] for index in range(rows)],
            "답": np.where(signal > 0, "예", "아니오"),
            "grade": np.where(signal < -1, "a", np.where(signal < 1, "b", "c")),
            "amount": signal * 1000 + 5000,
        }
    )


def write_table(frame: pd.DataFrame, folder: Path) -> Path:
    path = folder / "table.parquet"
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path)
    return path


def job_for(
    table: Path,
    roles: dict[str, str],
    *,
    algorithm: str = "logistic_regression",
    task: Task = Task.CLASSIFICATION,
    target: str = "답",
    params: ParamValues | None = None,
    features: FeatureConfig | None = None,
    positive_class: str | None = None,
    n_jobs: int = 1,
    gpus: int = 0,
    **evaluation: object,
) -> TrainerJob:
    """A job on ``table``; the other targets of the mixed table are never features."""
    others = tuple(sorted((TARGETS & roles.keys()) - {target}))
    spec = RunSpec(
        dataset=DatasetConfig(
            name="mixed",
            version=1,
            fingerprint="0" * 64,
            target=target,
            task=task,
            positive_class=positive_class,
        ),
        features=features or FeatureConfig(exclude=others),
        model=ModelConfig(algorithm=algorithm, params=dict(params or {})),
        resources=ResourceAllocation(gpus=gpus),
        evaluation=EvaluationConfig.model_validate({"folds": 2, **evaluation}),
    )
    return TrainerJob(run_id=1, attempt=1, spec=spec, table=str(table), roles=roles, n_jobs=n_jobs)
