"""How a file would be read, looked at once and not at every rerun of a page."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from mlops_core.data.heads import Head
from mlops_core.domain.columns import ReadOptions
from mlops_core.i18n import _, current_language
from mlops_core.services import arrivals
from mlops_core.store.workspace import Workspace
from ui.errors import Outcome, attempt

_KEPT = "_looked_at"
MOST_KEPT = 12


def look(ws: Workspace, path: Path, options: ReadOptions | None = None) -> Outcome[Head]:
    """The first rows of ``path`` and all decisions, or why it cannot be read."""
    options = options or ReadOptions()
    asked = (*_state(path), options.model_dump_json(), current_language())
    kept: dict[object, Outcome[Head]] = st.session_state.setdefault(_KEPT, {})
    if asked not in kept:
        with st.spinner(_("Looking into the file")):
            kept[asked] = attempt(lambda: arrivals.look(ws, path, options))
        while len(kept) > MOST_KEPT:
            del kept[next(iter(kept))]
    return kept[asked]


def sheets(ws: Workspace, path: Path) -> tuple[str, ...]:
    """The sheets of a workbook; empty for any other file, and for one that cannot be read."""
    if not arrivals.has_sheets(path):
        return ()
    head = look(ws, path).value
    return head.sheets if head is not None else ()


def _state(path: Path) -> tuple[object, ...]:
    """What tells a file from another one, and from itself after a change."""
    try:
        facts = path.stat()
    except (OSError, ValueError):
        return (str(path),)
    return str(path), facts.st_size, facts.st_mtime_ns
