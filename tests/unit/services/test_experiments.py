"""Experiments: planned, started, versioned, never changed once something has run."""

from __future__ import annotations

from itertools import combinations_with_replacement, product
from pathlib import Path
from threading import Thread

import pytest

from mlops_core.domain.configs import (
    Bump,
    EvaluationConfig,
    FeatureConfig,
    ModelConfig,
    ResourceAllocation,
    SplitStrategy,
)
from mlops_core.domain.params import Task
from mlops_core.domain.records import ExperimentSummary
from mlops_core.domain.states import EndReason, ExperimentStatus, RunStatus, experiment_status
from mlops_core.errors import Conflict, InvalidInput, MlopsError, NotFound, TooBig
from mlops_core.services import baselines, datasets, experiments, runs
from mlops_core.services.experiments import ExperimentFilter
from mlops_core.store.experiment_views import SORTS
from mlops_core.store.workspace import Workspace
from tests.unit.services.outcomes import begin, fail, finish, plan, table


def test_an_experiment_is_planned_until_it_is_started(idle: Workspace, tmp_path: Path) -> None:
    made = experiments.create(idle, " first ", plan(table(idle, tmp_path)), tags=["b", "a", "b"])
    assert (made.name, made.version, made.tags) == ("first", "1.0.0", ("a", "b"))
    assert made.status is ExperimentStatus.PLANNED
    assert runs.list_runs(idle).total == 0


def test_a_start_queues_one_complete_run_for_each_model(idle: Workspace, tmp_path: Path) -> None:
    config = plan(table(idle, tmp_path), "random_forest", "knn")
    made = experiments.create(idle, "first", config)
    ids = experiments.start(idle, made.id)
    started = [runs.get_run(idle, run_id) for run_id in ids]
    assert [run.algorithm for run in started] == ["random_forest", "knn"]
    assert [run.number for run in started] == [1, 2]
    assert started[0].spec.model.params["n_estimators"] is not None
    assert started[0].metric == "roc_auc"
    assert experiments.get_experiment(idle, made.id).status is ExperimentStatus.QUEUED


def test_what_is_under_way_is_not_started_again(idle: Workspace, tmp_path: Path) -> None:
    made, (run_id,) = experiments.train(idle, "first", plan(table(idle, tmp_path)))
    with pytest.raises(Conflict, match="under way"):
        experiments.start(idle, made.id)
    finish(idle, run_id, {"roc_auc": 0.5})
    assert len(experiments.start(idle, made.id)) == 1
    assert runs.list_runs(idle, runs.RunFilter(experiment_id=made.id)).total == 2


def test_training_saves_all_or_nothing(idle: Workspace, tmp_path: Path) -> None:
    config = plan(table(idle, tmp_path))
    experiments.train(idle, "first", config)
    with pytest.raises(Conflict, match=r"“first” has a version 1\.0\.0 already") as caught:
        experiments.train(idle, "first", config)
    assert caught.value.field == "version"
    assert runs.list_runs(idle).total == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"target": "chrned"}, "target"),
        ({"target": "plan", "task": Task.REGRESSION}, "target"),
        ({"features": FeatureConfig(exclude=("nothing",))}, "features.exclude"),
        ({"evaluation": EvaluationConfig(folds=50)}, "evaluation.folds"),
        ({"evaluation": EvaluationConfig(metric="acuracy")}, "evaluation.metric"),
        (
            {"evaluation": EvaluationConfig(strategy=SplitStrategy.GROUPED, group_column="nobody")},
            "evaluation.group_column",
        ),
        ({"resources": ResourceAllocation(time_limit_hours=1000)}, "resources.time_limit_hours"),
    ],
)
def test_what_cannot_run_is_refused_beside_its_field(
    idle: Workspace, tmp_path: Path, change: dict[str, object], field: str
) -> None:
    config = plan(table(idle, tmp_path)).model_copy(update=change)
    assert field in [problem.field for problem in experiments.problems(idle, config)]
    with pytest.raises(InvalidInput) as caught:
        experiments.create(idle, "first", config)
    assert caught.value.field == field
    assert experiments.list_experiments(idle).total == 0


def test_a_problem_of_one_model_says_of_which(idle: Workspace, tmp_path: Path) -> None:
    config = plan(table(idle, tmp_path), "dummy", "knn")
    wrong = config.models[1].model_copy(
        update={"config": ModelConfig(algorithm="knn", params={"n_neighbors": 0})}
    )
    config = config.model_copy(update={"models": (config.models[0], wrong)})
    (problem,) = experiments.problems(idle, config)
    assert problem.field == "models.1.params.n_neighbors"
    assert problem.message.startswith("knn: ")


