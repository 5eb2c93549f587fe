"""What differs between two configurations, in words and side by side."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mlops_core import words
from mlops_core.domain.configs import Change
from mlops_core.i18n import _
from mlops_core.words.configs import path_words, value_words


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
