"""Whether probabilities are what they say: of one class among two, of the answer among more."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlops_core.domain.params import Task
from mlops_core.services import datasets, experiments, runs
from mlops_core.services.calibrating import calibration_of
from mlops_core.store.workspace import Workspace
from tests.unit.services.outcomes import complete, finish, judged_rows, plan, table, trained


def test_of_two_classes_it_is_the_positive_one(idle: Workspace, tmp_path: Path) -> None:
    _made, ids = experiments.train(idle, "a", plan(table(idle, tmp_path), "knn", "svm"))
    found = judged_rows(0.8, 1, 2)
    score = np.where(found["said"] == 1, 0.7, 0.3)
    complete(idle, ids[0], found | {"score": score})
    complete(idle, ids[1], found)
    given = calibration_of(idle, runs.get_run(idle, ids[0]))
    assert given is not None
    held_out = found["fold"] == 0
    shares = [
        float((found["truth"] == 1)[held_out & (score == said)].mean()) for said in (0.3, 0.7)
    ]
    assert (given.positive, given.held_out) == ("yes", True)
    assert [one.said for one in given.bins] == pytest.approx([0.3, 0.7])
    assert [one.found for one in given.bins] == pytest.approx(shares)
    assert given.error == pytest.approx(
        np.average(np.abs(np.array([0.3, 0.7]) - shares), weights=[one.rows for one in given.bins])
    )
    assert calibration_of(idle, runs.get_run(idle, ids[1])) is None, "it gave no probabilities"


def test_of_more_classes_it_is_how_sure_each_answer_was(idle: Workspace) -> None:
    data = datasets.add_sample(idle, "penguins")
    assert data.target is not None
    config = plan(data.id, "naive_bayes", target=data.target)
    _made, (run_id,) = experiments.train(idle, "a", config)
    trained(idle, run_id)
    given = calibration_of(idle, runs.get_run(idle, run_id))
    assert given is not None and given.positive is None
    rows = pd.read_parquet(idle.run_paths(run_id).predictions)
    rows = rows[rows["fold"] == 0]
    sure = rows.filter(like="probability:")
    answers = sure.idxmax(axis=1).str.removeprefix("probability:")
    assert sum(one.rows for one in given.bins) == len(rows)
    total = sum(one.rows * one.said for one in given.bins)
    assert total == pytest.approx(sure.max(axis=1).sum())
    right = sum(one.rows * one.found for one in given.bins)
    assert right == pytest.approx((answers == rows["actual"].astype(str)).sum())


def test_numbers_and_runs_without_files_have_none(idle: Workspace, tmp_path: Path) -> None:
    data = table(idle, tmp_path)
    config = plan(data, "ridge", target="age", task=Task.REGRESSION)
    _made, (number,) = experiments.train(idle, "a", config)
    finish(idle, number, {"rmse": 1.0}, metric="rmse")
    _made, (bare,) = experiments.train(idle, "b", plan(data))
    finish(idle, bare, {"roc_auc": 0.5})
    for run_id in (number, bare):
        assert calibration_of(idle, runs.get_run(idle, run_id)) is None
