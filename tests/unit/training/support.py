"""Small tables, and whole runs on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mlops_core.domain.results import TrainingResult
from mlops_core.training.train import train
from tests.conformance.tables import job_for, write_table


def simple(rows: int, **columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame({"x": rng.normal(size=rows), "z": rng.normal(size=rows), **columns})


def roles_of(frame: pd.DataFrame, **other: str) -> dict[str, str]:
    return {str(name): "numeric" for name in frame} | other


def run(frame: pd.DataFrame, folder: Path, target: str = "y", **asked: Any) -> TrainingResult:
    roles = asked.pop("roles", roles_of(frame))
    return train(job_for(write_table(frame, folder), roles, target=target, **asked), folder)
