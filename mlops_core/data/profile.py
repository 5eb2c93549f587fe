"""Facts of every column over the whole table, computed by the engine in a few wide queries."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops_core.data.engine import Connection, batches, connect, ident, parquet
from mlops_core.domain.columns import Column, ColumnProfile, ColumnType, TopValue

BINS = 20
TOP = 10
QUANTILES = "[0.05, 0.25, 0.5, 0.75, 0.95]"
EXACT_ROWS = 1_000_000  # from here on distinct counts and quantiles are estimates
EXACT_CELLS = 5_000_000  # cells that one exact query aggregates: bounds its memory
MAX_BATCH = 100  # columns a query
FEW = 1000  # distinct values up to which all of them are counted at once
HUGE = 1e150  # squares of larger numbers overflow
_NUMERIC = (ColumnType.INTEGER, ColumnType.NUMBER)
_DATES = (ColumnType.DATE, ColumnType.DATETIME)


def profile(
    table_path: Path, columns: Sequence[Column], memory_mb: int = 512
) -> tuple[Column, ...]:
    """``columns`` with their profiles filled in from the table at ``table_path``.

    NaN and infinities count as missing. Distinct counts and quantiles are exact below a million
    rows and estimates beyond.
    """
    with connect(memory_mb, spill=table_path.parent / ".spill") as connection:
        table = parquet(table_path)
        (rows,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
        exact = rows < EXACT_ROWS
        size = max(1, min(MAX_BATCH, EXACT_CELLS // max(rows, 1))) if exact else MAX_BATCH
        profiles: list[ColumnProfile] = []
        for batch in batches(columns, size):
            profiles.extend(_profiled(connection, table, rows, batch))
    return tuple(
        column.model_copy(update={"profile": found})
        for column, found in zip(columns, profiles, strict=True)
    )


def clean(column: Column) -> str:
    """SQL for the values of a column, with NaN and infinities as NULL."""
    name = ident(column.name)
    if column.type is ColumnType.NUMBER:
        return f"(CASE WHEN isfinite({name}) THEN {name} END)"
    return name


def _scaled(column: Column) -> str:
    """SQL for a column as a number: dates become seconds since 1970."""
    if column.type in _DATES:
        return f"epoch({ident(column.name)}::TIMESTAMP)"
    return f"{clean(column)}::DOUBLE"


@dataclass(frozen=True)
class _Basics:
    """One column's answers of the first query; ``low`` and ``high`` on the scale of its bins."""

    present: int
    distinct: int
    low: float | None
    high: float | None
    first: str | None
    last: str | None
    mean: float | None
    std: float | None
    quantiles: list[float] | None
    mean_length: float | None
    max_length: int | None

    @property
    def span(self) -> float | None:
        """Width of the histogram, or ``None`` where there can be none."""
        if self.low is None or self.high is None or not math.isfinite(self.high - self.low):
            return None
        return self.high - self.low


def _profiled(
    connection: Connection, table: str, rows: int, columns: Sequence[Column]
) -> list[ColumnProfile]:
    parts = [part for column in columns for part in _basic_sql(column, rows < EXACT_ROWS)]
    basics = [_Basics(*answer) for answer in batches(_ask(connection, table, parts), 11)]
    histograms = _histograms(connection, table, columns, basics)
    tops = _tops(connection, table, columns, basics)
    profiles = []
    for place, (column, known) in enumerate(zip(columns, basics, strict=True)):
        dated = column.type in _DATES
        span = known.span if place in histograms else None
        edges = (
            ()
            if span is None
            else tuple((known.low or 0) + span * i / BINS for i in range(BINS + 1))
        )
        profiles.append(
            ColumnProfile(
                missing=rows - known.present,
                distinct=min(known.distinct, known.present),
                minimum=known.first if dated else known.low,
                maximum=known.last if dated else known.high,
                mean=known.mean,
                std=known.std,
                quantiles=tuple(known.quantiles or ()),
                edges=edges,
                histogram=histograms.get(place, ()),
                top=tops.get(place, ()),
                mean_length=known.mean_length,
                max_length=known.max_length,
            )
        )
    return profiles


