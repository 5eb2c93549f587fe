"""The decisions taken in reading a file, in words, each with its example."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mlops_core import words
from mlops_core.domain.columns import ColumnType, FileFormat, ReadDecision, ReadReport
from mlops_core.i18n import N_, _, ngettext
from ui.read_options import delimiter_word, header_word, order_word

SHOWN_ROWS = 8
_LABELS = {
    "encoding": N_("Encoding"),
    "delimiter": N_("Delimiter"),
    "quote": N_("Quote"),
    "escape": N_("Quote inside quotes"),
    "decimal": N_("Decimal sign"),
    "header": N_("First row"),
    "above": N_("Lines above the table"),
    "below": N_("Lines below the table"),
    "missing": N_("Word for missing"),
    "dates": N_("Order of dates"),
    "left_out": N_("Rows left out"),
}
_FORMATS = {
    FileFormat.WORKBOOK: N_("Workbook"),
    FileFormat.PARQUET: "Parquet",
    FileFormat.JSON_LINES: N_("JSON lines"),
}


def decisions_table(file: str, report: ReadReport) -> None:
    """Two tables: how the text was cut, and what its columns became."""
    rows = [(_("File"), file, "")]
    if report.format in _FORMATS:
        rows.append((_("Format"), _(_FORMATS[report.format]), ""))
    if report.sheet:
        rows.append((_("Sheet"), report.sheet, ""))
    rows += [_in_words(one) for one in report.decisions if one.name in _LABELS]
    st.dataframe(
        pd.DataFrame(rows, columns=[_("Decision"), _("What was decided"), _("Example")]),
        hide_index=True,
        height="content",
        alt=_("How the file was read"),
    )
    types = [one for one in report.decisions if one.name == "type"]
    if types:
        st.dataframe(
            pd.DataFrame(
                {
                    _("Column"): [one.column for one in types],
                    _("Type"): [words.type_word(ColumnType(one.value)) for one in types],
                    _("As written"): [
                        "  ·  ".join(cell for cell, _r in one.cells) for one in types
                    ],
                    _("As read"): ["  ·  ".join(read for _c, read in one.cells) for one in types],
                }
            ),
            hide_index=True,
            height="content" if len(types) <= SHOWN_ROWS else 320,
            alt=_("The type of each column, with examples"),
        )


def _listed(one: ReadDecision, which: int) -> str:
    return "  ·  ".join(pair[which] for pair in one.cells)


def _in_words(one: ReadDecision) -> tuple[str, str, str]:
    label, column = _(_LABELS[one.name]), one.column or ""
    count = one.count or 0
    match one.name:
        case "delimiter":
            return label, delimiter_word(one.value), one.example
        case "header":
            return label, header_word(one.value == "names"), one.example
        case "escape":
            return label, _("Backslash before it"), one.example
        case "above" | "below":
            return label, words.integer(count), one.example
        case "missing":
            times = ngettext("{n} cell", "{n} cells", count).format(n=words.integer(count))
            return label, f"{one.value}  ·  {times}", _("in “{column}”").format(column=column)
        case "dates":
            return label, f"{order_word(one.value)}  ·  {column}", one.example
        case "left_out":
            return label, f"{words.integer(count)}  ·  {column}", one.example
    return label, one.value, one.example
