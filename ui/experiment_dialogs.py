"""The dialogs of one experiment: its words, a copy under another name, its removal."""

from __future__ import annotations

import streamlit as st

from mlops_core import words
from mlops_core.domain.records import Experiment
from mlops_core.i18n import _
from mlops_core.services import experiments
from mlops_core.store.workspace import Workspace
from ui import links
from ui.errors import attempt, field_errors, other_errors
from ui.layout import confirm, notify


def edit(ws: Workspace, experiment: Experiment) -> None:
    """Description and tags, which may change at any time."""

    @st.dialog(_("Description and tags"), icon=":material/edit:")
    def dialog() -> None:
        description = st.text_area(
            _("Description"), experiment.description, key="_edit_description", height=140
        )
        known = sorted({*experiments.all_tags(ws), *experiment.tags})
        tags = st.multiselect(
            _("Tags"),
            known,
            experiment.tags,
            key="_edit_tags",
            accept_new_options=True,
            placeholder=_("Add tags"),
        )
        st.caption(_("These describe the experiment and change nothing that was computed."))
        slot = st.container()
        if st.button(_("Save"), type="primary", key="_edit_save"):
            outcome = attempt(
                lambda: experiments.edit(ws, experiment.id, description=description, tags=tags)
            )
            if outcome.error is None:
                notify(_("Saved"))
                st.rerun()
            with slot:
                other_errors(outcome.error)

    dialog()


def duplicate(ws: Workspace, experiment: Experiment) -> None:
    """The same configuration under another name, planned and not yet run."""

    @st.dialog(_("Duplicate"), icon=":material/content_copy:")
    def dialog() -> None:
        suggestion = _("{name} copy").format(name=experiment.name)
        name = st.text_input(_("Name of the copy"), suggestion, key="_duplicate_name")
        slot = st.container()
        st.caption(_("The copy starts at v1.0.0 with the same configuration and no runs."))
        if st.button(_("Duplicate"), type="primary", key="_duplicate_save"):
            outcome = attempt(lambda: experiments.duplicate(ws, experiment.id, name))
            if outcome.value is not None:
                notify(_("Duplicated"))
                links.go("experiments", id=outcome.value.id)
            with slot:
                field_errors(outcome.error, "name")
                other_errors(outcome.error, "name")

    dialog()


def remove(ws: Workspace, experiment: Experiment) -> None:
    """Ask, then remove an experiment that was never run."""

    def removed() -> None:
        experiments.remove(ws, experiment.id)
        notify(_("Removed"))
        links.go("experiments")

    name = f"{experiment.name} {words.version(experiment.version)}"
    confirm(
        _("Remove this experiment"),
        _("{name} has never been run, so nothing but its plan is lost.").format(name=name),
        _("Remove"),
        removed,
    )
