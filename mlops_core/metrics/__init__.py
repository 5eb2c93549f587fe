"""How models are judged: one ``Metric`` each, all of them in ``METRICS``.

Importing this imports neither NumPy nor scikit-learn: pages and services read labels and directions
from it, only a trainer computes.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

from mlops_core.domain.params import Task
from mlops_core.errors import InvalidInput, NotFound
from mlops_core.i18n import _
from mlops_core.metrics import classification, regression
from mlops_core.metrics.base import Counts, Format, Metric, Needs, Observed, Uncomputable

__all__ = [
    "METRICS",
    "Counts",
    "Format",
    "Metric",
    "Needs",
    "Observed",
    "Uncomputable",
    "get_metric",
    "metrics_for",
    "primary_metric",
]

METRICS: Mapping[str, Metric] = MappingProxyType(
    {metric.key: metric for metric in (*classification.METRICS, *regression.METRICS)}
)
AUTO = "auto"


def get_metric(key: str) -> Metric:
    """The metric of this key.

    Raises:
        NotFound: there is none; the hint names the nearest one, ``field`` is ``evaluation.metric``.
    """
    try:
        return METRICS[key]
    except KeyError:
        message = _("There is no metric {key!r}.").format(key=key)
        matches = get_close_matches(key.strip().lower(), METRICS, n=1)
        hint = _("Did you mean {name}?") if matches else _("Choose one of: {name}.")
        names = matches or METRICS
        raise NotFound(
            message, hint.format(name=", ".join(names)), field="evaluation.metric"
        ) from None


def metrics_for(task: Task) -> tuple[Metric, ...]:
    """Every metric of ``task``, the most telling first."""
    return tuple(metric for metric in METRICS.values() if task in metric.tasks)


def primary_metric(task: Task, n_classes: int = 0, requested: str = AUTO) -> Metric:
    """The metric that decides: the requested one, or the customary one of the task.

    ``auto`` is ROC AUC for two classes, balanced accuracy for more, RMSE for numbers.

    Raises:
        NotFound: there is no such metric.
        InvalidInput: it is of the other task; ``field`` is ``evaluation.metric``.
    """
    if requested == AUTO:
        if task is Task.REGRESSION:
            return METRICS["rmse"]
        return METRICS["roc_auc" if n_classes == 2 else "balanced_accuracy"]
    metric = get_metric(requested)
    if task not in metric.tasks:
        names = ", ".join(known.key for known in metrics_for(task))
        raise InvalidInput(
            _("The metric {key} is not for {task}.").format(key=metric.key, task=task.word),
            _("Choose one of: {names}.").format(names=names),
            field="evaluation.metric",
        )
    return metric
