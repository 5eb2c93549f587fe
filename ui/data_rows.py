"""The rows of a dataset, a page at a time, narrowed and sorted over the whole table.

The URL holds page, order and filters; a way back to the page finds them in the session.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import streamlit as st

from mlops_core import words
from mlops_core.domain.columns import Column, ColumnType
from mlops_core.domain.conditions import Condition, Sort
from mlops_core.domain.records import Dataset
from mlops_core.i18n import _
from mlops_core.services import looking
from mlops_core.services.looking import TablePage
from mlops_core.store.workspace import Workspace
from ui import links
from ui.build import ROW_HEIGHT
from ui.data_conditions import Conditions, read, written
from ui.layout import empty_state

PAGE_ROWS = 50
PAGE_COLUMNS = 100  # more than that at once is slow to draw and nobody reads it
_IN_URL = ("page", "block", "sort", "down", "where")
_KEPT, _SHOWN = "_rows", "_rows_shown"
_ARROWS = {False: "↑", True: "↓"}


@dataclass(frozen=True)
class View:
    """What is shown of a dataset: pages counted from 1, the order and the filters."""

    page: int = 1
    block: int = 1
    sort: Sort | None = None
    conditions: tuple[Condition, ...] = ()

    def query(self) -> dict[str, links.QueryValue]:
        """As it stands in the URL; what is usual does not."""
        return {
            "page": self.page if self.page > 1 else None,
            "block": self.block if self.block > 1 else None,
            "sort": self.sort.column if self.sort else None,
            "down": 1 if self.sort and self.sort.descending else None,
            "where": written(self.conditions),
        }


def show(ws: Workspace, dataset: Dataset) -> None:
    """The rows themselves, as they were understood."""
    view, problems = _view(dataset)
    _keep(dataset, view)
    for problem in problems:
        st.caption(words.md(problem))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _order_fields(dataset, view)
        Conditions(dataset, view.conditions, _changer(dataset, view, "conditions")).show()
        if view.conditions or view.sort:
            st.button(
                _("Clear"), key="rows_clear", type="tertiary", on_click=_clear, args=(dataset,)
            )
    names = [column.name for column in dataset.columns]
    blocks = _pages(len(names), PAGE_COLUMNS)
    view = replace(view, block=min(view.block, blocks))
    shown = names[(view.block - 1) * PAGE_COLUMNS :][:PAGE_COLUMNS]
    page, view = _page(ws, dataset, view, shown)
    if not page.total:
        _nothing(dataset)
        return
    pages = _pages(page.total, PAGE_ROWS)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _pager(_("Page of rows"), pages, view.page, "page", dataset, view)
        _pager(_("Page of columns"), blocks, view.block, "block", dataset, view)
    _table(dataset, view, page)
    st.caption(_told(dataset, view, page, shown))


def _view(dataset: Dataset) -> tuple[View, tuple[str, ...]]:
    """What the URL asks for; where it says nothing, what was looked at before."""
    if not any(name in st.query_params for name in _IN_URL):
        kept: dict[int, View] = st.session_state.get(_KEPT, {})
        return kept.get(dataset.id, View()), ()
    conditions, problems = read(links.query_text("where"), dataset)
    name = links.query_text("sort")
    sort = Sort(column=name, descending=links.query_text("down") == "1")
    view = View(
        page=max(1, links.query_int("page") or 1),
        block=max(1, links.query_int("block") or 1),
        sort=sort if dataset.column(name) else None,
        conditions=conditions,
    )
    return view, problems


def _keep(dataset: Dataset, view: View) -> None:
    st.session_state.setdefault(_KEPT, {})[dataset.id] = view
    links.set_query(**view.query())


def _changer(dataset: Dataset, view: View, part: str) -> Callable[[Any], None]:
    """A callback that puts a value into the view, which begins at its first page again."""

    def change(value: Any) -> None:
        _keep(dataset, replace(view, page=1, **{part: value}))

    return change


def _clear(dataset: Dataset) -> None:
    _keep(dataset, View())


def _order_fields(dataset: Dataset, view: View) -> None:
    """The column to sort by, and the direction once there is one."""
    key, change = f"rows_{dataset.id}_sort", _changer(dataset, view, "sort")
    st.session_state[key] = view.sort.column if view.sort else ""

    def by_column() -> None:
        name = st.session_state[key]
        down = bool(view.sort and view.sort.descending)
        change(Sort(column=name, descending=down) if name else None)

    st.selectbox(
        _("Sort by"),
        ["", *(column.name for column in dataset.columns)],
        format_func=lambda name: name or _("Order of the file"),
        key=key,
        on_change=by_column,
        width=230,
    )
    if view.sort is None:
        return
    sort = view.sort
    label = _("Largest first") if sort.descending else _("Smallest first")
    icon = ":material/arrow_downward:" if sort.descending else ":material/arrow_upward:"
    st.button(
        label,
        icon=icon,
        key="rows_direction",
        help=_("Turn the order around"),
        on_click=change,
        args=(sort.model_copy(update={"descending": not sort.descending}),),
    )


def _page(
    ws: Workspace, dataset: Dataset, view: View, names: Sequence[str]
) -> tuple[TablePage, View]:
    """The rows to show and the view with a page that exists; asked for once, not at each rerun."""
    asked = (str(dataset.table_path), view, tuple(names))
    known = st.session_state.get(_SHOWN)
    if known is not None and known[0] == asked:
        return known[1], view
    with st.spinner(_("Looking through the rows"), show_time=True):
        page = _rows(ws, dataset, view, names)
        last = _pages(page.total, PAGE_ROWS)
        if view.page > last:
            view = replace(view, page=last)
            page = _rows(ws, dataset, view, names)
    st.session_state[_SHOWN] = ((str(dataset.table_path), view, tuple(names)), page)
    return page, view


def _rows(ws: Workspace, dataset: Dataset, view: View, names: Sequence[str]) -> TablePage:
    # Only the columns that are shown: reading 2,000 of them takes a hundred times as long.
    return looking.preview(
        ws,
        dataset.id,
        offset=(view.page - 1) * PAGE_ROWS,
        limit=PAGE_ROWS,
        columns=names,
        filters=view.conditions,
        sort=view.sort,
    )


def _pages(count: int, size: int) -> int:
    return max(1, -(-count // size))


def _nothing(dataset: Dataset) -> None:
    with empty_state(
        _("No row matches"),
        _("{n} rows are there, but none meets all filters.").format(n=words.integer(dataset.rows)),
        icon=":material/search_off:",
    ):
        st.button(_("Clear the filters"), on_click=_clear, args=(dataset,))


def _pager(label: str, pages: int, current: int, part: str, dataset: Dataset, view: View) -> None:
    if pages == 1:
        return
    key = f"rows_{dataset.id}_{part}"
    st.session_state[key] = current

    def turn() -> None:
        number = int(st.session_state[key])
        _keep(
            dataset, replace(view, page=number) if part == "page" else replace(view, block=number)
        )

    tail = _("of {n}").format(n=words.integer(pages))
    st.number_input(f"{label} ({tail})", 1, pages, key=key, width=200, on_change=turn)


def _table(dataset: Dataset, view: View, page: TablePage) -> None:
    columns = [dataset.column(name) for name in page.columns]
    frame = pd.DataFrame(
        {
            name: [cell(column, row[place]) for row in page.rows]
            for place, (name, column) in enumerate(zip(page.columns, columns, strict=True))
        },
        index=pd.Index(page.numbers, name=_("Row")),
    )
    # Another key for another order: a chosen header is a wish, not a state.
    key = f"rows_{dataset.id}_{view.sort}"

    def by_header() -> None:
        for name in st.session_state[key].selection.columns:
            _changer(dataset, view, "sort")(_next_order(view.sort, name))

    st.dataframe(
        frame,
        key=key,
        column_config=_headers(view.sort),
        selection_mode="single-column",
        on_select=by_header,
        row_height=ROW_HEIGHT,
        height=560 if len(page.rows) > 14 else "content",
        placeholder="",
        alt=_("Rows {first} to {last}").format(
            first=(view.page - 1) * PAGE_ROWS + 1,
            last=(view.page - 1) * PAGE_ROWS + len(page.rows),
        ),
    )


def _headers(sort: Sort | None) -> dict[str, Any]:
    """The header of the column that is sorted by says so."""
    if sort is None:
        return {}
    return {sort.column: st.column_config.Column(f"{sort.column} {_ARROWS[sort.descending]}")}


def _next_order(sort: Sort | None, name: str) -> Sort | None:
    """One more click on a header: upwards, downwards, as in the file."""
    if sort is None or sort.column != name:
        return Sort(column=name)
    return None if sort.descending else Sort(column=name, descending=True)


def cell(column: Column | None, value: Any) -> Any:
    """A truth value in the words of its file."""
    if column is None or column.type is not ColumnType.BOOLEAN or value is None:
        return value
    true, false = looking.truth_words(column)
    return true if value else false


def _told(dataset: Dataset, view: View, page: TablePage, names: Sequence[str]) -> str:
    """Which rows and columns are shown, and how many match."""
    first = (view.page - 1) * PAGE_ROWS
    told = _("Rows {first} to {last} of {total}").format(
        first=words.integer(first + 1),
        last=words.integer(first + len(page.rows)),
        total=words.integer(page.total),
    )
    if view.conditions:
        match = _("{n} of {total} rows match").format(
            n=words.integer(page.total), total=words.integer(dataset.rows)
        )
        told = f"{match}. {told}"
    if dataset.column_count > len(names):
        start = (view.block - 1) * PAGE_COLUMNS
        told += ", " + _("columns {first} to {last} of {total}").format(
            first=start + 1, last=start + len(names), total=words.integer(dataset.column_count)
        )
    return told
