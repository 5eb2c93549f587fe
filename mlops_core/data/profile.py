"""Facts of every column over the whole table, computed by the engine in a few queries.

The cells of many columns are laid one below the other and grouped by column: one expression then
serves hundreds of columns, where an expression for each would take longer to plan than to run.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from mlops_core.data.engine import Connection, batches, connect, ident, parquet
from mlops_core.domain.columns import Column, ColumnProfile, ColumnType, JsonDict, TopValue

BINS = 20
TOP = 10
QUANTILES = "[0.05, 0.25, 0.5, 0.75, 0.95]"
EXACT_ROWS = 1_000_000  # from here on distinct counts and quantiles are estimates
BATCH_CELLS = 5_000_000  # cells whose values are counted at once: bounds memory
MAX_BATCH = 500  # columns at once
FEW = 1000  # distinct values up to which they are counted in a huge table
HUGE = 1e150  # squares of larger numbers overflow
LARGEST_WHOLE = 2**53  # from here on a number with a fraction is not exact to the unit
_DATES = (ColumnType.DATE, ColumnType.DATETIME)
_SCALED = (ColumnType.INTEGER, ColumnType.NUMBER, ColumnType.BOOLEAN, *_DATES)

Counts: TypeAlias = dict[int, int]
Tops: TypeAlias = dict[int, tuple[TopValue, ...]]


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
        size = max(1, min(MAX_BATCH, BATCH_CELLS // max(rows, 1))) if exact else MAX_BATCH
        profiles: list[ColumnProfile] = []
        for batch in batches(columns, size):
            profiles.extend(_Part(connection, table, rows, batch).profiles())
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


def named(column: Column) -> str:
    """SQL for the text that names a value, the same as ``features.transformers.as_text`` gives.

    Whole numbers have no fraction, times at midnight are days.
    """
    value = clean(column)
    if column.type is ColumnType.NUMBER:
        whole = f"{value} = trunc({value}) AND abs({value}) < {LARGEST_WHOLE}"
        return f"(CASE WHEN {whole} THEN {value}::BIGINT::VARCHAR ELSE {value}::VARCHAR END)"
    if column.type is ColumnType.DATETIME:
        midnight = f"{value} = date_trunc('day', {value})"
        return f"(CASE WHEN {midnight} THEN {value}::DATE::VARCHAR ELSE {value}::VARCHAR END)"
    return f"{value}::VARCHAR"


def scaled(column: Column) -> str:
    """SQL for a column as a number: dates become seconds since 1970."""
    if column.type in _DATES:
        return f"epoch({ident(column.name)}::TIMESTAMP)"
    return f"{ident(column.name)}::DOUBLE"


def stacked(table: str, values: Mapping[int, str], *beside: str) -> str:
    """A FROM clause: the ``values`` (SQL by place) one below the other, as place and x.

    Each of them has the same columns ``beside`` it.
    """
    more = "".join(f", {column}" for column in beside)
    return (
        f"(SELECT unnest({list(values)}) AS place,"  # noqa: S608
        f" unnest([{', '.join(values.values())}]) AS x{more} FROM {table})"
    )


def _spelled(top: tuple[TopValue, ...], column: Column) -> tuple[TopValue, ...]:
    """Truth values under the words of their file."""
    if column.spelling is None:
        return top
    return tuple(TopValue(value=column.spelling.of(one.value), count=one.count) for one in top)


@dataclass(frozen=True)
class _Scale:
    """Numbers of one column; of a date column, seconds since 1970."""

    present: int
    low: float
    high: float
    mean: float | None
    std: float | None
    quantiles: list[float]

    @property
    def span(self) -> float:
        """Width of the histogram; 0 where there can be none."""
        width = self.high - self.low
        return width if math.isfinite(width) else 0.0


@dataclass(frozen=True)
class _Part:
    """The questions about one batch of columns; answers are by the column's place in it."""

    connection: Connection
    table: str
    rows: int
    columns: Sequence[Column]

    @property
    def exact(self) -> bool:
        return self.rows < EXACT_ROWS

    def profiles(self) -> Iterator[ColumnProfile]:
        scales, lengths = self._scales(), self._lengths()
        histograms = self._histograms(scales)
        distinct, tops = self._exact_counts() if self.exact else self._estimates(scales, lengths)
        spans = self._date_spans()
        for place, column in enumerate(self.columns):
            scale, length = scales.get(place), lengths.get(place)
            present = scale.present if scale else length[0] if length else 0
            facts: JsonDict = {}
            if scale and column.type is not ColumnType.BOOLEAN:
                facts = {"minimum": scale.low, "maximum": scale.high}
            if scale and column.type in (ColumnType.INTEGER, ColumnType.NUMBER):
                facts |= {"std": scale.std, "quantiles": tuple(scale.quantiles)}
            if scale and column.type not in _DATES:
                facts["mean"] = scale.mean
            if place in spans:
                facts["minimum"], facts["maximum"] = spans[place]
            if scale and place in histograms:
                edges = (scale.low + scale.span * (i / BINS) for i in range(BINS + 1))
                facts |= {"edges": tuple(edges), "histogram": histograms[place]}
            if length:
                facts |= {"mean_length": length[1], "max_length": length[2]}
            yield ColumnProfile(
                missing=self.rows - present,
                distinct=min(distinct.get(place, 0), present),
                top=_spelled(tops.get(place, ()), column),
                **facts,
            )

    def _places(self, *types: ColumnType) -> list[int]:
        return [place for place, column in enumerate(self.columns) if column.type in types]

    def _cells(self, values: dict[int, str]) -> str:
        return stacked(self.table, values)

    def _scales(self) -> dict[int, _Scale]:
        values = {place: scaled(self.columns[place]) for place in self._places(*_SCALED)}
        if not values:
            return {}
        tame = f"(CASE WHEN abs(x) < {HUGE} THEN x END)"
        quantile = "quantile_cont" if self.exact else "approx_quantile"
        found = self.connection.execute(
            f"SELECT place, count(*), min(x), max(x), avg({tame}), stddev_samp({tame}),"  # noqa: S608
            f" {quantile}(x, {QUANTILES}) FROM {self._cells(values)}"
            " WHERE isfinite(x) GROUP BY place"
        ).fetchall()
        return {place: _Scale(*facts) for place, *facts in found}

    def _lengths(self) -> dict[int, tuple[int, float, int]]:
        """Values of each text column, with their mean and largest number of characters."""
        values = {p: ident(self.columns[p].name) for p in self._places(ColumnType.TEXT)}
        if not values:
            return {}
        found = self.connection.execute(
            "SELECT place, count(*), avg(length(x)), max(length(x))"  # noqa: S608
            f" FROM {self._cells(values)} WHERE x IS NOT NULL GROUP BY place"
        ).fetchall()
        return {place: (count, mean, longest) for place, count, mean, longest in found}

    def _date_spans(self) -> dict[int, tuple[str, str]]:
        """First and last day or time of each date column, as text."""
        places = self._places(*_DATES)
        parts = [
            f"{which}({ident(self.columns[place].name)})::VARCHAR"
            for place in places
            for which in ("min", "max")
        ]
        if not parts:
            return {}
        found = self.connection.execute(f"SELECT {', '.join(parts)} FROM {self.table}").fetchone()  # noqa: S608
        spans = zip(places, batches(found, 2), strict=True)
        return {place: (first, last) for place, (first, last) in spans if first is not None}

    def _histograms(self, scales: dict[int, _Scale]) -> dict[int, tuple[int, ...]]:
        """Counts of twenty equally wide bins of each column that has a scale."""
        types = [kind for kind in _SCALED if kind is not ColumnType.BOOLEAN]
        values = {
            # Divided before it is multiplied: a span near the largest number must not overflow.
            place: f"({scaled(self.columns[place])} - {scales[place].low!r}::DOUBLE)"
            f" / {scales[place].span!r}::DOUBLE"
            for place in self._places(*types)
            if place in scales and scales[place].span > 0
        }
        if not values:
            return {}
        bins: dict[int, list[int]] = {place: [0] * BINS for place in values}
        found = self.connection.execute(
            f"SELECT place, least({BINS - 1}, floor(x * {BINS}))::INT AS bin, count(*)"  # noqa: S608
            f" FROM {self._cells(values)} WHERE isfinite(x) GROUP BY place, bin"
        ).fetchall()
        for place, bin_, count in found:
            bins[place][bin_] = count
        return {place: tuple(counts) for place, counts in bins.items()}

    def _exact_counts(self) -> tuple[Counts, Tops]:
        """Distinct values and the most frequent ones of every column."""
        self._count_values(range(len(self.columns)))
        found = self.connection.execute(
            "SELECT place, count(*), sum(n)::BIGINT FROM frequency GROUP BY place"
        ).fetchall()
        distinct = {place: count for place, count, _present in found}
        repeating = [
            place for place, count, present in found if count <= TOP or count < present * 0.9
        ]
        return distinct, self._ranked(repeating)

    def _estimates(
        self, scales: dict[int, _Scale], lengths: dict[int, tuple[int, float, int]]
    ) -> tuple[Counts, Tops]:
        """The same for a huge table, where only columns of few values are counted through."""
        parts = [f"approx_count_distinct({clean(column)})" for column in self.columns]
        found = self.connection.execute(f"SELECT {', '.join(parts)} FROM {self.table}").fetchone()  # noqa: S608
        distinct = dict(enumerate(found))
        few = [p for p, count in distinct.items() if count <= FEW and (p in scales or p in lengths)]
        if not few:
            return distinct, {}
        self._count_values(few)
        return distinct, self._ranked(few)

    def _count_values(self, places: Sequence[int]) -> None:
        values = {place: named(self.columns[place]) for place in places}
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE frequency AS SELECT place, x, count(*) AS n"  # noqa: S608
            f" FROM {self._cells(values)} WHERE x IS NOT NULL GROUP BY place, x"
        )

    def _ranked(self, places: Sequence[int]) -> Tops:
        """The most frequent values of the columns ``places``, equal counts by value."""
        tops: dict[int, list[TopValue]] = {}
        found = self.connection.execute(
            "SELECT place, x, n FROM frequency WHERE place IN (SELECT unnest(?::INT[]))"
            " QUALIFY row_number() OVER (PARTITION BY place ORDER BY n DESC, x) <= ?"
            " ORDER BY place, n DESC, x",
            [list(places), TOP],
        ).fetchall()
        for place, value, count in found:
            tops.setdefault(place, []).append(TopValue(value=value, count=count))
        return {place: tuple(values) for place, values in tops.items()}
