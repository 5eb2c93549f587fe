"""Two runs inside parts of the data: from their files and their table to an answer."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from mlops_core.analysis.significance import Verdict, corrected
from mlops_core.cli import main
from mlops_core.domain.records import ExperimentRun
from mlops_core.errors import InvalidInput, NotFound
from mlops_core.services import comparison, datasets, experiments, runs, slicing
from mlops_core.store.workspace import Workspace
from tests.unit.services.outcomes import complete, plan, table, without

ROWS = 1200
PLUS = np.arange(ROWS) % 3 == 0  # rows of the plan “plus”; the others are “basic”


def found(plus: float, basic: float, seed: int, folds: int = 0) -> dict[str, np.ndarray]:
    """Every row judges; these shares of the answers are right in the two plans."""
    truth = np.random.default_rng(3).integers(0, 2, ROWS)
    right = np.random.default_rng(seed).random(ROWS) < np.where(PLUS, plus, basic)
    fold = np.arange(ROWS) % folds + 1 if folds else np.zeros(ROWS)
    return {
        "row": np.arange(ROWS),
        "fold": fold.astype(np.int32),
        "truth": truth,
        "said": np.where(right, truth, 1 - truth),
    }


def pair(ws: Workspace, folder: Path, folds: int = 0) -> tuple[ExperimentRun, ExperimentRun]:
    """The first is better on all rows together, and worse for “plus”."""
    config = plan(table(ws, folder, rows=ROWS), "logistic_regression", "gradient_boosting")
    a, b = experiments.train(ws, "a", config)[1]
    complete(ws, a, found(0.55, 0.95, 1, folds))
    complete(ws, b, found(0.9, 0.7, 2, folds))
    return runs.get_run(ws, a), runs.get_run(ws, b)


@pytest.mark.parametrize("folds", [0, 5])
def test_the_better_run_loses_inside_one_value(idle: Workspace, tmp_path: Path, folds: int) -> None:
    a, b = pair(idle, tmp_path, folds)
    sliced = slicing.slices(idle, a, b, "accuracy", "plan")
    assert sliced is not None
    assert (sliced.held_out, sliced.rows, sliced.looked_at) == (not folds, ROWS, 2)
    basic, plus = sliced.found
    assert (basic.low, basic.rows, plus.low, plus.rows) == ("basic", 800, "plus", 400)
    assert basic.pair is not None and plus.pair is not None
    assert (basic.pair.verdict, plus.pair.verdict) == (Verdict.BETTER, Verdict.WORSE)
    assert plus.pair.low < plus.pair.difference < plus.pair.high < 0
    one, two = found(0.55, 0.95, 1), found(0.9, 0.7, 2)
    assert plus.a == pytest.approx((one["truth"] == one["said"])[PLUS].mean(), abs=0.005)
    assert plus.b == pytest.approx((two["truth"] == two["said"])[PLUS].mean(), abs=0.005)
    searched = slicing.search(idle, a, b, "accuracy")
    assert searched is not None and searched.whole[0] > searched.whole[1]
    assert (searched.a, searched.b) == (a.id, b.id)
    assert slicing.search(idle, b, a, "accuracy") == searched
    worst = searched.found[0]
    assert (worst.column.name, worst.low) == ("plan", "plus")
    assert worst.pair is not None and worst.pair.difference < -0.2
    # Five folds are too few to be sure of one part among so many.
    assert worst.pair.verdict is (Verdict.UNDECIDED if folds else Verdict.WORSE)
    assert searched.looked_at > len(searched.found)


def test_runs_that_differ_by_chance_lose_nowhere(idle: Workspace, tmp_path: Path) -> None:
    config = plan(table(idle, tmp_path, rows=ROWS), "logistic_regression")
    ids = [experiments.train(idle, f"e{n}", config)[1][0] for n in range(8)]
    for n, run_id in enumerate(ids):
        complete(idle, run_id, found(0.8, 0.8, 20 + n))
    made = [runs.get_run(idle, run_id) for run_id in ids]
    lost = 0
    for a, b in pairwise(made):
        searched = slicing.search(idle, a, b, "accuracy")
        assert searched is not None
        lost += any(one.pair and one.pair.verdict is Verdict.WORSE for one in searched.found)
    assert lost <= 1  # 5 % of seven


def test_a_correction_counts_what_was_not_computed(idle: Workspace, tmp_path: Path) -> None:
    a, b = pair(idle, tmp_path)
    sliced = slicing.slices(idle, a, b, "accuracy", "plan")
    assert sliced is not None
    (one,) = [one.pair for one in sliced.found if one.low == "plus"]
    assert one is not None
    (again,) = corrected([one], 1)
    assert (again.p_value, again.verdict) == (one.p_value, one.verdict)
    (many,) = corrected([one], 10**12)
    assert many.p_value == min(1.0, one.p_value * 10**12)


def test_numbers_are_cut_and_small_parts_left_out(idle: Workspace, tmp_path: Path) -> None:
    a, b = pair(idle, tmp_path)
    sliced = slicing.slices(idle, a, b, "accuracy", "amount")
    assert sliced is not None
    assert [one.rows for one in sliced.found] == [300] * 4
    assert (sliced.found[0].low, sliced.found[0].high) == (0.0, 299 * 1.5)
    few = slicing.slices(idle, a, b, "accuracy", "amount", least=301)
    assert few is not None and few.found == ()


def test_what_cannot_be_divided_is_refused(idle: Workspace, tmp_path: Path) -> None:
    a, b = pair(idle, tmp_path)
    for column in ("churned", "nothing"):
        with pytest.raises(InvalidInput, match="cannot be divided"):
            slicing.slices(idle, a, b, "accuracy", column)
    with pytest.raises(NotFound):
        slicing.slices(idle, a, b, "no_metric", "plan")
    assert slicing.slices(idle, a, b, "roc_auc", "plan") is None  # no scores were kept
    assert "churned" not in [one.name for one in slicing.columns(idle, a, b)]
    path = datasets.get_dataset(idle, a.dataset_id).table_path
    with without(path), pytest.raises(NotFound, match="cannot be read"):
        slicing.slices(idle, a, b, "accuracy", "plan")


def test_the_shell_says_it(
    idle: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = pair(idle, tmp_path)
    asked = ["runs", "slices", str(a.id), str(b.id), "--metric", "accuracy"]
    assert main([*asked, "--column", "plan", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [(one["from"], one["rows"]) for one in said["slices"]] == [("basic", 800), ("plus", 400)]
    assert said["slices"][1]["pair"]["verdict"] == "worse"
    assert said["whole"]["a"] == comparison.compare(idle, [a.id]).metrics[0].cells[0].holdout
    assert main(asked) == 0
    assert "plus" in capsys.readouterr().out