def test_a_problem_of_all_models_is_said_once(idle: Workspace, tmp_path: Path) -> None:
    config = plan(table(idle, tmp_path), "dummy", "knn", target="nothing")
    assert [problem.field for problem in experiments.problems(idle, config)] == ["target"]


def test_what_is_too_big_can_be_planned_but_not_started(idle: Workspace, tmp_path: Path) -> None:
    config = plan(table(idle, tmp_path)).model_copy(
        update={"resources": ResourceAllocation(memory_gb=128)}
    )
    with pytest.raises(TooBig):
        experiments.train(idle, "big", config)
    made = experiments.create(idle, "big", config)
    with pytest.raises(TooBig, match="128 GB"):
        experiments.start(idle, made.id)
    assert runs.list_runs(idle).total == 0


def test_a_baseline_takes_the_next_free_version(idle: Workspace, tmp_path: Path) -> None:
    dataset_id = table(idle, tmp_path)
    first, ids = baselines.train(idle, dataset_id)
    second, _ids = baselines.train(idle, dataset_id)
    assert (first.name, first.version, second.version) == ("churn baseline", "1.0.0", "1.1.0")
    assert second.parent_id == first.id
    assert [runs.get_run(idle, run_id).algorithm for run_id in ids] == [
        "dummy",
        "logistic_regression",
        "hist_gradient_boosting",
        "random_forest",
    ]


def test_a_baseline_of_numbers_uses_ridge(idle: Workspace, tmp_path: Path) -> None:
    dataset_id = table(idle, tmp_path)
    datasets.set_target(idle, dataset_id, "amount")
    config = baselines.config_of(idle, dataset_id)
    assert config.task is Task.REGRESSION
    assert "ridge" in [model.config.algorithm for model in config.models]


@pytest.mark.parametrize("rows", [4, 6, 9, 40])
def test_a_baseline_fits_small_tables(idle: Workspace, tmp_path: Path, rows: int) -> None:
    dataset_id = table(idle, tmp_path, rows=rows)
    config = baselines.config_of(idle, dataset_id)
    assert experiments.problems(idle, config) == []


def test_a_new_version_is_above_all_that_there_are(idle: Workspace, tmp_path: Path) -> None:
    dataset_id = table(idle, tmp_path)
    first = experiments.create(idle, "first", plan(dataset_id), tags=["kept"])
    minor = experiments.new_version(idle, first.id, Bump.MINOR, plan(dataset_id, "knn"))
    assert (minor.version, minor.parent_id, minor.tags) == ("1.1.0", first.id, ("kept",))
    assert experiments.next_version(idle, first.id, Bump.PATCH) == "1.1.1"
    major = experiments.new_version(idle, first.id, Bump.MAJOR, plan(dataset_id), tags=[])
    assert (major.version, major.tags) == ("2.0.0", ())
    assert [one.version for one in experiments.history(idle, "first")] == [
        "2.0.0",
        "1.1.0",
        "1.0.0",
    ]


def test_versions_sort_by_number_not_by_letter(idle: Workspace, tmp_path: Path) -> None:
    config = plan(table(idle, tmp_path))
    for version in ("1.9.0", "1.10.0", "1.2.11"):
        experiments.create(idle, "first", config, version=version)
    page = experiments.list_experiments(idle, sort="version", descending=False)
    assert [one.version for one in page.items] == ["1.2.11", "1.9.0", "1.10.0"]


def test_changes_show_what_differs_and_nothing_else(idle: Workspace, tmp_path: Path) -> None:
    dataset_id = table(idle, tmp_path)
    first = experiments.create(idle, "first", plan(dataset_id, "knn"))
    config = plan(dataset_id, "knn", evaluation=EvaluationConfig(folds=4))
    params = {"n_neighbors": 9}
    model = config.models[0].model_copy(
        update={"config": ModelConfig(algorithm="knn", params=params)}
    )
    second = experiments.new_version(
        idle, first.id, Bump.MINOR, config.model_copy(update={"models": (model,)})
    )
    changes = {one.path: one.after for one in experiments.changes(idle, first.id, second.id)}
    assert changes == {"evaluation.folds": 4, "models.knn.params.n_neighbors": 9}
    assert experiments.changes(idle, first.id, first.id) == ()


