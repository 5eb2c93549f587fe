"""At which values of a column to ask a model, to see how its answer moves with that column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from mlops_core.domain.columns import ColumnRole

POINTS = 21
MOST_CATEGORIES = 12
EDGE = 0.05  # of the rows at each end are left out: far from all others a line says little


def grid(values: Sequence[Any], role: ColumnRole, own: Any) -> tuple[Any, ...]:
    """Values at which to ask, in their order; ``own`` is always one of them.

    Numbers and dates: all of them where there are few, else evenly between the 5th and the 95th
    percentile. Everything else: the most frequent ones, missing values as one of their own.

    Args:
        values: What rows hold.
        role: How the model sees the column.
        own: What the row holds that is asked about.
    """
    known = [value for value in values if value is not None]
    moves = role in {ColumnRole.NUMERIC, ColumnRole.DATE} and not any(
        isinstance(value, str | bool) for value in [*known, own]
    )
    if not moves:
        return _frequent(values, own)
    between = _between(sorted(known))
    return tuple(sorted({*between, *([] if own is None else [own])}))


def _between(known: Sequence[Any]) -> list[Any]:
    if not known:
        return []
    if len(every := list(dict.fromkeys(known))) <= POINTS:
        return every
    inner = known[round(EDGE * (len(known) - 1)) : round((1 - EDGE) * (len(known) - 1)) + 1]
    distinct = list(dict.fromkeys(inner))
    if len(distinct) <= POINTS:
        return distinct
    low, high = distinct[0], distinct[-1]
    return [_along(low, high, step / (POINTS - 1)) for step in range(POINTS)]


def _along(low: Any, high: Any, share: float) -> Any:
    """The value at ``share`` of the way, of the same kind."""
    match low:
        case datetime():
            return low + timedelta(seconds=round((high - low).total_seconds() * share))
        case date():
            return low + timedelta(days=round((high - low).days * share))
        case int():
            return low + round((high - low) * share)
    return low + (high - low) * share


def _frequent(values: Sequence[Any], own: Any) -> tuple[Any, ...]:
    counts = Counter(values)
    counts.setdefault(own, 0)
    chosen = [value for value, _count in counts.most_common(MOST_CATEGORIES)]
    if own not in chosen:
        chosen[-1] = own
    return tuple(sorted(chosen, key=lambda value: (value is None, -counts[value], str(value))))
