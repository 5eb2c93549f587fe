"""Calibrating: whether the probabilities that a run gives are what they say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mlops_core.analysis.calibration import Bin, calibration_error, reliability
from mlops_core.domain.params import Task
from mlops_core.domain.records import RunSummary
from mlops_core.services.judged import Judged, judged_rows
from mlops_core.store.workspace import Workspace

KEPT = 64  # a few numbers each


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What was given and what came of it, on the rows that judge a run.

    Attributes:
        positive: With two classes, the one whose probabilities these are. With more it is ``None``,
            and they are what each row's answer was given: how sure the model was of it (Guo,
            Pleiss, Sun and Weinberger (2017), On calibration of modern neural networks).
        held_out: The rows are those of the hold-out; otherwise those of all folds.
        bins: From the smallest probabilities to the largest.
        error: How far off they are on average (see ``analysis.calibration``).
    """

    positive: str | None
    held_out: bool
    bins: tuple[Bin, ...]
    error: float

    @property
    def surprising(self) -> int:
        """In how many bins chance does not explain how far off they are."""
        return sum(not one.low <= one.said <= one.high for one in self.bins)


def calibration_of(ws: Workspace, run: RunSummary) -> Calibration | None:
    """``None`` where a run gave no probabilities, or its files are gone."""
    if run.task is not Task.CLASSIFICATION:
        return None
    judged = judged_rows(ws, run)
    return None if judged is None else _calibration(judged)


@lru_cache(maxsize=KEPT)
def _calibration(judged: Judged) -> Calibration | None:
    seen, classes = judged.part.seen, judged.part.classes
    scores = seen.scores
    if scores is None or not seen.probabilities or not len(seen.truth):
        return None
    if seen.positive is not None:
        positive = classes[seen.positive]
        right = seen.truth == seen.positive
        given = scores[:, seen.positive]
    else:
        positive = None
        answers = np.argmax(scores, axis=1)
        right = seen.truth == answers
        given = scores[np.arange(len(scores)), answers]
    if not np.isfinite(given).all():
        return None
    bins = reliability(right, np.ascontiguousarray(given))
    return Calibration(
        positive=positive,
        held_out=judged.held_out,
        bins=bins,
        error=calibration_error(bins),
    )
