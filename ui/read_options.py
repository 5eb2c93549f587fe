"""How a file is to be read: the choices of a person beside what would be found out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zlib import crc32

import pandas as pd
import streamlit as st

from mlops_core import words
from mlops_core.domain.columns import ColumnType, FileFormat, ReadOptions, ReadReport
from mlops_core.i18n import _

ENCODINGS = ("utf-8", "utf-16", "cp949", "euc-kr", "cp1252", "iso-8859-1", "shift_jis", "gb18030")
DELIMITERS = (",", ";", "\t", "|", " ")
QUOTES = ('"', "'")
ORDERS = ("day first", "month first")
USUAL_MISSING = ("NA", "N/A", "NULL", "-", "?", "없음", "미상", "-999", "9999")
TYPES_HEIGHT = 320
AUTOMATIC = "automatic"


def delimiter_word(sign: str) -> str:
    names = {
        ",": _("Comma"),
        ";": _("Semicolon"),
        "\t": _("Tab"),
        "|": _("Vertical bar"),
        " ": _("Blank"),
    }
    return names.get(sign, sign)


def header_word(value: bool) -> str:
    return _("Names of the columns") if value else _("Already data")


def order_word(value: str) -> str:
    return _("Day first") if value == "day first" else _("Month first")


def read_options(key: str, report: ReadReport | None, sheets: Sequence[str] = ()) -> ReadOptions:
    """How a file is to be read; every choice starts at what was asked for, or at "find out".

    Args:
        report: What was found out before, shown beside "automatic".
        sheets: Those of a workbook, for which nothing else has to be found out.
    """
    found: dict[str, str | None] = {}
    asked = ReadOptions() if report is None else report.asked
    if report is not None:
        found = {
            "encoding": report.encoding,
            "delimiter": delimiter_word(report.delimiter),
            "quote": report.quote,
            "header": header_word(report.header),
            "decimal": report.decimal,
            "sheet": report.sheet,
        }
    fields: dict[str, tuple[str, Sequence[Any], Callable[[Any], str]]] = {
        "encoding": (_("Encoding"), ENCODINGS, str),
        "delimiter": (_("Delimiter"), DELIMITERS, delimiter_word),
        "quote": (_("Quote"), QUOTES, str),
        "header": (_("First row"), (True, False), header_word),
        "decimal": (_("Decimal sign"), (".", ","), str),
    }
    of_text = report is None or report.format is FileFormat.CSV
    if sheets:
        fields = {"sheet": (_("Sheet"), sheets, str), "header": fields["header"]}
    elif not of_text:
        fields = {}
    fields["dates"] = (_("Order of dates"), ORDERS, order_word)
    chosen: dict[str, Any] = {"types": asked.types}
    with st.grid(5, min_column_width=150):
        for name, (label, options, read) in fields.items():
            start = getattr(asked, name)
            chosen[name] = _choice(label, options, read, f"{key}_{name}", found.get(name), start)
        if of_text or sheets:
            top, bottom = _("Lines above the table"), _("Lines below the table")
            chosen["skip_top"] = _lines(top, f"{key}_top", asked.skip_top, _("Automatic"))
            chosen["skip_bottom"] = _lines(bottom, f"{key}_bottom", asked.skip_bottom, "0")
    chosen["missing"] = _missing(key, report, asked)
    return ReadOptions(**chosen)


def _choice(
    label: str,
    options: Sequence[Any],
    read: Callable[[Any], str],
    key: str,
    found: str | None,
    start: Any,
) -> Any:
    """One decision; "automatic" comes first and names what was found, if anything was."""
    automatic = _("Automatic: {value}").format(value=found) if found else _("Automatic")
    offered = ["", *options] if start is None or start in options else ["", start, *options]
    chosen = st.selectbox(
        label,
        offered,
        index=0 if start is None else offered.index(start),
        format_func=lambda value: automatic if value == "" else read(value),
        key=key,
    )
    return None if chosen == "" else chosen


def _lines(label: str, key: str, start: int | None, placeholder: str) -> int | None:
    count = st.number_input(
        label,
        min_value=0,
        step=1,
        value=start,
        key=key,
        placeholder=placeholder,
        help=_("To leave out. Blank lines do not count."),
    )
    return None if count is None else int(count)


def _missing(key: str, report: ReadReport | None, asked: ReadOptions) -> tuple[str, ...] | None:
    found = [one.value for one in report.decisions if one.name == "missing"] if report else []
    start = list(asked.missing or ())
    chosen = st.multiselect(
        _("Words for missing values"),
        list(dict.fromkeys([*start, *found, *USUAL_MISSING])),
        default=start,
        accept_new_options=True,
        key=f"{key}_missing",
        placeholder=_("Automatic: {value}").format(value=", ".join(found))
        if found and asked.missing is None
        else _("Automatic"),
        help=_("Exactly these words, in every column, instead of the usual ones."),
    )
    return tuple(chosen) or None


def with_types(
    key: str,
    options: ReadOptions,
    columns: Mapping[str, ColumnType | None],
    asked: Mapping[str, ColumnType] | None = None,
) -> ReadOptions:
    """``options`` with the types that a person sets in a table of the ``columns``.

    Args:
        columns: With the types that were found, where they are known.
        asked: The types that were asked for before.
    """
    name, was, wanted = _("Column"), _("Type"), _("Read as")
    table = pd.DataFrame(
        {
            name: list(columns),
            was: ["" if kind is None else words.type_word(kind) for kind in columns.values()],
            wanted: [(asked or {}).get(column, AUTOMATIC) for column in columns],
        },
        dtype=object,
    )
    if not any(columns.values()):
        table = table.drop(columns=was)
    edited = st.data_editor(
        table,
        hide_index=True,
        disabled=[name, was],
        height="content" if len(columns) <= 8 else TYPES_HEIGHT,
        key=f"{key}_types_{crc32(repr(list(columns)).encode())}",  # other columns, other choices
        column_config={
            wanted: st.column_config.SelectboxColumn(
                options=[AUTOMATIC, *(kind.value for kind in ColumnType)],
                format_func=_type_or_automatic,
                required=True,
            )
        },
    )
    st.caption(_("Rows whose value is not of the type are left out and listed."))
    types = {
        column: ColumnType(kind)
        for column, kind in zip(edited[name], edited[wanted], strict=True)
        if kind != AUTOMATIC
    }
    return options.model_copy(update={"types": types or None})


def _type_or_automatic(value: object) -> str:
    return _("Automatic") if value == AUTOMATIC else words.type_word(ColumnType(str(value)))


def as_read(report: ReadReport) -> list[str]:
    """What the table comes in and, for text, how that is written."""
    match report.format:
        case FileFormat.WORKBOOK:
            return [_("Workbook"), report.sheet or "", header_word(report.header)]
        case FileFormat.PARQUET:
            return ["Parquet"]
        case FileFormat.JSON_LINES:
            return [_("JSON lines")]
    return [report.encoding, delimiter_word(report.delimiter), header_word(report.header)]
