"""What an experiment is made of: its words and number, its content, the suggested one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mlops_core.algorithms import get_algorithm
from mlops_core.domain.configs import (
    EvaluationConfig,
    ExperimentConfig,
    ExperimentModel,
    FeatureConfig,
    ModelConfig,
    SemanticVersion,
    Split,
    SplitStrategy,
)
from mlops_core.domain.params import Task
from mlops_core.domain.records import Dataset, Experiment, FeatureSet
from mlops_core.errors import Conflict, InvalidInput
from mlops_core.i18n import _
from mlops_core.services import queueing, resources
from mlops_core.services.datasets import suggested_target
from mlops_core.services.names import clean_name, clean_tags, clean_text
from mlops_core.store import experiments as store
from mlops_core.store.experiments import Connection
from mlops_core.store.workspace import Workspace

BASELINES: dict[Task, tuple[str, ...]] = {
    Task.CLASSIFICATION: (
        "dummy",
        "logistic_regression",
        "hist_gradient_boosting",
        "random_forest",
    ),
    Task.REGRESSION: ("dummy", "ridge", "hist_gradient_boosting", "random_forest"),
}


def checked(
    name: str,
    config: ExperimentConfig,
    version: str,
    description: str,
    tags: Sequence[str],
    parent_id: int | None,
) -> dict[str, Any]:
    """The columns of a new experiment, what a person wrote being checked.

    Raises:
        InvalidInput: name, version, description or a tag cannot be used.
    """
    return {
        "name": clean_name(name),
        "version": parse_version(version),
        "description": clean_text(description),
        "tags": clean_tags(tags),
        "config": config,
        "parent_id": parent_id,
    }


def parse_version(text: str) -> SemanticVersion:
    """``"1.2.3"`` or ``"v1.2.3"``.

    Raises:
        InvalidInput: it is neither.
    """
    try:
        return SemanticVersion.parse(text)
    except ValueError:
        raise InvalidInput(
            _("{text!r} is not a version.").format(text=text),
            _("Write it like 1.0.0."),
            field="version",
        ) from None


def add(ws: Workspace, connection: Connection, values: dict[str, Any]) -> int:
    """Insert what ``checked`` returned; the new id.

    Raises:
        Conflict: the version exists, or something that it uses does not exist any more.
    """
    experiment_id = store.add(connection, **values, at=ws.now())
    if experiment_id is not None:
        return experiment_id
    name, version = values["name"], values["version"]
    if store.find_id(connection, name, version) is not None:
        raise Conflict(
            _("“{name}” has a version {version} already.").format(name=name, version=version),
            _("Choose a higher version."),
            field="version",
        )
    raise Conflict(
        _("The dataset or a saved configuration of “{name}” was removed meanwhile.").format(
            name=name
        ),
        _("Choose again what it uses."),
    )


def split_by(evaluation: EvaluationConfig, split: Split) -> EvaluationConfig:
    """The same plan with its rows split by a column, by group or in time order."""
    strategy, column = split
    field = "time_column" if strategy is SplitStrategy.TIME else "group_column"
    return evaluation.model_copy(update={"strategy": strategy, field: column})


def baseline(
    ws: Workspace,
    dataset: Dataset,
    chosen: FeatureSet | None = None,
    split: Split | None = None,
) -> ExperimentConfig:
    """The suggestions for a dataset, with the features and the split that were chosen for it.

    Raises:
        InvalidInput: it has nothing to learn.
    """
    target, task = dataset.target, dataset.task
    if target is None or task is None:
        suggested = suggested_target(dataset)
        if suggested is None:
            raise InvalidInput(
                _("“{name}” has no column to learn.").format(name=dataset.name),
                _("Choose its target."),
                field="target",
            )
        target, task = suggested
    column = dataset.column(target)
    labelled = dataset.rows - (column.profile.missing if column else 0)
    # A small table gets as few folds as leave two rows each; one fold is none.
    folds = min(5, labelled * 4 // 10)
    evaluation = EvaluationConfig(folds=folds if folds > 1 else 0)
    return ExperimentConfig(
        dataset_id=dataset.id,
        target=target,
        task=task,
        positive_class=dataset.positive_class,
        models=tuple(
            ExperimentModel(name=get_algorithm(key).label, config=ModelConfig(algorithm=key))
            for key in BASELINES[task]
        ),
        resources=resources.default_allocation(ws),
        features=chosen.config if chosen else FeatureConfig(),
        feature_set_id=chosen.id if chosen else None,
        evaluation=split_by(evaluation, split) if split else evaluation,
    )


def content(experiment: Experiment) -> dict[str, Any]:
    """What an experiment computes, to be held against another: models by name, and complete."""
    config = experiment.config
    content = config.model_dump(
        mode="json", exclude={"dataset_id", "models", "feature_set_id", "resource_profile_id"}
    )
    content["dataset"] = f"{experiment.dataset_name} v{experiment.dataset_version}"
    content["models"] = {
        model.name: queueing.complete(model.config, config.task).model_dump(mode="json")
        for model in config.models
    }
    return content
