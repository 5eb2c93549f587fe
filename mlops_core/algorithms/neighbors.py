"""Models that look up similar rows."""

from __future__ import annotations

from mlops_core.algorithms.common import BOTH, is_classification
from mlops_core.domain.params import Algorithm, BuildContext, Param, ParamKind, ParamValues
from mlops_core.i18n import N_


def _build_knn(values: ParamValues, context: BuildContext) -> object:
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    wanted = int(values["n_neighbors"] or 1)
    settings = {**values, "n_neighbors": min(wanted, context.rows) if context.rows else wanted}
    kind = KNeighborsClassifier if is_classification(context) else KNeighborsRegressor
    return kind(n_jobs=context.n_jobs, **settings)


KNN = Algorithm(
    key="knn",
    label=N_("Nearest neighbours"),
    family="neighbors",
    summary=N_("Predicts from the most similar rows; good for small tables with few columns."),
    tasks=BOTH,
    params=(
        Param(
            name="n_neighbors",
            label=N_("Neighbours"),
            kind=ParamKind.INT,
            default=5,
            low=1,
            high=500,
            log=True,
            help=N_("How many similar rows decide; never more than there are training rows."),
        ),
        Param(
            name="weights",
            label=N_("Weights"),
            kind=ParamKind.CHOICE,
            default="uniform",
            choices=("uniform", "distance"),
            help=N_("By distance, nearer rows count more than farther ones."),
        ),
        Param(
            name="metric",
            label=N_("Distance"),
            kind=ParamKind.CHOICE,
            default="euclidean",
            choices=("euclidean", "manhattan", "cosine"),
            help=N_("How the difference between two rows is measured."),
        ),
    ),
    build=_build_knn,
    scale=True,
    aliases=("k_nearest_neighbors", "neighbors", "kneighbors"),
)

ALGORITHMS = (KNN,)
