"""Watching a fit leaves the very same model, and its curve is what was really measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mlops_core.algorithms import ALGORITHMS, get_algorithm, settled_params
from mlops_core.domain.events import EVENT, MetricEvent
from mlops_core.domain.params import BuildContext, Task
from mlops_core.training.curves import FITS, Judged, Watch, chunk_sizes, fit_watched
from mlops_core.training.events import EventWriter

WATCHED = [(key, task) for key in FITS for task in sorted(ALGORITHMS[key].tasks)]
VARIANTS = [
    ("hist_gradient_boosting", Task.CLASSIFICATION, {"class_weight": "balanced"}),
    ("hist_gradient_boosting", Task.CLASSIFICATION, {"max_features": 0.5}),
    ("hist_gradient_boosting", Task.REGRESSION, {"loss": "absolute_error"}),
    ("gradient_boosting", Task.CLASSIFICATION, {"subsample": 0.5, "max_features": "sqrt"}),
    ("random_forest", Task.CLASSIFICATION, {"class_weight": "balanced"}),
    ("random_forest", Task.REGRESSION, {"max_samples": 0.5}),
    ("xgboost", Task.CLASSIFICATION, {"class_weight": "balanced", "subsample": 0.5}),
    ("mlp", Task.CLASSIFICATION, {"solver": "lbfgs"}),
    ("logistic_regression", Task.CLASSIFICATION, {"solver": "sag"}),
]
FEW = {"n_estimators": 12, "max_iter": 12}


def data(task: Task, rows: int = 120) -> tuple[NDArray[np.float64], NDArray[Any]]:
    rng = np.random.default_rng(3)
    design = rng.normal(size=(rows, 4))
    signal = design[:, 0] + design[:, 1] * design[:, 2]
    if task is Task.REGRESSION:
        return design, signal
    return design, np.array(["a", "b", "다"])[np.digitize(signal, [-0.5, 0.5])]


def built(key: str, task: Task, params: dict[str, Any]) -> Any:
    algorithm = get_algorithm(key)
    known = {param.name for param in algorithm.params_for(task)}
    few = {name: value for name, value in FEW.items() if name in known}
    context = BuildContext(task=task, seed=5, n_jobs=1, classes=3, rows=80)
    return algorithm.build(settled_params(algorithm, {**few, **params}, task), context)


def watched(
    key: str, task: Task, params: dict[str, Any], folder: Path
) -> tuple[Any, Any, list[MetricEvent]]:
    """A watched model, a plain one, and the curve."""
    design, y = data(task)
    labels = np.unique(y) if task is Task.CLASSIFICATION else np.array([])
    truth = np.searchsorted(labels, y[80:]) if len(labels) else y[80:]
    judged = Judged(design=design[80:], y=y[80:], truth=truth, labels=labels, positive=None)
    seen, plain = built(key, task, params), built(key, task, params)
    path = folder / "events.jsonl"
    with EventWriter(path) as events:
        watch = Watch(events=events, split="validation", fold=1, start=0.0, span=1.0)
        fit_watched(key, seen, design[:80], y[:80], judged, watch)
    plain.fit(design[:80], y[:80])
    lines = [EVENT.validate_json(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return seen, plain, [event for event in lines if isinstance(event, MetricEvent)]


def inner_numbers(estimator: Any) -> list[bytes]:
    """The fitted numbers of a model, bit for bit."""
    model = getattr(estimator, "regressor_", estimator)
    if hasattr(model, "model_"):
        return [bytes(model.model_.get_booster().save_raw("json"))]
    if hasattr(model, "_predictors"):
        return [tree.nodes.tobytes() for stage in model._predictors for tree in stage]
    if hasattr(model, "estimators_"):
        trees = np.asarray(model.estimators_, dtype=object).ravel()
        return [tree.tree_.value.tobytes() + tree.tree_.threshold.tobytes() for tree in trees]
    if hasattr(model, "coefs_"):
        return [part.tobytes() for part in (*model.coefs_, *model.intercepts_)]
    return [model.coef_.tobytes(), model.intercept_.tobytes()]


@pytest.mark.filterwarnings("ignore:.*(converge|Maximum iterations|max_iter).*")
@pytest.mark.parametrize(
    ("key", "task", "params"), [*((key, task, {}) for key, task in WATCHED), *VARIANTS]
)
def test_watching_leaves_the_model_bit_for_bit_as_a_plain_fit(
    key: str, task: Task, params: dict[str, Any], tmp_path: Path
) -> None:
    seen, plain, _curve = watched(key, task, params, tmp_path)

    assert inner_numbers(seen) == inner_numbers(plain)
    assert seen.get_params(deep=False).keys() == plain.get_params(deep=False).keys()
    assert str(seen) == str(plain)
    assert "_skl_callbacks" not in vars(seen)
    design, _y = data(task)
    assert np.array_equal(seen.predict(design), plain.predict(design))


@pytest.mark.filterwarnings("ignore:.*(converge|Maximum iterations|max_iter).*")
@pytest.mark.parametrize(("key", "task"), WATCHED)
def test_the_last_point_of_a_curve_is_the_loss_of_the_model(
    key: str, task: Task, tmp_path: Path
) -> None:
    seen, _plain, curve = watched(key, task, {}, tmp_path)

    steps = [point.step for point in curve]
    assert steps == sorted(set(steps))
    assert len(steps) > 3
    if key == "mlp":
        network = getattr(seen, "regressor_", seen)
        assert curve[-1].value == network.loss_curve_[-1]
        assert {point.split for point in curve} == {"train"}
        return
    design, y = data(task)
    labels = np.unique(y) if task is Task.CLASSIFICATION else np.array([])
    truth = np.searchsorted(labels, y[80:]) if len(labels) else y[80:]
    judged = Judged(design=design[80:], y=y[80:], truth=truth, labels=labels, positive=None)
    assert {point.name for point in curve} == {f"{judged.measure}.iterations"}
    exact = 1e-6 if key == "xgboost" else 1e-9  # it adds up in single precision
    assert curve[-1].value == pytest.approx(judged.loss(seen), rel=exact)


def test_early_stopping_on_own_rows_is_left_alone(tmp_path: Path) -> None:
    seen, plain, curve = watched(
        "hist_gradient_boosting", Task.CLASSIFICATION, {"early_stopping": True}, tmp_path
    )
    assert inner_numbers(seen) == inner_numbers(plain)
    assert curve == []


@pytest.mark.parametrize("total", [1, 2, 3, 10, 100, 5000])
def test_chunks_grow_to_the_total(total: int) -> None:
    sizes = chunk_sizes(total)
    assert sizes[-1] == total
    assert sizes == sorted(set(sizes))
    assert sum(sizes) <= 4 * total
