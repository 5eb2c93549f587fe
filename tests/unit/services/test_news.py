"""What happened lately: the shortest time with news, endings by reason, and honest bests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from mlops_core.cli import main
from mlops_core.domain.configs import EvaluationConfig
from mlops_core.domain.states import EndReason, RunStatus
from mlops_core.services import experiments, runs
from mlops_core.services.comparison import Verdict
from mlops_core.services.news import MOST, News, news
from mlops_core.store.workspace import Workspace
from mlops_core.words.judged import run_name
from mlops_core.words.lately import contest_sentence
from tests.unit.services.outcomes import complete, fail, finish, judged_rows, plan, table

WEEK_AGO = timedelta(days=8)


@contextmanager
def at(ws: Workspace, shift: timedelta) -> Iterator[Workspace]:
    """The same workspace at another time."""
    other = Workspace(ws.settings, clock=lambda: ws.now() + shift)
    yield other
    other.close()


def two(ws: Workspace, folder: Path, **changes: object) -> tuple[int, int]:
    """An old run that waits and a new one, on the same rows."""
    config = plan(table(ws, folder), "dummy", **changes)
    _made, (old,) = experiments.train(ws, "old", config)
    _made, (new,) = experiments.train(ws, "new", config)
    return old, new


def told(ws: Workspace) -> News:
    found = news(ws)
    assert found is not None
    return found


def test_nothing_is_told_where_nothing_ended(idle: Workspace, tmp_path: Path) -> None:
    assert news(idle) is None
    _made, (one,) = experiments.train(idle, "waits", plan(table(idle, tmp_path)))
    assert news(idle) is None
    fail(idle, one)
    with at(idle, timedelta(days=31)) as later:
        assert news(later) is None


@pytest.mark.parametrize(("passed", "days"), [(0, 1), (2, 7), (8, 30)])
def test_it_goes_back_only_as_far_as_it_must(
    idle: Workspace, tmp_path: Path, passed: int, days: int
) -> None:
    _made, (one,) = experiments.train(idle, "one", plan(table(idle, tmp_path)))
    finish(idle, one, {"roc_auc": 0.5})
    with at(idle, timedelta(days=passed)) as later:
        assert told(later).days == days


def test_endings_are_counted_by_their_reason(idle: Workspace, tmp_path: Path) -> None:
    config = plan(table(idle, tmp_path), "dummy", "knn", "mlp", "svm")
    _made, ids = experiments.train(idle, "first", config)
    finish(idle, ids[0], {"roc_auc": 0.5})
    fail(idle, ids[1])
    fail(idle, ids[2])
    fail(idle, ids[3], EndReason.CANCELLED)
    found = told(idle)
    most = found.endings[0]
    assert (most.reason, most.count) == (EndReason.MEMORY_LIMIT, 2)
    assert [found.count(s) for s in (RunStatus.COMPLETED, RunStatus.FAILED)] == [1, 2]
    runs.archive(idle, ids[1])
    assert told(idle).count(RunStatus.FAILED) == 1


def test_a_first_run_has_nobody_before_it(idle: Workspace, tmp_path: Path) -> None:
    _made, (one,) = experiments.train(idle, "one", plan(table(idle, tmp_path)))
    finish(idle, one, {"roc_auc": 0.7})
    (contest,) = told(idle).contests
    assert (contest.best.id, contest.before, contest.ahead) == (one, None, True)


@pytest.mark.parametrize(
    ("right", "verdict", "ahead"),
    [
        (0.95, Verdict.BETTER, True),
        (0.40, Verdict.WORSE, False),
        (0.70, Verdict.UNDECIDED, None),
    ],
)
def test_a_new_best_is_called_better_only_where_that_is_known(
    idle: Workspace, tmp_path: Path, right: float, verdict: Verdict, ahead: bool | None
) -> None:
    how = EvaluationConfig(folds=5, metric="accuracy")
    old, new = two(idle, tmp_path, evaluation=how)
    with at(idle, -WEEK_AGO) as before:
        complete(before, old, judged_rows(0.7, seed=1, folds=5))
    complete(idle, new, judged_rows(right, seed=2, folds=5))
    (contest,) = told(idle).contests
    assert contest.before is not None
    assert (contest.best.id, contest.before.id) == (new, old)
    assert contest.verdict is verdict
    assert ahead is None or contest.ahead is ahead


def test_a_lower_error_is_ahead(idle: Workspace, tmp_path: Path) -> None:
    old, new = two(idle, tmp_path, evaluation=EvaluationConfig(folds=3, metric="log_loss"))
    with at(idle, -WEEK_AGO) as before:
        finish(before, old, {"log_loss": 0.5}, metric="log_loss")
    finish(idle, new, {"log_loss": 0.4}, metric="log_loss")
    (contest,) = told(idle).contests
    assert (contest.best.id, contest.ahead, contest.verdict) == (new, True, None)


def test_runs_on_another_split_are_no_rivals(idle: Workspace, tmp_path: Path) -> None:
    data = table(idle, tmp_path)
    config = plan(data, "dummy", evaluation=EvaluationConfig(folds=3, seed=1))
    _made, (old,) = experiments.train(idle, "old", config)
    _made, (new,) = experiments.train(idle, "new", plan(data, "dummy"))
    with at(idle, -WEEK_AGO) as before:
        finish(before, old, {"roc_auc": 0.9})
    finish(idle, new, {"roc_auc": 0.7})
    (contest,) = told(idle).contests
    assert contest.before is None


def test_the_datasets_with_the_latest_news_are_told_of(idle: Workspace, tmp_path: Path) -> None:
    started = []
    for number in range(MOST + 1):
        config = plan(table(idle, tmp_path, name=f"table {number}"))
        _made, (one,) = experiments.train(idle, f"on {number}", config)
        started.append(one)
    for place, one in enumerate(started):
        with at(idle, timedelta(minutes=place - 60)) as then:
            finish(then, one, {"roc_auc": 0.7})
    assert [one.best.id for one in told(idle).contests] == started[:0:-1]


def test_the_shell_says_the_same(
    idle: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*words: str) -> str:
        assert main([*words]) == 0
        return capsys.readouterr().out

    assert "No run ended" in said("news")
    assert json.loads(said("news", "--json"))["days"] is None
    old, new = two(idle, tmp_path)
    with at(idle, -WEEK_AGO) as before:
        finish(before, old, {"roc_auc": 0.6})
    finish(idle, new, {"roc_auc": 0.7})
    text = said("news")
    assert "Since yesterday" in text and "1 completed" in text
    assert f"run {new} has the best value so far with 0.7000; before, dummy" in text
    found = json.loads(said("news", "--json"))
    assert found["best"][0]["before"] == {"run_id": old, "value": 0.6}
    listed = json.loads(said("runs", "list", "--days", "3", "--json"))
    assert [run["id"] for run in listed["runs"]] == [new]


@pytest.mark.parametrize(
    ("before", "new", "words"),
    [
        (0.6, 0.6, "run 2 with 0.6000 equals the best so far, dummy, run 1."),
        (0.6, 0.5, "run 1 stays the best with 0.6000; the best new run is dummy, run 2 with 0.5"),
    ],
)
def test_who_is_no_better_is_not_called_so(
    idle: Workspace, tmp_path: Path, before: float, new: float, words: str
) -> None:
    old, late = two(idle, tmp_path)
    with at(idle, -WEEK_AGO) as then:
        finish(then, old, {"roc_auc": before})
    finish(idle, late, {"roc_auc": new})
    (contest,) = told(idle).contests
    assert words in contest_sentence(contest, run_name)


def test_new_runs_on_two_splits_are_told_of_by_themselves(idle: Workspace, tmp_path: Path) -> None:
    data = table(idle, tmp_path)
    started = []
    for seed, value in ((1, 0.9), (2, 0.7)):
        config = plan(data, "dummy", evaluation=EvaluationConfig(folds=3, seed=seed))
        _made, (old,) = experiments.train(idle, f"old {seed}", config)
        _made, (new,) = experiments.train(idle, f"new {seed}", config)
        with at(idle, -WEEK_AGO) as before:
            finish(before, old, {"roc_auc": 0.6})
        finish(idle, new, {"roc_auc": value})
        started.append((new, old))
    found = [(one.best.id, one.before and one.before.id) for one in told(idle).contests]
    assert found == started
    other = plan(table(idle, tmp_path, name="other"), "dummy")
    _made, (late,) = experiments.train(idle, "elsewhere", other)
    finish(idle, late, {"roc_auc": 0.5})
    found_now = [one.best.id for one in told(idle).contests]
    assert found_now == [late, started[0][0], started[1][0]]


def test_the_luckiest_of_many_is_judged_as_one_of_many(idle: Workspace, tmp_path: Path) -> None:
    how = EvaluationConfig(folds=5, metric="accuracy")
    data = table(idle, tmp_path)
    _made, (old,) = experiments.train(idle, "old", plan(data, "dummy", evaluation=how))
    _made, (new,) = experiments.train(idle, "new", plan(data, "dummy", evaluation=how))
    with at(idle, -WEEK_AGO) as before:
        complete(before, old, judged_rows(0.7, seed=1, folds=5))
    complete(idle, new, judged_rows(0.91, seed=2, folds=5))
    (alone,) = told(idle).contests
    assert alone.verdict is Verdict.BETTER
    for number in range(12):
        _made, (other,) = experiments.train(idle, f"try {number}", plan(data, evaluation=how))
        finish(idle, other, {"accuracy": 0.5}, metric="accuracy")
    (among_many,) = told(idle).contests
    assert among_many.best.id == new and among_many.ahead
    assert among_many.verdict is Verdict.UNDECIDED
