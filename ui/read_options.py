"""How a file is to be read: the choices of a person beside what would be found out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from mlops_core.domain.columns import ReadOptions, ReadReport
from mlops_core.i18n import _

ENCODINGS = ("utf-8", "utf-16", "cp949", "euc-kr", "cp1252", "iso-8859-1", "shift_jis", "gb18030")
DELIMITERS = (",", ";", "\t", "|", " ")
QUOTES = ('"', "'")


def delimiter_word(sign: str) -> str:
    names = {
        ",": _("Comma"),
        ";": _("Semicolon"),
        "\t": _("Tab"),
        "|": _("Vertical bar"),
        " ": _("Blank"),
    }
    return names.get(sign, sign)


def read_options(key: str, report: ReadReport | None, sheets: Sequence[str] = ()) -> ReadOptions:
    """How a file is to be read; every choice starts at "find out".

    Args:
        report: What was found out before, shown beside "automatic".
        sheets: Those of a workbook, for which nothing else has to be found out.
    """
    found: dict[str, str | None] = {}
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
    if sheets:
        fields = {"sheet": (_("Sheet"), sheets, str), "header": fields["header"]}
    chosen: dict[str, Any] = {}
    with st.grid(5, min_column_width=150):
        for name, (label, options, read) in fields.items():
            chosen[name] = _choice(label, options, read, f"{key}_{name}", found.get(name))
    return ReadOptions(**chosen)


def header_word(value: bool) -> str:
    return _("Names of the columns") if value else _("Already data")


def _choice(
    label: str, options: Sequence[Any], read: Callable[[Any], str], key: str, found: str | None
) -> Any:
    """One decision; "automatic" comes first and names what was found, if anything was."""
    automatic = _("Automatic: {value}").format(value=found) if found else _("Automatic")
    chosen = st.selectbox(
        label,
        ["", *options],
        format_func=lambda value: automatic if value == "" else read(value),
        key=key,
    )
    return None if chosen == "" else chosen
