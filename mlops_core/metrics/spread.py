"""Mean and spread of a handful of values, such as one metric over folds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence


def mean_and_std(values: Sequence[float]) -> tuple[float, float]:
    """Mean and sample standard deviation (ddof = 1; 0.0 of a single value).

    Both are exact before they are rounded to a float, so that no square of a large value overflows.

    Raises:
        ValueError: there are no values, or one is not finite.
        OverflowError: values of both signs lie so far apart that no float holds their spread.
    """
    if not values or not all(map(math.isfinite, values)):
        raise ValueError("a mean needs finite values")
    return statistics.mean(values), statistics.stdev(values) if len(values) > 1 else 0.0
