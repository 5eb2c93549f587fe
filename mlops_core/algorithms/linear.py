"""Models that weigh and add up the features."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_core.algorithms.common import (
    BOTH,
    CLASS_WEIGHT,
    CLASSIFICATION,
    FIT_INTERCEPT,
    REGRESSION,
    is_classification,
    iterations,
    only,
    tolerance,
    with_scaled_target,
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

RIDGE_ONLY = frozenset({"lbfgs", "newton-cg", "newton-cholesky", "sag"})


def _l1_ratio(default: float) -> Param:
    return Param(
        name="l1_ratio",
        label=N_("Share of L1"),
        kind=ParamKind.FLOAT,
        default=default,
        low=0.0,
        high=1.0,
        help=N_("For the elastic net: 0 shrinks all weights, 1 sets many of them to zero."),
    )


def _alpha(default: float, low: float, help_text: str) -> Param:
    return Param(
        name="alpha",
        label=N_("Penalty strength"),
        kind=ParamKind.FLOAT,
        default=default,
        low=low,
        high=10_000.0,
        log=True,
        help=help_text,
    )


def _build_logistic(values: ParamValues, context: BuildContext) -> object:
    from sklearn.linear_model import LogisticRegression

    penalty = values["penalty"]
    ratios = {"l1": 1.0, "elasticnet": values["l1_ratio"]}
    return LogisticRegression(
        C=float("inf") if penalty is None else values["C"],
        l1_ratio=ratios.get(str(penalty), 0.0),
        random_state=context.seed,
        **only(values, "solver", "max_iter", "tol", "class_weight", "fit_intercept"),
    )


def _check_logistic(values: ParamValues, task: Task) -> Sequence[Problem]:
    solver, penalty = values["solver"], values["penalty"]
    if penalty in ("l1", "elasticnet") and solver in RIDGE_ONLY:
        return [
            Problem(
                field="params.penalty",
                message=_("The solver {solver} cannot use the {penalty} penalty.").format(
                    solver=solver, penalty=penalty
                ),
                hint=_("Choose the solver saga, or the l2 penalty."),
            )
        ]
    return ()


LOGISTIC_REGRESSION = Algorithm(
    key="logistic_regression",
    label=N_("Logistic regression"),
    family="linear",
    summary=N_("A fast, explainable first model for classes; good when effects add up."),
    tasks=CLASSIFICATION,
    params=(
        Param(
            name="C",
            label=N_("Inverse penalty strength"),
            kind=ParamKind.FLOAT,
            default=1.0,
            low=1e-4,
            high=1e4,
            log=True,
            help=N_("Smaller values shrink the weights more and guard against overfitting."),
        ),
        Param(
            name="penalty",
            label=N_("Penalty"),
            kind=ParamKind.CHOICE,
            default="l2",
            choices=("l2", "l1", "elasticnet"),
            nullable=True,
            none_label=N_("No penalty"),
            help=N_("L1 sets weights to zero, L2 makes them small, the elastic net does both."),
        ),
        CLASS_WEIGHT,
        _l1_ratio(0.5),
        Param(
            name="solver",
            label=N_("Solver"),
            kind=ParamKind.CHOICE,
            default="lbfgs",
            choices=("lbfgs", "newton-cholesky", "newton-cg", "sag", "saga"),
            advanced=True,
            help=N_("How the weights are found; saga is the one for L1 and many rows."),
        ),
        iterations(1000),
        tolerance(1e-4),
        FIT_INTERCEPT,
    ),
    build=_build_logistic,
    check=_check_logistic,
    scale=True,
    curve="iterations",
    aliases=("logistic", "logit"),
)


def _build_linear(values: ParamValues, context: BuildContext) -> object:
    from sklearn.linear_model import LinearRegression

    return LinearRegression(**values)


LINEAR_REGRESSION = Algorithm(
    key="linear_regression",
    label=N_("Linear regression"),
    family="linear",
    summary=N_("The plainest model for numbers; a good reference when rows far outnumber columns."),
    tasks=REGRESSION,
    params=(FIT_INTERCEPT,),
    build=_build_linear,
    scale=True,
    aliases=("linear", "ols", "least_squares"),
)


def _build_ridge(values: ParamValues, context: BuildContext) -> object:
    from sklearn.linear_model import Ridge, RidgeClassifier

    kind = RidgeClassifier if is_classification(context) else Ridge
    return kind(random_state=context.seed, **values)


RIDGE = Algorithm(
    key="ridge",
    label=N_("Ridge"),
    family="linear",
    summary=N_("A linear model that stays calm with many or related columns; very fast."),
    tasks=BOTH,
    params=(
        _alpha(1.0, 1e-6, N_("Larger values shrink the weights more.")),
        CLASS_WEIGHT,
        Param(
            name="solver",
            label=N_("Solver"),
            kind=ParamKind.CHOICE,
            default="auto",
            choices=("auto", "lsqr", "sparse_cg", "sag"),
            advanced=True,
            help=N_("How the weights are found; auto fits the shape of the data."),
        ),
        tolerance(1e-4),
        FIT_INTERCEPT,
    ),
    build=_build_ridge,
    scale=True,
    aliases=("ridge_regression", "ridge_classifier"),
)


def _build_lasso(values: ParamValues, context: BuildContext) -> object:
    from sklearn.linear_model import Lasso

    return with_scaled_target(Lasso(random_state=context.seed, **values))


def _build_elastic_net(values: ParamValues, context: BuildContext) -> object:
    from sklearn.linear_model import ElasticNet

    return with_scaled_target(ElasticNet(random_state=context.seed, **values))


_SPARSE_ALPHA = _alpha(
    0.01,
    1e-6,
    N_("Larger values drop more columns; measured against a target scaled to deviation 1."),
)
_POSITIVE = Param(
    name="positive",
    label=N_("Only positive weights"),
    kind=ParamKind.BOOL,
    default=False,
    advanced=True,
    help=N_("Forbids that a growing feature lowers the prediction."),
)
_SELECTION = Param(
    name="selection",
    label=N_("Order of updates"),
    kind=ParamKind.CHOICE,
    default="cyclic",
    choices=("cyclic", "random"),
    advanced=True,
    help=N_("Random order often converges faster when columns are related."),
)

LASSO = Algorithm(
    key="lasso",
    label=N_("Lasso"),
    family="linear",
    summary=N_("A linear model that drops columns it does not need; good for finding the few."),
    tasks=REGRESSION,
    params=(
        _SPARSE_ALPHA,
        iterations(2000),
        _POSITIVE,
        _SELECTION,
        tolerance(1e-4),
        FIT_INTERCEPT,
    ),
    build=_build_lasso,
    scale=True,
    aliases=("l1",),
)

ELASTIC_NET = Algorithm(
    key="elastic_net",
    label=N_("Elastic net"),
    family="linear",
    summary=N_("Between ridge and lasso; good when many columns are related to each other."),
    tasks=REGRESSION,
    params=(
        _SPARSE_ALPHA,
        _l1_ratio(0.5),
        iterations(2000),
        _POSITIVE,
        _SELECTION,
        tolerance(1e-4),
        FIT_INTERCEPT,
    ),
    build=_build_elastic_net,
    scale=True,
    aliases=("elasticnet", "enet"),
)


def _build_sgd(values: ParamValues, context: BuildContext) -> object:
    from sklearn.linear_model import SGDClassifier, SGDRegressor

    if is_classification(context):
        return SGDClassifier(random_state=context.seed, n_jobs=context.n_jobs, **values)
    return with_scaled_target(SGDRegressor(random_state=context.seed, **values))


SGD = Algorithm(
    key="sgd",
    label=N_("Stochastic gradient descent"),
    family="linear",
    summary=N_("A linear model learned row by row; for tables too long for the other solvers."),
    tasks=BOTH,
    params=(
        Param(
            name="loss",
            label=N_("Loss"),
            kind=ParamKind.CHOICE,
            default="log_loss",
            choices=("log_loss", "modified_huber", "hinge", "squared_hinge", "perceptron"),
            tasks=CLASSIFICATION,
            help=N_("What counts as a mistake; the first two give probabilities."),
        ),
        Param(
            name="loss",
            label=N_("Loss"),
            kind=ParamKind.CHOICE,
            default="squared_error",
            choices=("squared_error", "huber", "epsilon_insensitive"),
            tasks=REGRESSION,
            help=N_("What counts as a mistake; the last two forgive outliers."),
        ),
        _alpha(1e-4, 1e-7, N_("Larger values shrink the weights more.")),
        Param(
            name="penalty",
            label=N_("Penalty"),
            kind=ParamKind.CHOICE,
            default="l2",
            choices=("l2", "l1", "elasticnet"),
            nullable=True,
            none_label=N_("No penalty"),
            help=N_("L1 sets weights to zero, L2 makes them small, the elastic net does both."),
        ),
        _l1_ratio(0.15),
        Param(
            name="learning_rate",
            label=N_("Learning rate"),
            kind=ParamKind.CHOICE,
            default="optimal",
            choices=("optimal", "invscaling", "adaptive", "constant"),
            tasks=CLASSIFICATION,
            help=N_("How the step size changes during the fit."),
        ),
        Param(
            name="learning_rate",
            label=N_("Learning rate"),
            kind=ParamKind.CHOICE,
            default="invscaling",
            choices=("optimal", "invscaling", "adaptive", "constant"),
            tasks=REGRESSION,
            help=N_("How the step size changes during the fit."),
        ),
        Param(
            name="eta0",
            label=N_("First step size"),
            kind=ParamKind.FLOAT,
            default=0.01,
            low=1e-6,
            high=10.0,
            log=True,
            advanced=True,
            help=N_("Where the step size starts; the optimal schedule does not use it."),
        ),
        CLASS_WEIGHT,
        iterations(1000),
        tolerance(1e-3),
        Param(
            name="average",
            label=N_("Average the weights"),
            kind=ParamKind.BOOL,
            default=False,
            advanced=True,
            help=N_("Uses the mean of the weights over all steps, which is steadier."),
        ),
        FIT_INTERCEPT,
    ),
    build=_build_sgd,
    scale=True,
    aliases=("stochastic_gradient_descent",),
)

ALGORITHMS = (LOGISTIC_REGRESSION, LINEAR_REGRESSION, RIDGE, LASSO, ELASTIC_NET, SGD)
