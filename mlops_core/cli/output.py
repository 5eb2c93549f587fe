"""How commands speak: JSON for programs, tables for people, both on standard output.

What is going on meanwhile goes to standard error.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from mlops_core.cli.plain import plain
from mlops_core.errors import InvalidInput, StoreError
from mlops_core.services.jsonable import jsonable
from mlops_core.store.workspace import Workspace

NOTHING = "–"
PIPE_WIDTH = 200  # characters of a table that no terminal shows


def workspace() -> Workspace:
    """The workspace that the environment names, opened and up to date.

    Raises:
        InvalidInput: the environment names none that can be used.
    """
    try:
        return Workspace.open()
    except StoreError as error:
        raise InvalidInput(error.message, error.hint) from error


def print_json(content: Mapping[str, Any]) -> None:
    """Exactly one JSON object; what is no number is null."""
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    text = json.dumps(jsonable(content), ensure_ascii=encoding != "utf8", allow_nan=False, indent=2)
    print(text)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A plain table, wide letters counted as two; numbers to the right."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    lines = [list(row) for row in rows]
    for place, name in enumerate(columns):
        numbers = bool(lines) and all(isinstance(line[place], int | float | None) for line in lines)
        shown.add_column(Text(name), justify="right" if numbers else "left", overflow="fold")
    for line in lines:
        # As text: square brackets in a name are no markup.
        shown.add_row(*(Text(cell(value)) for value in line))
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else PIPE_WIDTH
    Console(width=width, highlight=False).print(shown)


def cell(value: object) -> str:
    """A value as a person reads it: four significant digits, local times to the minute."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
    if isinstance(value, datetime):
        return f"{value.astimezone():%Y-%m-%d %H:%M}"
    if isinstance(value, tuple | list):
        return plain(", ".join(map(str, value))) or NOTHING
    return plain(str(value))


def facts(pairs: Iterable[tuple[str, object]]) -> None:
    """One line each: a name and its value."""
    lines = [(name, cell(value)) for name, value in pairs]
    width = max((len(name) for name, _value in lines), default=0)
    for name, value in lines:
        print(f"{name:<{width}}  {value}")


def duration(seconds: float | None) -> str:
    """``75.4`` reads "1 min 15 s"."""
    if seconds is None:
        return NOTHING
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def megabytes(value: float | None) -> str:
    if value is None:
        return NOTHING
    return f"{value:.0f} MB" if value < 1024 else f"{value / 1024:.1f} GB"
