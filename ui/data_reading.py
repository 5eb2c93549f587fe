"""How a dataset was read: every decision, what was left out, and reading it again."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mlops_core import words
from mlops_core.domain.columns import ColumnType, FileFormat, ReadOptions, ReadReport
from mlops_core.domain.records import Dataset
from mlops_core.errors import MlopsError
from mlops_core.i18n import _
from mlops_core.services import arrivals, datasets
from mlops_core.store.workspace import Workspace
from ui import file_look, import_progress, links
from ui.errors import other_errors
from ui.layout import card, facts, notify
from ui.read_decisions import decisions_table
from ui.read_options import delimiter_word, header_word, read_options, with_types

SHOWN_WAYS = 5


def show(ws: Workspace, dataset: Dataset) -> None:
    error = _ended(ws, dataset)
    report = dataset.report
    with card(_("Decisions"), key="decisions", height="content"):
        if report.decisions:
            decisions_table(dataset.original_name, report)
        else:  # of an older version
            facts([(_("File"), dataset.original_name), *dialect(report)])
        for note in report.notes:
            st.caption(words.md(str(note)))
    _rejects(dataset)
    _downloads(dataset)
    with card(_("Read it again"), _("with other choices"), key="again", height="content"):
        st.caption(_("The result becomes the next version; this one stays as it is."))
        sheets = file_look.sheets(ws, dataset.original_path)
        key = _key(dataset)
        options = read_options(key, report, sheets)
        with st.expander(_("Types of the columns"), icon=":material/view_column:"):
            found = {column.name: column.type for column in dataset.columns}
            options = with_types(key, options, found, report.asked.types)
        other_errors(error)
        if import_progress.followed(key):
            import_progress.show_followed(key)
        elif st.button(_("Read again"), icon=":material/refresh:"):
            _read_again(dataset, options)


def _key(dataset: Dataset) -> str:
    """Under which this session follows the reading of a dataset's file."""
    return f"reread_{dataset.id}"


def _read_again(dataset: Dataset, options: ReadOptions) -> None:
    """Make the next version with ``options``."""
    import_progress.begin(
        dataset.original_path,
        follow=_key(dataset),
        file_name=dataset.original_name,
        name=dataset.name,
        options=options,
    )


def _ended(ws: Workspace, dataset: Dataset) -> MlopsError | None:
    """Go to the version that was made; else why there is none."""
    ended = import_progress.take_ended(_key(dataset))
    if ended is None or ended.dataset_id is None:
        return ended.error if ended else None
    made = datasets.get_dataset(ws, ended.dataset_id)
    _tell_reread(dataset, made)
    links.go("data", dataset=made.id)
    return None


def _tell_reread(before: Dataset, after: Dataset) -> None:
    if after.id == before.id:
        notify(_("Read the same way as before, so there is no new version"))
    else:
        version = words.version(after.version)
        notify(_("{version} was made").format(version=version))


def _downloads(dataset: Dataset) -> None:
    with card(_("Take it away"), key="downloads", height="content"):
        _download(dataset, "csv", _("Table as CSV"), _("as it was read, in UTF-8"))
        _download(dataset, "parquet", _("Table as Parquet"), _("with its types"))
        _download(dataset, "original", _("Original file"), dataset.original_name)


def _download(dataset: Dataset, key: str, label: str, note: str) -> None:
    address = f"/api/datasets/{dataset.id}/files/{key}"
    st.markdown(f":material/download: [{words.md(label)}]({address}) :gray[{words.md(str(note))}]")


def _rejects(dataset: Dataset) -> None:
    report = dataset.report
    if not report.reject_count:
        return
    count = words.integer(report.reject_count)
    with card(_("Rows that were not read"), count, key="rejects", height="content"):
        st.dataframe(
            pd.DataFrame(
                {
                    _("Line"): [reject.line for reject in report.rejects],
                    _("Column"): [reject.column or "" for reject in report.rejects],
                    _("Reason"): [reject.sentence for reject in report.rejects],
                    _("Text"): [reject.raw for reject in report.rejects],
                }
            ),
            hide_index=True,
            column_config={_("Line"): st.column_config.NumberColumn(format="%d", width="small")},
            alt=_("Rows of the file that were not read, with the reason"),
        )
        if report.reject_count > len(report.rejects):
            st.caption(
                _("Showing the first {shown} of {total}.").format(
                    shown=len(report.rejects), total=count
                )
            )
        _ways_to_keep(dataset)
        if arrivals.has_rejects(dataset):
            _download(dataset, "rejects", _("All of them"), _("with line, column, reason and text"))


def _ways_to_keep(dataset: Dataset) -> None:
    """For each column that leaves out rows: read it as text, or its one odd word as missing."""
    told = [one for one in dataset.report.decisions if one.name == "left_out" and one.column]
    asked, busy = dataset.report.asked, import_progress.followed(_key(dataset)) is not None
    for place, one in enumerate(told[:SHOWN_WAYS]):
        name = one.column or ""
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            as_text = _("Read “{column}” as text").format(column=name)
            if st.button(
                words.md(as_text), key=f"as_text_{place}", icon=":material/notes:", disabled=busy
            ):
                types = {**(asked.types or {}), name: ColumnType.TEXT}
                _read_again(dataset, asked.model_copy(update={"types": types}))
            missing = _("Treat “{word}” as missing").format(word=one.value)
            if one.value and st.button(
                words.md(missing), key=f"missing_{place}", icon=":material/block:", disabled=busy
            ):
                known = asked.missing if asked.missing is not None else _missing_words(dataset)
                update = {"missing": (*known, one.value)}
                _read_again(dataset, asked.model_copy(update=update))


def _missing_words(dataset: Dataset) -> tuple[str, ...]:
    """Those that were found, to which another one is added."""
    return tuple(one.value for one in dataset.report.decisions if one.name == "missing")


def dialect(report: ReadReport) -> list[tuple[str, str]]:
    """What the table came in and, for text, how that is written."""
    first = (_("First row"), header_word(report.header))
    match report.format:
        case FileFormat.WORKBOOK:
            return [(_("Format"), _("Workbook")), (_("Sheet"), report.sheet or ""), first]
        case FileFormat.PARQUET:
            return [(_("Format"), "Parquet")]
        case FileFormat.JSON_LINES:
            return [(_("Format"), _("JSON lines"))]
    delimiter = (_("Delimiter"), delimiter_word(report.delimiter))
    return [(_("Encoding"), report.encoding), delimiter, first]
