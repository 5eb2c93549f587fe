"""The pieces a page is laid out with: header, cards, empty states, badges, facts, dialogs."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mlops_core import words
from mlops_core.domain.findings import Severity
from mlops_core.domain.states import ExperimentStatus, RunStatus
from mlops_core.i18n import N_, _
from ui import links

_NOTICES = "_notices"
_SEVERITIES = {
    Severity.INFO: (N_("Note"), ":material/info:", "blue"),
    Severity.WARNING: (N_("Care"), ":material/warning:", "orange"),
    Severity.PROBLEM: (N_("Problem"), ":material/error:", "red"),
}


def page_header(title: str, context: str = "") -> DeltaGenerator:
    """Title and one grey line of context; returns the row at the right for actions."""
    with st.container(gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.title(words.md(title), anchor=False, width="stretch")
            actions = st.container(
                horizontal=True, horizontal_alignment="right", gap="small", width="content"
            )
        if context:
            st.caption(words.md(context))
    return actions


def section(title: str, note: str = "") -> None:
    """Heading of a block, with a grey remark behind it."""
    tail = f" :gray[{words.md(note)}]" if note else ""
    st.markdown(f"##### {words.md(title)}{tail}")


def card(
    title: str = "",
    note: str = "",
    *,
    key: str | None = None,
    height: Literal["stretch", "content"] | int = "stretch",
) -> DeltaGenerator:
    """A bordered container, as tall as its neighbours in a row."""
    box = st.container(border=True, height=height, key=key)
    if title:
        with box:
            section(title, note)
    return box


def empty_state(title: str, text: str, *, icon: str = ":material/inbox:") -> DeltaGenerator:
    """Nothing here, and what to do about it; returns the row for actions."""
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.markdown(f"# :gray[{icon}]", text_alignment="center")
        st.markdown(f"#### {words.md(title)}", text_alignment="center")
        st.caption(words.md(text), text_alignment="center")
        row = st.container(horizontal=True, horizontal_alignment="center", gap="small")
        st.space("small")
    return row


def status_badge(status: RunStatus | ExperimentStatus, reason: str = "") -> None:
    """Icon, word and colour of a status; ``reason`` shows on hover."""
    st.badge(
        words.status_word(status),
        icon=words.status_icon(status),
        color=words.status_colour(status),  # type: ignore[arg-type]
        help=words.md(reason) or None,
    )


def severity_badge(severity: Severity) -> None:
    word, icon, colour = _SEVERITIES[severity]
    st.badge(_(word), icon=icon, color=colour)  # type: ignore[arg-type]


def tags_md(tags: Sequence[str]) -> str:
    return " ".join(f":gray-badge[{words.md(tag)}]" for tag in tags)


def metric_card(
    label: str,
    value: str,
    *,
    note: str = "",
    help: str | None = None,
    page: str | None = None,
    query: dict[str, links.QueryValue] | None = None,
    chart: Sequence[float] = (),
    chart_type: Literal["line", "bar", "area"] = "area",
    icon: str | None = None,
) -> None:
    """One number with its name and a remark; ``page`` makes the name a link to what is behind."""
    with st.container(border=True, height="stretch", gap="xxsmall"):
        if page:
            links.link(words.md(label), page, icon=icon, query=query)
        st.metric(
            words.md(label),
            value,
            help=help,
            icon=None if page else icon,
            label_visibility="collapsed" if page else "visible",
            delta=note or None,
            delta_color="off",
            delta_arrow="off",
            chart_data=list(chart) or None,
            chart_type=chart_type,
        )


def facts(rows: Sequence[tuple[str, str]]) -> None:
    """Names at the left, values at the right. Both are plain text and are escaped here."""
    cells = "".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>" for name, value in rows
    )
    st.html(f"<style>{_FACTS_CSS}</style><dl class='facts'>{cells}</dl>")


_FACTS_CSS = """
dl.facts { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr;
  gap: 0 1.25rem; margin: 0; padding: 0; font-size: 0.9rem; line-height: 1.4; }
dl.facts dt { opacity: 0.75; margin: 0; padding: 0.3rem 0; }
dl.facts dd { margin: 0; padding: 0.3rem 0; overflow-wrap: anywhere;
  font-variant-numeric: tabular-nums; }
"""


def time_zone() -> tzinfo:
    """The zone of the reader's browser."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def when(moment: datetime | None, sentence: str = "{time}") -> None:
    """How long ago, with the exact time on hover."""
    exact = words.absolute(moment, time_zone())
    stamp = moment.isoformat() if moment else ""
    text = sentence.format(time=words.ago(moment))
    st.html(
        f"<time datetime='{html.escape(stamp)}' title='{html.escape(exact)}' "
        f"style='opacity:.75;font-size:.875rem'>{html.escape(text)}</time>",
        width="content",
    )


def confirm(
    title: str, text: str, action: str, on_confirm: Callable[[], None], *, danger: bool = True
) -> None:
    """Ask before something happens; ``text`` names the consequence. The page reruns after it."""

    @st.dialog(title, icon=":material/warning:" if danger else None)
    def ask() -> None:
        st.write(words.md(text))
        with st.container(horizontal=True, horizontal_alignment="right"):
            if st.button(_("Keep as it is"), key="_confirm_no"):
                st.rerun()
            if st.button(action, type="primary", key="_confirm_yes"):
                on_confirm()
                st.rerun()

    ask()


def notify(text: str, icon: str = ":material/check_circle:") -> None:
    """Say it in a corner, also when the page reruns or changes right after."""
    st.session_state.setdefault(_NOTICES, []).append((text, icon))


def show_notices() -> None:
    """Show what ``notify`` collected; the frame calls this at the end of every run."""
    for text, icon in st.session_state.pop(_NOTICES, []):
        st.toast(words.md(text), icon=icon)
