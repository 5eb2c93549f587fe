"""Where a run should draw the line: from its files to an answer."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mlops_core.cli import main
from mlops_core.errors import InvalidInput, NotFound
from mlops_core.services import deciding, experiments, runs
from mlops_core.services.deciding import Costs
from mlops_core.store.workspace import Workspace
from tests.unit.services.outcomes import complete, judged_rows, plan, table


@pytest.fixture
def run_id(idle: Workspace, tmp_path: Path) -> int:
    """A run whose scores tell the classes apart better from 0.3 on than from 0.5 on."""
    (made,) = experiments.train(idle, "a", plan(table(idle, tmp_path), "logistic_regression"))[1]
    found = judged_rows(0.8, 1, 2)
    complete(idle, made, found | {"score": scores(found["truth"])})
    return made


def scores(truth: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(5).normal(0, 0.08, len(truth))
    return np.clip(np.where(truth == 1, 0.45, 0.2) + noise, 0.01, 0.99)


def test_the_line_is_that_of_the_hold_out(idle: Workspace, run_id: int) -> None:
    line = deciding.refuse_without_line(deciding.line_of(idle, runs.get_run(idle, run_id)))
    assert (line.positive, line.negative, line.held_out) == ("yes", "no", True)
    assert line.thresholds.rows == 200
    found = deciding.decide(line, Costs())
    assert 0.25 < found.cheapest.threshold < 0.42
    assert found.chosen == found.cheapest
    assert found.tried is not None
    assert found.cheapest.cost(Costs()) <= found.tried < found.usual.cost(Costs())
    dear = deciding.decide(line, Costs(false_negative=20.0))
    assert dear.cheapest.threshold < found.cheapest.threshold
    assert dear.cheapest.recall > found.cheapest.recall
    assert deciding.decide(line, Costs(), 2.0).chosen.precision is None


@pytest.mark.parametrize(
    ("costs", "threshold", "field"),
    [
        (Costs(false_positive=-1.0), None, "false_positive"),
        (Costs(false_negative=float("nan")), None, "false_negative"),
        (Costs(false_positive=0.0, false_negative=0.0), None, "false_positive"),
        (Costs(), float("inf"), "threshold"),
    ],
)
def test_what_cannot_be_used_is_refused(
    idle: Workspace, run_id: int, costs: Costs, threshold: float | None, field: str
) -> None:
    line = deciding.refuse_without_line(deciding.line_of(idle, runs.get_run(idle, run_id)))
    with pytest.raises(InvalidInput) as caught:
        deciding.decide(line, costs, threshold)
    assert caught.value.field == field


def test_a_run_without_files_has_no_line(idle: Workspace, run_id: int) -> None:
    idle.run_paths(run_id).predictions.unlink()
    run = runs.get_run(idle, run_id)
    assert deciding.line_of(idle, run) is None
    with pytest.raises(NotFound, match="no threshold"):
        deciding.refuse_without_line(None)


def test_the_shell_says_it(
    idle: Workspace, run_id: int, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["runs", "threshold", str(run_id), "--false-negative", "5", "--at", "0.4", "--json"]
    assert main(asked) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["positive_class"], said["judged_on"], said["rows"]) == ("yes", "holdout", 200)
    assert said["chosen"]["threshold"] == 0.4
    assert said["cheapest"]["cost"] <= said["chosen"]["cost"]
    counts = ("true_positive", "false_positive", "false_negative", "true_negative")
    assert sum(said["chosen"][name] for name in counts) == 200
    cost = said["chosen"]["false_positive"] + 5 * said["chosen"]["false_negative"]
    assert said["chosen"]["cost"] == cost
    assert main(["runs", "threshold", str(run_id), "--false-positive", "-3"]) != 0
    assert "A cost is -3.0" in capsys.readouterr().err
