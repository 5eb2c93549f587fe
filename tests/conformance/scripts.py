"""The exported script of a run, written and run in this process."""

from __future__ import annotations

import runpy
import warnings
from pathlib import Path
from typing import Any

import pytest

from mlops_core.domain.events import TrainerJob
from mlops_core.domain.results import TrainingResult
from mlops_core.export.recipe import Recipe
from mlops_core.export.script import write_script
from mlops_core.training.table import column_types


def script_of(job: TrainerJob, result: TrainingResult) -> str:
    """The script of a run that this job led to."""
    spelling = job.spelling
    return write_script(
        Recipe(
            run_id=job.run_id,
            experiment="first v1.0.0",
            dataset_id=1,
            spec=job.spec,
            result=result,
            types=column_types(Path(job.table)),
            spellings={job.spec.dataset.target: spelling} if spelling else {},
            n_jobs=job.n_jobs,
        )
    )


def scores_of(text: str, table: Path, folder: Path) -> dict[str, Any]:
    """What the script scores on a table; the threads of this process stay what they are."""
    path = folder / "script.py"
    path.write_text(text, encoding="utf-8")
    # The run has its warnings on record; a person who runs the script sees them.
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings(action="ignore"):
        patch.setattr("os.environ", {})
        found: dict[str, Any] = runpy.run_path(str(path))["train"](table)[1]
    return found


def scores_in(result: TrainingResult) -> dict[str, Any]:
    """What a run recorded, in the form of its script."""
    folds = {name: list(found.folds) for name, found in result.cv.items()}
    return {"holdout": result.holdout, "cv": folds}
