"""Mean and spread over folds: NumPy's where it has one, a finite number where it has not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_core.metrics.spread import mean_and_std

COMMON = st.floats(-1e6, 1e6)
ANY = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(COMMON, min_size=2, max_size=20))
def test_common_values_have_the_spread_that_numpy_gives(values: list[float]) -> None:
    mean, std = mean_and_std(values)
    assert mean == pytest.approx(np.mean(values), rel=1e-9, abs=1e-9)
    assert std == pytest.approx(np.std(values, ddof=1), rel=1e-9, abs=1e-9)


@given(st.lists(ANY, min_size=1, max_size=20))
def test_the_mean_lies_between_the_ends_however_large_they_are(values: list[float]) -> None:
    try:
        mean, std = mean_and_std(values)
    except OverflowError:
        assert min(values) < -1e307
        assert max(values) > 1e307
        return
    assert min(values) <= mean <= max(values)
    assert std >= 0


@given(st.lists(st.floats(0, 1.7e308), min_size=1, max_size=20))
def test_errors_have_a_spread_however_large_they_are(values: list[float]) -> None:
    assert math.isfinite(mean_and_std(values)[1])


@pytest.mark.parametrize("values", [[], [1.0, math.inf], [math.nan]])
def test_nothing_is_made_up_where_there_is_no_mean(values: list[float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        mean_and_std(values)