def test_only_words_about_an_experiment_can_be_edited(idle: Workspace, tmp_path: Path) -> None:
    made, _ids = experiments.train(idle, "first", plan(table(idle, tmp_path)))
    edited = experiments.edit(idle, made.id, description=" Of May ", tags=["new"])
    assert (edited.description, edited.tags) == ("Of May", ("new",))
    assert edited.config == made.config
    assert experiments.all_tags(idle) == ("new",)


def test_a_duplicate_has_another_name_and_no_runs(idle: Workspace, tmp_path: Path) -> None:
    made, _ids = experiments.train(idle, "first", plan(table(idle, tmp_path)), version="2.1.0")
    copy = experiments.duplicate(idle, made.id, "second")
    assert (copy.version, copy.status, copy.parent_id) == (
        "1.0.0",
        ExperimentStatus.PLANNED,
        made.id,
    )
    assert copy.config == made.config
    with pytest.raises(Conflict) as caught:
        experiments.duplicate(idle, made.id, "first")
    assert caught.value.field == "name"


def test_only_what_never_ran_can_be_removed(idle: Workspace, tmp_path: Path) -> None:
    dataset_id = table(idle, tmp_path)
    planned = experiments.create(idle, "planned", plan(dataset_id))
    child = experiments.new_version(idle, planned.id, Bump.MINOR, plan(dataset_id))
    experiments.remove(idle, planned.id)
    with pytest.raises(NotFound):
        experiments.get_experiment(idle, planned.id)
    assert experiments.get_experiment(idle, child.id).parent_id is None
    ran, _ids = experiments.train(idle, "ran", plan(dataset_id))
    with pytest.raises(Conflict, match="has been run"):
        experiments.remove(idle, ran.id)


def test_a_parent_that_has_run_stays_a_parent(idle: Workspace, tmp_path: Path) -> None:
    dataset_id = table(idle, tmp_path)
    ran, _ids = experiments.train(idle, "ran", plan(dataset_id))
    child = experiments.new_version(idle, ran.id, Bump.MINOR, plan(dataset_id))
    with pytest.raises(Conflict):
        experiments.remove(idle, ran.id)
    assert experiments.get_experiment(idle, child.id).parent_id == ran.id


def test_stopping_withdraws_what_waits_and_flags_what_runs(idle: Workspace, tmp_path: Path) -> None:
    config = plan(table(idle, tmp_path), "dummy", "knn", "random_forest")
    made, (ended, running, waiting) = experiments.train(idle, "first", config)
    finish(idle, ended, {"roc_auc": 0.5})
    begin(idle, running)
    assert experiments.stop(idle, made.id) == 2
    assert runs.get_run(idle, waiting).status is RunStatus.CANCELLED
    assert runs.get_run(idle, running).stop_requested_at is not None
    assert runs.get_run(idle, ended).status is RunStatus.COMPLETED
    assert experiments.stop(idle, made.id) == 0


def test_the_archive_takes_only_what_is_over(idle: Workspace, tmp_path: Path) -> None:
    made, (run_id,) = experiments.train(idle, "first", plan(table(idle, tmp_path)), tags=["x"])
    with pytest.raises(Conflict):
        experiments.archive(idle, made.id)
    finish(idle, run_id, {"roc_auc": 0.5})
    experiments.archive(idle, made.id)
    assert experiments.list_experiments(idle).items == ()
    assert runs.list_runs(idle).items == ()  # its runs go with it
    assert experiments.all_tags(idle) == ()
    with pytest.raises(Conflict, match="archive"):
        experiments.start(idle, made.id)
    (found,) = experiments.list_experiments(idle, ExperimentFilter(archived=True)).items
    assert found.archived_at is not None
    experiments.unarchive(idle, made.id)
    assert experiments.list_experiments(idle).total == 1


def test_the_status_in_sql_is_that_of_the_domain(idle: Workspace, tmp_path: Path) -> None:
    dataset_id = table(idle, tmp_path)
    names = {}
    for number, statuses in enumerate(combinations_with_replacement(RunStatus, 2)):
        config = plan(dataset_id, "dummy", "knn")
        made, ids = experiments.train(idle, f"e{number}", config)
        for run_id, status in zip(ids, statuses, strict=True):
            _bring_to(idle, run_id, status)
        names[made.id] = experiment_status(list(statuses))
    listed = experiments.list_experiments(idle).items
    assert {one.id: one.status for one in listed} == names
    for status in set(names.values()):
        wanted = {made_id for made_id, found in names.items() if found is status}
        page = experiments.list_experiments(idle, ExperimentFilter(status=status))
        assert ({one.id for one in page.items}, page.total) == (wanted, len(wanted))


