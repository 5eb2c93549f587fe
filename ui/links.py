"""Where pages live and how they find each other: links, jumps and what stands in the URL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlencode

import streamlit as st

from mlops_core.i18n import N_, current_language
from ui.i18n import browser_language

ROOT = Path(__file__).resolve().parent.parent
QueryValue = str | int | Iterable[int] | None


@dataclass(frozen=True)
class PageEntry:
    """One page of the app. ``section`` is empty where the page stands outside every section."""

    key: str
    title: str
    icon: str
    section: str = ""
    hidden: bool = False

    @property
    def path(self) -> Path:
        return ROOT / "pages" / f"{self.key}.py"


PAGES: dict[str, PageEntry] = {
    entry.key: entry
    for entry in (
        PageEntry("home", N_("Home"), ":material/home:"),
        PageEntry("data", N_("Data"), ":material/database:", N_("Build")),
        PageEntry("features", N_("Features"), ":material/tune:", N_("Build")),
        PageEntry("models", N_("Models"), ":material/category:", N_("Build")),
        PageEntry("resources", N_("Resources"), ":material/memory:", N_("Build")),
        PageEntry("experiments", N_("Experiments"), ":material/experiment:", N_("Run")),
        PageEntry("queue", N_("Queue"), ":material/format_list_numbered:", N_("Run")),
        PageEntry("run", N_("Run"), ":material/monitoring:", N_("Run"), hidden=True),
        PageEntry("leaderboard", N_("Leaderboard"), ":material/leaderboard:", N_("Understand")),
        PageEntry("compare", N_("Compare"), ":material/compare_arrows:", N_("Understand")),
    )
}


def _written(value: QueryValue) -> str:
    if value is None:
        return ""
    if isinstance(value, str | int):
        return str(value)
    return ",".join(str(item) for item in value)


def _query(values: Mapping[str, QueryValue]) -> dict[str, str]:
    query = {name: text for name, value in values.items() if (text := _written(value))}
    if current_language() != browser_language():
        query["lang"] = current_language()
    return query


def link(
    label: str,
    page: str,
    *,
    icon: str | None = None,
    help: str | None = None,
    width: str = "content",
    query: Mapping[str, QueryValue] | None = None,
    **more: QueryValue,
) -> None:
    """A link to ``page`` (a key of ``PAGES``); ``label`` is Markdown.

    ``query`` and ``more`` are what its address says.
    """
    st.page_link(
        PAGES[page].path,
        label=label,
        icon=icon,
        help=help,
        width=width,  # type: ignore[arg-type]
        query_params=_query({**(query or {}), **more}),
    )


def step(label: str, page: str, *, icon: str, primary: bool = True, **query: QueryValue) -> None:
    """The way on from where there is nothing yet: a button that leads to ``page``.

    ``primary``: it is the page's first action.
    """
    key = f"step_{page}_{'_'.join(query)}"
    if st.button(label, icon=icon, type="primary" if primary else "secondary", key=key):
        go(page, **query)


def go(page: str, **query: QueryValue) -> NoReturn:
    """Leave for ``page`` at once."""
    st.switch_page(PAGES[page].path, query_params=_query(query))


def href(page: str, **query: QueryValue) -> str:
    """The address of ``page`` for grids and Markdown: ``/run?id=42``."""
    path = "/" if page == "home" else f"/{page}"
    values = _query(query)
    return f"{path}?{urlencode(values, safe=',')}" if values else path


def query_text(name: str) -> str:
    return str(st.query_params.get(name, ""))


def query_int(name: str) -> int | None:
    """The whole number in the URL, or ``None`` where there is none that an id could be."""
    text = query_text(name)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


def query_ints(name: str, cap: int = 50) -> tuple[int, ...]:
    """Distinct whole numbers of ``?name=1,2,3``, at most ``cap``; anything else is skipped."""
    parts = (part for part in query_text(name).split(",")[: 10 * cap])
    numbers = (int(p) for p in parts if p.isascii() and p.isdigit() and len(p) <= 15)
    return tuple(dict.fromkeys(numbers))[:cap]


def set_query(**values: QueryValue) -> None:
    """Bring the URL in line; only what differs is written, what is empty is removed."""
    for name, value in values.items():
        text = _written(value)
        if not text:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != text:
            st.query_params[name] = text
