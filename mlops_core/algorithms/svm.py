"""Support vector machines."""

from __future__ import annotations

from mlops_core.algorithms.common import (
    BOTH,
    CLASS_WEIGHT,
    REGRESSION,
    is_classification,
    tolerance,
    with_scaled_target,
)
from mlops_core.domain.params import Algorithm, BuildContext, Param, ParamKind, ParamValues
from mlops_core.i18n import N_


def _build_svm(values: ParamValues, context: BuildContext) -> object:
    from sklearn.svm import SVC, SVR

    limit = values["max_iter"]
    settings = {**values, "max_iter": -1 if limit is None else limit}
    if is_classification(context):
        # Scores only: probabilities would take five more fits inside and are deprecated.
        return SVC(random_state=context.seed, **settings)
    return with_scaled_target(SVR(**settings))


_CACHE_BYTES = 200 * 1024**2  # scikit-learn's own cache of the kernel, which large tables fill


def _svm_bytes(values: ParamValues, context: BuildContext) -> float:
    return float(min(_CACHE_BYTES, 8 * context.rows**2))


SVM = Algorithm(
    key="svm",
    label=N_("Support vector machine"),
    family="svm",
    summary=N_("Strong on small, clean tables; slow beyond about twenty thousand rows."),
    tasks=BOTH,
    params=(
        Param(
            name="C",
            label=N_("Inverse penalty strength"),
            kind=ParamKind.FLOAT,
            default=1.0,
            low=1e-3,
            high=1e4,
            log=True,
            help=N_("Larger values fit the training rows closer."),
        ),
        Param(
            name="kernel",
            label=N_("Kernel"),
            kind=ParamKind.CHOICE,
            default="rbf",
            choices=("rbf", "linear", "poly", "sigmoid"),
            help=N_("The shape of boundary it can draw."),
        ),
        Param(
            name="gamma",
            label=N_("Reach"),
            kind=ParamKind.CHOICE,
            default="scale",
            choices=("scale", "auto"),
            help=N_("How far one row's influence reaches, by the spread or the number of columns."),
        ),
        Param(
            name="epsilon",
            label=N_("Tolerated error"),
            kind=ParamKind.FLOAT,
            default=0.1,
            low=0.0,
            high=10.0,
            tasks=REGRESSION,
            help=N_("Errors below this, in deviations of the target, do not count."),
        ),
        CLASS_WEIGHT,
        Param(
            name="degree",
            label=N_("Degree"),
            kind=ParamKind.INT,
            default=3,
            low=1,
            high=10,
            advanced=True,
            help=N_("Degree of the polynomial kernel; the others do not use it."),
        ),
        Param(
            name="max_iter",
            label=N_("Most iterations"),
            kind=ParamKind.INT,
            default=None,
            low=1,
            high=10_000_000,
            log=True,
            nullable=True,
            advanced=True,
            help=N_("The fit ends after this many steps even if it could still improve."),
        ),
        tolerance(1e-3),
    ),
    build=_build_svm,
    scale=True,
    fit_bytes=_svm_bytes,
    aliases=("svc", "svr", "support_vector_machine"),
)

ALGORITHMS = (SVM,)
