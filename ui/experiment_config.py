"""The configuration of an experiment, read-only."""

from __future__ import annotations

import streamlit as st

from mlops_core import words
from mlops_core.algorithms import ALGORITHMS
from mlops_core.domain.configs import (
    EvaluationConfig,
    ExperimentConfig,
    FeatureConfig,
    ModelConfig,
    ResourceAllocation,
    SplitStrategy,
)
from mlops_core.domain.records import Experiment
from mlops_core.i18n import _, ngettext
from mlops_core.services import features
from mlops_core.store.workspace import Workspace
from ui.errors import attempt
from ui.forms import strategy_word
from ui.layout import card, facts


def show_config(ws: Workspace, experiment: Experiment, *, used: bool) -> None:
    """Everything that decides what the runs compute."""
    config = experiment.config
    if used:
        st.info(
            _(
                "Runs have used this configuration, so it cannot be edited any more. "
                "A new version starts from it and shows what changed."
            ),
            icon=":material/lock:",
        )
    left, right = st.columns(2)
    with left, card(_("Data"), key="config_data"):
        facts(_data_facts(ws, experiment))
    with right, card(_("Evaluation"), key="config_evaluation"):
        facts(evaluation_facts(config.evaluation))
    with left, card(_("Models"), key="config_models"):
        facts(
            [
                (
                    words.model_name(model.name, model.config.algorithm),
                    model_words(config, model.config),
                )
                for model in config.models
            ]
        )
    with right, card(_("Resources of each run"), key="config_resources"):
        rows = resource_facts(config.resources)
        if config.retries:
            rows.append((_("Tries after a crash"), words.integer(config.retries)))
        facts(rows)


def _data_facts(ws: Workspace, experiment: Experiment) -> list[tuple[str, str]]:
    config = experiment.config
    rows = [
        (
            _("Dataset"),
            f"{experiment.dataset_name} {words.version(experiment.dataset_version)}",
        ),
        (_("Target"), config.target),
        (_("Task"), words.task_word(config.task)),
    ]
    if config.positive_class is not None:
        rows.append((_("Positive class"), config.positive_class))
    if config.feature_set_id is not None:
        found = attempt(lambda: features.get_feature_set(ws, config.feature_set_id or 0)).value
        if found is not None:
            rows.append((_("Feature set"), f"{found.name} {words.version(found.version)}"))
    rows.append((_("Features"), features_words(config.features)))
    return rows


def features_words(config: FeatureConfig) -> str:
    """Which columns are used, in a line."""
    if config.include == "all":
        text = _("All suggested columns")
    else:
        count = len(config.include)
        text = ngettext("{n} column", "{n} columns", count).format(n=count)
    if config.exclude:
        text = _("{columns} without {names}").format(columns=text, names=", ".join(config.exclude))
    return text


def model_words(config: ExperimentConfig, model: ModelConfig) -> str:
    """The algorithm and what is set on it beyond the defaults."""
    algorithm = ALGORITHMS.get(model.algorithm)
    defaults = algorithm.defaults(config.task) if algorithm else {}
    changed = [
        f"{name} = {words.param_value(value)}"
        for name, value in model.params.items()
        if name not in defaults or defaults[name] != value
    ]
    label = words.algorithm_label(model.algorithm)
    return f"{label}: {', '.join(changed)}" if changed else _("{name}, defaults").format(name=label)


def evaluation_facts(config: EvaluationConfig) -> list[tuple[str, str]]:
    rows = [
        (_("Hold-out"), words.percent(config.holdout) if config.holdout else _("none")),
        (_("Folds"), words.integer(config.folds) if config.folds else _("none")),
        (_("Split"), strategy_word(config.strategy)),
    ]
    if config.strategy is SplitStrategy.GROUPED:
        rows.append((_("Groups"), config.group_column or words.NOTHING))
    if config.strategy is SplitStrategy.TIME:
        rows.append((_("Ordered by"), config.time_column or words.NOTHING))
    metric = _("Automatic") if config.metric == "auto" else words.metric_label(config.metric)
    return [*rows, (_("Primary metric"), metric), (_("Seed"), str(config.seed))]


def resource_facts(allocation: ResourceAllocation) -> list[tuple[str, str]]:
    rows = [
        (_("CPU cores"), words.integer(allocation.cpu_cores)),
        (_("Memory"), words.gigabytes(allocation.memory_gb)),
    ]
    if allocation.gpus:
        rows.append((_("GPUs"), words.integer(allocation.gpus)))
        rows.append((_("GPU memory"), words.gigabytes(allocation.gpu_memory_gb)))
    return [*rows, (_("Time limit"), words.duration(allocation.time_limit_seconds))]
