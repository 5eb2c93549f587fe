"""Parts of the judged rows: what the values of a column divide them into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FEW_VALUES = 10  # numbers with no more different values than that are taken one by one
MOST_VALUES = 30
QUARTERS = (0.25, 0.5, 0.75)
MISSING = -1


@dataclass(frozen=True, kw_only=True)
class Part:
    """Rows that are alike in one column.

    Attributes:
        low: Their value, or the smallest of them; ``None``: they have none.
        high: The largest, where they have several; else ``None``.
        rows: Places among the judged rows, rising.
    """

    low: Any
    high: Any = None
    rows: NDArray[np.intp]


def parts_of(
    values: Sequence[Any], codes: NDArray[np.intp], least: int, *, scaled: bool
) -> tuple[Part, ...]:
    """The parts of at least ``least`` rows; none where all rows are alike.

    Args:
        values: The different values, rising.
        codes: Of each row the place of its value in ``values``; ``MISSING`` without one.
        scaled: They are numbers or dates: many of them are cut into quarters. Of others, the most
            frequent are parts.
    """
    if scaled and len(values) > FEW_VALUES:
        found = _quarters(values, codes)
    else:
        counts = np.bincount(codes[codes != MISSING], minlength=len(values))
        often = np.argsort(-counts, kind="stable")[:MOST_VALUES]
        chosen = np.sort(often) if scaled else often
        found = [Part(low=values[code], rows=np.flatnonzero(codes == code)) for code in chosen]
    if (codes == MISSING).any():
        found.append(Part(low=None, rows=np.flatnonzero(codes == MISSING)))
    if len(found) < 2:
        return ()
    return tuple(part for part in found if len(part.rows) >= max(least, 1))


def _quarters(values: Sequence[Any], codes: NDArray[np.intp]) -> list[Part]:
    """Four parts of about as many rows, or fewer: equal values stay together."""
    known = codes[codes != MISSING]
    ends = np.unique(np.quantile(known, QUARTERS, method="inverted_cdf"))
    bins = np.where(codes == MISSING, MISSING, np.searchsorted(ends, codes, side="left"))
    found = []
    for place in np.unique(bins[bins != MISSING]):
        rows = np.flatnonzero(bins == place)
        low, high = int(codes[rows].min()), int(codes[rows].max())
        found.append(Part(low=values[low], high=values[high] if high > low else None, rows=rows))
    return found
