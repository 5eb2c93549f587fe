"""Neural networks."""

from __future__ import annotations

from mlops_core.algorithms.common import BOTH, is_classification, only, with_scaled_target
from mlops_core.domain.params import Algorithm, BuildContext, Param, ParamKind, ParamValues
from mlops_core.i18n import N_


def _build_mlp(values: ParamValues, context: BuildContext) -> object:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    settings = dict(
        hidden_layer_sizes=(values["hidden_units"],) * int(values["hidden_layers"] or 1),
        batch_size="auto" if values["batch_size"] is None else values["batch_size"],
        random_state=context.seed,
        **only(values, "activation", "solver", "alpha", "learning_rate_init", "max_iter"),
        **only(values, "n_iter_no_change", "tol"),
    )
    if is_classification(context):
        return MLPClassifier(**settings)
    return with_scaled_target(MLPRegressor(**settings))


MLP = Algorithm(
    key="mlp",
    label=N_("Neural network"),
    family="neural",
    summary=N_("Finds smooth, tangled patterns when there are many rows; wants some tuning."),
    tasks=BOTH,
    params=(
        Param(
            name="hidden_layers",
            label=N_("Hidden layers"),
            kind=ParamKind.INT,
            default=1,
            low=1,
            high=6,
            help=N_("More layers can express more and are harder to train."),
        ),
        Param(
            name="hidden_units",
            label=N_("Units in a layer"),
            kind=ParamKind.INT,
            default=100,
            low=2,
            high=1024,
            log=True,
            help=N_("More units can express more and take longer."),
        ),
        Param(
            name="alpha",
            label=N_("L2 penalty"),
            kind=ParamKind.FLOAT,
            default=1e-4,
            low=1e-7,
            high=10.0,
            log=True,
            help=N_("Larger values keep the weights smaller and overfit less."),
        ),
        Param(
            name="learning_rate_init",
            label=N_("Learning rate"),
            kind=ParamKind.FLOAT,
            default=0.001,
            low=1e-5,
            high=1.0,
            log=True,
            help=N_("How far each step goes; too large and the fit does not settle."),
        ),
        Param(
            name="max_iter",
            label=N_("Most passes"),
            kind=ParamKind.INT,
            default=200,
            low=1,
            high=10_000,
            log=True,
            help=N_("How often all rows are seen at most."),
        ),
        Param(
            name="activation",
            label=N_("Activation"),
            kind=ParamKind.CHOICE,
            default="relu",
            choices=("relu", "tanh", "logistic"),
            advanced=True,
            help=N_("What each unit does with its input."),
        ),
        Param(
            name="solver",
            label=N_("Solver"),
            kind=ParamKind.CHOICE,
            default="adam",
            choices=("adam", "sgd", "lbfgs"),
            advanced=True,
            help=N_("How the weights are found; lbfgs suits small tables."),
        ),
        Param(
            name="batch_size",
            label=N_("Rows in a batch"),
            kind=ParamKind.INT,
            default=None,
            low=1,
            high=65_536,
            log=True,
            nullable=True,
            none_label=N_("Automatic"),
            advanced=True,
            help=N_("How many rows one step looks at; lbfgs looks at all of them."),
        ),
        Param(
            name="n_iter_no_change",
            label=N_("Patience"),
            kind=ParamKind.INT,
            default=10,
            low=1,
            high=1000,
            advanced=True,
            help=N_("The fit stops after this many passes without improvement."),
        ),
        Param(
            name="tol",
            label=N_("Tolerance"),
            kind=ParamKind.FLOAT,
            default=1e-4,
            low=1e-9,
            high=0.1,
            log=True,
            advanced=True,
            help=N_("An improvement smaller than this does not count as one."),
        ),
    ),
    build=_build_mlp,
    scale=True,
    curve="iterations",
    aliases=("neural_network", "multilayer_perceptron"),
)

ALGORITHMS = (MLP,)
