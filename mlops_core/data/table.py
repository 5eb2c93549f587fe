"""Looking into a stored table, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops_core.data.engine import connect, ident, parquet
from mlops_core.errors import InvalidInput
from mlops_core.i18n import _


@dataclass(frozen=True, kw_only=True)
class TablePage:
    """Some rows of a table: numbers, truth values, dates, texts and ``None``."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def preview(
    table_path: Path, offset: int = 0, limit: int = 100, columns: Sequence[str] | None = None
) -> TablePage:
    """``limit`` rows from ``offset`` on, in the order of the file; only ``columns`` if given.

    Raises:
        InvalidInput: the table has no such column.
    """
    with connect() as connection:
        described = connection.execute(f"DESCRIBE SELECT * FROM {parquet(table_path)}").fetchall()  # noqa: S608
        known = [row[0] for row in described]
        wanted = known if columns is None else list(columns)
        for name in wanted:
            if name not in known:
                raise InvalidInput(
                    _("The table has no column “{column}”.").format(column=name),
                    _("Choose one of its columns."),
                    field="columns",
                )
        rows = connection.execute(
            f"SELECT {', '.join(map(ident, wanted))} FROM {parquet(table_path)} LIMIT ? OFFSET ?",  # noqa: S608
            [limit, offset],
        ).fetchall()
    return TablePage(columns=tuple(wanted), rows=tuple(rows))
