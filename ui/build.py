"""Small pieces that the Build pages share: tables to pick from, errors that survive a rerun."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import pandas as pd
import streamlit as st

from mlops_core.domain.columns import Column
from mlops_core.errors import MlopsError
from mlops_core.i18n import current_language
from ui.errors import attempt, show_error
from ui.layout import notify

T = TypeVar("T")
_ERROR = "_build_error"
ROW_HEIGHT = 36
MOST_ROWS = 12  # of a table that is not the page's main thing; more are scrolled to


def when_column(label: str) -> Any:
    """A column of moments: how long ago where the browser can say it, which it does in English."""
    spoken = "distance" if current_language() == "en" else "YYYY-MM-DD HH:mm"
    return st.column_config.DatetimeColumn(label, format=spoken)


def pick_table(
    rows: Sequence[Mapping[str, Any]],
    ids: Sequence[int],
    columns: Mapping[str, Any],
    *,
    key: str,
    on_pick: Callable[[int], object],
    alt: str,
) -> None:
    """A table whose rows open something: a click on any cell calls ``on_pick`` with the row's id.

    Args:
        rows: Cells by column, in the order of ``columns``.
        ids: What each row stands for.
        columns: Streamlit's configuration of each column.
    """

    def picked() -> None:
        cells = st.session_state[key].selection.cells
        if cells:
            on_pick(ids[cells[0][0]])

    st.dataframe(
        pd.DataFrame([{name: row[name] for name in columns} for row in rows]),
        key=key,
        column_config=dict(columns),
        hide_index=True,
        selection_mode="single-cell",
        on_select=picked,
        row_height=ROW_HEIGHT,
        height=table_height(len(rows), MOST_ROWS),
        alt=alt,
    )


def table_height(rows: int, most: int) -> int | Literal["content"]:
    """As tall as its rows, but no taller than ``most`` of them; the rest is scrolled to."""
    return "content" if rows <= most else ROW_HEIGHT * (most + 1) + 3


def do(call: Callable[[], T], done: Callable[[T], str] | None = None) -> T | None:
    """Call it and say so in a corner; an error is kept for the next ``show_kept_error``."""
    outcome = attempt(call)
    if outcome.error is not None:
        st.session_state[_ERROR] = outcome.error
        return None
    if done is not None and outcome.value is not None:
        notify(done(outcome.value))
    return outcome.value


def show_kept_error() -> None:
    """The error of what was last done from a dialog or a callback, once."""
    error: MlopsError | None = st.session_state.pop(_ERROR, None)
    if error is not None:
        show_error(error)


def bars(column: Column) -> list[int]:
    """The small distribution of a column: counts by bin, else by frequent value."""
    profile = column.profile
    return list(profile.histogram) or [top.count for top in profile.top]


def search_field(label: str, *, key: str, placeholder: str) -> str:
    """A field that narrows a list while one types."""
    text: str = st.text_input(
        label,
        key=key,
        type="search",
        placeholder=placeholder,
        label_visibility="collapsed",
        live="300ms",
        width=260,
    )
    return text
