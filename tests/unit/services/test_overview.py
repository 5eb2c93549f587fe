"""Overview: every number is counted from what there is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from mlops_core.domain.configs import ModelConfig
from mlops_core.domain.params import Task
from mlops_core.domain.queue import Priority, Submission
from mlops_core.domain.states import EndReason
from mlops_core.services import experiments, models
from mlops_core.services.overview import DAYS, Overview, mark_compared, overview
from mlops_core.store.workspace import Workspace
from tests.unit.services.outcomes import begin, fail, finish, plan, table


def steps(found: Overview) -> dict[str, bool]:
    return {step.key: step.done for step in found.checklist}


def test_an_empty_workspace_counts_nothing(idle: Workspace) -> None:
    found = overview(idle)
    assert (found.experiments, found.running, found.models, found.datasets) == (0, 0, 0, 0)
    assert (found.running_runs, found.queue, found.recent) == ((), (), ())
    assert not any(steps(found).values())
    assert len(found.activity) == DAYS
    assert found.activity[-1].day == idle.now().date()


def test_totals_are_those_of_the_runs(idle: Workspace, tmp_path: Path) -> None:
    config = plan(table(idle, tmp_path), "dummy", "knn", "mlp", "svm", "sgd")
    made, ids = experiments.train(idle, "first", config)
    finish(idle, ids[0], {"roc_auc": 0.5})
    fail(idle, ids[1])
    fail(idle, ids[2], EndReason.CANCELLED)
    begin(idle, ids[3])
    for depth in (5, 6):
        models.save(
            idle,
            "tree",
            Task.CLASSIFICATION,
            ModelConfig(algorithm="decision_tree", params={"max_depth": depth}),
        )
    found = overview(idle)
    counts = (found.completed, found.failed, found.cancelled, found.running, found.queued)
    assert counts == (1, 1, 1, 1, 1)
    assert (found.experiments, found.datasets, found.models) == (1, 1, 1)
    assert [run.id for run in found.running_runs] == [ids[3]]
    assert [run.id for run in found.queue] == [ids[4]]
    assert [one.id for one in found.recent] == [made.id]
    today = found.activity[-1]
    assert (today.completed, today.failed) == (1, 1)
    assert sum(day.completed for day in found.activity) == 1


def test_the_queue_starts_with_who_waits_longest(idle: Workspace, tmp_path: Path) -> None:
    _made, ids = experiments.train(idle, "first", plan(table(idle, tmp_path), "dummy", "knn"))
    assert [run.id for run in overview(idle).queue] == list(ids)


def test_the_queue_stands_in_the_order_in_which_runs_may_start(
    idle: Workspace, tmp_path: Path
) -> None:
    config = plan(table(idle, tmp_path), "dummy", "knn")
    _first, ids = experiments.train(idle, "first", config)
    urgent = Submission(owner="lee", priority=Priority.HIGH)
    _second, before = experiments.train(idle, "second", config, by=urgent)
    assert [run.id for run in overview(idle).queue] == [*before, *ids]


def test_a_day_is_a_day_of_the_calendar(idle: Workspace, tmp_path: Path) -> None:
    _made, (run_id,) = experiments.train(idle, "first", plan(table(idle, tmp_path)))
    finish(idle, run_id, {"roc_auc": 0.5})
    for days, place in ((0, DAYS - 1), (3, DAYS - 4), (DAYS - 1, 0)):
        later = Workspace(idle.settings, clock=lambda days=days: idle.now() + timedelta(days=days))
        counts = [day.completed for day in overview(later).activity]
        later.close()
        assert counts[place] == 1
        assert sum(counts) == 1
    much_later = Workspace(idle.settings, clock=lambda: idle.now() + timedelta(days=DAYS))
    assert sum(day.completed for day in overview(much_later).activity) == 0
    much_later.close()


def test_the_archive_does_not_count(idle: Workspace, tmp_path: Path) -> None:
    made, (run_id,) = experiments.train(idle, "first", plan(table(idle, tmp_path)))
    finish(idle, run_id, {"roc_auc": 0.5})
    experiments.archive(idle, made.id)
    found = overview(idle)
    assert (found.experiments, found.completed, found.recent) == (0, 0, ())


def test_the_checklist_follows_what_was_done(idle: Workspace, tmp_path: Path) -> None:
    dataset_id = table(idle, tmp_path)
    done = {"dataset": True, "experiment": False, "completed": False, "compared": False}
    assert steps(overview(idle)) == done
    _made, (run_id,) = experiments.train(idle, "first", plan(dataset_id))
    assert steps(overview(idle)) == done | {"experiment": True}
    finish(idle, run_id, {"roc_auc": 0.5})
    assert steps(overview(idle)) == done | {"experiment": True, "completed": True}
    mark_compared(idle)
    mark_compared(idle)
    assert all(steps(overview(idle)).values())
