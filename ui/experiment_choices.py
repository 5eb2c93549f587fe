"""What an experiment can be put together from: models by option key, feature sets, profiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlops_core import words
from mlops_core.domain.configs import ExperimentModel, FeatureConfig, ModelConfig
from mlops_core.domain.params import Task
from mlops_core.domain.records import Dataset, FeatureSet, ResourceProfile
from mlops_core.i18n import _
from mlops_core.services import features, models, resources
from mlops_core.store.workspace import Workspace
from mlops_core.words import allocations


@dataclass(frozen=True)
class ModelChoice:
    """A model that can be picked; ``label`` is what the list shows."""

    model: ExperimentModel
    label: str


def model_choices(
    ws: Workspace, task: Task, kept: Sequence[ExperimentModel] = ()
) -> dict[str, ModelChoice]:
    """By option key: saved versions, every algorithm with its defaults, and those of ``kept``
    that are neither (set by hand, or saved and removed since).
    """
    found: dict[str, ModelChoice] = {}
    for saved in models.list_models(ws, task=task, latest_only=False):
        name = f"{saved.name} {words.version(saved.version)}"
        model = ExperimentModel(name=name, config=saved.config, model_version_id=saved.id)
        label = f"{name} · {words.algorithm_label(saved.config.algorithm)}"
        found[f"model-{saved.id}"] = ModelChoice(model, label)
    for algorithm in models.catalogue(task):
        model = ExperimentModel(name=algorithm.label, config=ModelConfig(algorithm=algorithm.key))
        label = _("{name}, defaults").format(name=_(algorithm.label))
        found[algorithm.key] = ModelChoice(model, label)
    for index, model in enumerate(kept):
        key = option_of(model, found)
        if key is None:
            label = _("{name}, as before").format(name=model.name)
            found[f"kept-{index}"] = ModelChoice(model, label)
        else:  # under the name it had: another name alone is no change
            found[key] = ModelChoice(model, found[key].label)
    return found


def option_of(model: ExperimentModel, choices: dict[str, ModelChoice]) -> str | None:
    """The option that stands for ``model``, or ``None``."""
    for key, choice in choices.items():
        same = choice.model
        if same == model:
            return key
        if same.model_version_id == model.model_version_id and same.config == model.config:
            return key
    return None


def distinct_names(chosen: Sequence[ExperimentModel]) -> tuple[ExperimentModel, ...]:
    """The same models, numbered where two have one name."""
    seen: dict[str, int] = {}
    result = []
    for model in chosen:
        seen[model.name] = seen.get(model.name, 0) + 1
        count = seen[model.name]
        name = model.name if count == 1 else f"{model.name} ({count})"
        result.append(model.model_copy(update={"name": name}))
    return tuple(result)


@dataclass(frozen=True)
class FeatureChoice:
    label: str
    config: FeatureConfig
    feature_set: FeatureSet | None = None


def feature_choices(
    ws: Workspace, dataset: Dataset, kept: FeatureConfig | None, kept_id: int | None
) -> dict[int, FeatureChoice]:
    """By feature set id; 0 is every suggested column, -1 what the version before used."""
    found = {0: FeatureChoice(_("All suggested columns"), FeatureConfig())}
    for saved in features.list_feature_sets(ws, dataset_name=dataset.name, latest_only=False):
        label = f"{saved.name} {words.version(saved.version)}"
        found[saved.id] = FeatureChoice(label, saved.config, saved)
    known = kept_id in found if kept_id else kept == FeatureConfig()
    if kept is not None and not known:
        found[-1] = FeatureChoice(_("As before"), kept)
    return found


def profile_words(profile: ResourceProfile) -> str:
    """A profile with what it allows, in a line."""
    name = f"{profile.name} {words.version(profile.version)}"
    return f"{name} · {allocations.limits(profile.allocation)}"


def profiles(ws: Workspace) -> dict[int, ResourceProfile]:
    return {profile.id: profile for profile in resources.list_profiles(ws, latest_only=False)}
