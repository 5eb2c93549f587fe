"""Runs: found, followed by cursor, stopped, run again, and back to a spec that repeats them."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_core.domain.columns import ColumnRole
from mlops_core.domain.configs import EvaluationConfig, FeatureConfig, SpecFile
from mlops_core.domain.records import MetricPoint, ResourceSample, RunSummary
from mlops_core.domain.states import EndReason, RunStatus
from mlops_core.errors import Conflict, InvalidInput, MlopsError, NotFound, TooBig
from mlops_core.services import datasets, experiments, runs
from mlops_core.services.run_json import summary_json
from mlops_core.services.runs import RunFilter
from mlops_core.services.specs import load_spec
from mlops_core.store import paging
from mlops_core.store import runs as store
from mlops_core.store.views import SORTS
from mlops_core.store.workspace import Workspace
from tests.support import wait_until
from tests.unit.services.outcomes import begin, fail, finish, plan, table
from tests.unit.services.support import csv


def three(ws: Workspace, folder: Path) -> tuple[int, ...]:
    """A completed, a failed and a waiting run of one experiment."""
    config = plan(table(ws, folder), "dummy", "knn", "random_forest")
    _made, ids = experiments.train(ws, "first", config, tags=["weekly"])
    finish(ws, ids[0], {"roc_auc": 0.7, "log_loss": 0.6}, folds={"roc_auc": (0.6, 0.8)})
    fail(ws, ids[1])
    return ids


def submit(ws: Workspace, folder: Path, **changes: object) -> int:
    """A run of a small spec, some of its keys changed."""
    content: dict[str, object] = {
        "name": "first",
        "dataset": {"path": csv(folder).name, "target": "churned"},
        "model": {"algorithm": "knn"},
        "resources": {"time_limit_hours": 0.1},
        "evaluation": {"folds": 3},
        **changes,
    }
    return runs.submit_spec(ws, SpecFile.model_validate(content), base=folder)


# Lists --------------------------------------------------------------------------------------------


def test_a_run_carries_its_ending(idle: Workspace, tmp_path: Path) -> None:
    completed, failed, waiting = (runs.get_run(idle, one) for one in three(idle, tmp_path))
    assert (completed.status, completed.value, completed.std) == (RunStatus.COMPLETED, 0.7, 0.01)
    assert completed.usage.peak_memory_mb == 120.5
    assert (failed.end_reason, failed.message) == (
        EndReason.MEMORY_LIMIT,
        "It used 2.0 GB, its limit.",
    )
    assert (waiting.tags, waiting.dataset_name, waiting.number) == (("weekly",), "churn", 3)
    assert completed.folder == idle.run_paths(completed.id).folder


def test_filters_hold_together(idle: Workspace, tmp_path: Path) -> None:
    ids = three(idle, tmp_path)

    def found(**wanted: object) -> set[int]:
        page = runs.list_runs(idle, RunFilter(**wanted))  # type: ignore[arg-type]
        assert page.total == len(page.items)
        return {run.id for run in page.items}

    assert found() == set(ids)
    assert found(status=(RunStatus.COMPLETED, RunStatus.FAILED)) == set(ids[:2])
    assert found(algorithm="knn", tag="weekly") == {ids[1]}
    assert found(search="FOREST first") == {ids[2]}
    assert found(search=f"#{ids[1]}") == {ids[1]}
    assert found(search="week churn") == set(ids)
    assert found(search="100%") == set()
    assert found(tag="week") == set()
    assert found(dataset_name="churn", ids=ids[1:]) == set(ids[1:])
    assert found(dataset_name="other") == set()


def test_pages_show_every_run_once_in_any_order(idle: Workspace, tmp_path: Path) -> None:
    three(idle, tmp_path)
    config = plan(datasets.find_dataset(idle, "churn").id, "dummy", "dummy", "knn")
    _made, ids = experiments.train(idle, "second", config)
    finish(idle, ids[0], {"log_loss": 0.6}, folds={"roc_auc": (0.7,)})
    for sort, descending in product([*SORTS, "metric:roc_auc"], (True, False)):
        whole = runs.list_runs(idle, sort=sort, descending=descending).items
        seen: list[RunSummary] = []
        cursor = None
        while cursor is not None or not seen:
            page = runs.list_runs(idle, sort=sort, descending=descending, limit=2, cursor=cursor)
            assert page.total == 6
            seen.extend(page.items)
            cursor = page.cursor
        assert tuple(seen) == whole, sort
        assert len({run.id for run in seen}) == 6


def test_runs_without_a_value_come_last_in_either_direction(
    idle: Workspace, tmp_path: Path
) -> None:
    completed, *_others = three(idle, tmp_path)
    for descending in (True, False):
        for sort in ("value", "metric:log_loss", "wall_seconds"):
            first = runs.list_runs(idle, sort=sort, descending=descending).items[0]
            assert first.id == completed


@given(st.one_of(st.none(), st.floats(allow_nan=False), st.text()), st.integers(1, 2**31))
def test_a_cursor_carries_any_value(value: float | str | None, row_id: int) -> None:
    assert paging._decode(paging.encode(value, row_id)) == (
        (value, row_id) if value not in (float("inf"), float("-inf")) else (None, row_id)
    )


@pytest.mark.parametrize("cursor", ["x", "W10=", "WzEsICJ4Il0=", "bnVsbA=="])
def test_a_cursor_that_is_none_is_refused(idle: Workspace, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="page"):
        runs.list_runs(idle, cursor=cursor)


def test_a_sort_order_that_is_none_is_refused(idle: Workspace) -> None:
    for sort in ("colour", "metric:colour", "spec"):
        with pytest.raises(InvalidInput, match="sorted"):
            runs.list_runs(idle, sort=sort)


def test_the_archive_takes_only_runs_that_are_over(idle: Workspace, tmp_path: Path) -> None:
    completed, _failed, waiting = three(idle, tmp_path)
    with pytest.raises(Conflict, match="not over"):
        runs.archive(idle, waiting)
    runs.archive(idle, completed)
    assert runs.list_runs(idle).total == 2
    assert runs.list_runs(idle, RunFilter(archived=None)).total == 3
    (found,) = runs.list_runs(idle, RunFilter(archived=True)).items
    assert found.id == completed
    (experiment,) = experiments.list_experiments(idle).items
    assert experiment.best is None  # what was put out of sight is not the best
    runs.unarchive(idle, completed)
    assert runs.list_runs(idle).total == 3


# What can be done ---------------------------------------------------------------------------------


def test_a_run_that_waits_is_withdrawn(idle: Workspace, tmp_path: Path) -> None:
    waiting = three(idle, tmp_path)[2]
    assert runs.stop(idle, waiting) is RunStatus.CANCELLED
    assert [event.kind for event in runs.events(idle, waiting)] == ["queued", "withdraw"]
    with pytest.raises(Conflict, match="over"):
        runs.stop(idle, waiting)


def test_a_run_that_runs_is_asked_to_stop_once(idle: Workspace, tmp_path: Path) -> None:
    waiting = three(idle, tmp_path)[2]
    begin(idle, waiting)
    assert runs.stop(idle, waiting) is RunStatus.RUNNING
    asked = runs.get_run(idle, waiting).stop_requested_at
    assert asked is not None
    assert runs.stop(idle, waiting) is RunStatus.RUNNING
    assert runs.get_run(idle, waiting).stop_requested_at == asked


def test_a_run_that_is_over_cannot_be_stopped(idle: Workspace, tmp_path: Path) -> None:
    completed, failed, waiting = three(idle, tmp_path)
    begin(idle, waiting)
    for run_id in (completed, failed):
        with pytest.raises(Conflict, match="over"):
            runs.stop(idle, run_id)


def test_running_again_keeps_the_spec_and_the_experiment(idle: Workspace, tmp_path: Path) -> None:
    first = runs.get_run(idle, three(idle, tmp_path)[0])
    again = runs.get_run(idle, runs.rerun(idle, first.id))
    assert (again.spec, again.digest, again.experiment_id) == (
        first.spec,
        first.digest,
        first.experiment_id,
    )
    assert (again.number, again.status) == (4, RunStatus.QUEUED)


def test_what_does_not_exist_is_not_found(idle: Workspace) -> None:
    for call in (runs.get_run, runs.stop, runs.rerun, runs.archive, runs.live, runs.spec_yaml):
        with pytest.raises(NotFound, match="no run 9"):
            call(idle, 9)
    assert runs.result(idle, 9) is None
    assert runs.error(idle, 9) is None
    assert runs.artifacts(idle, 9) == ()
    assert runs.log(idle, 9, "stdout").text == ""


def test_waiting_ends_with_the_run(idle: Workspace, tmp_path: Path) -> None:
    waiting = three(idle, tmp_path)[2]
    seen: list[RunStatus] = []
    thread = Thread(
        target=lambda: runs.wait(idle, waiting, on_tick=lambda run: seen.append(run.status))
    )
    thread.start()
    wait_until(lambda: seen, what="the first look")
    finish(idle, waiting, {"roc_auc": 0.5})
    thread.join(timeout=10)
    assert not thread.is_alive()
    assert (seen[0], seen[-1]) == (RunStatus.QUEUED, RunStatus.COMPLETED)


def test_waiting_does_not_outlast_its_timeout(idle: Workspace, tmp_path: Path) -> None:
    waiting = three(idle, tmp_path)[2]
    assert runs.wait(idle, waiting, timeout=0.05).status is RunStatus.QUEUED


# Live ---------------------------------------------------------------------------------------------


def point(seq: int) -> MetricPoint:
    return MetricPoint(
        seq=seq,
        name="roc_auc",
        split="validation",
        fold=1,
        step=seq,
        value=seq / 10,
        at=datetime.now(UTC),
    )


def sample(seq: int) -> ResourceSample:
    return ResourceSample(
        seq=seq, at=datetime.now(UTC), cpu_percent=50.0, memory_mb=80.0, processes=1, threads=2
    )


def event_line(**values: object) -> str:
    return json.dumps({"t": time.time(), **values}, separators=(",", ":")) + "\n"


def test_a_poll_brings_only_what_is_new(idle: Workspace, tmp_path: Path) -> None:
    run_id = three(idle, tmp_path)[2]
    attempt = begin(idle, run_id)
    paths = idle.run_paths(run_id)
    paths.folder.mkdir(parents=True)
    paths.events.write_text(event_line(kind="phase", phase="fold", fold=1, of=3))

    def write(seq: int) -> None:
        with idle.begin() as connection:
            assert store.write_batch(
                connection,
                run_id,
                attempt=attempt,
                points=[point(seq)],
                samples=[sample(seq)],
                progress={"progress": 0.5, "phase": "fold", "fold": 1},
            )

    write(1)
    first = runs.live(idle, run_id)
    assert [one["value"] for one in first["points"]] == [0.1]
    assert first["log"].endswith("Fold 1 of 3\n")
    assert (first["progress"], first["final"], first["more"]) == (0.5, False, False)
    assert first["limits"] == {
        "cpu_cores": 1,
        "memory_gb": 2.0,
        "gpus": 0,
        "gpu_memory_gb": None,
        "time_seconds": 3600.0,
    }
    json.dumps(first, allow_nan=False)
    cursors = {f"after_{name}": value for name, value in first["cursors"].items()}
    nothing = runs.live(idle, run_id, **cursors)
    assert (nothing["points"], nothing["samples"], nothing["log"]) == ([], [], "")
    assert nothing["cursors"] == first["cursors"]
    write(2)
    second = runs.live(idle, run_id, **cursors)
    assert [one["seq"] for one in second["points"]] == [2]
    assert [one["seq"] for one in second["samples"]] == [2]


def test_the_time_left_follows_the_progress_up_to_the_limit(
    idle: Workspace, tmp_path: Path
) -> None:
    run_id = three(idle, tmp_path)[2]
    attempt = begin(idle, run_id)

    def live_at(progress: float, seconds: float) -> dict[str, object]:
        with idle.begin() as connection:
            store.write_batch(connection, run_id, attempt=attempt, progress={"progress": progress})
        started = runs.get_run(idle, run_id).started_at
        assert started is not None
        later = Workspace(idle.settings, clock=lambda: started + timedelta(seconds=seconds))
        found = runs.live(later, run_id)
        later.close()
        return found

    assert live_at(0.01, 10)["left_seconds"] is None
    assert live_at(0.25, 10)["left_seconds"] == pytest.approx(30)
    assert live_at(0.25, 3000)["left_seconds"] == pytest.approx(600)
    assert live_at(0.25, 4000)["left_seconds"] == 0


def test_a_log_holds_only_whole_lines_people_want(idle: Workspace) -> None:
    paths = idle.run_paths(1)
    paths.folder.mkdir(parents=True)
    lines = [
        event_line(kind="metric", name="roc_auc", value=0.5),
        event_line(kind="log", level="warning", message='"kind":"metric" 한글'),
        "{broken\n",
        event_line(kind="progress", done=0.5),
        event_line(kind="phase", phase="saving"),
        '{"t": 1, "kind": "log", "level": "info", "mess',
    ]
    paths.events.write_text("".join(lines), encoding="utf-8")
    part = runs.log(idle, 1, "log")
    said = [line.split("  ", 1)[1] for line in part.text.splitlines()]
    assert said == ['Warning: "kind":"metric" 한글', "Saving"]
    assert runs.log(idle, 1, "log", after_byte=part.next_byte).text == ""
    with paths.events.open("a", encoding="utf-8") as file:
        file.write('age": "done"}\n')
    assert runs.log(idle, 1, "log", after_byte=part.next_byte).text.endswith("done\n")


def test_a_long_log_comes_in_pieces_that_add_up(idle: Workspace) -> None:
    paths = idle.run_paths(1)
    paths.folder.mkdir(parents=True)
    text = "".join(f"줄 {number}\n" for number in range(300)) + "끝" * 400
    paths.stdout.write_text(text, encoding="utf-8")
    paths.events.write_text(
        "".join(event_line(kind="log", level="info", message=f"m{n}") for n in range(300))
    )
    for stream, whole in (("stdout", text), ("log", None)):
        pieces, position = [], 0
        while True:
            part = runs.log(idle, 1, stream, after_byte=position, limit=501)  # type: ignore[arg-type]
            position = part.next_byte
            if not part.text:
                break
            pieces.append(part.text)
        assert len(pieces) > 3
        if whole is not None:
            assert "".join(pieces) == whole
        else:
            assert "".join(pieces).count("\n") == 300


def test_a_line_longer_than_a_step_is_still_read(idle: Workspace) -> None:
    paths = idle.run_paths(1)
    paths.folder.mkdir(parents=True)
    paths.events.write_text(event_line(kind="log", level="info", message="x" * 600_000))
    assert len(runs.log(idle, 1, "log").text) > 600_000


def test_what_a_run_delivered_is_listed_and_read(idle: Workspace, tmp_path: Path) -> None:
    completed, _failed, waiting = three(idle, tmp_path)
    result = runs.result(idle, completed)
    assert result is not None
    assert result.holdout["roc_auc"] == 0.7
    assert [one.key for one in runs.artifacts(idle, completed)] == ["result"]
    paths = idle.run_paths(waiting)
    paths.folder.mkdir(parents=True)
    paths.result.write_text("{half")
    assert runs.result(idle, waiting) is None


# From a spec and back -----------------------------------------------------------------------------


def test_a_spec_adds_its_dataset_and_queues_a_complete_run(idle: Workspace, tmp_path: Path) -> None:
    run = runs.get_run(idle, submit(idle, tmp_path, tags=["x"], description="Of May"))
    assert (run.dataset_name, run.dataset_version, run.tags) == ("churn", 1, ("x",))
    assert run.spec.model.params["n_neighbors"] == 5
    assert run.model_name == "Nearest neighbours"
    assert experiments.get_experiment(idle, run.experiment_id).description == "Of May"


def test_the_same_spec_again_adds_a_run_and_says_so(idle: Workspace, tmp_path: Path) -> None:
    first = submit(idle, tmp_path)
    second = submit(idle, tmp_path)
    assert runs.get_run(idle, second).experiment_id == runs.get_run(idle, first).experiment_id
    assert len(datasets.list_datasets(idle, latest_only=False)) == 1
    summary = summary_json(idle, second)
    assert summary["repeats"] == first
    assert f"Run {first} had the same digest" in summary["message"]
    assert summary_json(idle, first)["repeats"] is None


def test_another_configuration_needs_another_version(idle: Workspace, tmp_path: Path) -> None:
    submit(idle, tmp_path)
    changed = {"evaluation": {"folds": 4}}
    with pytest.raises(Conflict, match="Raise the version"):
        submit(idle, tmp_path, **changed)
    submit(idle, tmp_path, version="1.1.0", **changed)
    assert runs.list_runs(idle).total == 2


def test_a_spec_of_an_archived_experiment_is_refused(idle: Workspace, tmp_path: Path) -> None:
    run_id = submit(idle, tmp_path)
    fail(idle, run_id)
    experiments.archive(idle, runs.get_run(idle, run_id).experiment_id)
    with pytest.raises(Conflict, match="archive"):
        submit(idle, tmp_path)


@pytest.mark.parametrize(
    ("changes", "field", "error"),
    [
        ({"dataset": {"path": "none.csv"}}, "dataset.path", InvalidInput),
        ({"dataset": {"path": "~nobody-here/a.csv"}}, "dataset.path", InvalidInput),
        ({"dataset": {"path": "a\0b.csv"}}, "dataset.path", InvalidInput),
        ({"dataset": {"path": "\ud800.csv"}}, "dataset.path", InvalidInput),
        ({"dataset": {"path": "a" * 300}}, "dataset.path", InvalidInput),
        ({"dataset": {"name": "none"}}, "name", NotFound),
        ({"dataset": {"path": "churn.csv", "version": 1}}, "dataset.version", InvalidInput),
        ({"dataset": {"path": "churn.csv", "target": "chrned"}}, "dataset.target", InvalidInput),
        (
            {"dataset": {"path": "churn.csv", "target": "churned", "positive_class": "maybe"}},
            "dataset.positive_class",
            InvalidInput,
        ),
        ({"model": {"algorithm": "knm"}}, "model.algorithm", NotFound),
        (
            {"model": {"algorithm": "knn", "params": {"n_neighbors": 0}}},
            "model.params.n_neighbors",
            InvalidInput,
        ),
        ({"features": {"exclude": ["nobody"]}}, "features.exclude", InvalidInput),
        ({"resources": {"memory_gb": 500}}, "resources.memory_gb", InvalidInput),
        ({"resources": {"memory_gb": 128}}, "resources.memory_gb", TooBig),
        ({"resources": {"cpu_cores": 10**400}}, "resources.cpu_cores", InvalidInput),
        ({"evaluation": {"metric": "rmse"}}, "evaluation.metric", InvalidInput),
        ({"name": " "}, "name", InvalidInput),
    ],
)
def test_what_a_spec_gets_wrong_is_said_by_its_own_name(
    idle: Workspace, tmp_path: Path, changes: dict[str, object], field: str, error: type[MlopsError]
) -> None:
    with pytest.raises(error) as caught:
        submit(idle, tmp_path, **changes)
    assert caught.value.field == field
    assert runs.list_runs(idle).total == 0


def test_a_spec_without_a_target_takes_that_of_its_dataset(idle: Workspace, tmp_path: Path) -> None:
    datasets.add_file(idle, csv(tmp_path), name="churn")
    with pytest.raises(InvalidInput, match="which column to learn") as caught:
        submit(idle, tmp_path, dataset={"name": "churn"})
    assert "churned" in caught.value.hint
    datasets.set_target(idle, 1, "churned", positive_class="left")
    run = runs.get_run(idle, submit(idle, tmp_path, dataset={"name": "churn"}))
    assert (run.spec.dataset.target, run.spec.dataset.positive_class) == ("churned", "left")


def test_a_run_gives_back_a_spec_with_the_same_digest(idle: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "back.yaml"
    config = plan(
        table(idle, tmp_path, name="이탈: 'no'"),
        "logistic_regression",
        "mlp",
        "hist_gradient_boosting",
        evaluation=EvaluationConfig(folds=3, holdout=0.25, seed=7, metric="f1"),
    )
    config = config.model_copy(
        update={
            "positive_class": "left",
            "features": FeatureConfig(roles={"plan": ColumnRole.TEXT}, exclude=("age",)),
        }
    )
    _made, ids = experiments.train(idle, "1e3", config, version="2.0.1", tags=["no", "#1"])
    datasets.edit(idle, config.dataset_id, name="null")
    for run_id in ids:
        path.write_text(runs.spec_yaml(idle, run_id), encoding="utf-8")
        again = runs.submit_spec(idle, load_spec(path), base=tmp_path)
        before, after = runs.get_run(idle, run_id), runs.get_run(idle, again)
        assert after.digest == before.digest
        assert after.experiment_id == before.experiment_id
        assert after.model_name == before.model_name


def test_a_spec_that_comes_back_keeps_a_positive_class_that_nobody_chose(
    idle: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "back.yaml"
    run = runs.get_run(idle, submit(idle, tmp_path))
    datasets.set_target(idle, run.dataset_id, "churned", positive_class="left")
    path.write_text(runs.spec_yaml(idle, run.id), encoding="utf-8")
    again = runs.get_run(idle, runs.submit_spec(idle, load_spec(path), base=tmp_path))
    assert (again.digest, again.spec.dataset.positive_class) == (run.digest, None)


def test_what_a_run_repeats_is_decided_by_what_it_computes(idle: Workspace, tmp_path: Path) -> None:
    spelled_out = {"algorithm": "knn", "params": {"n_neighbors": 5.0}}
    first = runs.get_run(idle, submit(idle, tmp_path))
    second = runs.get_run(idle, submit(idle, tmp_path, model=spelled_out))
    assert first.digest == second.digest
    third = submit(idle, tmp_path, version="1.0.1", evaluation={"folds": 3, "seed": 1})
    assert runs.get_run(idle, third).digest != first.digest


def test_a_summary_is_what_the_shell_promises(idle: Workspace, tmp_path: Path) -> None:
    summary = summary_json(idle, three(idle, tmp_path)[0])
    assert summary["metrics"] == {
        "holdout": {"roc_auc": 0.7, "log_loss": 0.6},
        "cv": {"roc_auc": {"mean": 0.7, "std": 0.01, "folds": [0.6, 0.8]}},
    }
    assert summary["usage"] == {
        "peak_memory_mb": 120.5,
        "mean_memory_mb": 90.0,
        "peak_gpu_memory_mb": None,
        "mean_gpu_percent": None,
        "cpu_seconds": 2.0,
        "wall_seconds": 1.6,
        "read_mb": 12.0,
        "write_mb": 3.0,
        "cpu_efficiency": 1.25,
    }
    assert summary["requested"] == {
        "cpu_cores": 1,
        "memory_gb": 2.0,
        "gpus": 0,
        "gpu_memory_gb": 0.0,
        "time_limit_hours": 1.0,
    }
    assert (summary["status"], summary["end_reason"]) == ("completed", "finished")
    assert summary["warnings"] == ["Take care."]
    json.dumps(summary, allow_nan=False)
