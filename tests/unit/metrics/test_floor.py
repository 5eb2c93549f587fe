"""The floor says what scikit-learn's dummies say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier, DummyRegressor

from mlops_core.metrics import METRICS
from mlops_core.metrics.floor import floor_of, shares_of


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40), st.integers(1, 9))
def test_it_says_the_most_frequent_class_with_the_shares_of_all(
    learned: list[int], rows: int
) -> None:
    truth = np.array(learned)
    answers = {0: shares_of(truth, 4)}
    seen = floor_of(answers, np.zeros(rows, dtype=np.int32), np.zeros(rows, dtype=np.intp), 4)
    dummy = DummyClassifier(strategy="prior").fit(np.zeros((len(truth), 1)), truth)
    assert seen is not None and seen.scores is not None
    assert (seen.predicted == dummy.predict(np.zeros((rows, 1)))).all()
    known = seen.scores[:, dummy.classes_]
    assert known == pytest.approx(dummy.predict_proba(np.zeros((rows, 1))))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40))
def test_it_says_the_mean(learned: list[float]) -> None:
    mean = float(np.mean(learned))
    seen = floor_of({0: (mean,)}, np.zeros(3, dtype=np.int32), np.array([1.0, 2.0, 3.0]))
    dummy = DummyRegressor().fit(np.zeros((len(learned), 1)), learned)
    assert seen is not None
    assert seen.predicted == pytest.approx(dummy.predict(np.zeros((3, 1))))


def test_every_fold_has_an_answer_of_its_own() -> None:
    folds = np.array([1, 2, 1], dtype=np.int32)
    seen = floor_of({1: (0.2, 0.8), 2: (0.9, 0.1)}, folds, np.array([1, 1, 0]), 2, 1)
    assert seen is not None
    assert seen.predicted.tolist() == [1, 0, 1]
    assert METRICS["accuracy"].compute(seen) == pytest.approx(1 / 3)


def test_without_an_answer_nothing_is_said() -> None:
    folds = np.array([1, 2], dtype=np.int32)
    assert floor_of({1: (0.5, 0.5)}, folds, np.array([0, 1]), 2) is None
    assert floor_of({1: (1.0,), 2: (1.0,)}, folds, np.array([0, 1]), 2) is None


def test_chance_is_what_it_ranks_by() -> None:
    truth = np.array([0, 1, 1, 0, 1])
    seen = floor_of({0: (0.4, 0.6)}, np.zeros(5, dtype=np.int32), truth, 2, 1)
    assert seen is not None
    assert METRICS["roc_auc"].compute(seen) == 0.5
    assert METRICS["average_precision"].compute(seen) == pytest.approx(0.6)
