"""A parameter accepts exactly its values and says in a sentence why it refuses one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mlops_core.domain.params import (
    Algorithm,
    BuildContext,
    Param,
    ParamKind,
    ParamValues,
    Problem,
    Task,
)

DEPTH = Param(
    name="depth", label="Depth", kind=ParamKind.INT, default=None, help="", low=1, high=9,
    nullable=True,
)  # fmt: skip
RATE = Param(
    name="rate", label="Rate", kind=ParamKind.FLOAT, default=0.1, help="", low=0, high=1,
    tasks=frozenset({Task.REGRESSION}),
)  # fmt: skip
SOLVER = Param(
    name="solver", label="Solver", kind=ParamKind.CHOICE, default="a", help="", choices=("a", "b")
)
SHUFFLE = Param(name="shuffle", label="Shuffle", kind=ParamKind.BOOL, default=True, help="")


@pytest.mark.parametrize(
    ("param", "value"),
    [
        (DEPTH, None),
        (DEPTH, 1),
        (DEPTH, 9),
        (RATE, 0),
        (RATE, 1.0),
        (SOLVER, "b"),
        (SHUFFLE, False),
    ],
)
def test_a_value_in_range_is_fine(param: Param, value: object) -> None:
    assert param.problem(value) is None


@pytest.mark.parametrize(
    ("param", "value", "sentence"),
    [
        (DEPTH, 0, "Depth is 0; the smallest allowed is 1."),
        (DEPTH, 10, "Depth is 10; the largest allowed is 9."),
        (DEPTH, 2.5, "Depth is 2.5; it takes a whole number."),
        (DEPTH, 10**400, "Depth is 100000000000…; the largest allowed is 9."),
        (RATE, -(10**400), "Rate is -10000000000…; the smallest allowed is 0."),
        (DEPTH, True, "Depth is True; it takes a whole number."),
        (DEPTH, float("inf"), "Depth is inf; it takes a whole number."),
        (RATE, float("-inf"), "Rate is -inf; it takes a number."),
        (RATE, None, "Rate needs a value."),
        (RATE, float("nan"), "Rate is nan; it takes a number."),
        (RATE, "fast", "Rate is 'fast'; it takes a number."),
        (SOLVER, "c", "Solver is 'c'; it takes one of: a, b."),
        (SHUFFLE, 1, "Shuffle is 1; it takes true or false."),
    ],
)
def test_a_refusal_says_what_is_allowed(param: Param, value: object, sentence: str) -> None:
    problem = param.problem(value)
    assert problem is not None
    assert (problem.field, problem.message) == (f"params.{param.name}", sentence)


def _check(values: ParamValues, task: Task) -> Sequence[Problem]:
    if values["solver"] == "b" and values["depth"] is None:
        return [Problem(field="params.depth", message="Solver b needs a depth.")]
    return []


def _build(values: ParamValues, context: BuildContext) -> object:
    return None


ALGORITHM = Algorithm(
    key="tree", label="Tree", family="trees", summary="", tasks=frozenset(Task),
    params=(DEPTH, RATE, SOLVER, SHUFFLE), build=_build, check=_check,
)  # fmt: skip


def test_parameters_of_another_task_do_not_exist() -> None:
    assert "rate" not in ALGORITHM.defaults(Task.CLASSIFICATION)
    (problem,) = ALGORITHM.problems({"rate": 0.5}, Task.CLASSIFICATION)
    assert "no parameter 'rate'" in problem.message


def test_combinations_are_checked_on_complete_values() -> None:
    (problem,) = ALGORITHM.problems({"solver": "b"}, Task.REGRESSION)
    assert problem.field == "params.depth"
    assert ALGORITHM.problems({"solver": "b", "depth": 3}, Task.REGRESSION) == []
