"""Bringing a file in: from the browser, or from a folder of the machine that the app runs on."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from mlops_core import words
from mlops_core.domain.columns import ReadOptions
from mlops_core.errors import InvalidInput, MlopsError
from mlops_core.i18n import _
from mlops_core.services import arrivals, datasets
from mlops_core.store.workspace import Workspace
from ui import file_look, import_progress, links
from ui.data_import_many import import_many
from ui.errors import field_errors, other_errors, show_error
from ui.layout import card, notify, page_header
from ui.plan import current_plan, plan_strip
from ui.read_options import as_read, read_options, with_types
from ui.upload import Upload, discard, uploader

SHOWN_ROWS, SHOWN_COLUMNS = 8, 50  # so that Import stays in sight
_SHOWN_FIELDS = ("file", "path", "name", "tags", "description")
_FOLLOWED, _ERROR = "import", "_import_error"


def show(ws: Workspace, name: str = "") -> None:
    """The import page; ``name`` is that of a dataset which is to get its next version."""
    title = _("Import data") if not name else _("Next version of {name}").format(name=name)
    with page_header(title, _("A file with one row per thing and one column per fact.")):
        plan = current_plan().query()
        if st.button(_("Back to the data"), icon=":material/arrow_back:"):
            links.go("data", **plan, view=None if name else "all")
    plan_strip("data")
    error = _ended(ws)
    with card(key="import", height="content"):
        here = _("From this computer")
        source = st.segmented_control(
            _("Where the file is"),
            [here, _("From the server")],
            default=here,
            key="import_source",
            label_visibility="collapsed",
        )
        if source == here:
            _from_browser(ws, name, error)
        else:
            _from_server(ws, name, error)


def _from_browser(ws: Workspace, name: str, error: MlopsError | None) -> None:
    files = uploader(
        _("File") if name else _("One file or several"), key="import_file", multiple=not name
    )
    field_errors(error, "file")
    if not files:
        st.caption(_("After it has arrived you can name it, and see what was understood of it."))
    elif len(files) > 1:
        import_many(ws, files)
    else:
        upload = files[0]
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
        sheets = file_look.sheets(ws, path)
        options = read_options(f"import_{token}", None, sheets)
    if readable:
        options = _first_look(ws, path, options, f"import_{token}")
    other_errors(error, *_SHOWN_FIELDS)
    if import_progress.followed(_FOLLOWED):
        import_progress.show_followed(_FOLLOWED)
    elif st.button(_("Import"), type="primary", icon=":material/check:"):
        _import(path, file_name, chosen, tags, options, upload)


def _first_look(ws: Workspace, path: Path, options: ReadOptions, key: str) -> ReadOptions:
    """What would be read: the decisions in a line, and the first rows.

    Gives ``options`` with the types that were set for the columns.
    """
    found = file_look.look(ws, path, options)
    if found.error is not None:
        show_error(found.error)
    head = found.value
    if head is None:
        return options
    report = head.report
    facts = ", ".join(as_read(report))
    st.caption(words.md(_("As it would be read: {facts}").format(facts=facts)))
    for note in report.notes:
        st.caption(words.md(str(note)))
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


def _import(
    path: Path,
    file_name: str,
    name: str,
    tags: list[str],
    options: ReadOptions,
    upload: Upload | None,
) -> None:
    if not arrivals.is_there(path):
        st.session_state[_ERROR] = InvalidInput(
            _("There is no file {path} on the server.").format(path=path),
            _("Check the path, or send the file from this computer."),
            field="path" if upload is None else "file",
        )
        st.rerun()
    import_progress.begin(
        path,
        follow=_FOLLOWED,
        file_name=file_name,
        name=name,
        tags=tags,
        options=options,
        after=partial(discard, upload) if upload else None,
    )


def _ended(ws: Workspace) -> MlopsError | None:
    """Go to the dataset that an import has become; else why there is none."""
    error: MlopsError | None = st.session_state.pop(_ERROR, None)
    ended = import_progress.take_ended(_FOLLOWED)
    if ended is None:
        return error
    if ended.dataset_id is None:
        return ended.error
    dataset = datasets.get_dataset(ws, ended.dataset_id)
    told = _("{rows} rows and {columns} columns were read").format(
        rows=words.integer(dataset.rows), columns=words.integer(dataset.column_count)
    )
    notify(told)
    links.go("data", dataset=dataset.id)
    return None
