"""Did a run come out the same, and if not, why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_core.analysis.reproduction import (
    TOLERANCE,
    MetricPair,
    Outcome,
    changed_predictions,
    reproduction,
)
from mlops_core.domain.results import CrossValidated, TrainingResult
from mlops_core.metrics import Observed
from mlops_core.store.predictions import Predictions

HERE = {"python": "3.11.2", "numpy": "2.4.6", "cpu": "a", "code": "0" * 16}


def result(
    held: float = 0.8, folds: tuple[float, ...] = (0.7, 0.9), split: str = "s", **environment: str
) -> TrainingResult:
    return TrainingResult(
        primary_metric="accuracy",
        holdout={"accuracy": held},
        cv={"accuracy": CrossValidated(mean=0.8, std=0.1, folds=folds)},
        digests={"split": split},
        environment=HERE | environment,
    )


def test_the_same_numbers_are_identical_and_need_no_reason() -> None:
    found = reproduction(result(), result(), 100, 0)
    assert (found.outcome, found.why) == (Outcome.IDENTICAL, ())
    assert [(pair.fold, pair.difference) for pair in found.metrics] == [(0, 0), (1, 0), (2, 0)]


@given(st.floats(0.1, 1.0), st.floats(-1e-7, 1e-7))
def test_last_bits_are_within_tolerance(value: float, share: float) -> None:
    same = value == value * (1 + share)
    found = reproduction(result(value), result(value * (1 + share)), 100, 0 if same else 100)
    assert found.outcome is (Outcome.IDENTICAL if same else Outcome.WITHIN_TOLERANCE)
    assert bool(found.why) != same


def test_a_larger_difference_is_one() -> None:
    assert reproduction(result(0.8), result(0.81), 100, 3).outcome is Outcome.DIFFERENT
    assert reproduction(result(), result(folds=(0.7, 0.8)), 100, 3).outcome is Outcome.DIFFERENT
    assert reproduction(result(), result(folds=(0.7,)), 100, 3).outcome is Outcome.DIFFERENT


def test_the_same_scores_with_other_predictions_are_not_identical() -> None:
    assert reproduction(result(), result(), 100, 2).outcome is Outcome.WITHIN_TOLERANCE


def test_what_was_predicted_must_be_known_to_be_called_identical() -> None:
    assert reproduction(result(), result(), None, None).outcome is Outcome.WITHIN_TOLERANCE


def test_other_rows_are_different_and_said_first() -> None:
    found = reproduction(result(), result(split="t", numpy="2.5.0"), 100, 100)
    assert found.outcome is Outcome.DIFFERENT
    assert found.why[0] == "The rows were split in another way."
    assert found.why[1] == "numpy was 2.4.6 and is now 2.5.0."


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"code": "1"}, "The app trained with other code of its own"),
        ({"scipy": "1.17"}, "scipy was unknown and is now 1.17."),
        ({"cpu": "b"}, "It ran on another machine"),
    ],
)
def test_what_differs_around_the_run_is_said(changed: dict[str, str], said: str) -> None:
    (why,) = reproduction(result(), result(0.5, **changed), 100, 9).why
    assert why.startswith(said)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_value_is_close_to_itself_and_far_from_none(value: float) -> None:
    assert MetricPair(metric="r2", fold=0, before=value, after=value).is_close
    assert not MetricPair(metric="r2", fold=0, before=value, after=None).is_close
    assert not MetricPair(metric="r2", fold=0, before=1.0, after=1 + 3 * TOLERANCE).is_close


def said(predicted: Any, scores: Any = None, rows: int = 4) -> Predictions:
    told = np.asarray(predicted)
    seen = Observed(
        truth=np.zeros(4), predicted=told, classes=2, scores=None if scores is None else scores
    )
    return Predictions(
        rows=np.arange(rows), folds=np.zeros(rows, dtype=np.int32), classes=("a", "b"), seen=seen
    )


def test_changed_predictions_are_counted_to_the_last_bit() -> None:
    scores = np.full((4, 2), 0.5)
    moved = scores.copy()
    moved[2, 0] = np.nextafter(0.5, 1)
    assert changed_predictions(said([0, 1, 0, 1], scores), said([0, 1, 0, 1], scores)) == 0
    assert changed_predictions(said([0, 1, 0, 1], scores), said([0, 1, 1, 1], moved)) == 1
    assert changed_predictions(said([0, 1, 0, 1], scores), said([1, 1, 0, 1], moved)) == 2
    nothing = np.array([0.0, np.nan, 1.0, 2.0])
    assert changed_predictions(said(nothing), said(nothing.copy())) == 0
