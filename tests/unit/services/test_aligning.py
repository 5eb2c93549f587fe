"""Runs on other data or splits, brought to those of one of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_core.domain.configs import EvaluationConfig, FeatureConfig
from mlops_core.domain.params import Task
from mlops_core.errors import InvalidInput
from mlops_core.services import datasets, runs
from mlops_core.services.aligning import align
from mlops_core.services.comparison import compare
from mlops_core.services.experiments import train
from mlops_core.store.workspace import Workspace
from tests.unit.services.outcomes import finish, plan, table
from tests.unit.services.support import csv


def seeded(ws: Workspace, data: int, algorithm: str, seed: int) -> int:
    config = plan(data, algorithm, evaluation=EvaluationConfig(folds=3, seed=seed))
    (run_id,) = train(ws, f"{algorithm} {seed}", config)[1]
    finish(ws, run_id, {"roc_auc": 0.7})
    return run_id


def test_the_models_of_the_others_run_on_the_split_of_one(idle: Workspace, tmp_path: Path) -> None:
    data = table(idle, tmp_path)
    goal, same = seeded(idle, data, "knn", 1), seeded(idle, data, "mlp", 1)
    other = seeded(idle, data, "random_forest", 2)
    found = compare(idle, [other, goal, same])
    assert len(found.groups) == 2
    aligned = align(idle, found, goal)
    (new,) = aligned.queued
    assert aligned.runs == (new, goal, same)
    assert not aligned.refused
    run, there, was = (runs.get_run(idle, id) for id in (new, goal, other))
    assert run.spec.evaluation == there.spec.evaluation
    assert run.spec.model == was.spec.model
    assert run.experiment_id == there.experiment_id
    assert compare(idle, aligned.runs).comparable
    # Once it has run there, it is not run again.
    finish(idle, new, {"roc_auc": 0.8})
    again = align(idle, found, goal)
    assert (again.runs, again.queued) == ((new, goal, same), ())


def test_another_version_of_the_data_is_left_for_that_of_the_one(
    idle: Workspace, tmp_path: Path
) -> None:
    old = seeded(idle, table(idle, tmp_path), "knn", 1)
    newer = datasets.add_file(idle, csv(tmp_path, rows=60), name="churn", target="churned")
    new = seeded(idle, newer.id, "mlp", 1)
    aligned = align(idle, compare(idle, [old, new]), new)
    assert runs.get_run(idle, aligned.queued[0]).dataset_id == newer.id
    assert compare(idle, aligned.runs).comparable


def test_what_cannot_be_brought_there_says_why(idle: Workspace, tmp_path: Path) -> None:
    data = table(idle, tmp_path)
    goal = seeded(idle, data, "knn", 1)
    amount = train(idle, "b", plan(data, "ridge", target="amount", task=Task.REGRESSION))[1][0]
    more = datasets.add_file(
        idle, csv(tmp_path, "more.csv", extra="region"), name="more", target="churned"
    )
    config = plan(more.id, "knn").model_copy(
        update={"features": FeatureConfig(include=("region",))}
    )
    region = train(idle, "c", config)[1][0]
    aligned = align(idle, compare(idle, [goal, amount, region]), goal)
    assert (aligned.runs, aligned.queued) == ((goal,), ())
    assert aligned.refused == {
        amount: "It predicts amount, not churned.",
        region: "The dataset has no column 'region'.",
    }


def test_runs_that_can_be_ranked_already_are_left_alone(idle: Workspace, tmp_path: Path) -> None:
    data = table(idle, tmp_path)
    found = compare(idle, [seeded(idle, data, "knn", 1), seeded(idle, data, "mlp", 1)])
    with pytest.raises(InvalidInput, match="nothing to bring together"):
        align(idle, found, found.runs[0].id)
    other = compare(idle, [found.runs[0].id, seeded(idle, data, "knn", 2)])
    with pytest.raises(InvalidInput):
        align(idle, other, 99)
