"""The right size: what ended runs tell of the next one."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_core.algorithms import ALGORITHMS
from mlops_core.analysis.sizing import BASE_MB, Basis, Fit
from mlops_core.domain.configs import EvaluationConfig, FeatureConfig, ResourceAllocation
from mlops_core.domain.params import Task
from mlops_core.domain.results import Usage
from mlops_core.domain.states import EndReason
from mlops_core.services import datasets, experiments, runs, sizing
from mlops_core.services.run_json import summary_json
from mlops_core.store.past_use import past_use
from mlops_core.store.workspace import Workspace
from tests.unit.services.outcomes import fail, finish, plan, table

USED = Usage(peak_memory_mb=1260.0, mean_memory_mb=900.0, cpu_seconds=60.0, wall_seconds=63.0)
ASKED = ResourceAllocation(cpu_cores=2, memory_gb=16.0, time_limit_hours=4.0)


def train(ws: Workspace, name: str, config: experiments.ExperimentConfig) -> list[int]:
    return list(experiments.train(ws, name, config)[1])


def advise(ws: Workspace, config: experiments.ExperimentConfig) -> sizing.Advice:
    return sizing.advise(ws, config, datasets.get_dataset(ws, config.dataset_id))


def test_before_any_run_the_table_is_all_there_is(idle: Workspace, tmp_path: Path) -> None:
    advice = advise(idle, plan(table(idle, tmp_path), "dummy", "random_forest"))
    assert [size.need.basis for size in advice.sizes] == [Basis.FIRST, Basis.FIRST]
    assert BASE_MB / 1024 < advice.peak_gb < 0.3
    assert advice.seconds is None
    assert advice.suggested.time_limit_hours == advice.asked.time_limit_hours
    assert not advice.too_large


def test_the_same_configuration_tells_also_with_another_seed_and_allocation(
    idle: Workspace, tmp_path: Path
) -> None:
    config = plan(table(idle, tmp_path), "random_forest")
    (run_id,) = train(idle, "a", config.model_copy(update={"resources": ASKED}))
    finish(idle, run_id, {"roc_auc": 0.9}, usage=USED)
    seeded = EvaluationConfig(folds=3, seed=7)
    advice = advise(idle, config.model_copy(update={"resources": ASKED, "evaluation": seeded}))
    (size,) = advice.sizes
    assert (size.need.basis, size.need.runs) == (Basis.SAME, (run_id,))
    assert advice.peak_gb == pytest.approx(1260 / 1024)
    assert advice.seconds == pytest.approx(63)
    assert (advice.memory, advice.time, advice.cores) == (Fit.AMPLE, Fit.AMPLE, Fit.AMPLE)
    assert advice.suggested == ResourceAllocation(cpu_cores=1, memory_gb=1.75, time_limit_hours=0.1)


def test_other_folds_are_other_work(idle: Workspace, tmp_path: Path) -> None:
    config = plan(table(idle, tmp_path), "random_forest")
    (run_id,) = train(idle, "a", config)
    finish(idle, run_id, {"roc_auc": 0.9}, usage=USED)
    longer = config.model_copy(update={"evaluation": EvaluationConfig(folds=7)})
    advice = advise(idle, longer)
    assert advice.sizes[0].need.basis is Basis.ALIKE
    assert advice.seconds == pytest.approx(3 + 120)


def test_models_share_what_suits_the_largest_and_the_longest(
    idle: Workspace, tmp_path: Path
) -> None:
    config = plan(table(idle, tmp_path), "random_forest", "ridge")
    first, second = train(idle, "a", config)
    finish(idle, first, {"roc_auc": 0.9}, usage=USED)
    finish(
        idle,
        second,
        {"roc_auc": 0.9},
        usage=USED.model_copy(update={"peak_memory_mb": 400.0, "wall_seconds": 3600.0}),
    )
    advice = advise(idle, config)
    assert advice.largest.algorithm == "random_forest"
    assert advice.longest.algorithm == "ridge"
    assert (advice.suggested.memory_gb, advice.suggested.time_limit_hours) == (1.75, 2.0)


def test_a_limit_that_stopped_a_run_is_too_small(idle: Workspace, tmp_path: Path) -> None:
    small = ResourceAllocation(cpu_cores=1, memory_gb=1.0, time_limit_hours=1.0)
    config = plan(table(idle, tmp_path), "knn").model_copy(update={"resources": small})
    (run_id,) = train(idle, "a", config)
    stopped = USED.model_copy(update={"peak_memory_mb": 1030.0})
    fail(idle, run_id, EndReason.MEMORY_LIMIT, usage=stopped)
    advice = sizing.advise_run(idle, runs.get_run(idle, run_id))
    assert advice.memory is Fit.SHORT
    assert advice.sizes[0].need.stopped == (run_id,)
    assert advice.suggested.memory_gb >= 1.5


@pytest.mark.parametrize("reason", [EndReason.ERROR, EndReason.CANCELLED, EndReason.KILLED])
def test_what_ended_by_something_else_tells_nothing(
    idle: Workspace, tmp_path: Path, reason: EndReason
) -> None:
    config = plan(table(idle, tmp_path), "knn")
    (run_id,) = train(idle, "a", config)
    fail(idle, run_id, reason, usage=USED)
    assert advise(idle, config).sizes[0].need.runs == ()


def test_what_this_machine_can_never_give_is_said(
    idle: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = plan(table(idle, tmp_path), "random_forest")
    (run_id,) = train(idle, "a", config)
    finish(idle, run_id, usage=USED.model_copy(update={"peak_memory_mb": 4e6}))
    assert advise(idle, config).too_large


def test_runs_on_tables_of_quite_another_size_are_not_even_read(
    idle: Workspace, tmp_path: Path
) -> None:
    (run_id,) = train(idle, "a", plan(table(idle, tmp_path), "knn"))
    finish(idle, run_id, usage=USED)
    task = Task.CLASSIFICATION
    with idle.read() as connection:
        assert [one.id for one in past_use(connection, "knn", task, rows=(10, 50), limit=5)] == [
            run_id
        ]
        assert not past_use(connection, "knn", task, rows=(41, 1e9), limit=5)
        assert not past_use(connection, "ridge", task, rows=(10, 50), limit=5)
        assert not past_use(connection, "knn", Task.REGRESSION, rows=(10, 50), limit=5)


def test_columns_that_are_left_out_make_a_run_smaller(idle: Workspace, tmp_path: Path) -> None:
    config = plan(table(idle, tmp_path), "random_forest")
    (run_id,) = train(idle, "a", config)
    finish(idle, run_id, usage=USED)
    fewer = config.model_copy(update={"features": FeatureConfig(exclude=("plan", "age"))})
    advice = advise(idle, fewer)
    assert advice.sizes[0].need.basis is Basis.ALIKE
    assert advice.peak_gb * 1024 == pytest.approx(BASE_MB + (1260 - BASE_MB) / 3)


def test_the_json_of_a_run_says_what_would_do(idle: Workspace, tmp_path: Path) -> None:
    (run_id,) = train(idle, "a", plan(table(idle, tmp_path), "random_forest"))
    assert summary_json(idle, run_id)["right_size"] is None
    finish(idle, run_id, {"roc_auc": 0.9}, usage=USED)
    assert summary_json(idle, run_id)["right_size"] == {
        "cpu_cores": 1,
        "memory_gb": 1.75,
        "gpus": 0,
        "time_limit_hours": 0.1,
        "expected_peak_memory_mb": 1260.0,
        "expected_seconds": 63.0,
        "basis": "same",
        "runs": [run_id],
    }


@pytest.mark.parametrize("key", sorted(ALGORITHMS))
def test_every_algorithm_has_a_first_estimate(idle: Workspace, tmp_path: Path, key: str) -> None:
    if Task.CLASSIFICATION not in ALGORITHMS[key].tasks:
        config = plan(table(idle, tmp_path), key, target="amount", task=Task.REGRESSION)
    else:
        config = plan(table(idle, tmp_path), key)
    assert BASE_MB <= advise(idle, config).peak_gb * 1024 < 2 * BASE_MB


def test_gpus_that_no_model_uses_are_not_suggested(idle: Workspace, tmp_path: Path) -> None:
    asked = ResourceAllocation(gpus=2, gpu_memory_gb=8.0)
    data = table(idle, tmp_path)
    plain = advise(idle, plan(data, "random_forest").model_copy(update={"resources": asked}))
    assert (plain.gpus, plain.suggested.gpus) == (Fit.AMPLE, 0)
    assert plain.suggested.gpu_memory_gb == 0.0
    one = advise(idle, plan(data, "dummy", "xgboost").model_copy(update={"resources": asked}))
    assert (one.gpus, one.suggested.gpus, one.suggested.gpu_memory_gb) == (Fit.AMPLE, 1, 8.0)
    right = asked.model_copy(update={"gpus": 1})
    fitting = advise(idle, plan(data, "xgboost").model_copy(update={"resources": right}))
    assert fitting.gpus is Fit.RIGHT