def _bring_to(ws: Workspace, run_id: int, status: RunStatus) -> None:
    match status:
        case RunStatus.RUNNING:
            begin(ws, run_id)
        case RunStatus.COMPLETED:
            finish(ws, run_id, {"roc_auc": 0.5})
        case RunStatus.FAILED:
            fail(ws, run_id)
        case RunStatus.CANCELLED:
            fail(ws, run_id, EndReason.CANCELLED)


@pytest.mark.parametrize(
    ("metric", "values", "best"),
    [("roc_auc", (0.7, 0.9, 0.8), 1), ("log_loss", (0.7, 0.9, 0.3), 2)],
)
def test_the_best_run_is_best_in_the_metrics_own_direction(
    idle: Workspace, tmp_path: Path, metric: str, values: tuple[float, ...], best: int
) -> None:
    config = plan(
        table(idle, tmp_path),
        "dummy",
        "knn",
        "random_forest",
        "mlp",
        evaluation=EvaluationConfig(folds=3, metric=metric),
    )
    _made, ids = experiments.train(idle, "first", config)
    for run_id, value in zip(ids, values, strict=False):
        finish(idle, run_id, {metric: value}, metric=metric)
    fail(idle, ids[3])
    (summary,) = experiments.list_experiments(idle).items
    assert (summary.metric, summary.best, summary.best_run_id) == (metric, values[best], ids[best])
    assert (summary.runs, summary.completed, summary.failed) == (4, 3, 1)
    assert summary.algorithms == ("dummy", "knn", "random_forest", "mlp")


def test_pages_show_every_experiment_once(idle: Workspace, tmp_path: Path) -> None:
    config = plan(table(idle, tmp_path))
    for number in range(7):
        experiments.create(idle, f"e{number % 3}", config, version=f"1.{number}.0")
    for sort, descending in product(sorted(SORTS), (True, False)):
        whole = experiments.list_experiments(idle, sort=sort, descending=descending)
        seen: list[ExperimentSummary] = []
        cursor = None
        while cursor is not None or not seen:
            page = experiments.list_experiments(
                idle, sort=sort, descending=descending, limit=2, cursor=cursor
            )
            assert page.total == 7
            seen.extend(page.items)
            cursor = page.cursor
        assert tuple(seen) == whole.items, sort
        assert len(seen) == 7


def test_filters_hold_together(idle: Workspace, tmp_path: Path) -> None:
    first, second = table(idle, tmp_path), table(idle, tmp_path, name="other")
    experiments.create(idle, "churn may", plan(first), tags=["weekly"])
    experiments.create(idle, "churn june", plan(second), tags=["weekly"])
    experiments.create(idle, "이탈 100%", plan(second))

    def names(**wanted: str) -> set[str]:
        page = experiments.list_experiments(idle, ExperimentFilter(**wanted))  # type: ignore[arg-type]
        return {one.name for one in page.items}

    assert names(search="CHURN weekly") == {"churn may", "churn june"}
    assert names(search="이탈") == {"이탈 100%"}
    assert names(search="%") == {"이탈 100%"}
    assert names(tag="weekly", dataset="other") == {"churn june"}
    assert names(search="nothing") == set()


def test_a_sort_order_that_is_none_is_refused(idle: Workspace) -> None:
    with pytest.raises(InvalidInput, match="'colour'"):
        experiments.list_experiments(idle, sort="colour")
    with pytest.raises(InvalidInput, match="page"):
        experiments.list_experiments(idle, cursor="%%%")


def test_what_does_not_exist_is_not_found(idle: Workspace) -> None:
    with pytest.raises(NotFound):
        experiments.get_experiment(idle, 9)
    with pytest.raises(NotFound):
        experiments.start(idle, 9)
    assert [one.field for one in experiments.problems(idle, plan(9))] == ["dataset_id"]
    assert experiments.history(idle, "nobody") == ()


def test_of_two_that_take_one_version_one_gets_it(idle: Workspace, tmp_path: Path) -> None:
    config = plan(table(idle, tmp_path))
    errors: list[MlopsError] = []

    def make() -> None:
        try:
            experiments.train(idle, "first", config)
        except MlopsError as error:
            errors.append(error)

    threads = [Thread(target=make) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(error) for error in errors] == [Conflict] * 3
    assert runs.list_runs(idle).total == 1
