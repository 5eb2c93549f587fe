"""Training rows that lack something: a class, a second row of a class, a plain column name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlops_core.domain.events import RunPaths
from mlops_core.training.artifact import load_model
from tests.unit.training.support import roles_of, run, simple

MANY = [f"k{index % 130}" for index in range(240)]


@pytest.mark.parametrize("algorithm", ["logistic_regression", "hist_gradient_boosting"])
@pytest.mark.parametrize("late", ["b", "c"])
def test_many_categories_train_where_the_training_rows_lack_a_class(
    algorithm: str, late: str, tmp_path: Path
) -> None:
    early = ["a", "b" if late == "c" else "c"]
    y = [early[index % 2] for index in range(160)] + [late, "a"] * 40
    frame = simple(240, many=MANY, y=y, at=np.arange(240))
    roles = roles_of(frame, many="categorical", at="drop")
    asked: dict[str, Any] = {"strategy": "time", "time_column": "at", "folds": 2}
    result = run(frame, tmp_path, roles=roles, algorithm=algorithm, **asked)
    assert result.classes == ("a", "b", "c")
    assert len(result.cv["accuracy"].folds) == 2


def test_a_model_of_many_categories_can_be_opened(tmp_path: Path) -> None:
    frame = simple(240, many=MANY, y=["a", "b"] * 120)
    run(frame, tmp_path, roles=roles_of(frame, many="categorical"))
    said = load_model(RunPaths(tmp_path).model).predict(frame[["x", "z", "many"]])
    assert set(said) <= {"a", "b"}


@pytest.mark.parametrize("holdout", [0.2, 0.0])
@pytest.mark.parametrize("rare", [["c"], [f"c{index % 20}" for index in range(60)]])
def test_stopping_early_gives_way_to_classes_that_leave_no_row_to_set_aside(
    rare: list[str], holdout: float, tmp_path: Path
) -> None:
    frame = simple(60 + len(rare), y=["a", "b"] * 30 + rare)
    params = {"early_stopping": True, "max_iter": 5}
    result = run(
        frame, tmp_path, algorithm="hist_gradient_boosting", params=params, holdout=holdout
    )
    assert any("did not stop early" in sentence for sentence in result.warnings)
    assert "balanced_accuracy" in (result.holdout or result.cv)


def test_a_text_column_may_have_two_underscores_in_its_name(tmp_path: Path) -> None:
    frame = simple(60, my__memo=["red box", "blue box", "green"] * 20, y=["a", "b"] * 30)
    result = run(frame, tmp_path, roles=roles_of(frame, my__memo="text"))
    assert {use.column for use in result.features} == {"x", "z", "my__memo"}
    assert "my__memo" in {one.feature for one in result.importance}
