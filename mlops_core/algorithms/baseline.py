"""The floor that every model has to beat."""

from __future__ import annotations

from mlops_core.algorithms.common import BOTH, CLASSIFICATION, REGRESSION, is_classification
from mlops_core.domain.params import Algorithm, BuildContext, Param, ParamKind, ParamValues
from mlops_core.i18n import N_


def _build_dummy(values: ParamValues, context: BuildContext) -> object:
    from sklearn.dummy import DummyClassifier, DummyRegressor

    if is_classification(context):
        return DummyClassifier(strategy=values["strategy"], random_state=context.seed)
    return DummyRegressor(strategy=values["strategy"])


DUMMY = Algorithm(
    key="dummy",
    label=N_("Dummy baseline"),
    family="baseline",
    summary=N_("Ignores the features; train it first to see what any real model has to beat."),
    tasks=BOTH,
    params=(
        Param(
            name="strategy",
            label=N_("Strategy"),
            kind=ParamKind.CHOICE,
            default="prior",
            choices=("prior", "most_frequent", "stratified", "uniform"),
            tasks=CLASSIFICATION,
            help=N_("How it guesses: the class shares, the most frequent class, or by chance."),
        ),
        Param(
            name="strategy",
            label=N_("Strategy"),
            kind=ParamKind.CHOICE,
            default="mean",
            choices=("mean", "median"),
            tasks=REGRESSION,
            help=N_("Which single value it predicts for every row."),
        ),
    ),
    build=_build_dummy,
    aliases=("baseline", "constant"),
)

ALGORITHMS = (DUMMY,)
