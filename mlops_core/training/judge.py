"""What a fitted model says about rows whose truth is known, as metrics and as charts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlops_core.domain.params import Task
from mlops_core.domain.results import Confusion, CrossValidated, Curve, Residuals
from mlops_core.metrics import Observed, Uncomputable, metrics_for
from mlops_core.metrics.classification import confusion
from mlops_core.metrics.spread import mean_and_std
from mlops_core.training.notes import Notes
from mlops_core.training.table import Table

RESIDUAL_POINTS = 2000
CURVE_POINTS = 300


def observe(
    estimator: Any, design: Any, truth: NDArray[Any], labels: NDArray[Any], positive: int | None
) -> Observed:
    """Predict rows of a design matrix.

    Classes that the estimator never saw get the probability 0, or a score below all others.
    """
    predicted = estimator.predict(design)
    if not len(labels):
        return Observed(truth=truth, predicted=np.asarray(predicted, dtype=np.float64))
    known = np.searchsorted(labels, estimator.classes_)
    scores, are_probabilities = class_scores(estimator, design)
    full = None
    if scores is not None:
        full = spread_out(scores, known, len(labels), are_probabilities)
    return Observed(
        truth=truth,
        predicted=np.searchsorted(labels, predicted),
        classes=len(labels),
        positive=positive,
        scores=full,
        probabilities=are_probabilities,
    )


def class_scores(estimator: Any, design: Any) -> tuple[NDArray[np.float64] | None, bool]:
    """A number for each row and class that the estimator knows, and whether it is a probability.

    ``None`` where the estimator only names classes.
    """
    if hasattr(estimator, "predict_proba"):
        return np.asarray(estimator.predict_proba(design), dtype=np.float64), True
    if hasattr(estimator, "decision_function"):
        values = np.asarray(estimator.decision_function(design), dtype=np.float64)
        return (np.column_stack([-values, values]) if values.ndim == 1 else values), False
    return None, False


def spread_out(
    scores: NDArray[np.float64], known: NDArray[np.intp], classes: int, are_probabilities: bool
) -> NDArray[np.float64]:
    """Scores of the classes at ``known`` as scores of all; the others get the least there is."""
    rest = 0.0 if are_probabilities else float(scores.min()) - 1.0
    full = np.full((len(scores), classes), rest)
    full[:, known] = scores
    return full


def joined(parts: list[Observed]) -> Observed:
    """Several observations as one, in order."""
    first = parts[0]
    scores = [part.scores for part in parts if part.scores is not None]
    return Observed(
        truth=np.concatenate([part.truth for part in parts]),
        predicted=np.concatenate([part.predicted for part in parts]),
        classes=first.classes,
        positive=first.positive,
        scores=np.concatenate(scores) if len(scores) == len(parts) else None,
        probabilities=all(part.probabilities for part in parts),
    )


def measure(task: Task, seen: Observed, notes: Notes, place: str) -> dict[str, float]:
    """Every metric of ``task`` that has a value here; the others are noted."""
    values: dict[str, float] = {}
    for metric in metrics_for(task):
        try:
            value = metric.compute(seen)
        except Uncomputable as reason:
            notes.add(f"{metric.label} is left out because {reason}", place)
            continue
        if math.isfinite(value):
            values[metric.key] = value
        else:
            notes.add(f"{metric.label} is left out because it is not a finite number", place)
    return values


def cross_validated(folds: Sequence[Mapping[str, float]]) -> dict[str, CrossValidated]:
    """Every metric over the folds that have it."""
    found = {}
    for name in dict.fromkeys(name for values in folds for name in values):
        known = tuple(values[name] for values in folds if name in values)
        mean, std = mean_and_std(known)
        found[name] = CrossValidated(mean=mean, std=std, folds=known)
    return found


def confusion_of(seen: Observed, table: Table) -> Confusion:
    matrix = tuple(tuple(int(count) for count in row) for row in confusion(seen))
    return Confusion(labels=table.classes, matrix=matrix)


def roc_of(seen: Observed, table: Table) -> tuple[Curve, ...]:
    """ROC curves: x is the false positive rate, y the true positive rate."""
    from sklearn.metrics import auc, roc_curve

    curves = []
    for label, hits, scores in _per_class(seen, table):
        x, y, _thresholds = roc_curve(hits, scores)
        curves.append(_curve(label, x, y, float(auc(x, y))))
    return tuple(curves)


def precision_recall_of(seen: Observed, table: Table) -> tuple[Curve, ...]:
    """Precision-recall curves: x is recall, y precision; the area is the average precision."""
    from sklearn.metrics import average_precision_score, precision_recall_curve

    curves = []
    for label, hits, scores in _per_class(seen, table):
        precision, recall, _thresholds = precision_recall_curve(hits, scores)
        area = float(average_precision_score(hits, scores))
        curves.append(_curve(label, recall[::-1], precision[::-1], area))
    return tuple(curves)


def residuals_of(seen: Observed) -> Residuals:
    finite = np.isfinite(seen.predicted)
    actual, predicted = seen.truth[finite], seen.predicted[finite]
    chosen = evenly(len(actual), RESIDUAL_POINTS)
    return Residuals(
        actual=tuple(actual[chosen].tolist()), predicted=tuple(predicted[chosen].tolist())
    )


def evenly(count: int, most: int) -> NDArray[np.intp]:
    """At most ``most`` of ``count`` positions, evenly drawn, the first and the last among them."""
    if count <= most:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, most).round().astype(np.intp))


def _per_class(
    seen: Observed, table: Table
) -> list[tuple[str, NDArray[np.bool_], NDArray[np.float64]]]:
    if seen.scores is None or not np.isfinite(seen.scores).all():
        return []
    wanted = range(seen.classes) if seen.positive is None else (seen.positive,)
    found = []
    for index in wanted:
        hits = seen.truth == index
        if hits.any() and not hits.all():
            found.append((table.classes[index], hits, seen.scores[:, index]))
    return found


def _curve(label: str, x: NDArray[np.float64], y: NDArray[np.float64], area: float) -> Curve:
    chosen = evenly(len(x), CURVE_POINTS)
    return Curve(label=label, x=tuple(x[chosen].tolist()), y=tuple(y[chosen].tolist()), area=area)
