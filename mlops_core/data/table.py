"""Looking into a stored table, a page at a time, and taking it away whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from mlops_core.data.engine import connect, failure, ident, literal, parquet
from mlops_core.domain.columns import Column
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


EXPORTS = {
    "csv": "FORMAT csv, HEADER true",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
}


def export(
    table_path: Path,
    columns: Sequence[Column],
    target: Path,
    *,
    form: str | None = None,
    memory_mb: int = 512,
) -> None:
    """Write the whole table to ``target``, complete or not at all.

    ``form`` is ``csv`` or ``parquet``; without it the ending of ``target`` says which.

    CSV is UTF-8 with commas; missing values are empty, truth values have the words of their file.

    Raises:
        InvalidInput: the ending is neither ``.csv`` nor ``.parquet``, or there is no such folder.
        StoreError: it could not be written.
    """
    kind = form or target.suffix.lower().removeprefix(".")
    if kind not in EXPORTS:
        raise InvalidInput(
            _("A table is exported as .csv or .parquet, not as “{ending}”.").format(
                ending=target.suffix
            ),
            _("Give the file one of these endings."),
            field="file",
        )
    if not target.parent.is_dir():
        raise InvalidInput(
            _("There is no folder {folder}.").format(folder=target.parent),
            _("Make it first."),
            field="file",
        )
    chosen = ", ".join(ident(column.name) for column in columns)
    if kind == "csv":
        chosen = ", ".join(_written(column, alone=len(columns) == 1) for column in columns)
    part = target.with_name(f".{target.name[:100]}.part")
    try:
        with connect(memory_mb) as connection:
            connection.execute(
                f"COPY (SELECT {chosen} FROM {parquet(table_path)})"  # noqa: S608
                f" TO {literal(str(part))} ({EXPORTS[kind]})"
            )
        part.replace(target)
    except (duckdb.Error, OSError) as error:
        raise failure(_("{file} could not be written").format(file=target), error) from error
    finally:
        part.unlink(missing_ok=True)


def _written(column: Column, *, alone: bool) -> str:
    """SQL for a column in a CSV file; ``alone`` in it, nothing becomes ``""``, not a blank line."""
    name = value = ident(column.name)
    if column.spelling is not None:
        true, false = literal(column.spelling.true), literal(column.spelling.false)
        value = f"CASE WHEN {name} THEN {true} WHEN NOT {name} THEN {false} END"
    value = f"coalesce(({value})::VARCHAR, '')" if alone else value
    return f"{value} AS {name}"
