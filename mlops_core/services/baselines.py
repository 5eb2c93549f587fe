"""The short way: the suggested models on a dataset, to hold everything later against."""

from __future__ import annotations

from mlops_core.domain.configs import Bump, ExperimentConfig, SemanticVersion, Split
from mlops_core.domain.queue import Submission
from mlops_core.domain.records import Experiment, FeatureSet
from mlops_core.i18n import _
from mlops_core.services import experiment_plans as plans
from mlops_core.services import experiments
from mlops_core.services.datasets import get_dataset
from mlops_core.services.names import clean_name
from mlops_core.store import experiments as store
from mlops_core.store.workspace import Workspace


def train(
    ws: Workspace,
    dataset_id: int,
    chosen: FeatureSet | None = None,
    split: Split | None = None,
    *,
    by: Submission | None = None,
) -> tuple[Experiment, tuple[int, ...]]:
    """Train the suggested models on a dataset, under its name and the next free version.

    Raises:
        NotFound: there is no such dataset.
        InvalidInput: it has nothing to learn, or its suggestions cannot run.
    """
    dataset = get_dataset(ws, dataset_id)
    config = plans.baseline(ws, dataset, chosen, split)
    name = clean_name(_("{name} baseline").format(name=dataset.name[:100]))
    with ws.read() as connection:
        newest = store.newest(connection, name)
    parent_id, version = newest or (None, SemanticVersion())
    if newest is not None:
        version = version.bumped(Bump.MINOR)
    return experiments.train(
        ws, name, config, version=str(version), tags=["baseline"], parent_id=parent_id, by=by
    )


def config_of(ws: Workspace, dataset_id: int) -> ExperimentConfig:
    """The suggestions for a dataset: a dummy, a linear model and two kinds of trees.

    Raises:
        NotFound: there is no such dataset.
        InvalidInput: it has nothing to learn.
    """
    return plans.baseline(ws, get_dataset(ws, dataset_id))
