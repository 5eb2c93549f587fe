"""Facts of the columns of a huge table, in two passes; distinct counts and quantiles are estimates.

Here every column has expressions of its own: to plan them takes no time beside running them. What
is dear is asked of few rows: the quantiles come from values drawn evenly over the table, always the
same ones, and only columns of few different values are counted through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlops_core.data.engine import Connection, ident, parquet
from mlops_core.data.facts import (
    BINS,
    DATES,
    HUGE,
    QUANTILES,
    SCALED,
    TOP,
    Found,
    Scale,
    clean,
    named,
    scaled,
)
from mlops_core.domain.columns import Column, ColumnType, TopValue

BESIDE = 50  # columns a pass
FEW = 1000  # distinct values up to which they are counted
DRAWN = 100_000  # values that give the quantiles: a standard error of 0.16 percent of the rows
ROW_NUMBER = "file_row_number"  # the engine's name for the place of a row, unless it is taken


def estimates(connection: Connection, table_path: Path, columns: Sequence[Column]) -> Found:
    """What can be known of ``columns``, in the order of which everything is."""
    return _Huge(connection, table_path, columns).found()


@dataclass(frozen=True)
class _Huge:
    connection: Connection
    path: Path
    columns: Sequence[Column]

    def found(self) -> Found:
        found = self._first()
        quantiles, histograms = self._second(found.scales)
        scales = {
            place: replace(scale, quantiles=quantiles[place])
            for place, scale in found.scales.items()
        }
        distinct, tops = dict(found.distinct), {}
        for place, (count, top) in self._frequent(found):
            distinct[place], tops[place] = count, top
        return replace(
            found,
            scales=scales,
            histograms=histograms,
            distinct=distinct,
            tops=tops,
            estimated=frozenset((scales.keys() | found.lengths.keys()) - tops.keys()),
        )

    def _first(self) -> Found:
        """Everything but what needs to know the range of a column."""
        asked = {place: self._asked(column) for place, column in enumerate(self.columns)}
        answers = self._ask(asked, parquet(self.path))
        found = Found({}, {}, {}, {}, {}, {})
        for place, column in enumerate(self.columns):
            distinct, present, *facts = answers[place]
            found.distinct[place] = distinct
            if not present:
                continue
            if column.type not in SCALED:
                found.lengths[place] = (present, *facts)
                continue
            low, high, mean, std, *span = facts
            found.scales[place] = Scale(present, low, high, mean, std, [])
            if span:
                found.spans[place] = (span[0], span[1])
        return found

    def _asked(self, column: Column) -> list[str]:
        asked = ["approx_count_distinct({x})", "count({x})"]
        if column.type not in SCALED:
            return [*asked, "avg(length({x}))", "max(length({x}))"]
        tame = "{x}"
        if column.type is ColumnType.NUMBER:
            tame = f"(CASE WHEN abs({{x}}) < {HUGE} THEN {{x}} END)"
        asked += ["min({x})", "max({x})", f"avg({tame})", f"stddev_samp({tame})"]
        if column.type in DATES:
            asked += [f"{end}({{raw}})::VARCHAR" for end in ("min", "max")]
        return asked

    def _second(
        self, scales: Mapping[int, Scale]
    ) -> tuple[dict[int, list[float]], dict[int, tuple[int, ...]]]:
        """Quantiles and histograms."""
        asked: dict[int, list[str]] = {}
        for place, scale in scales.items():
            step = max(1, scale.present // DRAWN)
            asked[place] = [
                f"quantile_cont(CASE WHEN drawn % {step} = 0 THEN {{x}} END, {QUANTILES})"
            ]
            if scale.span > 0 and self.columns[place].type is not ColumnType.BOOLEAN:
                # Divided before it is multiplied: a span near the largest number must not overflow.
                share = f"({{x}} - {scale.low!r}::DOUBLE) / {scale.span!r}::DOUBLE"
                bin_ = f"least({BINS - 1}, floor({share} * {BINS}))::UTINYINT"
                # The least of nothing and a number is the number.
                asked[place].append(f"histogram(CASE WHEN {{x}} IS NOT NULL THEN {bin_} END)")
        answers = self._ask(asked, parquet(self.path), f"hash({self._row_number()}) AS drawn")
        quantiles, histograms = {}, {}
        for place, (quantile, *bins) in answers.items():
            quantiles[place] = list(quantile or [scales[place].low] * 5)
            for counts in bins:
                histograms[place] = tuple(counts.get(number, 0) for number in range(BINS))
        return quantiles, histograms

    def _ask(
        self, asked: Mapping[int, Sequence[str]], table: str, *beside: str
    ) -> dict[int, list[Any]]:
        """Answers to ``asked`` of each column: {x} stands for its value, {raw} for what is stored.

        Nothing else of the table is in sight, whatever its columns are called.
        """
        if not asked:
            return {}
        made = [f"{_value(self.columns[place])} AS x{place}" for place in asked]
        made += [f"{ident(self.columns[place].name)} AS raw{place}" for place in asked]
        parts = [
            answer.replace("{x}", f"x{place}").replace("{raw}", f"raw{place}")
            for place, answers in asked.items()
            for answer in answers
        ]
        found = iter(
            self.connection.execute(
                f"SELECT {', '.join(parts)}"  # noqa: S608
                f" FROM (SELECT {', '.join([*made, *beside])} FROM {table})"
            ).fetchone()
        )
        return {place: [next(found) for _answer in answers] for place, answers in asked.items()}

    def _row_number(self) -> str:
        described = self.connection.execute(f"DESCRIBE FROM {parquet(self.path)}").fetchall()
        taken = ROW_NUMBER in (name.lower() for name, *_about in described)
        return "row_number() OVER ()" if taken else ROW_NUMBER

    def _frequent(self, found: Found) -> Iterator[tuple[int, tuple[int, tuple[TopValue, ...]]]]:
        """How many values columns of few have, and the most frequent ones, ties by the alphabet."""
        for place in self._few(found):
            column = self.columns[place]
            rows = self.connection.execute(
                f"SELECT {named(column)} AS name, count(*), count(*) OVER ()"  # noqa: S608
                f" FROM {parquet(self.path)} WHERE {clean(column)} IS NOT NULL"
                f" GROUP BY {ident(column.name)} ORDER BY 2 DESC, 1 LIMIT {TOP}"
            ).fetchall()
            top = tuple(TopValue(value=name, count=count) for name, count, _all in rows)
            yield place, (rows[0][2], top)

    def _few(self, found: Found) -> Iterable[int]:
        present = found.scales.keys() | found.lengths.keys()
        return sorted(place for place in present if found.distinct[place] <= FEW)


def _value(column: Column) -> str:
    """SQL for a value as it is measured: a finite number, or text."""
    if column.type not in SCALED:
        return ident(column.name)
    return clean(column) if column.type is ColumnType.NUMBER else scaled(column)
