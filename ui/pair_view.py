"""The baseline of a comparison and one other run: what changed, single rows, parts of the data."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mlops_core.domain.records import ExperimentRun
from mlops_core.i18n import N_, _
from mlops_core.services.judged import same_subject
from mlops_core.store.workspace import Workspace
from mlops_core.words.judged import run_name
from ui import changes_view, links, rows_view, slices_view

VIEWS = {
    "changed": N_("What changed"),
    "rows": N_("Where they part"),
    "parts": N_("Parts of the data"),
}

FIRST = "changed"


@st.fragment
def pair(ws: Workspace, runs: Sequence[ExperimentRun], baseline: int, metric: str | None) -> None:
    """One of ``runs`` beside the baseline; which one, and what of it, is in the URL."""
    base = next(run for run in runs if run.id == baseline)
    others = {run.id: run for run in runs if run.id != baseline}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = _other(others, baseline)
        view = _view()
    other = others[chosen]
    if view == "changed":
        changes_view.changed(ws, base, other)
    elif not same_subject(base, other):
        st.caption(_("The two did not learn the same from the same table."))
    elif view == "parts" and metric is not None:
        slices_view.parts(ws, other, base, metric)
    else:
        rows_view.parting(ws, base, other)


def _other(others: dict[int, ExperimentRun], baseline: int) -> int:
    key = f"compare.beside.{baseline}"
    if st.session_state.get(key) not in others:
        asked = links.query_int("beside")
        st.session_state[key] = asked if asked in others else next(iter(others))
    chosen = st.selectbox(
        _("Beside the baseline"),
        list(others),
        format_func=lambda id: run_name(others[id]),
        key=key,
        width=300,
    )
    links.set_query(beside=None if chosen == next(iter(others)) else chosen)
    return chosen


def _view() -> str:
    if st.session_state.get("compare.look") not in VIEWS:
        asked = links.query_text("look")
        st.session_state["compare.look"] = asked if asked in VIEWS else FIRST
    view = st.segmented_control(
        _("What to look at"),
        list(VIEWS),
        format_func=lambda name: _(VIEWS[name]),
        key="compare.look",
        required=True,
        label_visibility="collapsed",
    )
    links.set_query(look=None if view == FIRST else view)
    return str(view)
