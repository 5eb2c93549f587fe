"""Name, description and tags of a dataset, its versions, and its removal."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mlops_core.domain.configs import MISSING, Change
from mlops_core.domain.records import Dataset, DatasetSummary
from mlops_core.errors import MlopsError
from mlops_core.i18n import _, ngettext
from mlops_core.services import datasets
from mlops_core.store.workspace import Workspace
from ui import links, words
from ui.build import do, pick_table, when_column
from ui.errors import attempt, field_errors, other_errors
from ui.layout import card, confirm, notify, time_zone
from ui.plan import set_plan

SHOWN_CHANGES = 12


def show(ws: Workspace, dataset: Dataset) -> None:
    with card(_("Name and tags"), key="about", height="content"):
        _edit(ws, dataset)
    with card(_("Versions"), key="versions", height="content"):
        _versions(ws, dataset)
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


def _versions(ws: Workspace, dataset: Dataset) -> None:
    every = datasets.versions(ws, dataset.name)
    pick_table(
        [_version_row(item, dataset.id) for item in every],
        [item.id for item in every],
        {
            "version": st.column_config.TextColumn(_("Version"), width="small"),
            "shown": st.column_config.TextColumn("", width="small"),
            "rows": st.column_config.NumberColumn(_("Rows"), format="localized"),
            "columns": st.column_config.NumberColumn(_("Columns"), format="localized"),
            "target": st.column_config.TextColumn(_("Target")),
            "experiments": st.column_config.NumberColumn(_("Used by")),
            "added": when_column(_("Added")),
        },
        key="dataset_versions",
        on_pick=lambda id: set_plan(dataset=id),
        alt=_("Versions of {name}").format(name=dataset.name),
    )
    older = next((item for item in every if item.version < dataset.version), None)
    if older is not None:
        changes = datasets.compare_columns(ws, older.id, dataset.id)
        st.caption(words.md(changes_words(changes, older.version)))
    if st.button(_("Import the next version"), icon=":material/upload:"):
        links.go("data", dataset=dataset.id, view="import", name=dataset.name)


def _version_row(item: DatasetSummary, shown: int) -> dict[str, object]:
    return {
        "version": words.version(item.version),
        "shown": _("shown") if item.id == shown else "",
        "rows": item.rows,
        "columns": item.column_count,
        "target": item.target or words.NOTHING,
        "experiments": item.experiments,
        "added": item.created_at.astimezone(time_zone()),
    }


def changes_words(changes: Sequence[Change], before: int) -> str:
    """What happened to the columns since version ``before``, in a sentence or three."""
    if not changes:
        return _("The same columns and types as in {version}.").format(
            version=words.version(before)
        )
    came = [change.path for change in changes if change.before == MISSING]
    went = [change.path for change in changes if change.after == MISSING]
    other = [change.path for change in changes if MISSING not in (change.before, change.after)]
    parts = [
        _("Changed since {version}.").format(version=words.version(before)),
        _("New columns: {names}.").format(names=_listed(came)) if came else "",
        _("Gone: {names}.").format(names=_listed(went)) if went else "",
        _("Of another type: {names}.").format(names=_listed(other)) if other else "",
    ]
    return " ".join(part for part in parts if part)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:SHOWN_CHANGES])
    rest = len(names) - SHOWN_CHANGES
    return _("{names} and {n} more").format(names=shown, n=rest) if rest > 0 else shown


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
