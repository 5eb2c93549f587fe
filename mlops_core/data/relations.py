"""What columns say of each other: copies, and a feature that tells the target."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from mlops_core.data.engine import Connection, batches, ident, parquet
from mlops_core.data.facts import clean, named
from mlops_core.domain.columns import Column, ColumnRole, ColumnType
from mlops_core.domain.findings import Finding, Severity
from mlops_core.domain.params import Task
from mlops_core.domain.sentences import Sentence, say
from mlops_core.i18n import N_

MOST_COLUMNS = 500
FEWEST_ROWS = 30  # below this a perfect match is chance
ENOUGH_ROWS = 500_000  # of a larger table, evenly drawn, classes are told by
TELLS = 0.995  # of the rows, or of the correlation
REPEATED = 10  # rows a value: below this, values name rows rather than groups of them
BATCH = 100
_NUMERIC = (ColumnType.INTEGER, ColumnType.NUMBER)


def equal_columns(
    connection: Connection, path: Path, columns: Sequence[Column], rows: int
) -> list[Finding]:
    """Columns of one type with the same value in every row, by a 64-bit hash of rows and values."""
    varied = [column for column in columns[:MOST_COLUMNS] if column.profile.distinct > 1]
    if rows < FEWEST_ROWS or len(varied) < 2:
        return []
    number = _unused(columns)
    first: dict[tuple[ColumnType, int, int], Column] = {}
    findings = []
    for batch in batches(varied, BATCH):
        # Hashed twice: the hash of a pair is so simple that swapped values would cancel out.
        parts = ", ".join(
            f"bit_xor(hash(hash({number}, {ident(column.name)})))" for column in batch
        )
        names = ", ".join(ident(column.name) for column in batch)
        hashes = connection.execute(
            f"SELECT {parts} FROM"  # noqa: S608
            f" (SELECT row_number() OVER () AS {number}, {names} FROM {parquet(path)})"
        ).fetchone()
        for column, value in zip(batch, hashes, strict=True):
            twin = first.setdefault((column.type, column.profile.distinct, value), column)
            if twin is not column:
                said = say(
                    N_(
                        "“{column}” holds the same as “{other}” in every row;"
                        " one of them is enough."
                    ),
                    column=column.name,
                    other=twin.name,
                )
                findings.append(
                    Finding.of(
                        "equal_columns", Severity.WARNING, said, column=column.name, fix="drop"
                    )
                )
    return findings


def _unused(columns: Sequence[Column]) -> str:
    """A column name that the table does not have."""
    taken = {column.name.casefold() for column in columns}
    return next(name for name in (f"row_{place}" for place in count()) if name not in taken)


def tells_target(
    connection: Connection,
    table: str,
    columns: Sequence[Column],
    target: Column,
    task: Task | None,
    rows: int,
) -> Iterator[Finding]:
    """Features that alone give the target away: known only afterwards, or the target again.

    Args:
        table: A FROM clause.
        columns: All but the target.
    """
    if rows - target.profile.missing < FEWEST_ROWS or target.profile.distinct < 2:
        return
    features = [column for column in columns if column.role is not ColumnRole.DROP]
    for column in features[:MOST_COLUMNS]:
        if column.profile.missing > rows / 2:
            continue  # the rows that are left may well be alike by chance
        if task is Task.CLASSIFICATION:
            share = _told_classes(connection, table, column, target, rows)
        else:
            share = _told_number(connection, table, column, target)
        if share >= TELLS:
            said = say(
                N_(
                    "“{column}” alone tells “{target}” almost without error. If it is known only"
                    " afterwards, leave it out: the model would not have it when it predicts."
                ),
                column=column.name,
                target=target.name,
            )
            yield Finding.of(
                "leakage",
                Severity.WARNING,
                said,
                column=column.name,
                fix="drop",
                evidence=_told(task, share),
            )


def _told(task: Task | None, share: float) -> Sentence:
    if task is Task.CLASSIFICATION:
        text = N_("It explains {share} of what guessing the usual class gets wrong.")
        return say(text, share=f"{math.floor(share * 1000) / 1000:.1%}")
    return say(N_("Their correlation is {value}."), value=f"{share:.4f}")


def _told_classes(
    connection: Connection, table: str, column: Column, target: Column, rows: int
) -> float:
    """How much better than chance a feature tells the class: 1 is perfect, 0 no better."""
    value, label = clean(column), named(target)
    step = max(1, rows // ENOUGH_ROWS)
    pairs = (
        "(SELECT v, y FROM"  # noqa: S608
        f" (SELECT {value} AS v, {label} AS y, row_number() OVER () AS number FROM {table})"
        f" WHERE number % {step} = 0 AND v IS NOT NULL AND y IS NOT NULL)"
    )
    if column.profile.distinct * REPEATED <= rows - column.profile.missing:
        return _told_by_value(connection, pairs)
    return _told_by_order(connection, pairs) if column.type in _NUMERIC else 0.0


def _told_by_value(connection: Connection, pairs: str) -> float:
    """How far guessing the usual class of each value beats guessing the usual class of all."""
    right, most, total = connection.execute(
        f"WITH c AS (SELECT v, y, count(*) AS n FROM {pairs} GROUP BY v, y) SELECT"  # noqa: S608
        " (SELECT sum(m) FROM (SELECT max(n) AS m FROM c GROUP BY v)),"
        " (SELECT max(m) FROM (SELECT sum(n) AS m FROM c GROUP BY y)), (SELECT sum(n) FROM c)"
    ).fetchone()
    if total is None or total < FEWEST_ROWS or most == total:
        return 0.0
    return float((right - most) / (total - most))


def _told_by_order(connection: Connection, pairs: str) -> float:
    """How rarely the class changes along a sorted column, against how often it would by chance."""
    changes, total, classes, even = connection.execute(
        f"WITH p AS {pairs}, c AS (SELECT count(*) AS n FROM p GROUP BY y) SELECT"  # noqa: S608
        " (SELECT count(*) FILTER (y <> before) FROM"
        " (SELECT y, lag(y) OVER (ORDER BY v, y) AS before FROM p)),"
        " (SELECT sum(n) FROM c), (SELECT count(*) FROM c), (SELECT sum(n * n::DOUBLE) FROM c)"
    ).fetchone()
    if total is None or total < FEWEST_ROWS or classes < 2:
        return 0.0
    by_chance = float(total) - even / float(total)
    return float(1.0 - max(0, changes - (classes - 1)) / by_chance)


def _told_number(connection: Connection, table: str, column: Column, target: Column) -> float:
    """The size of the correlation of two numbers; 0 where there is none."""
    if column.type not in _NUMERIC or column.profile.distinct < 3:
        return 0.0
    x, y = f"({clean(column)})::DOUBLE", f"({clean(target)})::DOUBLE"
    limit = "< 1e100"  # the products of larger numbers overflow
    (found,) = connection.execute(
        f"SELECT corr(x, y) FROM (SELECT {x} AS x, {y} AS y FROM {table})"  # noqa: S608
        f" WHERE abs(x) {limit} AND abs(y) {limit}"
    ).fetchone()
    return abs(float(found)) if found is not None and found == found else 0.0
