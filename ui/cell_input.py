"""One cell of a table as an input that fits its column. Cells are text here, as they are typed."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from mlops_core import words
from mlops_core.domain.columns import Column, ColumnRole, ColumnType
from mlops_core.i18n import _
from mlops_core.services import looking
from mlops_core.services.asking import Field

SAFE = 2**53 - 1  # beyond it a browser loses the last digits of a whole number
_FIRST, _LAST = date(1, 1, 1), date(9999, 12, 31)


def text_of(column: Column, cell: Any) -> str | None:
    """A cell as a person would type it."""
    if cell is None:
        return None
    if column.type is ColumnType.BOOLEAN:
        true, false = looking.truth_words(column)
        return true if cell else false
    return repr(cell) if isinstance(cell, float) else str(cell)


def show(field: Field, own: str | None, begin: str | None, *, key: str) -> str | None:
    """An input for one cell; gives what it holds, ``None`` where it is empty.

    Args:
        own: What stands in the row, always one of the choices.
        begin: What the input holds at first.
    """
    column = field.column
    label = words.md(words.clip(column.name, 40))
    if column.type is ColumnType.BOOLEAN:
        return _choice(label, list(looking.truth_words(column)), begin, key=key, new=False)
    if field.role is ColumnRole.NUMERIC and column.type in {ColumnType.INTEGER, ColumnType.NUMBER}:
        if _is_safe(column, own, begin):
            return _number(label, column, begin, key=key)
    elif field.role is ColumnRole.CATEGORICAL:
        known = [one.value for one in column.profile.top]
        options = [*known, *(one for one in (own, begin) if one is not None)]
        return _choice(label, list(dict.fromkeys(options)), begin, key=key, new=True)
    elif column.type is ColumnType.DATE and (begin is None or _day(begin) is not None):
        st.session_state.setdefault(key, None if begin is None else _day(begin))
        day = st.date_input(
            label, value=None, min_value=_FIRST, max_value=_LAST, key=key, format="YYYY-MM-DD"
        )
        return day.isoformat() if isinstance(day, date) else None
    st.session_state.setdefault(key, begin or "")
    text = (st.text_area if field.role is ColumnRole.TEXT else st.text_input)(
        label, key=key, placeholder=_("missing")
    )
    return text or None


def _choice(
    label: str, options: list[str], begin: str | None, *, key: str, new: bool
) -> str | None:
    st.session_state.setdefault(key, begin if new or begin in options else None)
    chosen: str | None = st.selectbox(
        label,
        options,
        index=None,
        key=key,
        format_func=lambda one: words.clip(one, 60),
        placeholder=_("missing"),
        accept_new_options=new,
    )
    return chosen


def _number(label: str, column: Column, begin: str | None, *, key: str) -> str | None:
    whole = column.type is ColumnType.INTEGER
    if begin is not None:
        st.session_state.setdefault(key, int(begin) if whole else float(begin))
    value = st.number_input(
        label,
        value=None,
        step=1 if whole else None,
        format="%d" if whole else "%.6g",
        key=key,
        placeholder=_("missing"),
    )
    return None if value is None else repr(value)


def _is_safe(column: Column, *cells: str | None) -> bool:
    """Whether a browser's number input can hold these cells, and read them at all."""
    try:
        numbers = [
            int(cell) if column.type is ColumnType.INTEGER else float(cell)
            for cell in cells
            if cell is not None
        ]
    except ValueError:
        return False
    return all(abs(number) <= SAFE for number in numbers)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
