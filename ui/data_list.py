"""The list of datasets, and what to do while there is none."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mlops_core import words
from mlops_core.data.samples import SAMPLES, Sample
from mlops_core.domain.records import DatasetSummary
from mlops_core.errors import MlopsError
from mlops_core.i18n import _, ngettext
from mlops_core.services import datasets
from mlops_core.store.workspace import Workspace
from ui import experiment_filters as filters
from ui import import_progress, links
from ui.build import do, pick_table, search_field, show_kept_error, when_column
from ui.errors import show_error
from ui.layout import card, empty_state, page_header, section, time_zone
from ui.plan import current_plan, plan_strip, set_plan

SCOPE = "data"
DEFAULTS: dict[str, filters.Value] = {"q": "", "tag": ""}


def open_dataset(dataset_id: int) -> None:
    """Put a dataset into the plan; the page then shows it."""
    set_plan(dataset=dataset_id)
    links.set_query(view=None, name=None)


def show(ws: Workspace, error: MlopsError | None = None) -> None:
    """Every dataset; ``error`` says why the one that was asked for is not shown."""
    known = datasets.list_datasets(ws)
    with page_header(_("Data"), _context(known)):
        if known and st.button(_("Import data"), icon=":material/upload:", type="primary"):
            links.go("data", **current_plan().query(), view="import")
    plan_strip("data")
    if error is not None:
        show_error(error)
    show_kept_error()
    import_progress.show_all()
    if not known:
        _nothing_yet(ws)
        return
    found = _narrowed(ws, known)
    if found:
        _table(found)
    else:
        with empty_state(
            _("No dataset matches"),
            _("{n} datasets are there, but none has these words or this tag.").format(n=len(known)),
            icon=":material/search_off:",
        ):
            st.button(
                _("Clear the filters"),
                on_click=lambda: filters.clear(SCOPE, DEFAULTS, *DEFAULTS),
            )
    sample_cards(ws, {item.sample for item in known})


def _context(known: Sequence[DatasetSummary]) -> str:
    if not known:
        return _("Tables that models learn from. Start with a CSV file or with a sample.")
    count = ngettext("{n} dataset", "{n} datasets", len(known)).format(n=len(known))
    rows = words.integer(sum(item.rows for item in known))
    return _("{count}, {rows} rows in their newest versions").format(count=count, rows=rows)


def _nothing_yet(ws: Workspace) -> None:
    with empty_state(
        _("No data yet"),
        _("Import a CSV file of your own, or try everything with one of the samples below."),
        icon=":material/database:",
    ):
        links.step(_("Import data"), "data", icon=":material/upload:", view="import")
    sample_cards(ws, set())


def _narrowed(ws: Workspace, known: Sequence[DatasetSummary]) -> tuple[DatasetSummary, ...]:
    tags = sorted({tag for item in known for tag in item.tags})
    filters.restore(SCOPE, DEFAULTS, {"tag": ["", *tags]})
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        search_field(_("Search"), key=f"{SCOPE}.q", placeholder=_("Search names and descriptions"))
        filters.choice(SCOPE, "tag", _("Tag"), tags, _("Any tag"))
    chosen = filters.keep(SCOPE, DEFAULTS)
    return datasets.list_datasets(ws, search=str(chosen["q"]), tag=str(chosen["tag"]) or None)


def _table(found: Sequence[DatasetSummary]) -> None:
    pick_table(
        [
            {
                "name": item.name,
                "version": words.version(item.version),
                "rows": item.rows,
                "columns": item.column_count,
                "target": item.target or words.NOTHING,
                "task": words.task_word(item.task),
                "tags": list(item.tags),
                "experiments": item.experiments,
                "size": words.size(item.bytes),
                "added": item.created_at.astimezone(time_zone()),
            }
            for item in found
        ],
        [item.id for item in found],
        {
            "name": st.column_config.TextColumn(_("Name"), width="medium"),
            "version": st.column_config.TextColumn(_("Version"), width="small"),
            "rows": st.column_config.NumberColumn(_("Rows"), format="localized"),
            "columns": st.column_config.NumberColumn(_("Columns"), format="localized"),
            "target": st.column_config.TextColumn(_("Target")),
            "task": st.column_config.TextColumn(_("Task")),
            "tags": st.column_config.MultiselectColumn(_("Tags"), color="gray"),
            "experiments": st.column_config.NumberColumn(
                _("Used by"), help=_("Experiments that use this version")
            ),
            "size": st.column_config.TextColumn(_("Size")),
            "added": when_column(_("Added")),
        },
        key="data_list",
        on_pick=open_dataset,
        alt=_("Datasets, newest first"),
    )
    st.caption(_("Choose a row to open the dataset: what was understood, its columns, its target."))


def sample_cards(ws: Workspace, added: set[str | None]) -> None:
    """The shipped samples that are not in the workspace yet, one card each."""
    offered = [sample for sample in SAMPLES if sample.key not in added]
    if not offered:
        return
    st.space("small")
    section(_("Samples"), _("small tables to try things with"))
    with st.grid(4, min_column_width=210):
        for sample in offered:
            _sample_card(ws, sample)


def _sample_card(ws: Workspace, sample: Sample) -> None:
    with card(_(sample.label), key=f"sample_{sample.key}"):
        rows = _("{n} rows").format(n=words.integer(sample.rows))
        st.caption(words.md(f"{words.task_word(sample.task)}, {rows}. {_(sample.description)}"))
        source = _("From {source}. Licence: {licence}.")
        told = source.format(source=sample.source, licence=sample.licence)
        if st.button(
            _("Use it"), key=f"use_{sample.key}", icon=":material/add:", help=words.md(told)
        ):
            with st.spinner(_("Reading the sample")):
                dataset = do(
                    lambda: datasets.add_sample(ws, sample.key),
                    lambda added: _("“{name}” was added").format(name=added.name),
                )
            if dataset is not None:
                links.go("data", dataset=dataset.id)
            st.rerun()
