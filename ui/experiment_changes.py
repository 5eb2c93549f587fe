"""What differs between two configurations, in words and side by side."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mlops_core.domain.configs import MISSING, Change
from mlops_core.i18n import N_, _
from ui import words

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
}


def path_words(path: str) -> str:
    """``evaluation.folds`` reads "Evaluation · folds"."""
    first, *rest = (part for part in path.split(".") if part != "params")
    name = _(_PARTS[first]) if first in _PARTS else first.replace("_", " ")
    return " · ".join([name, *(part.replace("_", " ") for part in rest)])


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


def changes_table(changes: Sequence[Change], before: str, after: str) -> None:
    """One row a difference: where, before, after."""
    st.table(
        {
            _("What"): [words.md(path_words(change.path)) for change in changes],
            words.md(before): [
                words.md(value_words(change.before, change.path)) for change in changes
            ],
            words.md(after): [
                f"**{words.md(value_words(change.after, change.path))}**" for change in changes
            ],
        },
        border="horizontal",
        alt=_("What changed from {before} to {after}").format(before=before, after=after),
    )


def changes_list(changes: Sequence[Change]) -> None:
    """One line a difference, for a narrow place."""
    for change in changes:
        before, after = (
            words.md(value_words(change.before, change.path)),
            words.md(value_words(change.after, change.path)),
        )
        st.markdown(f"{words.md(path_words(change.path))}  \n:gray[{before}] → **{after}**")
