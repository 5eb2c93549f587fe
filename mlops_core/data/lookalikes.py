"""Columns that say nearly the same: found by a sketch of a few rows, then checked on all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from random import Random
from typing import Any

from mlops_core.data.engine import Connection, batches, ident
from mlops_core.data.facts import clean
from mlops_core.domain.columns import Column, ColumnRole, ColumnType
from mlops_core.domain.findings import Finding, Severity
from mlops_core.domain.sentences import say
from mlops_core.i18n import N_

FEWEST_ROWS = 30  # below this a close match is chance
SKETCHED = 400  # rows, evenly drawn
BANDS, LENGTH = 8, 20  # alike in one of so many bands of comparisons: worth a closer look
CLOSER = 100  # pairs that are looked at closer
CORRELATED = 0.999
SAME = 0.995  # of the rows
DIFFERING = 0.05  # of the rows that do not hold the usual value
BATCH, PAIRS = 250, 20
LARGEST = "1e100"  # the products of larger numbers overflow
_NUMERIC = (ColumnType.INTEGER, ColumnType.NUMBER)

Cells = tuple[Any, ...]
Pair = tuple[Column, Column]


def nearly_equal(
    connection: Connection,
    table: str,
    columns: Sequence[Column],
    rows: int,
    but: Collection[str] = (),
) -> list[Finding]:
    """Numbers with a correlation of almost one, and columns equal in almost every row.

    Args:
        table: A FROM clause.
        columns: All but the target.
        but: Names of columns that are known to be equal to others.
    """
    fitting = [column for column in columns if column.name not in but and _speaks(column, rows)]
    if rows < FEWEST_ROWS or len(fitting) < 2:
        return []
    findings: list[Finding] = []
    told: set[str] = set()
    for batch in batches(_candidates(connection, table, fitting, rows), PAIRS):
        for (first, second), correlation, same in _looked_at(connection, table, batch):
            found = _finding(first, second, correlation, same, rows)
            if found is not None and not told & {first.name, second.name}:
                told.add(second.name)
                findings.append(found)
    return findings


def _speaks(column: Column, rows: int) -> bool:
    """A feature, not nearly constant and not mostly missing: else a match would mean little."""
    profile = column.profile
    present = rows - profile.missing
    usual = profile.top[0].count if profile.top else 0
    feature = column.role is not ColumnRole.DROP and profile.distinct > 1
    return feature and present > rows / 2 and usual < present * 0.98


def _candidates(
    connection: Connection, table: str, columns: Sequence[Column], rows: int
) -> list[Pair]:
    """Pairs of columns that order (or, if no numbers, fill) a few rows in the same way."""
    comparisons = _comparisons(min(rows, SKETCHED))
    first: dict[tuple[Any, ...], Column] = {}
    pairs: dict[tuple[str, str], Pair] = {}
    for batch in batches(columns, BATCH):
        cells = _sketch(connection, table, batch, rows)
        for place, column in enumerate(batch):
            values = [row[place] for row in cells]
            for number, band in enumerate(batches(comparisons, LENGTH)):
                signs = _signs(column, values, band)
                if signs is None:
                    continue
                like = first.setdefault((number, column.type in _NUMERIC, signs), column)
                if like is not column and len(pairs) < CLOSER:
                    pairs[like.name, column.name] = (like, column)
    return list(pairs.values())


def _comparisons(rows: int) -> list[tuple[int, int]]:
    """Pairs of rows, by chance but always the same ones."""
    chance = Random(0)  # noqa: S311 - no secret
    return [(chance.randrange(rows), chance.randrange(rows)) for _each in range(BANDS * LENGTH)]


def _sketch(
    connection: Connection, table: str, columns: Sequence[Column], rows: int
) -> list[Cells]:
    step = -(-rows // SKETCHED)
    names = ", ".join(f"{clean(column)} AS c{place}" for place, column in enumerate(columns))
    # The numbers of the rows stand beside the table: whatever its columns are called.
    cells: list[Cells] = connection.execute(
        f"SELECT * FROM (SELECT {names} FROM {table})"  # noqa: S608
        f" QUALIFY (row_number() OVER () - 1) % {step} = 0 LIMIT {SKETCHED}"
    ).fetchall()
    return cells


def _signs(
    column: Column, values: Sequence[Any], band: Sequence[tuple[int, int]]
) -> tuple[Any, ...] | None:
    """How one band of comparisons came out; ``None`` where it says too little."""
    if column.type not in _NUMERIC:
        cells = tuple(values[one % len(values)] for one, _other in band)
        return cells if len(set(cells)) > 1 else None
    signs = []
    for one, other in band:
        left, right = values[one % len(values)], values[other % len(values)]
        known = left is not None and right is not None
        signs.append((left > right) - (left < right) if known else 0)
    leading = next((sign for sign in signs if sign), 0)
    # A column and its negative are alike.
    return tuple(sign * leading for sign in signs) if sum(map(abs, signs)) >= 3 else None


def _looked_at(
    connection: Connection, table: str, pairs: Sequence[Pair]
) -> Iterator[tuple[Pair, float, int]]:
    """Each pair with its correlation (0 for what is no number) and the rows that are equal."""
    parts = []
    for first, second in pairs:
        numbers = first.type in _NUMERIC and second.type in _NUMERIC
        x, y = clean(first), clean(second)
        fine = f"abs({x}::DOUBLE) < {LARGEST} AND abs({y}::DOUBLE) < {LARGEST}" if numbers else ""
        parts.append(
            f"corr(({x})::DOUBLE, ({y})::DOUBLE) FILTER ({fine})" if numbers else "0::DOUBLE"
        )
        comparable = first.type is second.type or numbers
        equal = f"{ident(first.name)} IS NOT DISTINCT FROM {ident(second.name)}"
        parts.append(f"count(*) FILTER ({equal})" if comparable else "0")
    found = connection.execute(f"SELECT {', '.join(parts)} FROM {table}").fetchone()  # noqa: S608
    for pair, (correlation, same) in zip(pairs, batches(found, 2), strict=True):
        yield pair, correlation if correlation is not None else 0.0, same


def _finding(
    first: Column, second: Column, correlation: float, same: int, rows: int
) -> Finding | None:
    usual = max((one.profile.top[0].count for one in (first, second) if one.profile.top), default=0)
    differing = rows - same
    if same >= rows * SAME and differing <= (rows - usual) * DIFFERING:
        said = say(
            N_(
                "“{column}” holds the same as “{other}” in all but {differing} of {rows} rows;"
                " one of them may be enough."
            ),
            column=second.name,
            other=first.name,
            differing=differing,
            rows=rows,
        )
    elif abs(correlation) >= CORRELATED:
        said = say(
            N_(
                "“{column}” rises and falls with “{other}” (correlation {correlation});"
                " one of them may be enough."
            ),
            column=second.name,
            other=first.name,
            correlation=f"{correlation:.4f}",
        )
    else:
        return None
    return Finding.of("nearly_equal_columns", Severity.INFO, said, column=second.name, fix="drop")
