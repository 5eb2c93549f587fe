"""Every algorithm, every task, on a table with every kind of column."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from mlops_core.algorithms import ALGORITHMS, algorithms_for
from mlops_core.domain.events import EVENT, RunPaths
from mlops_core.domain.params import ParamKind, Task
from mlops_core.metrics import Needs, metrics_for
from mlops_core.training.artifact import load_model
from mlops_core.training.train import train
from tests.conformance.tables import (
    PAIRS,
    ROLES,
    TARGET_OF,
    TARGETS,
    job_for,
    mixed_frame,
    write_table,
)

TWENTY_TREES = {"n_estimators": 20}
SMALL = dict.fromkeys(("random_forest", "extra_trees", "gradient_boosting"), TWENTY_TREES)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_table(mixed_frame(), tmp_path_factory.mktemp("conformance"))


@pytest.mark.parametrize(("key", "task"), PAIRS)
def test_it_trains_again_alike_and_its_file_predicts_the_same(
    key: str, task: Task, table: Path, tmp_path: Path
) -> None:
    job = job_for(
        table, ROLES, algorithm=key, task=task, target=TARGET_OF[task], params=SMALL.get(key)
    )
    results = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        results.append(train(job, folder))
    first, second = results

    expected = {
        metric.key for metric in metrics_for(task) if metric.needs is not Needs.PROBABILITIES
    }
    assert expected <= first.holdout.keys()
    assert expected <= first.cv.keys()
    assert all(len(values.folds) == 2 for values in first.cv.values())
    files_apart = {"timings", "digests"}
    assert first.model_dump(exclude=files_apart) == second.model_dump(exclude=files_apart)
    assert first.digests["predictions"] == second.digests["predictions"]
    assert {use.column for use in first.features} == ROLES.keys() - TARGETS
    assert {item.feature for item in first.importance} == ROLES.keys() - TARGETS
    assert not [sentence for sentence in first.warnings if sentence.startswith("Noted")]

    paths = RunPaths(tmp_path / "first")
    said = pd.read_parquet(paths.predictions)
    held = said[said["split"] == "holdout"]
    model = load_model(paths.model)
    again = model.predict(mixed_frame().drop(columns=sorted(TARGETS)).iloc[held["row"]])
    assert list(again) == list(held["predicted"])


@pytest.mark.parametrize(("key", "task"), PAIRS)
def test_its_progress_only_grows_and_its_curve_is_announced(
    key: str, task: Task, table: Path, tmp_path: Path
) -> None:
    job = job_for(
        table,
        ROLES,
        algorithm=key,
        task=task,
        target=TARGET_OF[task],
        params=SMALL.get(key),
        folds=0,
        holdout=0.3,
    )
    train(job, tmp_path)

    lines = RunPaths(tmp_path).events.read_text(encoding="utf-8").splitlines()
    events = [EVENT.validate_json(line) for line in lines]
    done = [event.done for event in events if event.kind == "progress"]
    assert done == sorted(done)
    assert done[-1] == 1.0
    phases = [event.phase for event in events if event.kind == "phase"]
    assert phases == ["loading", "final", "holdout", "explaining", "saving"]
    curve = [e for e in events if e.kind == "metric" and e.name.endswith(".iterations")]
    assert bool(curve) == (ALGORITHMS[key].curve == "iterations")


SWITCHES = [
    (algorithm.key, task, param.name, value)
    for task in Task
    for algorithm in algorithms_for(task)
    for param in algorithm.params_for(task)
    for value in (
        [*param.choices, *([None] if param.nullable else [])]
        if param.kind is ParamKind.CHOICE
        else [True, False]
        if param.kind is ParamKind.BOOL
        else []
    )
    if value != param.default and not algorithm.problems({param.name: value}, task)
]
FAST = {"n_estimators": 3, "max_iter": 10}


@pytest.mark.parametrize(("key", "task", "name", "value"), SWITCHES)
def test_every_choice_of_every_parameter_trains_and_its_file_opens(
    key: str, task: Task, name: str, value: object, table: Path, tmp_path: Path
) -> None:
    known = {param.name for param in ALGORITHMS[key].params_for(task)}
    fast = {param: small for param, small in FAST.items() if param in known}
    job = job_for(
        table,
        ROLES,
        algorithm=key,
        task=task,
        target=TARGET_OF[task],
        params={**fast, name: value},
        folds=0,
        holdout=0.2,
    )

    result = train(job, tmp_path)

    assert result.params[name] == value
    load_model(RunPaths(tmp_path).model)


@pytest.mark.parametrize("task", Task)
def test_the_floor_is_what_a_dummy_scores(task: Task, table: Path, tmp_path: Path) -> None:
    asked = {"task": task, "target": TARGET_OF[task]}
    strategy = {"strategy": "prior"} if task is Task.CLASSIFICATION else {"strategy": "mean"}
    result = train(job_for(table, ROLES, algorithm="dummy", params=strategy, **asked), tmp_path)
    assert result.floor is not None
    assert result.floor.holdout == pytest.approx(result.holdout)
    for name, found in result.cv.items():
        assert result.floor.cv[name].folds == pytest.approx(found.folds)
