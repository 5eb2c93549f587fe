"""How good predicted classes are.

Precision, recall, F1, ROC AUC and average precision are those of the positive class when there are
two classes, else the plain mean over the classes (macro). Formulas as in
https://scikit-learn.org/stable/modules/model_evaluation.html#classification-metrics. A division by
zero counts as 0, without a warning.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from mlops_core.domain.params import Task
from mlops_core.i18n import N_
from mlops_core.metrics.base import Counts, Format, Metric, Needs, Observed, Uncomputable

if TYPE_CHECKING:
    from mlops_core.metrics.base import Scores, Vector

TASKS = frozenset({Task.CLASSIFICATION})


def confusion(seen: Observed) -> Vector:
    """Counts, shape (classes, classes): rows are the true classes, columns the predicted ones."""
    import numpy as np

    cells = seen.truth.astype(np.intp) * seen.classes + seen.predicted.astype(np.intp)
    counts = np.bincount(cells, minlength=seen.classes**2)
    return counts.reshape(seen.classes, seen.classes)


def _ratio(above: Vector, below: Vector) -> Vector:
    import numpy as np

    return np.divide(above, below, out=np.zeros(len(above)), where=below != 0)


def _accuracy(seen: Observed) -> float:
    return float((seen.truth == seen.predicted).mean())


def _balanced_accuracy(seen: Observed) -> float:
    matrix = confusion(seen)
    totals = matrix.sum(axis=1)
    present = totals > 0
    return float((matrix.diagonal()[present] / totals[present]).mean())


def _of_interest(values: Vector, seen: Observed) -> float:
    """The positive class's value, or the mean over the classes that were seen or predicted."""
    if seen.positive is not None:
        return float(values[seen.positive])
    matrix = confusion(seen)
    return float(values[(matrix.sum(axis=0) + matrix.sum(axis=1)) > 0].mean())


def _precision(seen: Observed) -> float:
    matrix = confusion(seen)
    return _of_interest(_ratio(matrix.diagonal(), matrix.sum(axis=0)), seen)


def _recall(seen: Observed) -> float:
    matrix = confusion(seen)
    return _of_interest(_ratio(matrix.diagonal(), matrix.sum(axis=1)), seen)


def _f1(seen: Observed) -> float:
    matrix = confusion(seen)
    return _of_interest(
        _ratio(2 * matrix.diagonal(), matrix.sum(axis=0) + matrix.sum(axis=1)), seen
    )


def _mcc(seen: Observed) -> float:
    """Matthews correlation for any number of classes.

    Formula: Gorodkin 2004, "Comparing two K-category assignments by a K-category correlation".
    """
    matrix = confusion(seen).astype(float)
    truth, predicted, n = matrix.sum(axis=1), matrix.sum(axis=0), matrix.sum()
    above = matrix.trace() * n - truth @ predicted
    below = math.sqrt((n**2 - predicted @ predicted) * (n**2 - truth @ truth))
    return float(above / below) if below else 0.0


def scores_of(seen: Observed) -> Scores:
    """The scores, or ``Uncomputable`` where there are none."""
    if seen.scores is None:
        raise Uncomputable("this model gives no scores")
    # No number is finite that is added to one that is not.
    if not math.isfinite(seen.scores.sum()):
        raise Uncomputable("this model gave scores that are no numbers")
    return seen.scores


def _one_against_rest(seen: Observed, of_one: Callable[[Vector, Vector], float]) -> float:
    """``of_one(is the class, its scores)`` for the positive class, or the mean over the classes.

    Classes that do not occur (or are all there is) say nothing and are left out of the mean.
    """
    scores = scores_of(seen)
    wanted = range(seen.classes) if seen.positive is None else (seen.positive,)
    values = []
    for index in wanted:
        hits = seen.truth == index
        if hits.any() and not hits.all():
            values.append(of_one(hits, scores[:, index]))
    if not values:
        raise Uncomputable("the rows that were judged hold a single class")
    return float(sum(values) / len(values))


def _roc_auc(seen: Observed) -> float:
    from sklearn.metrics import roc_auc_score

    return _one_against_rest(seen, roc_auc_score)


def _average_precision(seen: Observed) -> float:
    from sklearn.metrics import average_precision_score

    return _one_against_rest(seen, average_precision_score)


def _log_loss(seen: Observed) -> float:
    """Mean of −ln p(true class), p kept above the smallest step of a float64 from 0."""
    import numpy as np

    if not seen.probabilities:
        raise Uncomputable("this model gives no probabilities")
    scores = scores_of(seen)
    share = scores / scores.sum(axis=1, keepdims=True)
    chosen = share[np.arange(len(scores)), seen.truth.astype(np.intp)]
    return float(-np.log(np.clip(chosen, np.finfo(np.float64).eps, 1.0)).mean())


def _metric(
    key: str,
    label: str,
    short: str,
    help_text: str,
    compute: Callable[[Observed], float],
    *,
    needs: Needs = Needs.LABELS,
    greater_is_better: bool = True,
    shown: Format = Format.SHARE,
    counts: Counts = Counts.CLASSES,
    lowest: float = 0.0,
) -> Metric:
    return Metric(
        key=key,
        label=label,
        short=short,
        greater_is_better=greater_is_better,
        tasks=TASKS,
        needs=needs,
        format=shown,
        help=help_text,
        compute=compute,
        counts=counts,
        lowest=lowest,
    )


METRICS = (
    _metric(
        "roc_auc",
        N_("ROC AUC"),
        N_("ROC AUC"),
        N_("How well rows of a class are ranked above the others: 0.5 is chance, 1 is perfect."),
        _roc_auc,
        needs=Needs.SCORES,
    ),
    _metric(
        "balanced_accuracy",
        N_("Balanced accuracy"),
        N_("Bal. acc."),
        N_("Share of right answers, every class counted alike however rare it is."),
        _balanced_accuracy,
    ),
    _metric(
        "accuracy",
        N_("Accuracy"),
        N_("Accuracy"),
        N_("Share of right answers; flatters a model when one class is frequent."),
        _accuracy,
        counts=Counts.ROWS,
    ),
    _metric(
        "f1",
        N_("F1"),
        N_("F1"),
        N_("Precision and recall in one number; low when either of them is."),
        _f1,
        counts=Counts.POSITIVE,
    ),
    _metric(
        "precision",
        N_("Precision"),
        N_("Precision"),
        N_("Of the rows called positive, the share that is."),
        _precision,
        counts=Counts.POSITIVE,
    ),
    _metric(
        "recall",
        N_("Recall"),
        N_("Recall"),
        N_("Of the rows that are positive, the share that was found."),
        _recall,
        counts=Counts.POSITIVE,
    ),
    _metric(
        "average_precision",
        N_("Average precision"),
        N_("Avg. prec."),
        N_("Area under the precision-recall curve; the one to watch for a rare class."),
        _average_precision,
        needs=Needs.SCORES,
    ),
    _metric(
        "log_loss",
        N_("Log loss"),
        N_("Log loss"),
        N_("How far the probabilities are from the truth; sure and wrong costs most."),
        _log_loss,
        needs=Needs.PROBABILITIES,
        greater_is_better=False,
        shown=Format.NUMBER,
        counts=Counts.ROWS,
    ),
    _metric(
        "mcc",
        N_("Matthews correlation"),
        N_("MCC"),
        N_("Agreement beyond chance from −1 to 1; fair to classes of any size."),
        _mcc,
        lowest=-1.0,
    ),
)
