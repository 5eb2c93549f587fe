"""Models from Bayes' rule."""

from __future__ import annotations

from mlops_core.algorithms.common import CLASSIFICATION
from mlops_core.domain.params import Algorithm, BuildContext, Param, ParamKind, ParamValues
from mlops_core.i18n import N_


def _build_naive_bayes(values: ParamValues, context: BuildContext) -> object:
    from sklearn.naive_bayes import GaussianNB

    return GaussianNB(**values)


NAIVE_BAYES = Algorithm(
    key="naive_bayes",
    label=N_("Naive Bayes"),
    family="bayes",
    summary=N_("Trains in an instant and needs few rows; its probabilities are often too sure."),
    tasks=CLASSIFICATION,
    params=(
        Param(
            name="var_smoothing",
            label=N_("Smoothing"),
            kind=ParamKind.FLOAT,
            default=1e-9,
            low=1e-12,
            high=1.0,
            log=True,
            help=N_("Larger values blur the classes and make the model less sure."),
        ),
    ),
    build=_build_naive_bayes,
    needs_dense=True,
    aliases=("bayes", "gaussian_nb"),
)

ALGORITHMS = (NAIVE_BAYES,)
