"""How good predicted numbers are.

Formulas as in https://scikit-learn.org/stable/modules/model_evaluation.html#regression-metrics.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from mlops_core.domain.params import Task
from mlops_core.i18n import N_
from mlops_core.metrics.base import Format, Metric, Needs, Observed, Uncomputable

TASKS = frozenset({Task.REGRESSION})


def _r2(seen: Observed) -> float:
    if len(seen.truth) < 2:
        raise Uncomputable("it needs at least two rows")
    # Not by the sum of squares: the mean of equal numbers need not be that number.
    if seen.truth.min() == seen.truth.max():
        raise Uncomputable("all true values are the same")
    total = float(((seen.truth - seen.truth.mean()) ** 2).sum())
    return 1.0 - float(((seen.truth - seen.predicted) ** 2).sum()) / total


def _rmse(seen: Observed) -> float:
    return float(((seen.truth - seen.predicted) ** 2).mean() ** 0.5)


def _mae(seen: Observed) -> float:
    return float(abs(seen.truth - seen.predicted).mean())


def _mape(seen: Observed) -> float:
    if not seen.truth.all():
        raise Uncomputable("a true value is 0, and nothing is a percentage of 0")
    return float(abs((seen.truth - seen.predicted) / seen.truth).mean())


def _median_ae(seen: Observed) -> float:
    import numpy as np

    return float(np.median(abs(seen.truth - seen.predicted)))


def _max_error(seen: Observed) -> float:
    return float(abs(seen.truth - seen.predicted).max())


def _metric(
    key: str,
    label: str,
    short: str,
    help_text: str,
    compute: Callable[[Observed], float],
    *,
    greater_is_better: bool = False,
    shown: Format = Format.TARGET,
    smooth: bool = True,
    lowest: float = 0.0,
) -> Metric:
    return Metric(
        key=key,
        label=label,
        short=short,
        greater_is_better=greater_is_better,
        tasks=TASKS,
        needs=Needs.LABELS,
        format=shown,
        help=help_text,
        compute=compute,
        smooth=smooth,
        lowest=lowest,
    )


METRICS = (
    _metric(
        "rmse",
        N_("Root mean squared error"),
        N_("RMSE"),
        N_("Typical size of an error in the target's unit; large errors weigh more."),
        _rmse,
    ),
    _metric(
        "mae",
        N_("Mean absolute error"),
        N_("MAE"),
        N_("Mean size of an error in the target's unit."),
        _mae,
    ),
    _metric(
        "r2",
        N_("R²"),
        N_("R²"),
        N_("Share of the spread that is explained: 1 is perfect, 0 is no better than the mean."),
        _r2,
        greater_is_better=True,
        shown=Format.SHARE,
        lowest=-math.inf,
    ),
    _metric(
        "mape",
        N_("Mean absolute percentage error"),
        N_("MAPE"),
        N_("Mean error relative to the true value; left out when a true value is 0."),
        _mape,
        shown=Format.PERCENT,
    ),
    _metric(
        "median_ae",
        N_("Median absolute error"),
        N_("Median AE"),
        N_("Half of the errors are smaller than this; outliers do not move it."),
        _median_ae,
    ),
    _metric(
        "max_error",
        N_("Largest error"),
        N_("Max error"),
        N_("The worst single error, in the target's unit."),
        _max_error,
        smooth=False,
    ),
)
