"""The versions of an experiment and what differs between two of them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mlops_core import words
from mlops_core.domain.records import Experiment, ExperimentSummary
from mlops_core.i18n import _
from mlops_core.services import experiments
from mlops_core.store.workspace import Workspace
from ui import changes_view, links
from ui.experiment_changes import changes_table
from ui.experiment_list import best_words
from ui.layout import card, section
from ui.tables import Col, grid


def show_versions(ws: Workspace, experiment: Experiment) -> None:
    """History as a table, and two versions laid side by side."""
    history = experiments.history(ws, experiment.name)
    grid(
        [_row(item, experiment.id) for item in history],
        [
            Col("version", _("Version"), "link", width=130),
            Col("status", _("Status"), "status", width=130),
            Col("runs", _("Runs"), "integer", width=90),
            Col("best", _("Best"), min_width=150),
            Col("dataset", _("Dataset"), min_width=140),
            Col("created", _("Made"), "when", width=150),
        ],
        key=f"versions_of_{experiment.name}",
    )
    if len(history) < 2:
        st.caption(_("This is the only version. A new version shows here what it changed."))
        return
    with card(_("Differences"), key="version_differences"):
        _differences(ws, experiment, history)


def _row(item: ExperimentSummary, current: int) -> dict[str, object]:
    name = words.version(item.version)
    return {
        "id": item.id,
        "version": (
            _("{version}, this one").format(version=name) if item.id == current else name,
            links.href("experiments", id=item.id, view="versions"),
        ),
        "status": item.status,
        "runs": item.runs,
        "best": best_words(item),
        "dataset": f"{item.dataset_name} {words.version(item.dataset_version)}",
        "created": item.created_at,
    }


def _differences(
    ws: Workspace, experiment: Experiment, history: Sequence[ExperimentSummary]
) -> None:
    ids = [item.id for item in history]
    names = {item.id: words.version(item.version) for item in history}
    older = [id for id in ids if id != experiment.id]
    before_default = experiment.parent_id if experiment.parent_id in older else older[0]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        before = st.selectbox(
            _("From"),
            ids,
            index=ids.index(before_default),
            format_func=names.__getitem__,
            key=f"versions.{experiment.id}.before",
            width=160,
        )
        after = st.selectbox(
            _("To"),
            ids,
            index=ids.index(experiment.id),
            format_func=names.__getitem__,
            key=f"versions.{experiment.id}.after",
            width=160,
        )
    changes = experiments.changes(ws, before, after)
    if changes:
        changes_table(changes, names[before], names[after])
    else:
        st.caption(_("These two versions compute the same."))
    if before != after:
        section(_("What it did"))
        changes_view.of_versions(ws, before, after)
