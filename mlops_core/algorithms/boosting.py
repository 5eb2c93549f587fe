"""XGBoost, where it is installed: boosting that can train on a GPU."""

from __future__ import annotations

from mlops_core.algorithms.common import BOTH, CLASS_WEIGHT, is_classification
from mlops_core.algorithms.ensembles import BOOSTED_TREES, learning_rate
from mlops_core.algorithms.trees import max_depth
from mlops_core.domain.params import Algorithm, BuildContext, Param, ParamKind, ParamValues
from mlops_core.i18n import N_

MATRIX_BYTES = 4 + 2  # of a value: as a 32-bit number, and as the step it is rounded to


def _build_xgboost(values: ParamValues, context: BuildContext) -> object:
    from mlops_core.algorithms.boosted import XGBoostClassifier, XGBoostRegressor

    kind = XGBoostClassifier if is_classification(context) else XGBoostRegressor
    return kind(
        random_state=context.seed,
        n_jobs=context.n_jobs,
        device=context.device,
        **values,  # type: ignore[arg-type]
    )


def _xgboost_bytes(values: ParamValues, context: BuildContext) -> float:
    return float(context.rows * context.columns * MATRIX_BYTES)


def _share(name: str, label: str, help_text: str) -> Param:
    return Param(
        name=name,
        label=label,
        kind=ParamKind.FLOAT,
        default=1.0,
        low=0.05,
        high=1.0,
        help=help_text,
    )


def _penalty(name: str, label: str, default: float, help_text: str, high: float = 1000.0) -> Param:
    return Param(
        name=name,
        label=label,
        kind=ParamKind.FLOAT,
        default=default,
        low=0.0,
        high=high,
        advanced=True,
        help=help_text,
    )


XGBOOST = Algorithm(
    key="xgboost",
    label="XGBoost",
    family="ensembles",
    summary=N_("Fast and often among the best for tables; trains on a GPU where a run has one."),
    tasks=BOTH,
    params=(
        BOOSTED_TREES,
        learning_rate(0.3),
        max_depth(6),
        _share(
            "subsample",
            N_("Share of rows a tree sees"),
            N_("Below 1 each tree sees a random part, which is faster and overfits less."),
        ),
        _share(
            "colsample_bytree",
            N_("Share of columns a tree sees"),
            N_("Below 1 each tree looks at a random part of the columns, which overfits less."),
        ),
        CLASS_WEIGHT,
        _penalty(
            "min_child_weight",
            N_("Weight in a leaf"),
            1.0,
            N_("Larger values keep leaves from being made for a few rows."),
            high=10_000.0,
        ),
        _penalty(
            "reg_lambda", N_("L2 penalty"), 1.0, N_("Larger values make every leaf more careful.")
        ),
        _penalty(
            "reg_alpha", N_("L1 penalty"), 0.0, N_("Larger values make more leaves say nothing.")
        ),
        _penalty("gamma", N_("Gain needed to split"), 0.0, N_("Larger values make smaller trees.")),
        Param(
            name="max_bin",
            label=N_("Steps of a number"),
            kind=ParamKind.INT,
            default=256,
            low=2,
            high=1024,
            advanced=True,
            help=N_("Numbers are rounded to this many steps before the fit."),
        ),
    ),
    build=_build_xgboost,
    encode="ordinal",
    handles_missing=True,
    needs_dense=True,
    curve="iterations",
    fit_bytes=_xgboost_bytes,
    package="xgboost",
    on_gpu=True,
    aliases=("xgb",),
)

ALGORITHMS = (XGBOOST,)
