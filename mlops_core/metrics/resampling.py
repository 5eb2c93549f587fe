"""The bootstrap over rows: what a metric could have been on other rows of the same kind.

Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapters 6, 8 and 13. All models that
were judged on the same rows see the same resamples, so that differences between them are paired.
Rows that belong together (a group of the split) are drawn together (chapter 8.5, blocks).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlops_core.metrics.base import Metric, Observed, Uncomputable
from mlops_core.metrics.classification import scores_of

if TYPE_CHECKING:
    from mlops_core.metrics.base import Scores, Vector

MOST_DRAWS = 1_000
FEWEST_DRAWS = 200
WORK = 20_000_000  # rows × draws: beyond it there are fewer draws
MOST_UNITS = 5_000  # beyond it rows are drawn in blocks, put together at random
CELLS = 4_000_000  # weights of single rows that are held at once
SAME = 1e-12  # a share of the squares that is no more than rounding

Over: TypeAlias = Callable[[Observed, "Resamples"], "Scores"]


@dataclass(frozen=True, kw_only=True)
class Resamples:
    """How often each unit (a row, a group or a block of rows) was drawn.

    Attributes:
        weights: Shape (draws, units).
        unit: Unit of every row, shape (rows,); ``None`` where every row is its own.
        drawn: How many rows, or groups of rows, were drawn in each resample.
    """

    weights: NDArray[np.float32]
    unit: NDArray[np.intp] | None
    drawn: int

    @property
    def draws(self) -> int:
        return int(self.weights.shape[0])

    @property
    def units(self) -> int:
        return int(self.weights.shape[1])

    def sums(self, values: Vector) -> Scores:
        """Sum of ``values``, shape (rows,), in every resample, shape (draws,)."""
        values = np.asarray(values, dtype=np.float64)
        if self.unit is not None:
            values = np.bincount(self.unit, weights=values, minlength=self.units)
        total: Scores = self.weights.astype(np.float64) @ values
        return total

    def rows(self) -> Scores:
        """How many rows there are in every resample, shape (draws,)."""
        if self.unit is None:
            return np.full(self.draws, float(self.units))
        return self.sums(np.ones(len(self.unit)))

    def counts(self, codes: Vector, size: int, among: Vector | None = None) -> Scores:
        """How often each of ``size`` codes occurs in every resample, shape (draws, size)."""
        chosen = np.arange(len(codes)) if among is None else np.flatnonzero(among)
        unit = chosen if self.unit is None else self.unit[chosen]
        cells = unit * size + codes[chosen].astype(np.intp)
        table = np.bincount(cells, minlength=self.units * size).reshape(self.units, size)
        found: Scores = self.weights.astype(np.float64) @ table.astype(np.float64)
        return found

    def by_row(self, order: NDArray[np.intp]) -> Iterator[NDArray[np.float32]]:
        """The weights of single rows in ``order``, some draws at a time, shape (some, rows)."""
        place = order if self.unit is None else self.unit[order]
        step = max(1, CELLS // max(len(order), 1))
        for start in range(0, self.draws, step):
            yield self.weights[start : start + step, place]


def resample(
    rows: int, seed: int, groups: Vector | None = None, most: int = MOST_DRAWS
) -> Resamples:
    """Draw resamples of ``rows`` rows; the same every time.

    Args:
        groups: Shape (rows,); rows of a group are drawn together.
        most: How many resamples at most.
    """
    rng = np.random.default_rng(seed)
    draws = min(most, max(FEWEST_DRAWS, WORK // max(rows, 1)))
    unit: NDArray[np.intp] | None = None
    if groups is not None:
        unit = np.unique(groups, return_inverse=True)[1].astype(np.intp)
    drawn = units = rows if unit is None else int(unit.max()) + 1
    if units > MOST_UNITS:
        # Sums over blocks that were put together at random vary as sums over their members do.
        block = rng.permutation(units) % MOST_UNITS
        unit, units = (block if unit is None else block[unit]), MOST_UNITS
    weights = np.empty((draws, units), dtype=np.float32)
    for line in weights:
        line[:] = np.bincount(rng.integers(0, units, units), minlength=units)
    return Resamples(weights=weights, unit=unit, drawn=drawn)


def resampled(metric: Metric, seen: Observed, resamples: Resamples) -> Scores:
    """``metric`` in every resample, shape (draws,); NaN where it has no value there.

    Raises:
        Uncomputable: it has no value on the rows themselves.
    """
    metric.compute(seen)
    fast = OVER.get(metric.key)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return fast(seen, resamples) if fast else _one_by_one(metric, seen, resamples)


def _one_by_one(metric: Metric, seen: Observed, resamples: Resamples) -> Scores:
    """Any metric, by really drawing the rows: slow, and right for whatever is added."""
    found = []
    for weights in resamples.by_row(np.arange(len(seen.truth))):
        for line in weights:
            drawn = np.repeat(np.arange(len(line)), line.astype(np.intp))
            try:
                found.append(metric.compute(take(seen, drawn)))
            except Uncomputable:
                found.append(math.nan)
    return np.array(found)


def take(seen: Observed, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Observed:
    """Some rows of an observation, in the order of ``rows``."""
    scores = None if seen.scores is None else seen.scores[rows]
    return replace(seen, truth=seen.truth[rows], predicted=seen.predicted[rows], scores=scores)


def _accuracy(seen: Observed, drawn: Resamples) -> Scores:
    return drawn.sums(seen.truth == seen.predicted) / drawn.rows()


def _by_class(seen: Observed, drawn: Resamples) -> tuple[Scores, Scores, Scores]:
    """Right answers, true and predicted rows of each class, shape (draws, classes) each."""
    hits = drawn.counts(seen.truth, seen.classes, seen.truth == seen.predicted)
    return (
        hits,
        drawn.counts(seen.truth, seen.classes),
        drawn.counts(seen.predicted, seen.classes),
    )


def _ratio(above: Scores, below: Scores) -> Scores:
    return np.divide(above, below, out=np.zeros_like(above), where=below != 0)


def _mean_where(values: Scores, counted: NDArray[np.bool_]) -> Scores:
    mean: Scores = np.where(counted, values, 0.0).sum(axis=1) / counted.sum(axis=1)
    return mean


def _balanced_accuracy(seen: Observed, drawn: Resamples) -> Scores:
    hits, true, _said = _by_class(seen, drawn)
    return _mean_where(_ratio(hits, true), true > 0)


def _of_interest(values: Scores, seen: Observed, true: Scores, said: Scores) -> Scores:
    if seen.positive is not None:
        one: Scores = values[:, seen.positive]
        return one
    return _mean_where(values, (true + said) > 0)


def _precision(seen: Observed, drawn: Resamples) -> Scores:
    hits, true, said = _by_class(seen, drawn)
    return _of_interest(_ratio(hits, said), seen, true, said)


def _recall(seen: Observed, drawn: Resamples) -> Scores:
    hits, true, said = _by_class(seen, drawn)
    return _of_interest(_ratio(hits, true), seen, true, said)


def _f1(seen: Observed, drawn: Resamples) -> Scores:
    hits, true, said = _by_class(seen, drawn)
    return _of_interest(_ratio(2 * hits, true + said), seen, true, said)


def _mcc(seen: Observed, drawn: Resamples) -> Scores:
    hits, true, said = _by_class(seen, drawn)
    n = drawn.rows()
    above = hits.sum(axis=1) * n - (true * said).sum(axis=1)
    below = (n**2 - (said**2).sum(axis=1)) * (n**2 - (true**2).sum(axis=1))
    return _ratio(above, np.sqrt(below))


def _log_loss(seen: Observed, drawn: Resamples) -> Scores:
    scores = scores_of(seen)
    share = scores / scores.sum(axis=1, keepdims=True)
    chosen = share[np.arange(len(share)), seen.truth.astype(np.intp)]
    losses = -np.log(np.clip(chosen, np.finfo(np.float64).eps, 1.0))
    return drawn.sums(losses) / drawn.rows()


def _one_against_rest(
    seen: Observed, drawn: Resamples, of_one: Callable[[Scores, Scores], Scores]
) -> Scores:
    """``of_one(positive weights, negative weights)``, by falling score and added up over ties, for
    the positive class, or the mean over the classes that a resample can judge."""
    scores = scores_of(seen)
    wanted = range(seen.classes) if seen.positive is None else (seen.positive,)
    found = []
    for index in wanted:
        hits = seen.truth == index
        if not hits.any() or hits.all():
            continue
        order = np.argsort(-scores[:, index], kind="stable")
        falling, right = scores[order, index], hits[order].astype(np.float32)
        starts = np.flatnonzero(np.r_[True, falling[1:] != falling[:-1]])
        parts = []
        for weights in drawn.by_row(order):
            positive = weights * right
            negative = weights - positive
            if len(starts) < len(order):
                positive = np.add.reduceat(positive, starts, axis=1)
                negative = np.add.reduceat(negative, starts, axis=1)
            parts.append(of_one(positive.astype(np.float64), negative.astype(np.float64)))
        found.append(np.concatenate(parts))
    values = np.column_stack(found)
    counted = ~np.isnan(values)
    return _mean_where(np.where(counted, values, 0.0), counted)


def _auc(positive: Scores, negative: Scores) -> Scores:
    """The share of pairs in the right order, ties counting half; NaN without pairs."""
    above = np.cumsum(positive, axis=1) - positive / 2
    pairs: Scores = positive.sum(axis=1) * negative.sum(axis=1)
    right: Scores = (negative * above).sum(axis=1)
    return right / pairs


def _ap(positive: Scores, negative: Scores) -> Scores:
    """The mean of the precision over the positive rows; NaN without both kinds of rows."""
    right = np.cumsum(positive, axis=1)
    said = right + np.cumsum(negative, axis=1)
    total: Scores = positive.sum(axis=1)
    value: Scores = (positive * _ratio(right, said)).sum(axis=1) / total
    return np.where(negative.sum(axis=1) > 0, value, np.nan)


def _mean_of(errors: Callable[[Observed], Vector]) -> Over:
    return lambda seen, drawn: drawn.sums(errors(seen)) / drawn.rows()


def _rmse(seen: Observed, drawn: Resamples) -> Scores:
    return np.sqrt(drawn.sums((seen.truth - seen.predicted) ** 2) / drawn.rows())


def _r2(seen: Observed, drawn: Resamples) -> Scores:
    centred = seen.truth - seen.truth.mean()  # large values would lose their digits squared
    squares = drawn.sums(centred**2)
    total = squares - drawn.sums(centred) ** 2 / drawn.rows()
    left = drawn.sums((seen.truth - seen.predicted) ** 2)
    # Where all drawn values are the same, only rounding is left.
    return np.where(total > SAME * squares, 1.0 - left / np.where(total > 0, total, 1.0), np.nan)


def _median_ae(seen: Observed, drawn: Resamples) -> Scores:
    errors = np.abs(seen.truth - seen.predicted)
    order = np.argsort(errors, kind="stable")
    ordered = errors[order]
    found = []
    for weights in drawn.by_row(order):
        counted = np.cumsum(weights, axis=1, dtype=np.float64)
        total = counted[:, -1:]
        low = (counted > np.floor((total - 1) / 2)).argmax(axis=1)
        high = (counted > np.floor(total / 2)).argmax(axis=1)
        found.append((ordered[low] + ordered[high]) / 2)
    return np.concatenate(found)


OVER: dict[str, Over] = {
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "precision": _precision,
    "recall": _recall,
    "f1": _f1,
    "mcc": _mcc,
    "log_loss": _log_loss,
    "roc_auc": lambda seen, drawn: _one_against_rest(seen, drawn, _auc),
    "average_precision": lambda seen, drawn: _one_against_rest(seen, drawn, _ap),
    "rmse": _rmse,
    "mae": _mean_of(lambda seen: np.abs(seen.truth - seen.predicted)),
    "mape": _mean_of(lambda seen: np.abs((seen.truth - seen.predicted) / seen.truth)),
    "r2": _r2,
    "median_ae": _median_ae,
}
