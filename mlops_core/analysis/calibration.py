"""Whether probabilities are what they say: of rows that are given 30 %, do 30 % turn out so?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10
Z = 1.959963984540054  # 97.5 % of a normal distribution lie below


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Rows that were given about the same probability.

    Attributes:
        rows: How many.
        said: The mean of what they were given.
        found: The share of them that is positive.
        low: Lower end of the 95 % interval of that share (Wilson 1927).
        high: Its upper end.
    """

    rows: int
    said: float
    found: float
    low: float
    high: float


def reliability(
    truth: NDArray[np.bool_], probabilities: NDArray[np.float64], bins: int = BINS
) -> tuple[Bin, ...]:
    """Rows in order of what they were given, dealt into bins of about equally many.

    Rows that were given the same stay together, so there may be fewer bins.

    Args:
        truth: Which rows are positive, shape (rows,).
        probabilities: What they were given, shape (rows,), 0 to 1.
    """
    _values, places = np.unique(probabilities, return_inverse=True)
    counts = np.bincount(places)
    # Each value goes where the middle of its rows falls.
    middles = np.cumsum(counts) - counts / 2
    numbers = np.minimum((middles * bins / len(truth)).astype(np.intp), bins - 1)[places]
    found = []
    for number in np.unique(numbers):
        inside = numbers == number
        rows, hits = int(inside.sum()), int(truth[inside].sum())
        low, high = wilson(hits, rows)
        said = float(probabilities[inside].mean())
        found.append(Bin(rows=rows, said=said, found=hits / rows, low=low, high=high))
    return tuple(found)


def wilson(hits: int, rows: int) -> tuple[float, float]:
    """The 95 % interval of a share: Wilson (1927), Probable inference, equation for the score."""
    share, z2 = hits / rows, Z**2
    centre = (share + z2 / (2 * rows)) / (1 + z2 / rows)
    half = Z * np.sqrt(share * (1 - share) / rows + z2 / (4 * rows**2)) / (1 + z2 / rows)
    low = float(centre - half) if hits else 0.0  # exactly, not but for rounding
    high = float(centre + half) if hits < rows else 1.0
    return low, high


def calibration_error(bins: tuple[Bin, ...]) -> float:
    """How far said and found lie apart, the mean over rows (expected calibration error).

    Naeini, Cooper and Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian
    binning; here over bins of equally many rows.
    """
    rows = sum(one.rows for one in bins)
    return sum(one.rows * abs(one.said - one.found) for one in bins) / rows
