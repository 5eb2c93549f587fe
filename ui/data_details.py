"""Name, description and tags of a dataset, its versions, and its removal."""

from __future__ import annotations

import streamlit as st

from mlops_core import words
from mlops_core.domain.records import Dataset
from mlops_core.errors import MlopsError
from mlops_core.i18n import _, ngettext
from mlops_core.services import datasets
from mlops_core.store.workspace import Workspace
from ui import links
from ui.build import do
from ui.errors import attempt, field_errors, other_errors
from ui.layout import card, confirm, notify
from ui.plan import set_plan


def show(ws: Workspace, dataset: Dataset) -> None:
    with card(_("Name and tags"), key="about", height="content"):
        _edit(ws, dataset)
    with card(_("Remove"), key="removal", height="content"):
        _removal(ws, dataset)


def _edit(ws: Workspace, dataset: Dataset) -> None:
    error: MlopsError | None = st.session_state.pop("_about_error", None)
    with st.form(f"about_{dataset.id}", border=False):
        name = st.text_input(_("Name"), dataset.name, help=_("It names all versions."))
        field_errors(error, "name")
        known = {tag for item in datasets.list_datasets(ws) for tag in item.tags}
        tags = st.multiselect(
            _("Tags"),
            sorted({*known, *dataset.tags}),
            dataset.tags,
            accept_new_options=True,
            placeholder=_("Add tags"),
        )
        field_errors(error, "tags")
        description = st.text_area(_("Description"), dataset.description, height=110)
        field_errors(error, "description")
        other_errors(error, "name", "tags", "description")
        if st.form_submit_button(_("Save"), icon=":material/check:"):
            outcome = attempt(
                lambda: datasets.edit(ws, dataset.id, name=name, description=description, tags=tags)
            )
            st.session_state["_about_error"] = outcome.error
            if outcome.error is None:
                notify(_("Saved"))
            st.rerun()


def _removal(ws: Workspace, dataset: Dataset) -> None:
    version = words.version(dataset.version)
    if dataset.experiments:
        told = ngettext(
            "{n} experiment uses {version}, so it is kept.",
            "{n} experiments use {version}, so it is kept.",
            dataset.experiments,
        ).format(n=dataset.experiments, version=version)
        st.caption(words.md(told))
    else:
        st.caption(words.md(_("No experiment uses {version}.").format(version=version)))
    if st.button(
        _("Remove {version}").format(version=version),
        icon=":material/delete:",
        disabled=dataset.experiments > 0,
    ):
        confirm(
            _("Remove {version} of {name}").format(version=version, name=words.md(dataset.name)),
            _("The table of {rows} rows and the file it came from are deleted for good.").format(
                rows=words.integer(dataset.rows)
            ),
            _("Remove"),
            lambda: _remove(ws, dataset),
        )


def _remove(ws: Workspace, dataset: Dataset) -> None:
    def call() -> bool:
        datasets.remove(ws, dataset.id)
        return True

    if do(call, lambda _removed: _("{name} was removed").format(name=dataset.name)):
        set_plan(dataset=None)
        links.set_query(view="all")
