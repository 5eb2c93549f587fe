"""Parameters that several families share, and two helpers for building estimators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops_core.domain.params import BuildContext, Param, ParamKind, ParamValue, Task
from mlops_core.i18n import N_

BOTH = frozenset({Task.CLASSIFICATION, Task.REGRESSION})
CLASSIFICATION = frozenset({Task.CLASSIFICATION})
REGRESSION = frozenset({Task.REGRESSION})

CLASS_WEIGHT = Param(
    name="class_weight",
    label=N_("Class weights"),
    kind=ParamKind.CHOICE,
    default=None,
    choices=("balanced",),
    nullable=True,
    none_label=N_("All rows alike"),
    tasks=CLASSIFICATION,
    help=N_("Balanced gives rare classes as much say in the fit as frequent ones."),
)
FIT_INTERCEPT = Param(
    name="fit_intercept",
    label=N_("Fit an intercept"),
    kind=ParamKind.BOOL,
    default=True,
    advanced=True,
    help=N_("Lets the model start from a level other than zero."),
)


def tolerance(default: float) -> Param:
    """The improvement below which an iterative fit stops."""
    return Param(
        name="tol",
        label=N_("Tolerance"),
        kind=ParamKind.FLOAT,
        default=default,
        low=1e-9,
        high=0.1,
        log=True,
        advanced=True,
        help=N_("The fit stops when an iteration improves by less than this."),
    )


def iterations(default: int, high: int = 100_000) -> Param:
    """The most iterations of an iterative fit."""
    return Param(
        name="max_iter",
        label=N_("Most iterations"),
        kind=ParamKind.INT,
        default=default,
        low=1,
        high=high,
        log=True,
        help=N_("The fit ends after this many passes even if it could still improve."),
    )


def with_scaled_target(estimator: Any) -> Any:
    """``estimator`` fitted on a target of mean 0 and deviation 1; it predicts in original units.

    Penalties, margins and step sizes then mean the same whatever unit the target has.
    """
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.preprocessing import StandardScaler

    return TransformedTargetRegressor(regressor=estimator, transformer=StandardScaler())


def only(values: Mapping[str, ParamValue], *names: str) -> dict[str, ParamValue]:
    """Those of ``values`` that are named and present: what an estimator takes as it is."""
    return {name: values[name] for name in names if name in values}


def is_classification(context: BuildContext) -> bool:
    return context.task is Task.CLASSIFICATION
