"""How columns are prepared before a model sees them: choices, their meaning, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from mlops_core.domain.configs import (
    CategoricalPreparation,
    FeatureConfig,
    NumericPreparation,
    TextPreparation,
)
from mlops_core.i18n import N_, _

_AUTO = N_("Automatic")
NUMERIC_IMPUTE = {
    "auto": _AUTO,
    "none": N_("Leave missing"),
    "mean": N_("Mean"),
    "median": N_("Median"),
    "most_frequent": N_("Most frequent"),
    "zero": N_("Zero"),
}
NUMERIC_SCALE = {
    "auto": _AUTO,
    "none": N_("As they are"),
    "standard": N_("Mean 0, deviation 1"),
    "minmax": N_("From 0 to 1"),
    "robust": N_("By median and quartiles"),
}
CATEGORICAL_IMPUTE = {
    "auto": _AUTO,
    "most_frequent": N_("Most frequent"),
    "missing": N_("A category of its own"),
}
CATEGORICAL_ENCODE = {
    "auto": _AUTO,
    "onehot": N_("One column each"),
    "ordinal": N_("Numbered"),
    "target": N_("By the target's mean"),
}


def preparation_form(key: str, start: FeatureConfig) -> FeatureConfig:
    """The choices, starting from ``start``; what comes back differs from it in them alone."""
    numeric, categorical = start.numeric, start.categorical
    told = _help()
    impute = _choice(
        _("Missing numbers"), NUMERIC_IMPUTE, f"{key}_fill", numeric.impute, told["fill"]
    )
    scale = _choice(
        _("Scale of numbers"), NUMERIC_SCALE, f"{key}_scale", numeric.scale, told["scale"]
    )
    missing = _choice(
        _("Missing categories"),
        CATEGORICAL_IMPUTE,
        f"{key}_missing",
        categorical.impute,
        told["missing"],
    )
    encode = _choice(
        _("Categories become"),
        CATEGORICAL_ENCODE,
        f"{key}_encode",
        categorical.encode,
        told["encode"],
    )
    st.session_state.setdefault(f"{key}_most", categorical.max_categories)
    most = st.number_input(
        _("Most categories of a column"), 2, 10_000, key=f"{key}_most", help=told["most"]
    )
    st.session_state.setdefault(f"{key}_terms", start.text.max_features)
    terms = st.number_input(
        _("Most terms of a text column"),
        10,
        50_000,
        step=50,
        key=f"{key}_terms",
        help=told["terms"],
    )
    prepared = {
        "numeric": NumericPreparation(impute=impute, scale=scale),
        "categorical": CategoricalPreparation(
            impute=missing, encode=encode, max_categories=int(most)
        ),
        "text": TextPreparation(max_features=int(terms)),
    }
    return start.model_copy(update=prepared)


def _help() -> dict[str, str]:
    """What automatic does, and what the numbers limit."""
    return {
        "fill": _(
            "Automatic takes the median, and leaves them missing for models that can use that. "
            "A column that says where they were missing is added."
        ),
        "scale": _("Automatic scales for models that want it, such as linear ones, not for trees."),
        "missing": _("Automatic makes missing a category of its own."),
        "encode": _(
            "Automatic suits the model: numbered for trees, one column each for the others, "
            "the target's mean where there are very many."
        ),
        "most": _("Rarer ones are put together."),
        "terms": _("The most telling words or word parts are counted."),
    }


def _choice(label: str, options: Mapping[str, str], key: str, start: str, told: str) -> Any:
    st.session_state.setdefault(key, start)
    return st.selectbox(
        label,
        list(options),
        format_func=lambda name: _(options[name]),
        key=key,
        help=told,
    )


def preparation_words(config: FeatureConfig) -> str:
    """What differs from automatic, in a few words."""
    parts = [
        (_("Missing numbers"), NUMERIC_IMPUTE, config.numeric.impute),
        (_("Scale of numbers"), NUMERIC_SCALE, config.numeric.scale),
        (_("Missing categories"), CATEGORICAL_IMPUTE, config.categorical.impute),
        (_("Categories become"), CATEGORICAL_ENCODE, config.categorical.encode),
    ]
    said = [
        f"{label}: {_(names[value]).lower()}" for label, names, value in parts if value != "auto"
    ]
    return "; ".join(said) or _("automatic")
