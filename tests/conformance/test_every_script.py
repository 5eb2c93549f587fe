"""The script of a run: the same numbers, to the last bit, without the app."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlops_core.algorithms import ALGORITHMS
from mlops_core.domain.columns import Spelling
from mlops_core.domain.configs import FeatureConfig
from mlops_core.domain.events import RunPaths, TrainerJob
from mlops_core.domain.params import Task
from mlops_core.domain.results import TrainingResult
from mlops_core.training.train import train
from tests.conformance.scripts import scores_in, scores_of, script_of
from tests.conformance.tables import (
    PAIRS,
    ROLES,
    TARGET_OF,
    TARGETS,
    job_for,
    mixed_frame,
    write_table,
)

FEW_TREES = {"n_estimators": 5}
SMALL = dict.fromkeys(("random_forest", "extra_trees", "gradient_boosting"), FEW_TREES)
OTHERS = tuple(sorted(TARGETS - {"grade"}))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_table(mixed_frame(), tmp_path_factory.mktemp("scripts"))


def same_in_script(job: TrainerJob, folder: Path) -> str:
    """Train, run the script, and hold both against each other; gives the script."""
    (folder / "run").mkdir()
    result = train(job, folder / "run")
    text = script_of(job, result)
    assert scores_of(text, Path(job.table), folder) == scores_in(result)
    return text


@pytest.mark.parametrize(("key", "task"), PAIRS)
def test_the_script_of_every_algorithm_scores_the_same(
    key: str, task: Task, table: Path, tmp_path: Path
) -> None:
    job = job_for(
        table, ROLES, algorithm=key, task=task, target=TARGET_OF[task], params=SMALL.get(key)
    )
    text = same_in_script(job, tmp_path)
    libraries = imported(text) - set(sys.stdlib_module_names)
    assert libraries <= {"numpy", "pandas", "scipy", "sklearn", ALGORITHMS[key].package}


def imported(text: str) -> set[str]:
    """The packages that a script imports anywhere in it."""
    names = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names += [item.name for item in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(str(node.module))
    return {name.split(".")[0] for name in names}


SPLITS: list[dict[str, Any]] = [
    {"strategy": "random", "seed": 2**32 - 1},
    {"strategy": "grouped", "group_column": "도시", "folds": 2, "holdout": 0.3},
    {"strategy": "time", "time_column": "joined", "folds": 3},
    {"strategy": "time", "time_column": "price "},
    {"folds": 0},
    {"holdout": 0.0, "folds": 3},
]


@pytest.mark.parametrize("split", SPLITS, ids=lambda split: "-".join(map(str, split.values())))
def test_the_script_judges_the_same_rows(
    split: dict[str, Any], table: Path, tmp_path: Path
) -> None:
    job = job_for(table, ROLES, algorithm="decision_tree", target="grade", **split)
    same_in_script(job, tmp_path)


def test_the_seed_of_the_fits_leaves_the_split_alone(table: Path, tmp_path: Path) -> None:
    results = []
    for seed in (None, 7):
        job = job_for(table, ROLES, algorithm="extra_trees", target="grade", params=FEW_TREES)
        model = job.spec.model.model_copy(update={"seed": seed})
        job = job.model_copy(update={"spec": job.spec.model_copy(update={"model": model})})
        folder = tmp_path / str(seed)
        folder.mkdir()
        same_in_script(job, folder)
        results.append(RunPaths(folder / "run").result.read_text(encoding="utf-8"))
    first, second = map(TrainingResult.model_validate_json, results)
    assert first.digests["split"] == second.digests["split"]
    assert first.digests["predictions"] != second.digests["predictions"]


PREPARATIONS: list[dict[str, Any]] = [
    {"categorical": {"encode": "target"}},
    {"categorical": {"encode": "onehot", "impute": "most_frequent"}},
    {"categorical": {"encode": "ordinal", "max_categories": 3}},
    {"categorical": {"max_categories": 4}},
    {"categorical": {"max_categories": 4}, "numeric": {"impute": "most_frequent"}},
    {"numeric": {"impute": "mean", "scale": "robust"}},
    {"numeric": {"impute": "zero", "scale": "minmax"}, "text": {"max_features": 10}},
    {"roles": {"joined": "categorical", "member": "numeric", "price ": "categorical"}},
    {"roles": {"joined": "numeric", "code": "text", "도시": "drop"}},
]


@pytest.mark.parametrize("place", range(len(PREPARATIONS)))
def test_the_script_prepares_the_same(place: int, table: Path, tmp_path: Path) -> None:
    asked = PREPARATIONS[place]
    key = ("logistic_regression", "hist_gradient_boosting")[place % 2]
    features = FeatureConfig.model_validate({**asked, "exclude": OTHERS})
    same_in_script(
        job_for(table, ROLES, algorithm=key, target="grade", features=features), tmp_path
    )


def odd(**columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame({"x": rng.normal(size=60), "z": rng.normal(size=60), **columns})


TABLES: dict[str, tuple[pd.DataFrame, dict[str, Any]]] = {
    "truth values with gaps": (
        odd(y=np.array([True, False, None] * 20, dtype=object)),
        {"target": "y", "positive_class": "예"},
    ),
    "whole numbers beside gaps": (
        odd(
            big=pd.array([2**60 + n if n % 4 else None for n in range(60)], dtype="Int64"),
            y=[n % 3 for n in range(60)],
        ),
        {"target": "y", "roles": {"x": "numeric", "z": "numeric", "big": "categorical"}},
    ),
    "a target with gaps": (
        odd(y=[None if n % 7 == 0 else n * 1.5 for n in range(60)]),
        {"target": "y", "task": Task.REGRESSION, "algorithm": "ridge"},
    ),
    "a class rarer than the folds": (
        odd(y=["rare" if n == 5 else "ab"[n % 2] for n in range(60)]),
        {"target": "y", "algorithm": "knn", "params": {"n_neighbors": 50}, "folds": 5},
    ),
    "too few to stop early": (
        odd(y=["rare" if n < 2 else "ab"[n % 2] for n in range(60)]),
        {
            "target": "y",
            "algorithm": "hist_gradient_boosting",
            "params": {"early_stopping": True, "max_iter": 5},
        },
    ),
    "scores without probabilities": (
        odd(y=["ab"[n % 2] for n in range(60)]),
        {"target": "y", "algorithm": "svm", "positive_class": "a"},
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_script_reads_odd_tables_the_same(name: str, tmp_path: Path) -> None:
    frame, asked = TABLES[name]
    asked = {"roles": {"x": "numeric", "z": "numeric"}, "algorithm": "decision_tree", **asked}
    path = write_table(frame, tmp_path)
    roles = {**asked.pop("roles"), "y": "categorical"}
    job = job_for(path, roles, **asked)
    if asked.get("positive_class") == "예":
        job = job.model_copy(update={"spelling": Spelling(true="예", false="아니오")})
    same_in_script(job, tmp_path)
