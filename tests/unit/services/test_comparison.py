"""Comparison: the best by each metric's own direction, and only among what can be compared."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_core.analysis.compare import MetricRow
from mlops_core.domain.configs import MISSING, EvaluationConfig
from mlops_core.domain.params import Task
from mlops_core.domain.records import ResourceSample
from mlops_core.domain.results import CrossValidated, PartialResult
from mlops_core.domain.states import EndReason
from mlops_core.errors import InvalidInput, NotFound
from mlops_core.metrics import METRICS
from mlops_core.services import comparison, experiments, runs
from mlops_core.services.comparison import Comparison, compare
from mlops_core.services.jsonable import jsonable
from mlops_core.store import runs as store
from mlops_core.store.workspace import Workspace
from tests.unit.services.outcomes import begin, fail, finish, plan, table


def row(found: Comparison, key: str) -> MetricRow:
    return next(one for one in found.metrics if one.key == key)


def best(found: Comparison, key: str) -> set[int]:
    return {cell.run_id for cell in row(found, key).cells if cell.best}


def train(ws: Workspace, name: str, dataset_id: int, *algorithms: str, **what: object) -> list[int]:
    config = plan(dataset_id, *algorithms, **what)  # type: ignore[arg-type]
    return list(experiments.train(ws, name, config)[1])


def test_the_best_follows_each_metrics_direction(idle: Workspace, tmp_path: Path) -> None:
    first, second = train(idle, "a", table(idle, tmp_path), "dummy", "knn")
    finish(idle, first, {"roc_auc": 0.9, "log_loss": 0.7})
    finish(idle, second, {"roc_auc": 0.8, "log_loss": 0.3})
    found = compare(idle, [second, first, second])
    assert [run.id for run in found.runs] == [second, first]
    assert best(found, "roc_auc") == {first}
    assert best(found, "log_loss") == {second}
    assert row(found, "log_loss").greater_is_better is False
    assert [one.key for one in found.metrics] == ["roc_auc", "log_loss"]
    assert (found.comparable, found.notes) == (True, ())


def test_equal_values_are_all_best(idle: Workspace, tmp_path: Path) -> None:
    ids = train(idle, "a", table(idle, tmp_path), "dummy", "knn", "mlp")
    for run_id, value in zip(ids, (0.9, 0.9, 0.1), strict=True):
        finish(idle, run_id, {"roc_auc": value})
    assert best(compare(idle, ids), "roc_auc") == set(ids[:2])


def test_one_value_alone_is_not_the_best(idle: Workspace, tmp_path: Path) -> None:
    first, second = train(idle, "a", table(idle, tmp_path), "dummy", "knn")
    finish(idle, first, {"roc_auc": 0.9})
    found = compare(idle, [first, second])
    assert best(found, "roc_auc") == set()
    assert row(found, "roc_auc").cells[1].value is None
    assert found.notes == (f"Run {second} has no result.",)


def test_a_hold_out_value_is_not_held_against_a_mean(idle: Workspace, tmp_path: Path) -> None:
    ids = train(idle, "a", table(idle, tmp_path), "dummy", "knn", "mlp")
    finish(idle, ids[0], {"roc_auc": 0.6}, folds={"roc_auc": (0.5, 0.7)})
    finish(idle, ids[1], {"roc_auc": 0.7}, folds={"roc_auc": (0.4, 0.6)})
    finish(idle, ids[2], {}, folds={"roc_auc": (0.9, 0.8)})
    # All three have a mean over folds; only two have a hold-out value.
    assert best(compare(idle, ids), "roc_auc") == {ids[2]}
    assert best(compare(idle, ids[:2]), "roc_auc") == {ids[1]}


def test_runs_on_different_data_are_not_held_against_each_other(
    idle: Workspace, tmp_path: Path
) -> None:
    small = train(idle, "a", table(idle, tmp_path, rows=40), "dummy", "knn")
    large = train(idle, "b", table(idle, tmp_path, name="other", rows=60), "dummy")
    for run_id, value in zip([*small, *large], (0.6, 0.7, 0.99), strict=True):
        finish(idle, run_id, {"roc_auc": value})
    found = compare(idle, [*small, *large])
    assert best(found, "roc_auc") == {small[1]}
    assert found.comparable is False
    assert "different data" in found.notes[0]


def test_another_split_is_said(idle: Workspace, tmp_path: Path) -> None:
    dataset_id = table(idle, tmp_path)
    ids = train(idle, "a", dataset_id)
    ids += train(idle, "b", dataset_id, evaluation=EvaluationConfig(folds=3, seed=1))
    for run_id in ids:
        finish(idle, run_id, {"roc_auc": 0.5})
    found = compare(idle, ids)
    assert found.comparable is False
    assert "different seeds" in found.notes[0]


def test_another_primary_metric_is_no_other_split(idle: Workspace, tmp_path: Path) -> None:
    dataset_id = table(idle, tmp_path)
    ids = train(idle, "a", dataset_id)
    ids += train(idle, "b", dataset_id, evaluation=EvaluationConfig(folds=3, metric="f1"))
    assert compare(idle, ids).comparable is True


def test_classes_and_numbers_are_shown_but_not_ranked(idle: Workspace, tmp_path: Path) -> None:
    dataset_id = table(idle, tmp_path)
    ids = train(idle, "a", dataset_id)
    ids += train(idle, "b", dataset_id, target="amount", task=Task.REGRESSION)
    finish(idle, ids[0], {"roc_auc": 0.5})
    finish(idle, ids[1], {"rmse": 3.0}, metric="rmse")
    found = compare(idle, ids)
    assert "share no metric" in found.notes[0]
    assert {one.key for one in found.metrics} == {"roc_auc", "rmse"}
    assert not any(cell.best for one in found.metrics for cell in one.cells)


def test_parameters_that_differ_are_marked_and_missing_ones_shown(
    idle: Workspace, tmp_path: Path
) -> None:
    ids = train(idle, "a", table(idle, tmp_path), "knn", "dummy")
    params = {one.path: one for one in compare(idle, ids).params}
    assert params["algorithm"].values == ("knn", "dummy")
    assert params["params.n_neighbors"].values == (5, MISSING)
    assert params["params.n_neighbors"].differs
    assert params["evaluation.folds"].values == (3, 3)
    assert not params["evaluation.folds"].differs


def test_json_has_no_number_that_is_none(idle: Workspace, tmp_path: Path) -> None:
    ids = train(idle, "a", table(idle, tmp_path), "knn", "dummy")
    finish(idle, ids[0], {"roc_auc": 0.9}, folds={"roc_auc": (0.8, 0.9)})
    content = json.loads(
        json.dumps(
            comparison.to_json(compare(idle, ids), comparison.judge(idle, compare(idle, ids))),
            allow_nan=False,
        )
    )
    (metric,) = content["metrics"]
    assert metric["runs"][str(ids[0])]["folds"] == [0.8, 0.9]
    assert metric["runs"][str(ids[1])]["holdout"] is None
    assert content["params"]["algorithm"] == {str(ids[0]): "knn", str(ids[1]): "dummy"}
    assert "evaluation.folds" not in content["params"]


def test_what_runs_used_over_time_fits_a_chart_and_keeps_its_peak(
    idle: Workspace, tmp_path: Path
) -> None:
    long, short, none = train(idle, "a", table(idle, tmp_path), "dummy", "knn", "mlp")
    for run_id, count in ((long, 1500), (short, 3)):
        attempt = begin(idle, run_id)
        began = runs.get_run(idle, run_id).started_at
        assert began is not None
        samples = [
            ResourceSample(
                seq=n,
                at=began + timedelta(seconds=n / 2),
                cpu_percent=150.0,
                memory_mb=4096.0 if n == count // 2 else 1024.0,
                processes=1,
                threads=1,
            )
            for n in range(1, count + 1)
        ]
        with idle.begin() as connection:
            assert store.write_batch(connection, run_id, attempt=attempt, samples=samples)
    found = comparison.usage_lines(idle, [short, none, long])
    assert set(found) == {long, short}
    line = found[long]
    assert len(line.seconds) == comparison.LINE_POINTS
    assert list(line.seconds) == sorted(line.seconds)
    assert line.seconds[-1] == pytest.approx(750)
    assert (max(line.memory_gb), min(line.memory_gb)) == (4.0, 1.0)
    assert set(line.cores) == {1.5}
    assert found[short].memory_gb == (4.0, 1.0, 1.0)


def test_folds_of_a_run_that_did_not_complete_are_never_ranked(
    idle: Workspace, tmp_path: Path
) -> None:
    whole, half = train(idle, "a", table(idle, tmp_path), "dummy", "knn")
    finish(idle, whole, {}, folds={"roc_auc": (0.5, 0.7)})
    scores = CrossValidated(mean=0.99, std=0.0, folds=(0.99,))
    partial = PartialResult(planned_folds=3, cv={"roc_auc": scores})
    fail(idle, half, EndReason.TIME_LIMIT, partial)
    assert [one.folds for one in runs.metrics_so_far(idle, half)] == [(0.99,)]
    found = compare(idle, [whole, half])
    assert [cell.mean for cell in row(found, "roc_auc").cells] == [pytest.approx(0.6), None]
    assert any(f"Run {half} has no result" in note for note in found.notes)
    best_first = runs.list_runs(idle, sort="metric:roc_auc").items
    assert [run.id for run in best_first] == [whole, half]


def test_what_cannot_be_compared_is_refused(idle: Workspace) -> None:
    with pytest.raises(InvalidInput):
        compare(idle, [])
    with pytest.raises(NotFound, match="no run 7"):
        compare(idle, [9, 7])
    with pytest.raises(InvalidInput, match="201 runs"):
        compare(idle, range(1, 202))


@given(st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
))  # fmt: skip
def test_anything_becomes_valid_json(value: object) -> None:
    json.dumps(jsonable(value), allow_nan=False)


def test_what_has_no_json_is_an_error() -> None:
    with pytest.raises(TypeError, match="object has no JSON"):
        jsonable({"a": [object()]})


def test_every_metric_can_be_told_its_direction() -> None:
    assert {metric.greater_is_better for metric in METRICS.values()} == {True, False}
