"""Compare: completed runs side by side. The URL holds what is compared: ?runs=1,2&baseline=1."""

import streamlit as st

from mlops_core.domain.states import RunStatus
from mlops_core.i18n import _, ngettext
from mlops_core.services import runs
from mlops_core.store.workspace import Workspace
from ui import compare_pick, compare_view, links
from ui.app_state import workspace
from ui.layout import empty_state, page_header


def page(ws: Workspace) -> None:
    completed = runs.list_runs(ws, runs.RunFilter(status=(RunStatus.COMPLETED,)), limit=1).total
    ids = compare_pick.chosen_ids(ws)
    header = page_header(_("Compare"), _("Runs side by side, judged by the same metrics."))
    if not completed and not ids:
        nothing_yet()
        return
    st.session_state.setdefault("compare.choosing", len(ids) < 2)
    if st.session_state.pop(compare_view.CHOSEN, False):
        st.session_state["compare.choosing"] = False
    with header:
        choosing = st.toggle(_("Choose runs"), key="compare.choosing")
    if choosing:
        picked = compare_pick.pick(ws, ids)
        if picked != ids:
            ids = picked
            links.set_query(runs=ids)
    known = (
        runs.list_runs(ws, runs.RunFilter(ids=ids, archived=None), limit=50).items if ids else ()
    )
    gone = set(ids) - {run.id for run in known}
    if gone:
        names = ", ".join(str(id) for id in sorted(gone))
        text = ngettext(
            "Run {names} of this link does not exist here.",
            "Runs {names} of this link do not exist here.",
            len(gone),
        )
        st.warning(text.format(names=names), icon=":material/link_off:")
    ids = tuple(id for id in ids if id not in gone)
    if len(ids) < 2:
        too_few(len(ids))
        return
    compare_view.show(ws, ids)


def nothing_yet() -> None:
    with empty_state(
        _("Nothing to compare yet"),
        _("Comparing starts with two completed runs. A baseline trains several models at once."),
        icon=":material/compare_arrows:",
    ):
        links.step(_("Train a baseline"), "data", icon=":material/database:")
        links.step(_("All experiments"), "experiments", icon=":material/experiment:", primary=False)


def too_few(count: int) -> None:
    with empty_state(
        _("Choose two or more runs") if count == 0 else _("Choose one more run"),
        _("You then see their metrics side by side, what differs between them, and their curves."),
        icon=":material/checklist:",
    ):
        if not st.session_state["compare.choosing"]:
            links.step(_("All runs"), "experiments", icon=":material/table_rows:", tab="runs")


page(workspace())
