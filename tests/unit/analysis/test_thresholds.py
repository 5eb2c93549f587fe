"""Thresholds by cost, beside counting every row anew."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from mlops_core.analysis.thresholds import Costs, Thresholds, tried_cost

ROWS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 8).map(lambda n: n / 8)), min_size=2, max_size=40
).filter(lambda rows: len({truth for truth, _score in rows}) == 2)
COST = st.floats(0.1, 50)


def arrays(rows: list[tuple[bool, float]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([truth for truth, _ in rows]), np.array([score for _, score in rows])


@given(ROWS, st.floats(-0.5, 1.5))
def test_what_comes_of_a_threshold_is_what_counting_says(
    rows: list[tuple[bool, float]], threshold: float
) -> None:
    truth, scores = arrays(rows)
    cut = Thresholds(truth, scores).at(threshold)
    (right_no, alarm), (missed, right_yes) = confusion_matrix(
        truth, scores >= threshold, labels=[False, True]
    )
    assert (cut.true_negative, cut.false_positive) == (right_no, alarm)
    assert (cut.false_negative, cut.true_positive) == (missed, right_yes)


@given(ROWS, COST, COST)
def test_no_threshold_is_cheaper_than_the_cheapest(
    rows: list[tuple[bool, float]], alarm: float, missed: float
) -> None:
    truth, scores = arrays(rows)
    found, costs = Thresholds(truth, scores), Costs(false_positive=alarm, false_negative=missed)
    least = found.at(found.cheapest(costs)).cost(costs)
    every = [found.at(value).cost(costs) for value in (*scores, *(scores + 0.01), 2.0, -1.0)]
    assert least == pytest.approx(min(every))
    assert least == pytest.approx(found.costs(costs).min())


def test_of_calibrated_scores_the_cheapest_is_where_theory_has_it() -> None:
    rng = np.random.default_rng(1)
    scores = rng.random(200_000)
    truth = rng.random(200_000) < scores
    for missed in (1.0, 4.0, 9.0):
        costs = Costs(false_negative=missed)
        assert Thresholds(truth, scores).cheapest(costs) == pytest.approx(
            costs.of_calibrated, abs=0.03
        )


def test_what_was_chosen_elsewhere_does_not_flatter_itself() -> None:
    rng = np.random.default_rng(2)
    flattered, honest, blind = [], [], []
    costs = Costs(false_positive=1.0, false_negative=1.5)
    for _again in range(60):
        truth, scores = rng.random(60) < 0.4, rng.random(60)  # a score that knows nothing
        found = Thresholds(truth, scores)
        flattered.append(found.at(found.cheapest(costs)).cost(costs))
        honest.append(tried_cost(truth, scores, costs))
        blind.append(min((~truth).sum(), 1.5 * truth.sum()))  # one answer for every row
    assert np.mean(flattered) < 0.95 * np.mean(blind) < np.mean(blind) < np.mean(honest)


def test_too_few_rows_are_not_dealt() -> None:
    truth, scores = np.array([True] * 4 + [False] * 9), np.linspace(0, 1, 13)
    assert tried_cost(truth, scores, Costs()) is None
