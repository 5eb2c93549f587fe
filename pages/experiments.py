"""Experiments: all of them and all their runs, one of them (?id=), or one being put together."""

import streamlit as st

from mlops_core.i18n import N_, _
from mlops_core.services import datasets, experiments
from mlops_core.store.workspace import Workspace
from ui import (
    experiment_compose,
    experiment_filters,
    experiment_list,
    experiment_runs,
    experiment_view,
    links,
)
from ui.app_state import workspace
from ui.errors import attempt, show_error
from ui.layout import empty_state, page_header

SCOPE = "experiments_page"
DEFAULTS: dict[str, experiment_filters.Value] = {"tab": "experiments"}
TABS = {"experiments": N_("Experiments"), "runs": N_("All runs")}


def overview(ws: Workspace) -> None:
    """Both tables, or what the page is for while there is nothing."""
    anything = experiments.list_experiments(ws, experiments.ExperimentFilter(), limit=1).total
    archived = 0
    if not anything:
        query = experiments.ExperimentFilter(archived=True)
        archived = experiments.list_experiments(ws, query, limit=1).total
    with page_header(_("Experiments"), _("What was asked, what ran, and what came of it.")):
        if st.button(_("New experiment"), icon=":material/add:", type="primary", key="new"):
            links.go("experiments", new=1)
    if not anything and not archived:
        nothing_yet(ws)
        return
    experiment_filters.restore(SCOPE, DEFAULTS, {"tab": list(TABS)})
    st.segmented_control(
        _("Show"),
        list(TABS),
        format_func=lambda name: _(TABS[name]),
        key=f"{SCOPE}.tab",
        label_visibility="collapsed",
        required=True,
    )
    tab = experiment_filters.keep(SCOPE, DEFAULTS)["tab"]
    names = sorted({item.name for item in datasets.list_datasets(ws)})
    tags = experiments.all_tags(ws)
    if tab == "runs":
        links.set_query(**dict.fromkeys(experiment_list.DEFAULTS))
        experiment_runs.show(ws, experiment_runs.toolbar(ws, names, tags))
    else:
        links.set_query(**dict.fromkeys(experiment_runs.DEFAULTS))
        experiment_list.show(ws, experiment_list.toolbar(names, tags))


def nothing_yet(ws: Workspace) -> None:
    with empty_state(
        _("No experiment yet"),
        _("An experiment trains one or several models on a dataset and keeps what came of it."),
        icon=":material/experiment:",
    ):
        if datasets.list_datasets(ws):
            st.caption(_("Put the first one together with “New experiment”."))
        else:
            links.step(_("Start with a sample or a CSV"), "data", icon=":material/database:")


def one(ws: Workspace, experiment_id: int, *, next_version: bool) -> None:
    """An experiment, or the composer of its next version."""
    found = attempt(lambda: experiments.get_experiment(ws, experiment_id))
    if found.value is None:
        with page_header(_("Experiments")):
            links.link(_("All experiments"), "experiments", icon=":material/arrow_back:")
        if found.error is not None:
            show_error(found.error)
    elif next_version:
        experiment_compose.show(ws, found.value)
    else:
        experiment_view.show(ws, found.value)


ws = workspace()
if (experiment_id := links.query_int("id")) is not None:
    one(ws, experiment_id, next_version=False)
elif (version_of := links.query_int("version_of")) is not None:
    one(ws, version_of, next_version=True)
elif links.query_text("new"):
    experiment_compose.show(ws)
else:
    overview(ws)
