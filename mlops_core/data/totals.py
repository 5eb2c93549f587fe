"""A row below a table that sums it up: a model would take it for one more thing."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_core.data.engine import Connection, ident
from mlops_core.domain.columns import Column, ColumnType
from mlops_core.domain.findings import Finding, Severity
from mlops_core.domain.sentences import say
from mlops_core.i18n import N_

LEADING = 3  # columns in which the word may stand
_WORDS = frozenset({"합계", "총계", "소계", "계", "총합", "총합계", "전체합계", "合計"}) | {
    *("total", "totals", "grandtotal", "subtotal", "sub-total", "sum", "summe", "gesamt"),
}


def total_row(
    connection: Connection, table: str, columns: Sequence[Column], rows: int
) -> list[Finding]:
    """Whether the last row begins with a word for a total that stands nowhere else."""
    leading = columns[:LEADING]
    if rows < 2 or ColumnType.TEXT not in (column.type for column in leading):
        return []
    names = ", ".join(ident(column.name) for column in leading)
    last = connection.execute(
        f"SELECT {names} FROM {table} LIMIT 1 OFFSET {rows - 1}"  # noqa: S608
    ).fetchone()
    filled = (
        (column, cell) for column, cell in zip(leading, last, strict=True) if cell is not None
    )
    column, cell = next(filled, (leading[0], None))
    if not isinstance(cell, str) or "".join(cell.casefold().split()).strip(":*()") not in _WORDS:
        return []
    (times,) = connection.execute(
        f"SELECT count(*) FROM {table} WHERE {ident(column.name)} = ?",  # noqa: S608
        [cell],
    ).fetchone()
    if times > 1:
        return []
    said = say(
        N_(
            "The last row looks like a total: its “{column}” is “{cell}”. If it is one, read the"
            " file again and leave out one line below the table."
        ),
        column=column.name,
        cell=cell,
    )
    return [Finding.of("total_row", Severity.WARNING, said, column=column.name)]
