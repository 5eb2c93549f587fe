"""A single tree, and the parameters that trees and their ensembles share."""

from __future__ import annotations

from mlops_core.algorithms.common import (
    BOTH,
    CLASS_WEIGHT,
    CLASSIFICATION,
    REGRESSION,
    is_classification,
)
from mlops_core.domain.params import Algorithm, BuildContext, Param, ParamKind, ParamValues, Task
from mlops_core.i18n import N_

MIN_SAMPLES_SPLIT = Param(
    name="min_samples_split",
    label=N_("Rows needed to split"),
    kind=ParamKind.INT,
    default=2,
    low=2,
    high=10_000,
    log=True,
    advanced=True,
    help=N_("A group with fewer rows than this is not split further."),
)
CCP_ALPHA = Param(
    name="ccp_alpha",
    label=N_("Pruning"),
    kind=ParamKind.FLOAT,
    default=0.0,
    low=0.0,
    high=1.0,
    advanced=True,
    help=N_("Larger values cut back branches that gain little."),
)
CLASS_CRITERION = Param(
    name="criterion",
    label=N_("Split measure"),
    kind=ParamKind.CHOICE,
    default="gini",
    choices=("gini", "entropy", "log_loss"),
    tasks=CLASSIFICATION,
    advanced=True,
    help=N_("How the purity of a split is measured."),
)
NUMBER_CRITERION = Param(
    name="criterion",
    label=N_("Split measure"),
    kind=ParamKind.CHOICE,
    default="squared_error",
    choices=("squared_error", "absolute_error"),
    tasks=REGRESSION,
    advanced=True,
    help=N_("Absolute error forgives outliers but is much slower."),
)


def max_depth(default: int | None) -> Param:
    """How deep a tree may grow."""
    return Param(
        name="max_depth",
        label=N_("Depth"),
        kind=ParamKind.INT,
        default=default,
        low=1,
        high=64,
        nullable=True,
        help=N_("How many questions in a row a tree may ask; less depth overfits less."),
    )


def min_samples_leaf(default: int = 1) -> Param:
    """How many rows a leaf keeps at least."""
    return Param(
        name="min_samples_leaf",
        label=N_("Rows in a leaf"),
        kind=ParamKind.INT,
        default=default,
        low=1,
        high=10_000,
        log=True,
        help=N_("Every leaf keeps at least this many rows; larger values smooth the model."),
    )


def max_features(default: str | None, tasks: frozenset[Task] = frozenset()) -> Param:
    """How many columns a split looks at."""
    return Param(
        name="max_features",
        label=N_("Columns tried at a split"),
        kind=ParamKind.CHOICE,
        default=default,
        choices=("sqrt", "log2"),
        nullable=True,
        none_label=N_("All columns"),
        tasks=tasks,
        help=N_("Fewer columns make the trees differ more from each other."),
    )


_NODE_BYTES = 64  # of a node as scikit-learn keeps it; its class shares or its mean come on top
_GROWING = 2.0  # a tree's arrays double while it grows
_NOISE = 0.4  # leaves ÷ rows of a tree of classes that nothing stops; one of numbers has as many


def tree_bytes(values: ParamValues, context: BuildContext) -> float:
    """About what one tree takes: a binary tree with a leaf for every few rows."""
    classes = is_classification(context)
    leaves = context.rows * (_NOISE if classes else 1.0) / float(values["min_samples_leaf"] or 1)
    if values.get("max_depth"):
        leaves = min(leaves, 2.0 ** int(values["max_depth"] or 0))
    value = 8 * max(context.classes if classes else 1, 1)
    return 2 * leaves * (_NODE_BYTES + value) * _GROWING


def _build_tree(values: ParamValues, context: BuildContext) -> object:
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    kind = DecisionTreeClassifier if is_classification(context) else DecisionTreeRegressor
    return kind(random_state=context.seed, **values)


DECISION_TREE = Algorithm(
    key="decision_tree",
    label=N_("Decision tree"),
    family="trees",
    summary=N_("Rules that a person can read; weaker than a forest but easy to explain."),
    tasks=BOTH,
    params=(
        max_depth(None),
        min_samples_leaf(),
        CCP_ALPHA,
        CLASS_WEIGHT,
        max_features(None),
        MIN_SAMPLES_SPLIT,
        CLASS_CRITERION,
        NUMBER_CRITERION,
    ),
    build=_build_tree,
    encode="ordinal",
    fit_bytes=tree_bytes,
    aliases=("tree", "cart"),
)

ALGORITHMS = (DECISION_TREE,)
