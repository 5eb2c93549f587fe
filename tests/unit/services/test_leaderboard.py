"""The best runs of a dataset, with ranks that know what is not known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops_core.cli import main
from mlops_core.domain.configs import EvaluationConfig
from mlops_core.errors import NotFound
from mlops_core.services import experiments, leaderboard
from mlops_core.services.comparison import Verdict
from mlops_core.store.workspace import Workspace
from tests.unit.services.outcomes import complete, fail, judged_rows, plan, table


@pytest.fixture
def data(idle: Workspace, tmp_path: Path) -> int:
    """Two experiments on one split, one on another, and one on another dataset."""
    data = table(idle, tmp_path, rows=900)
    other = table(idle, tmp_path, rows=900, name="other")
    rights = iter((0.95, 0.70, 0.71, 0.94, 0.60, 0.80, 0.99))
    seeds = iter(range(1, 20))
    for name, dataset, algorithms, seed in (
        ("a", data, ("knn", "mlp", "dummy"), 42),
        ("b", data, ("knn", "svm"), 42),
        ("c", data, ("knn",), 7),
        ("d", other, ("knn",), 42),
    ):
        config = plan(dataset, *algorithms, evaluation=EvaluationConfig(folds=2, seed=seed))
        for run_id in experiments.train(idle, name, config)[1]:
            complete(idle, run_id, judged_rows(next(rights), next(seeds), 2))
    return data


def test_ranks_span_what_cannot_be_told_apart(idle: Workspace, data: int) -> None:
    found = leaderboard.leaderboard(idle, data)
    assert found.metric == "roc_auc" or found.metric in found.metrics
    found = leaderboard.leaderboard(idle, data, "accuracy")
    assert (found.total, found.looked_at) == (6, 6)
    first, second = found.boards
    assert [place.run.model_name for place in second.places] == ["knn"]
    assert (second.places[0].first, second.places[0].last) == (1, 1)
    estimates = [place.judged.estimate for place in first.places]
    assert estimates == sorted(estimates, reverse=True)  # type: ignore[type-var]
    assert len(first.places) == 5
    for place in first.places:
        others = [one for one in first.places if one is not place]
        pairs = [first.group.pair(place.run.id, one.run.id) for one in others]
        assert all(pair is not None for pair in pairs)
        verdicts = [pair.verdict for pair in pairs if pair is not None]
        assert place.first == 1 + verdicts.count(Verdict.WORSE)
        assert place.last == 5 - verdicts.count(Verdict.BETTER)
        assert 1 <= place.first <= place.last <= 5
    ranks = [(place.first, place.last) for place in first.places]
    assert ranks[0] == ranks[1] == (1, 2)  # 0.95 and 0.94 on 200 rows
    assert ranks[-1][0] > 2


def test_of_every_model_of_an_experiment_the_best_run_counts(
    idle: Workspace, data: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaderboard, "MOST", 3)
    found = leaderboard.leaderboard(idle, data, "accuracy")
    assert found.looked_at == 3 and found.total == 6
    kept = [place.run.model_name for board in found.boards for place in board.places]
    assert len(kept) == 3


def test_runs_that_did_not_complete_and_other_metrics_have_no_place(
    idle: Workspace, tmp_path: Path
) -> None:
    data = table(idle, tmp_path)
    empty = leaderboard.leaderboard(idle, data)
    assert (empty.boards, empty.metric, empty.total) == ((), None, 0)
    (run_id,) = experiments.train(idle, "a", plan(data, "knn"))[1]
    fail(idle, run_id)
    assert leaderboard.leaderboard(idle, data).boards == ()
    (run_id,) = experiments.train(idle, "b", plan(data, "mlp"))[1]
    complete(idle, run_id, judged_rows(0.8, 1, 2))
    assert leaderboard.leaderboard(idle, data, "r2").boards == ()
    for wrong in ((99, None), (data, "nothing")):
        with pytest.raises(NotFound):
            leaderboard.leaderboard(idle, *wrong)


def test_the_shell_ranks_them(
    idle: Workspace,
    data: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("mlops_core.cli.output.workspace", lambda: idle)
    assert main(["leaderboard", "churn", "--metric", "accuracy", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["metric"], told["direction"], told["total"]) == ("accuracy", "maximize", 6)
    assert told["boards"][0]["runs"][0]["ranks"] == [1, 2]
    assert main(["leaderboard", "churn", "--metric", "accuracy"]) == 0
    assert "1–2" in capsys.readouterr().out
    assert main(["leaderboard", "nothing"]) == 2
