"""The definitions of algorithms: complete, valid, and within what scikit-learn accepts."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from mlops_core.algorithms import ALGORITHMS, algorithms_for, get_algorithm, settled_params
from mlops_core.domain.params import Algorithm, BuildContext, Param, ParamKind, Task
from mlops_core.errors import NotFound

KEYS = (
    *("dummy", "logistic_regression", "linear_regression", "ridge", "lasso", "elastic_net", "sgd"),
    *("knn", "decision_tree", "random_forest", "extra_trees", "gradient_boosting"),
    *("hist_gradient_boosting", "xgboost", "svm", "naive_bayes", "mlp"),
)
# Parameters that count only beside another one.
BESIDE: dict[tuple[str, str], dict[str, Any]] = {
    ("extra_trees", "max_samples"): {"bootstrap": True},
    ("logistic_regression", "l1_ratio"): {"penalty": "elasticnet", "solver": "saga"},
    ("logistic_regression", "penalty"): {"solver": "saga"},
}
OURS = {"mlp": {"hidden_layers", "hidden_units"}}
CASES = [
    (algorithm, task, param)
    for task in Task
    for algorithm in algorithms_for(task)
    for param in algorithm.params_for(task)
]
NAMES = [f"{algorithm.key}-{task}-{param.name}" for algorithm, task, param in CASES]


def build(algorithm: Algorithm, task: Task, **values: Any) -> Any:
    classes = 3 if task is Task.CLASSIFICATION else 0
    context = BuildContext(task=task, seed=1, n_jobs=1, classes=classes, rows=1000)
    estimator: Any = algorithm.build(settled_params(algorithm, values, task), context)
    return getattr(estimator, "regressor", estimator)


def test_the_catalogue_holds_exactly_the_promised_keys() -> None:
    assert set(ALGORITHMS) == set(KEYS)
    assert all(algorithm.key == key for key, algorithm in ALGORITHMS.items())


def test_reading_the_catalogue_and_the_metrics_imports_nothing_heavy() -> None:
    code = (
        "import sys, mlops_core.algorithms, mlops_core.metrics, mlops_core.features.preflight;"
        "heavy = {'sklearn', 'numpy', 'pandas', 'scipy', 'streamlit', 'sqlalchemy'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


@pytest.mark.parametrize("task", list(Task))
def test_the_defaults_of_every_algorithm_are_valid(task: Task) -> None:
    for algorithm in algorithms_for(task):
        assert algorithm.problems(algorithm.defaults(task), task) == []
        names = [param.name for param in algorithm.params_for(task)]
        assert len(names) == len(set(names)), algorithm.key


@pytest.mark.parametrize(("algorithm", "task", "param"), CASES, ids=NAMES)
def test_the_range_of_every_parameter_is_one_that_its_library_accepts(
    algorithm: Algorithm, task: Task, param: Param
) -> None:
    for value in edges(param):
        if algorithm.problems({param.name: value}, task):
            continue  # an invalid combination, refused by our own check
        accept(build(algorithm, task, **{param.name: value}), algorithm, task)


def accept(estimator: Any, algorithm: Algorithm, task: Task) -> None:
    """Let the library that an estimator comes from look at its parameters."""
    if not algorithm.package:
        estimator._validate_params()
        return
    if estimator.n_estimators > 100:
        estimator.set_params(n_estimators=100)
    numbers = np.arange(12.0).reshape(-1, 1)
    estimator.fit(numbers, np.arange(12) % 3 if task is Task.CLASSIFICATION else numbers.ravel())


@pytest.mark.parametrize(("algorithm", "task", "param"), CASES, ids=NAMES)
def test_every_parameter_is_one_of_the_estimator_and_says_what_it_does(
    algorithm: Algorithm, task: Task, param: Param
) -> None:
    if param.name not in OURS.get(algorithm.key, set()):
        assert param.name in build(algorithm, task).get_params(deep=False)
    assert param.help.endswith(".")
    assert param.label[0].isupper()
    if param.kind in (ParamKind.INT, ParamKind.FLOAT):
        assert param.low is not None
        assert param.high is not None
        assert not param.log or param.low > 0


@pytest.mark.parametrize(("algorithm", "task", "param"), CASES, ids=NAMES)
def test_every_parameter_reaches_the_estimator(
    algorithm: Algorithm, task: Task, param: Param
) -> None:
    beside = BESIDE.get((algorithm.key, param.name), {})
    plain = build(algorithm, task, **beside).get_params()
    changed = [
        build(algorithm, task, **{**beside, param.name: value}).get_params()
        for value in edges(param)
        if value != param.default
    ]
    assert any(params != plain for params in changed)


def edges(param: Param) -> list[Any]:
    values: list[Any] = [None] if param.nullable else []
    match param.kind:
        case ParamKind.BOOL:
            values += [True, False]
        case ParamKind.CHOICE:
            values += param.choices
        case _:
            values += [param.low, param.high]
    return values


def test_logistic_regression_maps_its_penalty() -> None:
    algorithm = get_algorithm("logistic_regression")
    net = build(algorithm, Task.CLASSIFICATION, penalty="elasticnet", solver="saga", l1_ratio=0.25)
    assert (net.l1_ratio, net.C) == (0.25, 1.0)
    assert math.isinf(build(algorithm, Task.CLASSIFICATION, penalty=None).C)


def test_a_penalty_that_the_solver_cannot_use_is_refused_beside_the_field() -> None:
    algorithm = get_algorithm("logistic_regression")
    [problem] = algorithm.problems({"penalty": "l1"}, Task.CLASSIFICATION)
    assert problem.field == "params.penalty"
    assert "saga" in problem.hint
    assert not algorithm.problems({"penalty": "l1", "solver": "saga"}, Task.CLASSIFICATION)


def test_a_share_of_rows_without_drawing_rows_is_refused() -> None:
    [problem] = get_algorithm("extra_trees").problems({"max_samples": 0.5}, Task.REGRESSION)
    assert problem.field == "params.max_samples"


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("randomforest", "random_forest"), ("Random Forest", "random_forest"), ("logit", "logistic")],
)
def test_an_unknown_key_is_answered_with_the_nearest_one(asked: str, meant: str) -> None:
    with pytest.raises(NotFound) as caught:
        get_algorithm(asked)
    assert caught.value.field == "algorithm"
    assert meant in caught.value.hint


def test_values_come_in_the_types_their_parameters_declare() -> None:
    algorithm = get_algorithm("random_forest")
    settled = settled_params(algorithm, {"n_estimators": 20.0, "ccp_alpha": 0}, Task.CLASSIFICATION)
    assert type(settled["n_estimators"]) is int
    assert type(settled["ccp_alpha"]) is float
    assert settled["max_depth"] is None


def test_nearest_neighbours_asks_for_no_more_rows_than_there_are() -> None:
    context = BuildContext(task=Task.REGRESSION, seed=1, n_jobs=1, rows=3)
    algorithm = get_algorithm("knn")
    built: Any = algorithm.build(algorithm.defaults(Task.REGRESSION), context)
    assert built.n_neighbors == 3
