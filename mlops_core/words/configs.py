"""What configurations call their parts, in words."""

from __future__ import annotations

from mlops_core import words
from mlops_core.domain.configs import MISSING
from mlops_core.i18n import N_, _

_PARTS = {
    "dataset": N_("Dataset"),
    "target": N_("Target"),
    "task": N_("Task"),
    "features": N_("Features"),
    "algorithm": N_("Algorithm"),
    "model": N_("Model"),
    "models": N_("Models"),
    "resources": N_("Resources"),
    "evaluation": N_("Evaluation"),
    "retries": N_("Tries after a crash"),
}


# What a configuration calls its parts; parameters keep the names that specs use.
_FIELDS = {
    "include": N_("include"),
    "exclude": N_("exclude"),
    "roles": N_("roles"),
    "numeric": N_("numeric"),
    "categorical": N_("categorical"),
    "text": N_("text"),
    "impute": N_("impute"),
    "scale": N_("scale"),
    "encode": N_("encode"),
    "max_categories": N_("max categories"),
    "max_features": N_("max features"),
    "holdout": N_("holdout"),
    "folds": N_("folds"),
    "strategy": N_("strategy"),
    "group_column": N_("group column"),
    "time_column": N_("time column"),
    "metric": N_("metric"),
    "seed": N_("seed"),
    "cpu_cores": N_("cpu cores"),
    "memory_gb": N_("memory gb"),
    "gpus": N_("gpus"),
    "gpu_memory_gb": N_("gpu memory gb"),
    "time_limit_hours": N_("time limit hours"),
    "name": N_("name"),
    "version": N_("version"),
    "fingerprint": N_("fingerprint"),
    "positive_class": N_("positive class"),
}


def path_words(path: str) -> str:
    """``evaluation.folds`` reads "Evaluation · folds"."""
    first, *rest = (part for part in path.split(".") if part != "params")
    name = _(_PARTS[first]) if first in _PARTS else first.replace("_", " ")
    return " · ".join([name, *map(_field_words, rest)])


def _field_words(part: str) -> str:
    return _(_FIELDS[part]) if part in _FIELDS else part.replace("_", " ")


def value_words(value: object, path: str = "") -> str:
    """A value of a configuration; ``path`` names the ones that have names of their own."""
    if value == MISSING:
        return MISSING
    last = path.rpartition(".")[2]
    if last == "algorithm":
        return words.algorithm_label(str(value))
    if last == "task":
        return words.task_word(str(value))
    return words.param_value(value)