def _ask(connection: Connection, table: str, parts: Sequence[str]) -> list[Any]:
    """The answers to ``parts``, one aggregate each, in one pass over the table."""
    if not parts:
        return []
    return list(connection.execute(f"SELECT {', '.join(parts)} FROM {table}").fetchone())  # noqa: S608


def _basic_sql(column: Column, exact: bool) -> list[str]:
    """The aggregates of ``_Basics``, in its order."""
    value, none = clean(column), "NULL"
    parts = [
        f"count({value})",
        f"count(DISTINCT {value})" if exact else f"approx_count_distinct({value})",
    ]
    if column.type in (*_NUMERIC, *_DATES):
        scaled = _scaled(column)
        parts += [f"min({scaled})", f"max({scaled})"]
    else:
        parts += [none, none]
    if column.type in _DATES:
        parts += [f"min({value})::VARCHAR", f"max({value})::VARCHAR"]
    else:
        parts += [none, none]
    if column.type in _NUMERIC:
        tame = f"(CASE WHEN abs({_scaled(column)}) < {HUGE} THEN {_scaled(column)} END)"
        quantile = "quantile_cont" if exact else "approx_quantile"
        parts += [
            f"avg({tame})",
            f"stddev_samp({tame})",
            f"{quantile}({_scaled(column)}, {QUANTILES})",
        ]
    elif column.type is ColumnType.BOOLEAN:
        parts += [f"avg({value}::INT)", none, none]
    else:
        parts += [none, none, none]
    if column.type is ColumnType.TEXT:
        parts += [f"avg(length({value}))", f"max(length({value}))"]
    else:
        parts += [none, none]
    return parts


def _histograms(
    connection: Connection, table: str, columns: Sequence[Column], basics: Sequence[_Basics]
) -> dict[int, tuple[int, ...]]:
    """Counts of twenty equally wide bins for each column that has a scale, by place."""
    places, parts = [], []
    for place, (column, known) in enumerate(zip(columns, basics, strict=True)):
        if known.span:
            # Divided before it is multiplied: a span near the largest number must not overflow.
            share = f"({_scaled(column)} - {known.low!r}::DOUBLE) / {known.span!r}::DOUBLE"
            parts.append(f"histogram(least({BINS - 1}, floor({share} * {BINS}))::INT)")
            places.append(place)
    answers = _ask(connection, table, parts)
    return {
        place: tuple(counts.get(bin_, 0) for bin_ in range(BINS))
        for place, counts in zip(places, answers, strict=True)
    }


def _tops(
    connection: Connection, table: str, columns: Sequence[Column], basics: Sequence[_Basics]
) -> dict[int, tuple[TopValue, ...]]:
    """The most frequent values by place; columns whose values hardly repeat have none."""
    few = [place for place, known in enumerate(basics) if 0 < known.distinct <= FEW]
    answers = _ask(
        connection, table, [f"histogram({clean(columns[place])}::VARCHAR)" for place in few]
    )
    tops = {place: _ranked(counts.items()) for place, counts in zip(few, answers, strict=True)}
    for place, known in enumerate(basics):
        repeats = FEW < known.distinct < known.present * 0.9
        if repeats and columns[place].type is ColumnType.TEXT:
            value = clean(columns[place])
            tops[place] = _ranked(
                connection.execute(
                    f"SELECT {value}, count(*) FROM {table} WHERE {value} IS NOT NULL"  # noqa: S608
                    f" GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {TOP}"
                ).fetchall()
            )
    return tops


def _ranked(counts: Any) -> tuple[TopValue, ...]:
    ranked = sorted(counts, key=lambda pair: (-pair[1], pair[0]))[:TOP]
    return tuple(TopValue(value=value, count=count) for value, count in ranked)
