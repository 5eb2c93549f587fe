"""How a column relates to the target: rows in groups of its values, and what is known of each."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from mlops_core.domain.params import Task


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Relation(_Model):
    """A column in groups, beside the target.

    The groups are ranges of about equally many rows, or the most frequent values; all other values
    may follow as a group, then the rows without a value.

    Attributes:
        edges: Ends of the ranges, one more than there are; of dates, seconds since 1970.
        values: One for each group of a value; there are ``edges`` or ``values``.
        extra: The groups after those.
        rows: Of each group.
        classes: Rows of each class, for each group; empty where the target is a number.
        means: Of the target in each group, where it is a number; ``stds`` likewise.
        strength: 0 when knowing the column says nothing of the target, 1 when it says all.
    """

    edges: tuple[float, ...] = ()
    values: tuple[str, ...] = ()
    extra: tuple[Literal["others", "missing"], ...] = ()
    rows: tuple[int, ...] = ()
    classes: tuple[tuple[int, ...], ...] = ()
    means: tuple[float | None, ...] = ()
    stds: tuple[float | None, ...] = ()
    strength: float | None = None


class Relations(_Model):
    """How the columns of a table relate to its target.

    Attributes:
        classes: Those of the target that are told apart, the most frequent first; empty where the
            target is a number.
        others: The last count of each group is of all classes that are not named.
        columns: By name; a column whose values name single rows has a relation without groups.
    """

    target: str
    task: Task
    classes: tuple[str, ...] = ()
    others: bool = False
    columns: dict[str, Relation] = {}
