"""How wrong models were, row by row, and where two of them part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlops_core.metrics import Observed


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Two models on the same rows.

    Attributes:
        rows: How many judged both.
        same: How many got the same answer; of numbers, those that are equal but for rounding.
        first: Of the others, how many the first was nearer to the truth on; it was right, where
            the answers are classes.
        second: The same of the second. What is left: both were as wrong.
    """

    rows: int
    same: int
    first: int
    second: int


def faults(seen: Observed) -> NDArray[np.float64]:
    """How far each answer lies from the truth, shape (n,); 0 is perfect.

    Numbers: the distance. Classes: the probability that was not given to the true one (0 to 1);
    by how much another class had the higher score; or 1 for a wrong answer, whatever is known.
    """
    if not seen.classes:
        off: NDArray[np.float64] = np.abs(seen.truth - seen.predicted).astype(np.float64)
        return off
    given = given_to_truth(seen)
    if given is None or seen.scores is None:
        missed: NDArray[np.float64] = (seen.truth != seen.predicted).astype(np.float64)
        return missed
    if seen.probabilities:
        return 1.0 - given
    others = seen.scores.copy()
    others[np.arange(len(others)), np.asarray(seen.truth, np.intp)] = -np.inf
    distance: NDArray[np.float64] = np.maximum(others.max(axis=1) - given, 0.0)
    return distance


def given_to_truth(seen: Observed) -> NDArray[np.float64] | None:
    """The score of the true class of each row, shape (n,); ``None`` where there are no scores."""
    if seen.scores is None:
        return None
    places = np.asarray(seen.truth, np.intp)
    chosen: NDArray[np.float64] = seen.scores[np.arange(len(seen.scores)), places]
    return chosen


def worst(seen: Observed, most: int) -> NDArray[np.intp]:
    """The places of the rows that are most wrong, the worst first; right answers are none."""
    wrong = faults(seen)
    order = np.argsort(-wrong, kind="stable")
    bad = seen.truth != seen.predicted
    kept: NDArray[np.intp] = order[bad[order]][:most]
    return kept


def agreement(a: Observed, b: Observed) -> Agreement:
    """How often two models that judged the same rows in the same order say the same."""
    same = alike(a, b)
    if a.classes:
        first, second = a.truth == a.predicted, b.truth == b.predicted
    else:
        first, second = faults(a) < faults(b), faults(b) < faults(a)
    return Agreement(
        rows=len(same),
        same=int(same.sum()),
        first=int((first & ~same).sum()),
        second=int((second & ~same).sum()),
    )


def alike(a: Observed, b: Observed) -> NDArray[np.bool_]:
    """Where two models give the same answer, shape (n,)."""
    if a.classes:
        found: NDArray[np.bool_] = a.predicted == b.predicted
        return found
    return np.isclose(a.predicted, b.predicted, rtol=1e-9, atol=0.0)


def parted(a: Observed, b: Observed, most: int) -> NDArray[np.intp]:
    """The places of the rows on which two models say something else, the furthest apart first."""
    if a.classes:
        apart = np.abs(faults(a) - faults(b))
    else:
        apart = np.abs(np.asarray(a.predicted, np.float64) - np.asarray(b.predicted, np.float64))
    order = np.argsort(-apart, kind="stable")
    kept: NDArray[np.intp] = order[~alike(a, b)[order]][:most]
    return kept
