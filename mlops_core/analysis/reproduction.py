"""A run that was run again: did it come out the same, and if not, why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlops_core.domain.results import TrainingResult
from mlops_core.i18n import _
from mlops_core.store.predictions import Predictions

TOLERANCE = 1e-6  # of the larger of two values: far below what any metric is read to
_LIBRARIES = ("python", "numpy", "scipy", "pandas", "scikit-learn", "pyarrow")
_MACHINE = ("cpu", "blas", "threads", "platform")


class Outcome(StrEnum):
    IDENTICAL = "identical"  # to the last bit
    WITHIN_TOLERANCE = "within_tolerance"
    DIFFERENT = "different"


@dataclass(frozen=True, kw_only=True)
class MetricPair:
    """One metric at one place, before and after; ``None`` where it had no value."""

    metric: str
    fold: int  # from 1; 0 for the hold-out
    before: float | None
    after: float | None

    @property
    def difference(self) -> float | None:
        """After minus before."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before

    @property
    def is_close(self) -> bool:
        """Both have a value, and they differ by no more than the tolerance."""
        if self.before is None or self.after is None:
            return self.before is self.after
        largest = max(abs(self.before), abs(self.after))
        return abs(self.after - self.before) <= TOLERANCE * largest


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """What became of a run that was run again.

    Attributes:
        outcome: The verdict.
        metrics: Every metric on the hold-out and in each fold.
        rows: How many predictions both runs made; ``None`` where a run no longer has its own.
        changed: How many of them are not the same.
        why: What differed between the two runs, a sentence each; empty where all is the same.
    """

    outcome: Outcome
    metrics: tuple[MetricPair, ...]
    rows: int | None
    changed: int | None
    why: tuple[str, ...]


def reproduction(
    before: TrainingResult, after: TrainingResult, rows: int | None, changed: int | None
) -> Reproduction:
    """Hold a run against an earlier one of the same configuration.

    Args:
        rows: How many predictions both made; ``None`` where that can no longer be read.
        changed: How many of them are not the same (see ``changed_predictions``); ``None`` where
            that is not known, and then nothing is called identical.
    """
    pairs = tuple(_pairs(before, after))
    same_rows = before.digests.get("split") == after.digests.get("split")
    if same_rows and changed == 0 and all(pair.before == pair.after for pair in pairs):
        outcome = Outcome.IDENTICAL
    elif same_rows and all(pair.is_close for pair in pairs):
        outcome = Outcome.WITHIN_TOLERANCE
    else:
        outcome = Outcome.DIFFERENT
    why = [] if same_rows else [_("The rows were split in another way.")]
    why += _differences(before.environment, after.environment)
    if not why and outcome is not Outcome.IDENTICAL:
        why.append(
            _(
                "Nothing that was recorded differs; what remains is the order in which threads add "
                "numbers up, and what else the machine did."
            )
        )
    return Reproduction(outcome=outcome, metrics=pairs, rows=rows, changed=changed, why=tuple(why))


def _pairs(before: TrainingResult, after: TrainingResult) -> Iterator[MetricPair]:
    for name in dict.fromkeys([*before.holdout, *after.holdout]):
        yield MetricPair(
            metric=name, fold=0, before=before.holdout.get(name), after=after.holdout.get(name)
        )
    for name in dict.fromkeys([*before.cv, *after.cv]):
        folds = [one.cv[name].folds if name in one.cv else () for one in (before, after)]
        for place in range(max(map(len, folds))):
            old, new = (values[place] if place < len(values) else None for values in folds)
            yield MetricPair(metric=name, fold=place + 1, before=old, after=new)


def changed_predictions(before: Predictions, after: Predictions) -> int:
    """How many rows were predicted otherwise, to the last bit; all, where other rows judged."""
    if before.plan != after.plan or (before.seen.scores is None) != (after.seen.scores is None):
        return len(after.rows)
    same = _equal(before.seen.predicted, after.seen.predicted)
    if before.seen.scores is not None and after.seen.scores is not None:
        same = same & _equal(before.seen.scores, after.seen.scores).all(axis=1)
    return int((~same).sum())


def _equal(before: NDArray[Any], after: NDArray[Any]) -> NDArray[np.bool_]:
    """Which values are the same to the last bit; what is no number is like itself."""
    same: NDArray[np.bool_] = (before == after) | (np.isnan(before) & np.isnan(after))
    return same


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """What differs in the environment, the likeliest cause first."""
    if before.get("code") != after.get("code"):
        yield _("The app trained with other code of its own: it was updated in between.")
    for name in _LIBRARIES:
        old, new = before.get(name), after.get(name)
        if old != new:
            yield _("{name} was {before} and is now {after}.").format(
                name=name, before=old or _("unknown"), after=new or _("unknown")
            )
    if any(before.get(name) != after.get(name) for name in _MACHINE):
        yield _("It ran on another machine, or with other threads or linear algebra.")
