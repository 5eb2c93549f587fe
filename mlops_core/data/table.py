"""Looking into a stored table, a page at a time, and taking it away whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import duckdb

from mlops_core.data.engine import (
    Connection,
    connect,
    failure,
    ident,
    literal,
    parquet,
    source,
)
from mlops_core.data.select import order, where
from mlops_core.domain.columns import Column
from mlops_core.domain.conditions import Condition, Sort
from mlops_core.errors import InvalidInput
from mlops_core.i18n import _

LOOK_MB = 128  # memory for looking at a page, however large the table
ROW_NUMBER = "file_row_number"  # the engine's own name for the place of a row


@dataclass(frozen=True, kw_only=True)
class TablePage:
    """Some rows of a table: numbers, truth values, dates, texts and ``None``.

    ``numbers`` are the places of the rows in the table, counted from 1; ``total`` is how many rows
    match what was asked for.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    numbers: tuple[int, ...] = ()
    total: int = 0


def preview(
    table_path: Path, offset: int = 0, limit: int = 100, columns: Sequence[str] | None = None
) -> TablePage:
    """``limit`` rows from ``offset`` on, in the order of the file; only ``columns`` if given.

    Raises:
        InvalidInput: the table has no such column.
    """
    with connect(LOOK_MB) as connection:
        known = _names(connection, table_path)
        (total,) = connection.execute(f"SELECT count(*) FROM {parquet(table_path)}").fetchone()  # noqa: S608
        numbers = list(range(offset, min(total, offset + limit)))
        return _page(connection, table_path, known, columns, numbers, total)


def select(
    table_path: Path,
    table_columns: Sequence[Column],
    *,
    offset: int = 0,
    limit: int = 100,
    columns: Sequence[str] | None = None,
    conditions: Sequence[Condition] = (),
    sort: Sort | None = None,
    decimal: str = ".",
    spill: Path | None = None,
) -> TablePage:
    """Rows of the whole table that meet all ``conditions``, in the order of ``sort``.

    First the places of the rows are found, which needs only the columns that are asked about; then
    those rows alone are read. What sorting needs beyond a little memory goes into ``spill``.

    Raises:
        InvalidInput: a column, a comparison or a value does not fit the table.
    """
    if not conditions and sort is None:
        return preview(table_path, offset, limit, columns)
    names = [column.name for column in table_columns]
    table, number = numbered(table_path, names)
    rule, bound = where(table_columns, conditions, decimal)
    by = order(table_columns, sort, number)
    with connect(LOOK_MB, spill) as connection:
        (total,) = connection.execute(
            f"SELECT count(*) FROM {parquet(table_path)} WHERE {rule}",  # noqa: S608
            bound,
        ).fetchone()
        # In the order of the file no sorting is asked for: the engine keeps it by itself.
        sorting = "" if sort is None else f"ORDER BY {by}"
        found = connection.execute(
            f"SELECT {number} FROM {table} WHERE {rule} {sorting} LIMIT ? OFFSET ?",  # noqa: S608
            [*bound, limit, offset],
        ).fetchall()
        return _page(connection, table_path, names, columns, [one for (one,) in found], total)


def pick(table_path: Path, places: Sequence[int], columns: Sequence[str]) -> TablePage:
    """The rows at ``places``, counted from 0, in this order; ``columns`` of them.

    Raises:
        InvalidInput: the table has no such column.
        StoreError: it cannot be read.
    """
    try:
        with connect(LOOK_MB) as connection:
            known = _names(connection, table_path)
            return _page(connection, table_path, known, columns, places, len(places))
    except duckdb.Error as error:
        raise failure(_("The table could not be read"), error) from error


def _page(
    connection: Connection,
    path: Path,
    known: Sequence[str],
    columns: Sequence[str] | None,
    numbers: Sequence[int],
    total: int,
) -> TablePage:
    """The rows at these places, in this order."""
    wanted = list(known) if columns is None else list(columns)
    there = set(known)
    for name in wanted:
        if name not in there:
            raise InvalidInput(
                _("The table has no column “{column}”.").format(column=name),
                _("Choose one of its columns."),
                field="columns",
            )
    rows: dict[int, tuple[Any, ...]] = {}
    if numbers:
        table, number = numbered(path, known)
        places = ", ".join(map(str, numbers))
        found = connection.execute(
            f"SELECT {number}, {', '.join(map(ident, wanted))} FROM {table}"  # noqa: S608
            f" WHERE {number} BETWEEN {min(numbers)} AND {max(numbers)} AND {number} IN ({places})"
        ).fetchall()
        rows = {place: cells for place, *cells in found}
    return TablePage(
        columns=tuple(wanted),
        rows=tuple(tuple(rows[place]) for place in numbers),
        numbers=tuple(place + 1 for place in numbers),
        total=total,
    )


def _names(connection: Connection, path: Path) -> list[str]:
    described = connection.execute(f"DESCRIBE SELECT * FROM {parquet(path)}").fetchall()  # noqa: S608
    return [row[0] for row in described]


def numbered(path: Path, names: Sequence[str]) -> tuple[str, str]:
    """A FROM clause with the place of each row, counted from 0, and what that is called."""
    taken = {name.casefold() for name in names}
    if ROW_NUMBER not in taken:
        return f"read_parquet({source(path)}, {ROW_NUMBER} = true)", ROW_NUMBER
    number = next(name for place in count() if (name := f"row_{place}") not in taken)
    every = f"SELECT *, row_number() OVER () - 1 AS {number} FROM {parquet(path)}"  # noqa: S608
    return f"({every})", number


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
