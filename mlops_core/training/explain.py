"""How much each feature counts: permutation importance (Breiman 2001) on rows that judge.

A feature's design columns are shuffled together, after the preparation: it works row by row, so
that is the same as shuffling the column itself, without preparing everything again each time. What
is computed depends on counts alone, never on the clock.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlops_core.domain.results import Importance
from mlops_core.features.pipeline import design_columns
from mlops_core.metrics import Metric, Observed, Uncomputable
from mlops_core.metrics.spread import mean_and_std
from mlops_core.training.events import EventWriter
from mlops_core.training.fitting import MODEL, PREPARE, Fitted, Plan
from mlops_core.training.judge import evenly, observe
from mlops_core.training.notes import Notes

MOST_FEATURES = 60
REPEATS = 5
MOST_ROWS = 2000
FEWEST_ROWS = 100
LEAST_WORK, MOST_WORK = 20_000, 600_000  # predicted rows, all features and repeats together


def explain(
    plan: Plan,
    fitted: Fitted,
    metric: Metric,
    events: EventWriter,
    progress: tuple[float, float],
    notes: Notes,
) -> tuple[Importance, ...]:
    """Importance of the features, largest first; empty (and noted) where it has no value.

    Args:
        fitted: The model and the rows that judge it.
        progress: Where this begins, and how much of the run it is.
    """
    if fitted.seen is None:
        return ()
    estimator = fitted.pipeline.named_steps[MODEL]
    places = design_columns(fitted.pipeline.named_steps[PREPARE])
    names = _chosen(estimator, places, notes)
    rows = _sample(len(fitted.seen.truth), len(plan.table.rows), len(names))
    sample, truth = _dense(fitted.design[rows]), fitted.seen.truth[rows]
    labels, positive = plan.table.labels, plan.table.positive

    def score(seen: Observed) -> float:
        value = metric.compute(seen)
        if not math.isfinite(value):
            raise Uncomputable("it is not a finite number")
        return value

    def shuffled_score(columns: NDArray[np.intp]) -> float:
        design = _shuffled(sample, columns, rng)
        return score(observe(estimator, design, truth, labels, positive))

    rng = np.random.default_rng(plan.spec.evaluation.seed)
    sign = 1.0 if metric.greater_is_better else -1.0
    start, span = progress
    found = []
    try:
        base = score(_part(fitted.seen, rows))
        for index, name in enumerate(names):
            scores = [shuffled_score(places[name]) for _repeat in range(REPEATS)]
            found.append(_importance(name, [sign * (base - value) for value in scores]))
            events.progress(start + span * (index + 1) / len(names))
    except Uncomputable as reason:
        notes.add(f"Importance is left out: {metric.label} has no value because {reason}.")
        return ()
    return tuple(sorted(found, key=lambda item: -item.mean))


def _importance(name: str, falls: list[float]) -> Importance:
    try:
        mean, std = mean_and_std(falls)
    except (ValueError, OverflowError):
        raise Uncomputable("its values lie too far apart for a number") from None
    return Importance(feature=name, mean=mean, std=std)


def _sample(judged: int, used: int, features: int) -> NDArray[np.intp]:
    """Which judged rows to use: about as much work as predicting every row of the run once."""
    work = min(max(used, LEAST_WORK), MOST_WORK)
    most = min(MOST_ROWS, max(FEWEST_ROWS, work // (features * REPEATS)))
    return evenly(judged, most)


def _chosen(estimator: Any, places: Mapping[str, NDArray[np.intp]], notes: Notes) -> list[str]:
    """All features, or those that the model itself weighs most; the first where it cannot say."""
    names = list(places)
    if len(names) <= MOST_FEATURES:
        return names
    weights = _weights(estimator)
    if weights is not None:
        names.sort(key=lambda name: -float(weights[places[name]].sum()))
    notes.add(
        f"Importance was measured for {MOST_FEATURES} of {len(places)} columns: "
        + ("those the model weighs most." if weights is not None else "the first ones.")
    )
    return names[:MOST_FEATURES]


def _weights(estimator: Any) -> NDArray[np.float64] | None:
    model = getattr(estimator, "regressor_", estimator)
    if hasattr(model, "feature_importances_"):
        return np.asarray(model.feature_importances_)
    if hasattr(model, "coef_"):
        coefficients = model.coef_.toarray() if hasattr(model.coef_, "toarray") else model.coef_
        total: NDArray[np.float64] = np.abs(np.atleast_2d(coefficients)).sum(axis=0)
        return total
    return None


def _dense(design: Any) -> NDArray[np.float64]:
    return design.toarray() if hasattr(design, "toarray") else np.asarray(design)


def _shuffled(
    sample: NDArray[np.float64], columns: NDArray[np.intp], rng: np.random.Generator
) -> NDArray[np.float64]:
    shuffled = sample.copy()
    shuffled[:, columns] = sample[np.ix_(rng.permutation(len(sample)), columns)]
    return shuffled


def _part(seen: Observed, rows: NDArray[np.intp]) -> Observed:
    scores = None if seen.scores is None else seen.scores[rows]
    return replace(seen, truth=seen.truth[rows], predicted=seen.predicted[rows], scores=scores)
