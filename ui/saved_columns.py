"""Sets of columns for the table of runs: taken up, saved under a name, removed."""

from __future__ import annotations

from collections.abc import Callable, Collection

import streamlit as st

from mlops_core import words
from mlops_core.i18n import _
from mlops_core.services import column_sets
from mlops_core.store.workspace import Workspace
from ui.errors import attempt, field_errors, other_errors

_CHOSEN, _NAME, _FAILED = "columns.set", "columns.name", "_columns_failed"


def choose(ws: Workspace, key: str, known: Collection[str], name_of: Callable[[str], str]) -> None:
    """The columns themselves, and the sets that were saved.

    Args:
        key: Where the session keeps the columns.
        known: The names of all columns.
        name_of: What a column is called.
    """
    st.multiselect(
        _("Columns: parameters and metrics, too"),
        list(known),
        format_func=name_of,
        key=key,
        placeholder=_("Choose one or several"),
    )
    _take_up(ws, key, known)
    _save_as(ws, key)
    failed = st.session_state.pop(_FAILED, None)
    if failed is not None and not field_errors(failed, "name"):
        other_errors(failed, "name")


def _take_up(ws: Workspace, key: str, known: Collection[str]) -> None:
    """Choose a set, or remove it."""
    sets = column_sets.list_sets(ws)

    def take() -> None:
        if chosen := sets.get(st.session_state[_CHOSEN] or ""):
            st.session_state[key] = [name for name in chosen if name in known]

    def remove() -> None:
        name = st.session_state[_CHOSEN]
        st.session_state[_FAILED] = attempt(lambda: column_sets.remove(ws, name)).error
        st.session_state[_CHOSEN] = None

    if st.session_state.get(_CHOSEN) not in sets:
        st.session_state[_CHOSEN] = None
    if not sets:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox(
            _("Saved set"),
            list(sets),
            index=None,
            key=_CHOSEN,
            on_change=take,
            format_func=lambda name: words.clip(name, 40),
            placeholder=_("Choose a set"),
        )
        st.button(
            _("Remove"),
            icon=":material/delete:",
            key="columns.remove",
            on_click=remove,
            disabled=not st.session_state[_CHOSEN],
        )


def _save_as(ws: Workspace, key: str) -> None:
    """Keep the columns under a name; one that exists is written anew."""

    def save() -> None:
        outcome = attempt(
            lambda: column_sets.save(ws, st.session_state[_NAME], st.session_state[key])
        )
        st.session_state[_FAILED] = outcome.error
        if outcome.value is not None:
            st.session_state[_CHOSEN], st.session_state[_NAME] = outcome.value, ""

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(_("Save these columns as"), key=_NAME, max_chars=80)
        st.button(_("Save"), icon=":material/bookmark:", key="columns.save", on_click=save)
