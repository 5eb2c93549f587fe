"""What groups of values are called on an axis: ranges of numbers and dates, values, the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

from mlops_core import words
from mlops_core.domain.columns import Column, ColumnType
from mlops_core.i18n import _

_UNSEEN = "\u200b"
_DAYS = 10 * 86_400  # seconds: times within so few days are told with their hour


def group_names(
    column: Column, edges: Sequence[float], values: Sequence[str], extra: Sequence[str] = ()
) -> list[str]:
    """The name of each range or value, then of what comes after them; no two are the same.

    Args:
        edges: Ends of the ranges, one more than there are; of dates, seconds since 1970.
        values: Values with a group of their own, where there are no ranges.
        extra: "others" and "missing", where they have a group.
    """
    ends = [_end(column, edge, edges) for edge in edges]
    names = [f"{low} – {high}" for low, high in pairwise(ends)]
    rest = {"others": _("other values"), "missing": _("missing")}
    return distinct([*names, *values, *(rest[kind] for kind in extra)])


def distinct(names: Sequence[str]) -> list[str]:
    """Ends may be rounded alike, and a value may be called "missing": such names stay two."""
    found: list[str] = []
    for name in names:
        while name in found:
            name += _UNSEEN
        found.append(name)
    return found


def _end(column: Column, edge: float, edges: Sequence[float]) -> str:
    if column.type in (ColumnType.DATE, ColumnType.DATETIME):
        moment = datetime.fromtimestamp(edge, UTC)
        narrow = column.type is ColumnType.DATETIME and edges[-1] - edges[0] < _DAYS
        return moment.strftime("%m-%d %H:%M" if narrow else "%Y-%m-%d")
    if column.type is ColumnType.INTEGER and abs(edge) < 1e15 and edge == int(edge):
        return words.integer(int(edge))
    return words.number(edge)
