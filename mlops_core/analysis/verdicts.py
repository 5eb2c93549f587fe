"""What a run's judged rows say about one metric, ready to be paired with other runs."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from mlops_core.analysis.significance import (
    Evidence,
    Yardstick,
    over_folds,
    percentile_interval,
    unseen_share,
)
from mlops_core.metrics import Counts, Metric, Needs, Observed, Uncomputable
from mlops_core.metrics.resampling import Resamples, resampled, take

SAME_PLACES = 12  # digits; beyond them two scores are the same


class Basis(StrEnum):
    """What a comparison rests on."""

    HOLDOUT = "holdout"
    FOLDS = "folds"


@dataclass(frozen=True, kw_only=True)
class Ground:
    """The rows that judge, the same for all runs that are compared.

    Attributes:
        truth: Shape (n,): indices of classes, or numbers.
        folds: Fold of every row, shape (n,); all 0 on the hold-out.
        classes: How many classes there are; 0 for numbers.
        positive: Index of the positive class.
        resamples: Of the hold-out rows; ``None`` on folds.
        ratio: Judged ÷ learning rows of a fold; ``None`` on the hold-out.
    """

    truth: NDArray[np.generic]
    folds: NDArray[np.int32]
    classes: int = 0
    positive: int | None = None
    resamples: Resamples | None = None
    ratio: float | None = None


def evidence_of(
    run_id: int,
    metric: Metric,
    seen: Observed,
    ground: Ground,
    refits: tuple[Observed, NDArray[np.int32]] | None = None,
) -> Evidence | None:
    """What ``seen`` says about ``metric``; ``None`` where it has no value.

    Args:
        refits: Beside the hold-out, what was said on the folds, and the fold of every row.
    """
    try:
        if ground.resamples is None:
            return _of_folds(run_id, metric, seen, ground)
        found = _of_rows(run_id, metric, seen, ground, ground.resamples)
    except Uncomputable:
        return None
    return found if refits is None else replace(found, refits=_by_fold(metric, *refits))


def _of_rows(
    run_id: int, metric: Metric, seen: Observed, ground: Ground, resamples: Resamples
) -> Evidence:
    estimate = metric.compute(seen)
    values = np.full(resamples.draws, math.nan)
    interval = None
    if metric.smooth:
        values = resampled(metric, seen, resamples)
        interval = percentile_interval(values)
    return _evidence(run_id, metric, seen, ground, estimate, values, interval)


def _of_folds(run_id: int, metric: Metric, seen: Observed, ground: Ground) -> Evidence:
    values = _by_fold(metric, seen, ground.folds)
    known = values[np.isfinite(values)]
    if not len(known):
        raise Uncomputable("no fold has a value")
    estimate = float(known.mean())
    scale = over_folds(known, ground.ratio or 0.0)
    interval = scale.interval(estimate) if math.isfinite(scale.scale) else None
    return _evidence(run_id, metric, seen, ground, estimate, values, interval)


def _by_fold(metric: Metric, seen: Observed, folds: NDArray[np.int32]) -> NDArray[np.float64]:
    """The values of the folds, NaN where there is none."""
    values = []
    for fold in np.unique(folds):
        try:
            values.append(metric.compute(take(seen, folds == fold)))
        except Uncomputable:
            values.append(math.nan)
    return np.array(values)


def _evidence(
    run_id: int,
    metric: Metric,
    seen: Observed,
    ground: Ground,
    estimate: float,
    values: NDArray[np.float64],
    interval: tuple[float, float] | None,
) -> Evidence:
    if interval is not None:
        low, high = interval
        if low == high == metric.highest:
            low = high - _unseen_faults(metric, ground)
        interval = (max(low, metric.lowest), min(high, metric.highest))
    low_or_none, high_or_none = interval or (None, None)
    return Evidence(
        run_id=run_id,
        estimate=estimate,
        low=low_or_none,
        high=high_or_none,
        values=values,
        said=_said(metric, seen),
    )


def _said(metric: Metric, seen: Observed) -> bytes:
    """Digest of what ``metric`` looks at."""
    told = seen.predicted if metric.needs is Needs.LABELS else seen.scores
    rounded = np.round(np.asarray(told, dtype=np.float64), SAME_PLACES) + 0.0  # no minus nought
    return hashlib.sha256(rounded.tobytes()).digest()


def yardstick(metric: Metric, ground: Ground, rope: float) -> Yardstick:
    """How differences of ``metric`` are measured on these rows."""
    shares = metric.needs is Needs.LABELS and bool(ground.classes)
    bounded = math.isfinite(metric.highest) and bool(ground.classes)
    unseen = _unseen(metric, ground) if bounded else 0.0
    on_rows = ground.resamples is not None
    return Yardstick(
        rising=metric.greater_is_better,
        rope=rope,
        ratio=None if on_rows else ground.ratio or 0.0,
        units=_telling(metric, ground),
        blur=unseen if shares and on_rows else 0.0,
        unseen=unseen,
    )


def _telling(metric: Metric, ground: Ground) -> int:
    """How many rows, or groups of rows, say something about ``metric``."""
    drawn = len(ground.truth) if ground.resamples is None else ground.resamples.drawn
    if metric.counts is Counts.ROWS:
        return drawn
    return min(drawn, int(_sizes(ground).min()))


def _unseen(metric: Metric, ground: Ground) -> float:
    """One row more in each direction, as a scale: √2 ÷ (n + 2), or the mean of that over classes
    that weigh alike."""
    if metric.counts is Counts.ROWS:
        sizes = np.array([len(ground.truth)])
    elif metric.counts is Counts.POSITIVE and ground.positive is not None:
        sizes = np.array([(ground.truth == ground.positive).sum()])
    else:
        sizes = _sizes(ground)
    return float(np.sqrt((2.0 / (sizes + 2.0) ** 2).sum()) / len(sizes))


def _unseen_faults(metric: Metric, ground: Ground) -> float:
    """How far below its best value a metric may lie that showed no fault: all of the faults that
    were not seen in the rarest class, which is one of several where the mean counts."""
    share = unseen_share(_telling(metric, ground))
    one_class = ground.positive is not None and metric.key != "balanced_accuracy"
    if metric.counts is Counts.ROWS or one_class or metric.lowest < 0:
        return share
    return share / len(_sizes(ground))


def _sizes(ground: Ground) -> NDArray[np.intp]:
    """Rows of every class that occurs."""
    sizes = np.bincount(ground.truth.astype(np.intp), minlength=ground.classes)
    return sizes[sizes > 0]
