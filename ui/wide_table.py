"""A wide, read-only table whose first column stays in sight. Built from escaped text."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from ui import charts


@dataclass(frozen=True)
class Cell:
    """One cell, plain text throughout.

    Attributes:
        text: The value.
        note: A smaller line below it.
        delta: What stands behind the value: the distance to the baseline.
        tone: Any of ``better``, ``worse``, ``faint`` and ``strong``.
        mark: A word that sets the cell off ("best").
        href: Where the text leads.
        colour: A dot before the text.
    """

    text: str
    note: str = ""
    delta: str = ""
    tone: str = ""
    mark: str = ""
    href: str = ""
    colour: str = ""


def _body(cell: Cell) -> str:
    text = html.escape(cell.text)
    if cell.href:
        text = f"<a href='{html.escape(cell.href, quote=True)}' target='_self'>{text}</a>"
    if cell.colour:
        text = f"<i class='dot' style='background:{html.escape(cell.colour)}'></i>{text}"
        text = f"<span class='dotted'>{text}</span>"
    parts = [f"<span class='v'>{text}</span>"]
    if cell.mark:
        parts.append(f"<span class='mark'>{html.escape(cell.mark)}</span>")
    if cell.delta:
        parts.append(f"<span class='d'>{html.escape(cell.delta)}</span>")
    if cell.note:
        parts.append(f"<div class='n'>{html.escape(cell.note)}</div>")
    return "".join(parts)


def wide_table(
    head: Sequence[Cell], rows: Sequence[Sequence[Cell]], *, label: str, numeric: bool = True
) -> None:
    """Show it; the first cell of a row is its heading. ``label`` names the table for readers."""
    kind = "num" if numeric else "txt"
    columns = "".join(f"<th scope='col'>{_body(cell)}</th>" for cell in head)
    lines = []
    for first, *others in rows:
        cells = "".join(f"<td class='{html.escape(c.tone)}'>{_body(c)}</td>" for c in others)
        lines.append(f"<tr><th scope='row'>{_body(first)}</th>{cells}</tr>")
    st.html(
        f"<style>{_css()}</style><div class='wide {kind}' tabindex='0' role='region' "
        f"aria-label='{html.escape(label, quote=True)}'><table><thead><tr>{columns}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _css() -> str:
    """The colours of ``.streamlit/config.toml``, which cannot be read from inside the page."""
    better, worse = charts.tones()
    page, line = ("#0E1117", "#2A2F3C") if charts.is_dark() else ("#FFFFFF", "#E4E6EE")
    return _CSS % {"better": better, "worse": worse, "page": page, "line": line}


_CSS = """
.wide { overflow: auto; max-height: 34rem; font-size: .9rem; line-height: 1.35; }
.wide table { border-collapse: separate; border-spacing: 0; min-width: 100%%; }
.wide th, .wide td { padding: .5rem .9rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid %(line)s; vertical-align: top; font-variant-numeric: tabular-nums; }
.wide.txt th, .wide.txt td { text-align: left; }
.wide.txt td { white-space: normal; min-width: 7rem; max-width: 18rem; overflow-wrap: anywhere; }
.wide thead th { position: sticky; top: 0; background: %(page)s; font-weight: 600; z-index: 1; }
.wide tr > :first-child { position: sticky; left: 0; background: %(page)s; text-align: left;
  z-index: 2; border-right: 1px solid %(line)s; font-weight: 500; }
.wide thead tr > :first-child { z-index: 3; }
.wide tbody tr:last-child > * { border-bottom: 0; }
.wide .n { font-size: .8rem; font-weight: 400; opacity: .72; }
.wide .d { margin-left: .5em; font-size: .82rem; }
.wide .better .d { color: %(better)s; }
.wide .worse .d { color: %(worse)s; }
.wide .faint .v { opacity: .6; }
.wide .strong .v { font-weight: 650; }
.wide .mark { margin-left: .5em; padding: 0 .5em; border-radius: 99px; font-size: .75rem;
  font-weight: 600; color: %(better)s; border: 1px solid currentColor; }
.wide .dotted { position: relative; display: inline-block; padding-left: 1.1rem; }
.wide .dot { position: absolute; left: 0; top: .35em; width: .6rem; height: .6rem;
  border-radius: 50%%; }
.wide a { color: inherit; text-decoration: underline; text-decoration-color: %(line)s;
  text-underline-offset: .2em; }
.wide a:hover { text-decoration-color: currentColor; }
@media (max-width: 640px) {
  .wide th, .wide td { padding: .45rem .6rem; }
  .wide tr > :first-child { min-width: 7rem; max-width: 9.5rem; white-space: normal;
    word-break: keep-all; }
}
"""
