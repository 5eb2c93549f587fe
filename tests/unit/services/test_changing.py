"""What changed from one run to another, and what it did."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_core.cli import main
from mlops_core.domain.configs import EvaluationConfig, ExperimentConfig, ModelConfig
from mlops_core.services import changing, comparison, experiments, runs
from mlops_core.services.changing import Changed
from mlops_core.services.comparison import Basis, Verdict
from mlops_core.store.workspace import Workspace
from tests.unit.services.outcomes import complete, judged_rows, plan, table


def knn(data: int, neighbors: int, seed: int = 42) -> ExperimentConfig:
    config = plan(data, "knn", evaluation=EvaluationConfig(folds=2, seed=seed))
    (model,) = config.models
    asked = ModelConfig(algorithm="knn", params={"n_neighbors": neighbors})
    return config.model_copy(update={"models": (model.model_copy(update={"config": asked}),)})


def of(ws: Workspace, a: int, b: int, by: Basis | None = None) -> Changed:
    return changing.changed(ws, runs.get_run(ws, a), runs.get_run(ws, b), by=by)


def test_a_change_and_its_effect_are_told_apart_from_noise(idle: Workspace, tmp_path: Path) -> None:
    data = table(idle, tmp_path, rows=900)
    (a,) = experiments.train(idle, "a", knn(data, 5))[1]
    (b,) = experiments.train(idle, "b", knn(data, 9))[1]
    (c,) = experiments.train(idle, "c", knn(data, 5))[1]
    complete(idle, a, judged_rows(0.70, 1, 2))
    complete(idle, b, judged_rows(0.95, 2, 2))
    complete(idle, c, judged_rows(0.70, 3, 2))
    better = of(idle, a, b)
    assert [(one.path, one.before, one.after) for one in better.changes] == [
        ("params.n_neighbors", 5, 9)
    ]
    (accuracy,) = better.metrics
    assert accuracy.pair is not None
    assert accuracy.pair.verdict is Verdict.BETTER
    assert accuracy.before is not None and accuracy.after is not None
    assert accuracy.pair.difference == pytest.approx(accuracy.after - accuracy.before)
    assert (better.comparable, better.basis) == (True, Basis.HOLDOUT)
    judged = comparison.judge(idle, comparison.compare(idle, [a, b]), "accuracy")
    assert judged.groups[0].pair(b, a) == accuracy.pair  # the comparison says the same
    back = of(idle, b, a)
    assert back.metrics[0].pair is not None and back.metrics[0].pair.verdict is Verdict.WORSE
    same = of(idle, a, c, Basis.FOLDS)
    assert same.changes == ()
    assert same.basis is Basis.FOLDS
    assert same.metrics[0].pair is not None
    assert same.metrics[0].pair.verdict in {Verdict.UNDECIDED, Verdict.EQUIVALENT}


def test_runs_of_other_splits_have_values_and_no_verdict(idle: Workspace, tmp_path: Path) -> None:
    data = table(idle, tmp_path, rows=900)
    (a,) = experiments.train(idle, "a", knn(data, 5))[1]
    (b,) = experiments.train(idle, "b", knn(data, 5, seed=7))[1]
    for run_id in (a, b):
        complete(idle, run_id, judged_rows(0.8, run_id, 2))
    found = of(idle, a, b)
    assert [one.path for one in found.changes] == ["fit_seed", "evaluation.seed"]
    assert not found.comparable and found.notes
    assert [one.pair for one in found.metrics] == [None]
    assert found.metrics[0].before is not None


def test_versions_are_laid_beside_each_other_model_by_model(
    idle: Workspace, tmp_path: Path
) -> None:
    data = table(idle, tmp_path)
    first, old = experiments.train(idle, "a", plan(data, "knn", "mlp", "dummy"))
    second, new = experiments.train(idle, "b", plan(data, "mlp", "knn"))
    assert changing.partners(idle, first.id, second.id) == ()
    for run_id in (*old, *new):
        complete(idle, run_id, judged_rows(0.8, run_id, 2))
    pairs = changing.partners(idle, first.id, second.id)
    assert {(a.model_name, b.model_name) for a, b in pairs} == {("knn", "knn"), ("mlp", "mlp")}
    assert all(a.experiment_id == first.id and b.experiment_id == second.id for a, b in pairs)
    third, (only,) = experiments.train(idle, "c", plan(data, "svm"))
    fourth, (other,) = experiments.train(idle, "d", plan(data, "random_forest"))
    for run_id in (only, other):
        complete(idle, run_id, judged_rows(0.8, run_id, 2))
    assert [(a.id, b.id) for a, b in changing.partners(idle, third.id, fourth.id)] == [
        (only, other)
    ]


def test_the_shell_says_it(
    idle: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("mlops_core.cli.output.workspace", lambda: idle)
    data = table(idle, tmp_path, rows=900)
    (a,) = experiments.train(idle, "a", knn(data, 5))[1]
    (b,) = experiments.train(idle, "b", knn(data, 9))[1]
    for run_id, right in ((a, 0.6), (b, 0.9)):
        complete(idle, run_id, judged_rows(right, run_id, 2))
    assert main(["runs", "changed", str(a), str(b), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["changes"] == [{"path": "params.n_neighbors", "before": 5, "after": 9}]
    assert told["metrics"][0]["verdict"] == "better"
    assert told["usage"]["wall_seconds"] == [1.6, 1.6]
    assert main(["runs", "changed", str(a), str(b)]) == 0
    text = capsys.readouterr().out
    assert "params.n_neighbors" in text and "better" in text
