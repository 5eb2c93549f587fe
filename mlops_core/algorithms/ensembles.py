"""Many trees together: forests and boosting."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_core.algorithms.common import (
    BOTH,
    CLASS_WEIGHT,
    CLASSIFICATION,
    REGRESSION,
    is_classification,
)
from mlops_core.algorithms.trees import (
    CCP_ALPHA,
    CLASS_CRITERION,
    MIN_SAMPLES_SPLIT,
    NUMBER_CRITERION,
    max_depth,
    max_features,
    min_samples_leaf,
    tree_bytes,
)
from mlops_core.domain.params import (
    Algorithm,
    BuildContext,
    Param,
    ParamKind,
    ParamValues,
    Problem,
    Task,
)
from mlops_core.i18n import N_, _


def _tree_count(help_text: str) -> Param:
    return Param(
        name="n_estimators",
        label=N_("Trees"),
        kind=ParamKind.INT,
        default=100,
        low=1,
        high=5000,
        log=True,
        help=help_text,
    )


def learning_rate(default: float) -> Param:
    """How much of what a tree says counts."""
    return Param(
        name="learning_rate",
        label=N_("Learning rate"),
        kind=ParamKind.FLOAT,
        default=default,
        low=0.001,
        high=1.0,
        log=True,
        help=N_(
            "How much each tree may correct; smaller needs more trees and often scores better."
        ),
    )


_FOREST_TREES = _tree_count(N_("More trees are steadier and slower; they do not overfit more."))
BOOSTED_TREES = _tree_count(N_("More trees fit closer; too many overfit."))
_MAX_SAMPLES = Param(
    name="max_samples",
    label=N_("Share of rows a tree sees"),
    kind=ParamKind.FLOAT,
    default=None,
    low=0.01,
    high=1.0,
    nullable=True,
    none_label=N_("As many as there are"),
    advanced=True,
    help=N_("Smaller shares make trees faster and more different; needs drawn rows."),
)


def _check_forest(values: ParamValues, task: Task) -> Sequence[Problem]:
    if values["max_samples"] is not None and not values["bootstrap"]:
        return [
            Problem(
                field="params.max_samples",
                message=_("A share of rows needs rows to be drawn for each tree."),
                hint=_("Switch on “Draw rows for each tree”, or leave the share empty."),
            )
        ]
    return ()


def _forest_params(bootstrap: bool) -> tuple[Param, ...]:
    return (
        _FOREST_TREES,
        max_depth(None),
        min_samples_leaf(),
        max_features("sqrt", CLASSIFICATION),
        max_features(None, REGRESSION),
        CLASS_WEIGHT,
        Param(
            name="bootstrap",
            label=N_("Draw rows for each tree"),
            kind=ParamKind.BOOL,
            default=bootstrap,
            advanced=True,
            help=N_("Each tree sees its own random draw of the rows instead of all of them."),
        ),
        _MAX_SAMPLES,
        MIN_SAMPLES_SPLIT,
        CLASS_CRITERION,
        NUMBER_CRITERION,
        CCP_ALPHA,
    )


def _forest_bytes(values: ParamValues, context: BuildContext) -> float:
    seen = float(values["max_samples"] or 1.0)
    return int(values["n_estimators"] or 0) * seen * tree_bytes(values, context)


def _build_random_forest(values: ParamValues, context: BuildContext) -> object:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    kind = RandomForestClassifier if is_classification(context) else RandomForestRegressor
    return kind(random_state=context.seed, n_jobs=context.n_jobs, **values)


RANDOM_FOREST = Algorithm(
    key="random_forest",
    label=N_("Random forest"),
    family="ensembles",
    summary=N_("Strong without tuning and hard to break; a safe choice for most tables."),
    tasks=BOTH,
    params=_forest_params(bootstrap=True),
    build=_build_random_forest,
    check=_check_forest,
    encode="ordinal",
    curve="iterations",
    fit_bytes=_forest_bytes,
    aliases=("forest", "rf"),
)


def _build_extra_trees(values: ParamValues, context: BuildContext) -> object:
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    kind = ExtraTreesClassifier if is_classification(context) else ExtraTreesRegressor
    return kind(random_state=context.seed, n_jobs=context.n_jobs, **values)


EXTRA_TREES = Algorithm(
    key="extra_trees",
    label=N_("Extra trees"),
    family="ensembles",
    summary=N_("A forest with random cuts; faster than a random forest and good on noisy data."),
    tasks=BOTH,
    params=_forest_params(bootstrap=False),
    build=_build_extra_trees,
    check=_check_forest,
    encode="ordinal",
    curve="iterations",
    fit_bytes=_forest_bytes,
    aliases=("extremely_randomized_trees", "et"),
)


def _build_gradient_boosting(values: ParamValues, context: BuildContext) -> object:
    from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

    kind = GradientBoostingClassifier if is_classification(context) else GradientBoostingRegressor
    return kind(random_state=context.seed, **values)


GRADIENT_BOOSTING = Algorithm(
    key="gradient_boosting",
    label=N_("Gradient boosting"),
    family="ensembles",
    summary=N_("Trees that correct each other; accurate on small tables, slow on long ones."),
    tasks=BOTH,
    params=(
        BOOSTED_TREES,
        learning_rate(0.1),
        max_depth(3),
        Param(
            name="subsample",
            label=N_("Share of rows a tree sees"),
            kind=ParamKind.FLOAT,
            default=1.0,
            low=0.05,
            high=1.0,
            help=N_("Below 1 each tree sees a random part, which is faster and overfits less."),
        ),
        min_samples_leaf(),
        max_features(None),
        Param(
            name="loss",
            label=N_("Loss"),
            kind=ParamKind.CHOICE,
            default="squared_error",
            choices=("squared_error", "absolute_error", "huber"),
            tasks=REGRESSION,
            help=N_("What counts as a mistake; the last two forgive outliers."),
        ),
        MIN_SAMPLES_SPLIT,
        CCP_ALPHA,
    ),
    build=_build_gradient_boosting,
    encode="ordinal",
    curve="iterations",
    aliases=("gbm", "gradient_boosted_trees"),
)


def _build_hist_gradient_boosting(values: ParamValues, context: BuildContext) -> object:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    if is_classification(context):
        return HistGradientBoostingClassifier(random_state=context.seed, **values)
    return HistGradientBoostingRegressor(random_state=context.seed, **values)


_EARLY_STOPPING = Param(
    name="early_stopping",
    label=N_("Stop early"),
    kind=ParamKind.BOOL,
    default=False,
    help=N_("Sets a tenth of the training rows aside and stops when they no longer improve."),
)

HIST_GRADIENT_BOOSTING = Algorithm(
    key="hist_gradient_boosting",
    label=N_("Histogram gradient boosting"),
    family="ensembles",
    summary=N_("Usually the best and among the fastest for tables; takes missing values as is."),
    tasks=BOTH,
    params=(
        Param(
            name="max_iter",
            label=N_("Trees"),
            kind=ParamKind.INT,
            default=100,
            low=1,
            high=5000,
            log=True,
            help=N_("More trees fit closer; too many overfit."),
        ),
        learning_rate(0.1),
        Param(
            name="max_leaf_nodes",
            label=N_("Leaves of a tree"),
            kind=ParamKind.INT,
            default=31,
            low=2,
            high=1024,
            log=True,
            nullable=True,
            help=N_("More leaves let one tree express more; fewer overfit less."),
        ),
        max_depth(None),
        min_samples_leaf(20),
        Param(
            name="l2_regularization",
            label=N_("L2 penalty"),
            kind=ParamKind.FLOAT,
            default=0.0,
            low=0.0,
            high=1000.0,
            help=N_("Larger values make every leaf more careful."),
        ),
        _EARLY_STOPPING,
        CLASS_WEIGHT,
        Param(
            name="loss",
            label=N_("Loss"),
            kind=ParamKind.CHOICE,
            default="squared_error",
            choices=("squared_error", "absolute_error"),
            tasks=REGRESSION,
            help=N_("What counts as a mistake; absolute error forgives outliers."),
        ),
        Param(
            name="max_features",
            label=N_("Share of columns tried at a split"),
            kind=ParamKind.FLOAT,
            default=1.0,
            low=0.01,
            high=1.0,
            advanced=True,
            help=N_("Below 1 each split looks at a random part of the columns."),
        ),
        Param(
            name="max_bins",
            label=N_("Steps of a number"),
            kind=ParamKind.INT,
            default=255,
            low=2,
            high=255,
            advanced=True,
            help=N_("Numbers are rounded to this many steps before the fit."),
        ),
    ),
    build=_build_hist_gradient_boosting,
    encode="native",
    handles_missing=True,
    needs_dense=True,
    curve="iterations",
    aliases=("histgb", "hgb", "lightgbm"),
)

ALGORITHMS = (RANDOM_FOREST, EXTRA_TREES, GRADIENT_BOOSTING, HIST_GRADIENT_BOOSTING)
