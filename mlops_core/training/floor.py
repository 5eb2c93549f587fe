"""The floor of a run: scored on the same rows as its model, from the same training rows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mlops_core.domain.params import Task
from mlops_core.domain.results import Floor
from mlops_core.features.assign import Positions
from mlops_core.features.split import Split
from mlops_core.metrics.floor import floor_of, shares_of
from mlops_core.training.judge import cross_validated, measure
from mlops_core.training.notes import Notes
from mlops_core.training.predictions import Judgement
from mlops_core.training.table import Table


def floor_result(
    task: Task, table: Table, split: Split, judgements: Sequence[Judgement]
) -> Floor | None:
    """What the floor scores where a model was judged; ``None`` where a mean is no finite number."""
    answers: dict[int, tuple[float, ...]] = {}
    values: dict[int, dict[str, float]] = {}
    unheard = Notes()  # what a metric lacks here it lacked for the model too
    for part in judgements:
        learn = split.folds[part.fold - 1][0] if part.fold else split.train
        answers[part.fold] = answer = _answer(table, learn)
        if not all(map(math.isfinite, answer)):
            return None
        folds = np.full(len(part.positions), part.fold, dtype=np.int32)
        seen = floor_of(answers, folds, part.seen.truth, len(table.classes), table.positive)
        if seen is not None:
            values[part.fold] = measure(task, seen, unheard, "")
    return Floor(
        answers=answers,
        holdout=values.get(0, {}),
        cv=cross_validated([one for fold, one in values.items() if fold]),
    )


def _answer(table: Table, learn: Positions) -> tuple[float, ...]:
    truth = table.truth[learn]
    if table.classes:
        return shares_of(truth, len(table.classes))
    with np.errstate(over="ignore"):
        return (float(truth.mean()),)
