"""The metrics against scikit-learn's own functions, and what they do where they have no value."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as reference
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mlops_core.domain.params import Task
from mlops_core.errors import InvalidInput, NotFound
from mlops_core.metrics import (
    METRICS,
    Observed,
    Uncomputable,
    get_metric,
    metrics_for,
    primary_metric,
)
from tests.unit.metrics.seen import seen_as

NUMBER = st.floats(-1e3, 1e3).map(lambda value: round(value, 3))


@st.composite
def classified(draw: st.DrawFn, least: int = 2, most: int = 4) -> Observed:
    classes = draw(st.integers(least, most))
    rows = draw(st.integers(2, 30))
    index = st.integers(0, classes - 1)
    truth = np.array(draw(st.lists(index, min_size=rows, max_size=rows)))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    scores = rng.dirichlet(np.ones(classes), size=rows).round(2) + 0.01
    scores /= scores.sum(axis=1, keepdims=True)
    return seen_as(truth, scores)


def value(key: str, seen: Observed) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return METRICS[key].compute(seen)


@given(classified())
def test_label_metrics_agree_with_scikit_learn(seen: Observed) -> None:
    average = "binary" if seen.positive is not None else "macro"
    by_labels: Any = {"average": average, "zero_division": 0.0}
    truth, predicted = seen.truth, seen.predicted
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # theirs warns of classes that are only predicted
        theirs = {
            "accuracy": reference.accuracy_score(truth, predicted),
            "mcc": reference.matthews_corrcoef(truth, predicted),
            "balanced_accuracy": reference.balanced_accuracy_score(truth, predicted),
            "precision": reference.precision_score(truth, predicted, **by_labels),
            "recall": reference.recall_score(truth, predicted, **by_labels),
            "f1": reference.f1_score(truth, predicted, **by_labels),
        }
    for key, expected in theirs.items():
        assert value(key, seen) == pytest.approx(expected), key


@given(classified())
def test_score_metrics_agree_with_scikit_learn(seen: Observed) -> None:
    assert seen.scores is not None
    theirs = reference.log_loss(seen.truth, seen.scores, labels=range(seen.classes))
    assert value("log_loss", seen) == pytest.approx(theirs)
    present = set(seen.truth.tolist())
    if len(present) < seen.classes:
        return  # theirs has no value then; ours is the mean over the classes that occur
    if seen.positive is not None:
        auc = reference.roc_auc_score(seen.truth, seen.scores[:, 1])
        precision = reference.average_precision_score(seen.truth, seen.scores[:, 1])
    else:
        auc = reference.roc_auc_score(seen.truth, seen.scores, multi_class="ovr")
        precision = reference.average_precision_score(seen.truth, seen.scores)
    assert value("roc_auc", seen) == pytest.approx(auc)
    assert value("average_precision", seen) == pytest.approx(precision)


@given(st.lists(st.tuples(NUMBER, NUMBER), min_size=2, max_size=30))
def test_number_metrics_agree_with_scikit_learn(pairs: list[tuple[float, float]]) -> None:
    truth, predicted = (np.array(part) for part in zip(*pairs, strict=True))
    seen = Observed(truth=truth, predicted=predicted)
    theirs = {
        "rmse": reference.root_mean_squared_error,
        "mae": reference.mean_absolute_error,
        "median_ae": reference.median_absolute_error,
        "max_error": reference.max_error,
    }
    for key, function in theirs.items():
        assert value(key, seen) == pytest.approx(function(truth, predicted))
    if truth.all():
        expected = reference.mean_absolute_percentage_error(truth, predicted)
        assert value("mape", seen) == pytest.approx(expected)
    if len(set(truth.tolist())) > 1:
        assert value("r2", seen) == pytest.approx(reference.r2_score(truth, predicted))


@settings(max_examples=40)
@given(classified())
def test_a_perfect_answer_beats_or_equals_any_other(seen: Observed) -> None:
    perfect = Observed(
        truth=seen.truth,
        predicted=seen.truth,
        classes=seen.classes,
        positive=seen.positive,
        scores=np.eye(seen.classes)[seen.truth],
        probabilities=True,
    )
    for metric in metrics_for(Task.CLASSIFICATION):
        try:
            best, other = metric.compute(perfect), metric.compute(seen)
        except Uncomputable:
            continue
        assert not metric.better(other - 1e-12 if metric.greater_is_better else other + 1e-12, best)


def observed(truth: list[float], predicted: list[float], **more: Any) -> Observed:
    return Observed(truth=np.array(truth), predicted=np.array(predicted), **more)


@pytest.mark.parametrize(
    ("key", "seen", "reason"),
    [
        ("mape", observed([0.0, 1.0], [1.0, 1.0]), "is 0"),
        ("r2", observed([1.0, 1.0], [1.0, 2.0]), "the same"),
        ("r2", observed([1.0], [1.0]), "two rows"),
        ("roc_auc", observed([0, 1], [0, 1], classes=2, positive=1), "no scores"),
        ("log_loss", observed([0, 1], [0, 1], classes=2, positive=1), "no probabilities"),
        (
            "roc_auc",
            observed([1, 1], [1, 1], classes=2, positive=1, scores=np.full((2, 2), 0.5)),
            "single class",
        ),
    ],
)
def test_a_metric_without_a_value_says_why(key: str, seen: Observed, reason: str) -> None:
    with pytest.raises(Uncomputable, match=reason):
        METRICS[key].compute(seen)


def test_decision_values_rank_but_are_no_probabilities() -> None:
    scores: NDArray[np.float64] = np.array([[2.0, -2.0], [-3.0, 3.0]])
    seen = observed([0, 1], [0, 1], classes=2, positive=1, scores=scores)
    assert METRICS["roc_auc"].compute(seen) == 1.0


@pytest.mark.parametrize(
    ("task", "classes", "key"),
    [
        (Task.CLASSIFICATION, 2, "roc_auc"),
        (Task.CLASSIFICATION, 3, "balanced_accuracy"),
        (Task.REGRESSION, 0, "rmse"),
    ],
)
def test_the_customary_metric_of_each_task(task: Task, classes: int, key: str) -> None:
    assert primary_metric(task, classes).key == key


def test_a_metric_of_the_other_task_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        primary_metric(Task.REGRESSION, requested="f1")
    assert caught.value.field == "evaluation.metric"
    assert "rmse" in caught.value.hint


def test_an_unknown_metric_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(NotFound) as caught:
        get_metric("rocauc")
    assert caught.value.hint == "Did you mean roc_auc?"


def test_errors_and_losses_are_better_when_smaller() -> None:
    smaller = {metric.key for metric in METRICS.values() if not metric.greater_is_better}
    assert smaller == {"log_loss", "rmse", "mae", "mape", "median_ae", "max_error"}
    assert METRICS["rmse"].better(1.0, 2.0)
    assert METRICS["r2"].better(0.9, 0.8)


@given(st.floats(-1e6, 1e6), st.integers(2, 50))
def test_r2_of_equal_values_is_never_a_number(value: float, rows: int) -> None:
    seen = observed([value] * rows, [value + 1.0] * rows)
    with pytest.raises(Uncomputable, match="the same"):
        METRICS["r2"].compute(seen)
