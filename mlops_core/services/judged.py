"""What a run said about the rows that judge it, by itself and beside another run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from mlops_core.domain.columns import Column
from mlops_core.domain.events import RunPaths
from mlops_core.domain.records import ExperimentRun, RunSummary
from mlops_core.domain.results import TrainingResult
from mlops_core.errors import InvalidInput
from mlops_core.i18n import _
from mlops_core.store import files
from mlops_core.store.predictions import Predictions, read_predictions
from mlops_core.store.workspace import Workspace

KEPT = 16  # about 60 bytes a judged row each


@dataclass(frozen=True, eq=False)
class Judged:
    """A run's result, and the part of its predictions that judges it: the hold-out, else folds."""

    result: TrainingResult
    part: Predictions
    held_out: bool


def judged_pair(ws: Workspace, a: ExperimentRun, b: ExperimentRun) -> tuple[Judged, Judged] | None:
    """What two runs said about the rows that judged both, in one order; ``None``: there are none.

    Raises:
        InvalidInput: they did not learn the same from the same table.
    """
    if not same_subject(a, b):
        raise InvalidInput(
            _("Runs {a} and {b} did not learn the same from the same table.").format(
                a=a.id, b=b.id
            ),
            _("Choose two runs with one dataset and target."),
        )
    one, two = judged_rows(ws, a), judged_rows(ws, b)
    if one is None or two is None or one.part.classes != two.part.classes:
        return None
    left, right = _paired(one, two)
    return (left, right) if len(left.part.rows) else None


def same_subject(a: ExperimentRun, b: ExperimentRun) -> bool:
    """They learned the same from the same table."""
    one, two = (
        (asked.fingerprint, asked.target, asked.task, asked.positive_class)
        for asked in (a.spec.dataset, b.spec.dataset)
    )
    return one == two


def _paired(one: Judged, two: Judged) -> tuple[Judged, Judged]:
    """The rows that judged both, in one order."""
    _common, left, right = np.intersect1d(one.part.rows, two.part.rows, return_indices=True)
    held_out = one.held_out and two.held_out
    return (
        Judged(one.result, one.part.part(left), held_out),
        Judged(two.result, two.part.part(right), held_out),
    )


def judged_rows(ws: Workspace, run: RunSummary) -> Judged | None:
    """What this run said about the rows that judge it; ``None`` where it kept no predictions."""
    paths = ws.run_paths(run.id)
    try:
        written = paths.predictions.stat().st_mtime_ns
    except OSError:
        return None
    return _read(str(paths.folder), written)


@lru_cache(maxsize=KEPT)
def _read(folder: str, _written: int) -> Judged | None:
    paths = RunPaths(Path(folder))
    result = files.read_result(paths)
    if result is None:
        return None
    found = read_predictions(paths.predictions, result.classes, result.positive_class)
    if found is None or not len(found.rows):
        return None
    held = found.held_out()
    return Judged(result, held, True) if len(held.rows) else Judged(result, found, False)


def by_reliance(columns: Sequence[Column], results: Sequence[TrainingResult]) -> tuple[Column, ...]:
    """``columns``, those first that one of the runs relies on most; equal ones in their order."""
    most: dict[str, float] = {}
    for result in results:
        for item in result.importance:
            most[item.feature] = max(most.get(item.feature, -math.inf), item.mean)
    return tuple(sorted(columns, key=lambda column: -most.get(column.name, -math.inf)))
