"""Resampled metrics against really drawing the rows, and against SciPy's own bootstrap."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from mlops_core.domain.params import Task
from mlops_core.metrics import METRICS, Observed, Uncomputable, metrics_for, resampling
from mlops_core.metrics.resampling import OVER, resample, resampled
from tests.unit.metrics.seen import seen_as


def classified(rows: int, classes: int, seed: int, *, ties: bool = False) -> Observed:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, rows)
    scores = rng.dirichlet(np.ones(classes), rows)
    scores[np.arange(rows), truth] += 0.3
    if ties:
        scores = scores.round(1) + 0.05
    scores /= scores.sum(axis=1, keepdims=True)
    return seen_as(truth, scores)


def numbers(rows: int, seed: int) -> Observed:
    rng = np.random.default_rng(seed)
    truth = rng.normal(1e3, 5.0, rows)
    return Observed(truth=truth, predicted=truth + rng.normal(0.2, 1.0, rows))


def test_every_metric_that_resampling_says_something_about_has_a_fast_form() -> None:
    assert {key for key, metric in METRICS.items() if metric.smooth} == set(OVER)


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 40), st.integers(2, 4), st.integers(0, 99), st.booleans(), st.booleans())
def test_fast_forms_say_what_drawing_the_rows_says(
    rows: int, classes: int, seed: int, ties: bool, grouped: bool
) -> None:
    seen = classified(rows, classes, seed, ties=ties)
    groups = np.arange(rows) // 3 if grouped else None
    drawn = resample(rows, seed, groups, most=6)
    for metric in metrics_for(Task.CLASSIFICATION):
        try:
            fast = resampled(metric, seen, drawn)
        except Uncomputable:
            continue
        slow = resampling._one_by_one(metric, seen, drawn)
        np.testing.assert_allclose(fast, slow, rtol=1e-9, atol=1e-12, err_msg=metric.key)


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 40), st.integers(0, 99))
@example(3, 1)  # one draw takes the same row three times
def test_fast_forms_of_numbers_say_what_drawing_the_rows_says(rows: int, seed: int) -> None:
    seen, drawn = numbers(rows, seed), resample(rows, seed, most=6)
    for metric in metrics_for(Task.REGRESSION):
        if metric.smooth:
            fast = resampled(metric, seen, drawn)
            slow = resampling._one_by_one(metric, seen, drawn)
            np.testing.assert_allclose(fast, slow, rtol=1e-7, atol=1e-9, err_msg=metric.key)


@pytest.mark.parametrize("key", ["accuracy", "roc_auc"])
def test_the_percentiles_are_those_of_scipy(key: str) -> None:
    seen = classified(400, 2, 3)
    metric = METRICS[key]

    def value(rows: np.ndarray) -> float:
        return metric.compute(resampling.take(seen, rows.astype(np.intp)))

    theirs = stats.bootstrap(
        (np.arange(400),),
        value,
        vectorized=False,
        method="percentile",
        n_resamples=1000,
        rng=np.random.default_rng(0),
    )
    ours = np.quantile(resampled(metric, seen, resample(400, 1)), [0.025, 0.975])
    assert ours == pytest.approx(list(theirs.confidence_interval), abs=0.006)
    assert np.std(resampled(metric, seen, resample(400, 1))) == pytest.approx(
        theirs.standard_error, rel=0.08
    )


def test_the_same_rows_are_drawn_every_time() -> None:
    again = [resample(50, 9).weights for _time in range(2)]
    assert np.array_equal(*again)
    assert not np.array_equal(again[0], resample(50, 10).weights)
    assert (again[0].sum(axis=1) == 50).all()


def test_rows_of_a_group_are_drawn_together_and_say_less() -> None:
    """Twenty copies of each of twenty rows know no more than the twenty."""
    few = numbers(20, 1)
    many = Observed(truth=np.repeat(few.truth, 20), predicted=np.repeat(few.predicted, 20))
    metric = METRICS["mae"]
    alone = np.std(resampled(metric, few, resample(20, 0)))
    together = resample(400, 0, np.repeat(np.arange(20), 20))
    assert together.drawn == 20
    assert np.std(resampled(metric, many, together)) == pytest.approx(alone, rel=0.1)
    assert np.std(resampled(metric, many, resample(400, 0))) < alone / 3


def test_many_rows_are_drawn_in_blocks_that_vary_as_rows_do() -> None:
    seen = numbers(40_000, 2)
    drawn = resample(len(seen.truth), 0)
    assert (drawn.units, drawn.drawn, drawn.draws) == (5_000, 40_000, 500)
    errors = np.abs(seen.truth - seen.predicted)
    expected = errors.std() / math.sqrt(len(errors))
    assert np.std(resampled(METRICS["mae"], seen, drawn)) == pytest.approx(expected, rel=0.1)


def test_a_metric_without_a_value_is_none() -> None:
    seen = Observed(truth=np.zeros(5), predicted=np.zeros(5), classes=2, positive=1)
    with pytest.raises(Uncomputable):
        resampled(METRICS["roc_auc"], seen, resample(5, 0))
