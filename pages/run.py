"""Run: one run's own page, live while it goes on and complete when it is over."""

from functools import partial

import streamlit as st

from mlops_core.domain.states import RunStatus
from mlops_core.i18n import _
from mlops_core.services import runs
from ui import links, run_result, run_view
from ui.app_state import workspace
from ui.errors import attempt, show_error
from ui.layout import empty_state, page_header
from ui.live import run_live

ws = workspace()
run_id = links.query_int("id")
found = None if run_id is None else attempt(partial(runs.get_run, ws, run_id))

if found is None or found.value is None:
    with page_header(_("Run")):
        links.link(_("All runs"), "experiments", icon=":material/arrow_back:", tab="runs")
    if found is not None:
        show_error(found.error)
    else:
        empty_state(
            _("No run chosen"),
            _("Every run has its own address; the list of runs leads to them."),
            icon=":material/monitoring:",
        )
else:
    run = found.value
    run_view.header(ws, run)
    run_view.state(ws, run)
    if not run.status.is_final:
        if run.status is RunStatus.QUEUED:
            run_view.waiting(ws, run)
        if run_live(run):
            st.rerun()
        run_view.configuration(run)
    else:
        run_result.show(ws, run)
