"""What is found out about a column, and the SQL for its values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from mlops_core.data.engine import ident
from mlops_core.domain.columns import Column, ColumnType, TopValue

BINS = 20
TOP = 10
QUANTILES = "[0.05, 0.25, 0.5, 0.75, 0.95]"
HUGE = 1e150  # squares of larger numbers overflow
LARGEST_WHOLE = 2**53  # from here on a number with a fraction is not exact to the unit
DATES = (ColumnType.DATE, ColumnType.DATETIME)
SCALED = (ColumnType.INTEGER, ColumnType.NUMBER, ColumnType.BOOLEAN, *DATES)

Tops: TypeAlias = dict[int, tuple[TopValue, ...]]


@dataclass(frozen=True)
class Scale:
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
class Found:
    """What was found out about some columns, each by its place.

    Attributes:
        scales: Of what can be laid on a scale.
        lengths: Values of each text column, with their mean and largest number of characters.
        histograms: Counts of twenty equally wide bins.
        distinct: How many different values there are.
        tops: The most frequent values.
        spans: First and last day or time of each column of dates, as text.
        estimated: Columns whose different values were not counted.
    """

    scales: dict[int, Scale]
    lengths: dict[int, tuple[int, float, int]]
    histograms: dict[int, tuple[int, ...]]
    distinct: dict[int, int]
    tops: Tops
    spans: dict[int, tuple[str, str]]
    estimated: frozenset[int] = frozenset()


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
    if column.type in DATES:
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
