"""Whether the columns of one table are spread differently in another one."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Kind(StrEnum):
    """How the values of a column are compared."""

    NUMBERS = "numbers"
    DATES = "dates"
    CATEGORIES = "categories"
    NONE = "none"  # its values name rows, or there are none on one side


class Spread(_Model):
    """One column in two tables, before and after, as it was counted.

    Attributes:
        statistic: Numbers and dates: the largest distance between the two cumulative distributions
            (Kolmogorov-Smirnov), from 0 to 1. Categories: chi-square of the counts.
        degrees: Of freedom of the chi-square; 0 where it says nothing.
        effect: How far they lie apart. Numbers and dates: the Wasserstein distance in standard
            deviations of both together. Categories: the Jensen-Shannon distance, from 0 to 1.
        sizes: Values that were looked at, before and after.
        missing: Rows that were looked at and have no value, before and after.
        edges: Ends of the ranges, one more than there are; of dates, seconds since 1970.
        values: One for each group of a value; there are ``edges`` or ``values``.
        before: How many values are in each group; with ``others`` the last count is of all values
            that are not named. ``after`` likewise.
    """

    column: str
    kind: Kind
    statistic: float = 0.0
    degrees: int = 0
    effect: float = 0.0
    sizes: tuple[int, int] = (0, 0)
    missing: tuple[int, int] = (0, 0)
    edges: tuple[float, ...] = ()
    values: tuple[str, ...] = ()
    others: bool = False
    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()


class Spreads(_Model):
    """All columns that two tables share; ``rows`` is how many rows of each were looked at."""

    rows: tuple[int, int]
    columns: tuple[Spread, ...]


class Shift(_Model):
    """What is to be thought of one column.

    Attributes:
        p: How likely chance alone makes such a difference of values, corrected for the number of
            comparisons; ``None`` where values were not compared.
        missing_p: The same for the share that is missing.
        moved: The values are spread differently, beyond chance and by enough to matter.
        missing_moved: The share that is missing is another, likewise.
    """

    spread: Spread
    p: float | None
    missing_p: float | None
    moved: bool
    missing_moved: bool
