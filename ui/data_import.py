"""Bringing a file in: from the browser, or from a folder of the machine that the app runs on."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from mlops_core.domain.columns import FileFormat, ReadOptions, ReadReport
from mlops_core.domain.records import Dataset
from mlops_core.errors import InvalidInput, MlopsError
from mlops_core.i18n import _
from mlops_core.services import arrivals, datasets
from mlops_core.store.workspace import Workspace
from ui import links, words
from ui.errors import attempt, field_errors, other_errors, show_error
from ui.layout import card, notify, page_header
from ui.plan import current_plan, plan_strip
from ui.read_options import delimiter_word, header_word, read_options, with_types
from ui.upload import Upload, discard, uploader

SHOWN_ROWS, SHOWN_COLUMNS = 8, 50  # so that Import stays in sight
_SHOWN_FIELDS = ("file", "path", "name", "tags", "description")


def show(ws: Workspace, name: str = "") -> None:
    """The import page; ``name`` is that of a dataset which is to get its next version."""
    title = _("Import data") if not name else _("Next version of {name}").format(name=name)
    with page_header(title, _("A file with one row per thing and one column per fact.")):
        plan = current_plan().query()
        if st.button(_("Back to the data"), icon=":material/arrow_back:"):
            links.go("data", **plan, view=None if name else "all")
    plan_strip("data")
    with card(key="import", height="content"):
        here = _("From this computer")
        source = st.segmented_control(
            _("Where the file is"),
            [here, _("From the server")],
            default=here,
            key="import_source",
            label_visibility="collapsed",
        )
        error = st.session_state.pop("_import_error", None)
        if source == here:
            _from_browser(ws, name, error)
        else:
            _from_server(ws, name, error)


def _from_browser(ws: Workspace, name: str, error: MlopsError | None) -> None:
    files = uploader(_("File"), key="import_file")
    field_errors(error, "file")
    if not files:
        st.caption(_("After it has arrived you can name it, and see what was understood of it."))
        return
    upload = files[-1]
    _import_form(ws, upload.path, upload.name, name, error, upload)


def _from_server(ws: Workspace, name: str, error: MlopsError | None) -> None:
    text = st.text_input(
        _("Path of the file"),
        key="import_path",
        placeholder="/data/churn.csv",
        help=_("A file that the machine which runs this app can read. It is copied."),
    )
    field_errors(error, "path")
    field_errors(error, "file")
    if text.strip():
        path = Path(text.strip()).expanduser()
        _import_form(ws, path, path.name, name, error, None)


def _import_form(
    ws: Workspace,
    path: Path,
    file_name: str,
    name: str,
    error: MlopsError | None,
    upload: Upload | None,
) -> None:
    token = upload.id if upload else str(path)
    left, right = st.columns(2)
    with left:
        chosen = st.text_input(
            _("Name"), name or Path(file_name).stem, key=f"import_name_{token}", disabled=bool(name)
        )
        field_errors(error, "name")
    with right:
        known = sorted({tag for item in datasets.list_datasets(ws) for tag in item.tags})
        tags = st.multiselect(
            _("Tags"),
            known,
            key=f"import_tags_{token}",
            accept_new_options=True,
            placeholder=_("Optional"),
        )
        field_errors(error, "tags")
    before = datasets.versions(ws, chosen.strip())
    if before:
        st.caption(
            _("There is a dataset of this name; the file becomes its version {n}.").format(
                n=before[0].version + 1
            )
        )
    readable = arrivals.is_there(path)
    with st.expander(_("How to read it"), icon=":material/tune:"):
        sheets = arrivals.sheets(ws, path) if readable else ()
        options = read_options(f"import_{token}", None, sheets)
    if readable:
        options = _first_look(ws, path, options, f"import_{token}")
    other_errors(error, *_SHOWN_FIELDS)
    if st.button(_("Import"), type="primary", icon=":material/check:"):
        _import(ws, path, file_name, chosen, tags, options, upload)


def _first_look(ws: Workspace, path: Path, options: ReadOptions, key: str) -> ReadOptions:
    """What would be read: the decisions in a line, and the first rows.

    Gives ``options`` with the types that were set for the columns.
    """
    found = attempt(lambda: arrivals.look(ws, path, options))
    if found.error is not None:
        show_error(found.error)
    head = found.value
    if head is None:
        return options
    report = head.report
    facts = ", ".join(_as_read(report))
    st.caption(words.md(_("As it would be read: {facts}").format(facts=facts)))
    for note in report.notes:
        st.caption(words.md(note))
    shown = head.columns[:SHOWN_COLUMNS]
    if head.rows:
        st.dataframe(
            pd.DataFrame(
                [row[: len(shown)] for row in head.rows[:SHOWN_ROWS]], columns=pd.Index(shown)
            ),
            hide_index=True,
            height="content",
            alt=_("The first rows of the file"),
        )
    if len(head.columns) > len(shown):
        st.caption(
            _("Showing the first {shown} of {total}.").format(
                shown=len(shown), total=words.integer(len(head.columns))
            )
        )
    with st.expander(_("Types of the columns"), icon=":material/view_column:"):
        return with_types(key, options, dict.fromkeys(head.columns))


def _as_read(report: ReadReport) -> list[str]:
    """What the table comes in and, for text, how that is written."""
    match report.format:
        case FileFormat.WORKBOOK:
            return [_("Workbook"), report.sheet or "", header_word(report.header)]
        case FileFormat.PARQUET:
            return ["Parquet"]
        case FileFormat.JSON_LINES:
            return [_("JSON lines")]
    return [report.encoding, delimiter_word(report.delimiter), header_word(report.header)]


def _import(
    ws: Workspace,
    path: Path,
    file_name: str,
    name: str,
    tags: list[str],
    options: ReadOptions,
    upload: Upload | None,
) -> None:
    size = words.size(upload.bytes) if upload else ""
    told = _("Reading {file} {size}: types, missing values, distributions").format(
        file=file_name, size=f"({size})" if size else ""
    )

    def add() -> Dataset:
        if upload is None and not path.is_file():
            raise InvalidInput(
                _("There is no file {path} on the server.").format(path=path),
                _("Check the path, or send the file from this computer."),
                field="path",
            )
        return datasets.add_file(
            ws, path, name=name, tags=tags, original_name=file_name, options=options
        )

    with st.spinner(told, show_time=True):
        outcome = attempt(add)
    if outcome.value is None:
        st.session_state["_import_error"] = outcome.error
        st.rerun()
    if upload is not None:
        discard(upload)
    dataset = outcome.value
    told = _("{rows} rows and {columns} columns were read").format(
        rows=words.integer(dataset.rows), columns=words.integer(dataset.column_count)
    )
    notify(told)
    links.go("data", dataset=dataset.id)
