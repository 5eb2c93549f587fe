"""Facts of every column over the whole table, computed by the engine in a few queries.

Below a million rows they are exact. There the cells of many columns are laid one below the other
and grouped by column: one expression then serves hundreds of columns, where an expression for each
would take longer to plan than to run. Of more rows see ``estimates``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlops_core.data.engine import Connection, batches, connect, ident, parquet
from mlops_core.data.estimates import BESIDE, estimates
from mlops_core.data.facts import (
    BINS,
    DATES,
    HUGE,
    QUANTILES,
    SCALED,
    TOP,
    Found,
    Scale,
    Tops,
    named,
    scaled,
    stacked,
)
from mlops_core.domain.columns import Column, ColumnProfile, ColumnType, JsonDict, TopValue

EXACT_ROWS = 1_000_000  # from here on distinct counts and quantiles are estimates
BATCH_CELLS = 2_000_000  # cells whose values are counted at once: bounds memory
MAX_BATCH = 500  # columns at once


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
        huge = rows >= EXACT_ROWS
        size = BESIDE if huge else max(1, min(MAX_BATCH, BATCH_CELLS // max(rows, 1)))
        profiles: list[ColumnProfile] = []
        for batch in batches(columns, size):
            if huge:
                found = estimates(connection, table_path, batch)
            else:
                found = _Part(connection, table, batch).found()
            profiles.extend(_profiles(found, batch, rows))
    return tuple(
        column.model_copy(update={"profile": found})
        for column, found in zip(columns, profiles, strict=True)
    )


def _spelled(top: tuple[TopValue, ...], column: Column) -> tuple[TopValue, ...]:
    """Truth values under the words of their file."""
    if column.spelling is None:
        return top
    return tuple(TopValue(value=column.spelling.of(one.value), count=one.count) for one in top)


def _profiles(found: Found, columns: Sequence[Column], rows: int) -> Iterator[ColumnProfile]:
    for place, column in enumerate(columns):
        scale, length = found.scales.get(place), found.lengths.get(place)
        present = scale.present if scale else length[0] if length else 0
        facts: JsonDict = {}
        if scale and column.type is not ColumnType.BOOLEAN:
            facts = {"minimum": scale.low, "maximum": scale.high}
        if scale and column.type in (ColumnType.INTEGER, ColumnType.NUMBER):
            facts |= {"std": scale.std, "quantiles": tuple(scale.quantiles)}
        if scale and column.type not in DATES:
            facts["mean"] = scale.mean
        if place in found.spans:
            facts["minimum"], facts["maximum"] = found.spans[place]
        if scale and place in found.histograms:
            edges = (scale.low + scale.span * (i / BINS) for i in range(BINS + 1))
            facts |= {"edges": tuple(edges), "histogram": found.histograms[place]}
        if length:
            facts |= {"mean_length": length[1], "max_length": length[2]}
        yield ColumnProfile(
            missing=rows - present,
            distinct=min(found.distinct.get(place, 0), present),
            estimated=place in found.estimated,
            top=_spelled(found.tops.get(place, ()), column),
            **facts,
        )


@dataclass(frozen=True)
class _Part:
    """The questions about one batch of columns; answers are by the column's place in it."""

    connection: Connection
    table: str
    columns: Sequence[Column]

    def found(self) -> Found:
        scales = self._scales()
        distinct, tops = self._counts()
        return Found(
            scales=scales,
            lengths=self._lengths(),
            histograms=self._histograms(scales),
            distinct=distinct,
            tops=tops,
            spans=self._date_spans(),
        )

    def _places(self, *types: ColumnType) -> list[int]:
        return [place for place, column in enumerate(self.columns) if column.type in types]

    def _cells(self, values: dict[int, str]) -> str:
        return stacked(self.table, values)

    def _scales(self) -> dict[int, Scale]:
        values = {place: scaled(self.columns[place]) for place in self._places(*SCALED)}
        if not values:
            return {}
        tame = f"(CASE WHEN abs(x) < {HUGE} THEN x END)"
        found = self.connection.execute(
            f"SELECT place, count(*), min(x), max(x), avg({tame}), stddev_samp({tame}),"  # noqa: S608
            f" quantile_cont(x, {QUANTILES}) FROM {self._cells(values)}"
            " WHERE isfinite(x) GROUP BY place"
        ).fetchall()
        return {place: Scale(*facts) for place, *facts in found}

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
        places = self._places(*DATES)
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

    def _histograms(self, scales: dict[int, Scale]) -> dict[int, tuple[int, ...]]:
        """Counts of twenty equally wide bins of each column that has a scale."""
        types = [kind for kind in SCALED if kind is not ColumnType.BOOLEAN]
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

    def _counts(self) -> tuple[dict[int, int], Tops]:
        """Distinct values and the most frequent ones of every column."""
        values = {place: named(column) for place, column in enumerate(self.columns)}
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE frequency AS SELECT place, x, count(*) AS n"  # noqa: S608
            f" FROM {self._cells(values)} WHERE x IS NOT NULL GROUP BY place, x"
        )
        found = self.connection.execute(
            "SELECT place, count(*), sum(n)::BIGINT FROM frequency GROUP BY place"
        ).fetchall()
        distinct = {place: count for place, count, _present in found}
        repeating = [
            place for place, count, present in found if count <= TOP or count < present * 0.9
        ]
        return distinct, self._ranked(repeating)

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
