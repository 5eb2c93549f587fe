"""Where to draw the line between two classes, when its two errors cost differently.

A row counts as positive where its score is at least the threshold. With calibrated probabilities
the cheapest threshold would be ``cost of a false positive / (that + cost of a false negative)``
(Elkan 2001, The foundations of cost-sensitive learning, equation 2, for right answers that cost
nothing); here the cheapest on the judged rows is looked up, since scores are rarely calibrated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PARTS = 5
SEED = 20_010_804  # which rows are tried together; any number would do


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What one error costs, in any unit; right answers cost nothing."""

    false_positive: float = 1.0
    false_negative: float = 1.0

    @property
    def of_calibrated(self) -> float:
        """The cheapest threshold if the scores were calibrated probabilities."""
        return self.false_positive / (self.false_positive + self.false_negative)


@dataclass(frozen=True, kw_only=True)
class Cut:
    """What comes of one threshold: counts of rows."""

    threshold: float
    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @property
    def precision(self) -> float | None:
        """``None``: no row counts as positive."""
        said = self.true_positive + self.false_positive
        return self.true_positive / said if said else None

    @property
    def recall(self) -> float:
        return self.true_positive / (self.true_positive + self.false_negative)

    def cost(self, costs: Costs) -> float:
        """Of all rows together."""
        return (
            self.false_positive * costs.false_positive + self.false_negative * costs.false_negative
        )


class Thresholds:
    """Every threshold that makes a difference on some rows.

    Args:
        truth: Which rows are positive, shape (rows,); both kinds are there.
        scores: How positive each is said to be, shape (rows,), finite.
    """

    def __init__(self, truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> None:
        order = np.argsort(-scores, kind="stable")
        falling = scores[order]
        last = np.append(np.flatnonzero(np.diff(falling)), len(falling) - 1)
        hits = np.cumsum(truth[order])[last]
        # First of all one above every score: nothing counts as positive.
        self.values = np.append(np.nextafter(falling[0], np.inf), falling[last])
        self._hits = np.append(0, hits)
        self._alarms = np.append(0, last + 1 - hits)
        self._positives = int(truth.sum())
        self.rows = len(truth)

    def at(self, threshold: float) -> Cut:
        """What comes of any threshold."""
        # ``values`` falls; the last that is not below the threshold counts.
        place = max(int(np.searchsorted(-self.values, -threshold, side="right")) - 1, 0)
        hits, alarms = int(self._hits[place]), int(self._alarms[place])
        return Cut(
            threshold=float(threshold),
            true_positive=hits,
            false_positive=alarms,
            false_negative=self._positives - hits,
            true_negative=self.rows - self._positives - alarms,
        )

    def costs(self, costs: Costs) -> NDArray[np.float64]:
        """The cost of all rows at each of ``values``."""
        missed = self._positives - self._hits
        found: NDArray[np.float64] = (
            self._alarms * costs.false_positive + missed * costs.false_negative
        )
        return found

    def cheapest(self, costs: Costs) -> float:
        """The threshold that costs least, halfway to the next score that would change something.

        Of several that cost the same, the highest.
        """
        place = int(np.argmin(self.costs(costs)))
        if place == 0:
            return float(self.values[0])
        below = self.values[place + 1] if place + 1 < len(self.values) else self.values[place]
        return float(self.values[place] + below) / 2


def tried_cost(truth: NDArray[np.bool_], scores: NDArray[np.float64], costs: Costs) -> float | None:
    """Cost of all rows when each is judged by a threshold that was chosen without it.

    A threshold that is chosen and judged on the same rows flatters itself. So the rows are dealt
    into five parts, each class evenly, and each part is judged by the cheapest threshold of the
    other four.

    Returns:
        ``None``: a class has fewer rows than there are parts.
    """
    if min(truth.sum(), len(truth) - truth.sum()) < PARTS:
        return None
    part = np.empty(len(truth), dtype=np.intp)
    rng = np.random.default_rng(SEED)
    for chosen in (truth, ~truth):
        count = int(chosen.sum())
        part[chosen] = rng.permutation(np.arange(count) % PARTS)
    total = 0.0
    for number in range(PARTS):
        inside = part == number
        line = Thresholds(truth[~inside], scores[~inside]).cheapest(costs)
        total += Thresholds(truth[inside], scores[inside]).at(line).cost(costs)
    return total
