"""Calibration, beside other libraries and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.calibration import calibration_curve

from mlops_core.analysis.calibration import calibration_error, reliability, wilson


@given(st.integers(1, 500).flatmap(lambda rows: st.tuples(st.integers(0, rows), st.just(rows))))
def test_the_interval_of_a_share_is_that_of_scipy(counts: tuple[int, int]) -> None:
    hits, rows = counts
    other = stats.binomtest(hits, rows).proportion_ci(0.95, method="wilson")
    assert wilson(hits, rows) == pytest.approx((other.low, other.high), abs=1e-9)


def test_bins_of_equally_many_rows_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    given_ = rng.beta(0.7, 2.0, 1000)
    truth = rng.random(1000) < given_**1.3
    found, said = calibration_curve(truth, given_, n_bins=10, strategy="quantile")
    bins = reliability(truth, given_)
    assert [one.rows for one in bins] == [100] * 10
    assert [one.found for one in bins] == pytest.approx(list(found))
    assert [one.said for one in bins] == pytest.approx(list(said))


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 4).map(lambda n: n / 4)), min_size=1),
    st.integers(1, 12),
)
def test_every_row_is_in_one_bin_and_equal_ones_stay_together(
    rows: list[tuple[bool, float]], count: int
) -> None:
    truth = np.array([one for one, _ in rows])
    given_ = np.array([one for _, one in rows])
    bins = reliability(truth, given_, count)
    assert sum(one.rows for one in bins) == len(rows)
    assert len(bins) <= min(count, len(set(given_)))
    assert sum(one.rows * one.found for one in bins) == pytest.approx(truth.sum())
    assert sum(one.rows * one.said for one in bins) == pytest.approx(given_.sum())
    assert [one.said for one in bins] == sorted(one.said for one in bins)
    assert all(one.low <= one.found <= one.high for one in bins)


def test_right_probabilities_lie_inside_and_wrong_ones_outside() -> None:
    rng = np.random.default_rng(3)
    given_ = rng.random(20_000)
    right = reliability(rng.random(20_000) < given_, given_)
    assert sum(not one.low <= one.said <= one.high for one in right) <= 2
    assert calibration_error(right) < 0.02
    wrong = reliability(rng.random(20_000) < given_ / 2, given_)
    assert all(not one.low <= one.said <= one.high for one in wrong[1:])
    assert calibration_error(wrong) == pytest.approx(0.25, abs=0.02)
