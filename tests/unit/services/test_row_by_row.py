"""Single rows of runs: from their files and their table to an answer."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mlops_core.cli import main
from mlops_core.errors import InvalidInput, NotFound
from mlops_core.services import datasets, experiments, row_by_row, runs
from mlops_core.store.workspace import Workspace
from tests.unit.services.outcomes import complete, plan, table, without

ROWS = 40
TRUTH = np.arange(ROWS) % 2


def found(*wrong: int) -> dict[str, np.ndarray]:
    """Twenty rows of the hold-out from the tenth on; those at ``wrong`` are answered wrongly."""
    rows = np.arange(10, 30)
    said = np.where(np.isin(rows, wrong), 1 - TRUTH[rows], TRUTH[rows])
    sure = 0.6 + rows / 100  # the later, the surer
    return {
        "row": rows,
        "fold": np.zeros(len(rows), np.int32),
        "truth": TRUTH[rows],
        "said": said,
        "score": np.where(said == 1, sure, 1 - sure),
    }


@pytest.fixture
def pair(idle: Workspace, tmp_path: Path) -> tuple[int, int]:
    config = plan(table(idle, tmp_path, rows=ROWS), "logistic_regression", "gradient_boosting")
    a, b = experiments.train(idle, "a", config)[1]
    complete(idle, a, found(12, 25, 17))
    complete(idle, b, found(12, 20))
    return a, b


def test_the_worst_rows_come_first_with_what_stands_in_them(
    idle: Workspace, pair: tuple[int, int]
) -> None:
    run = runs.get_run(idle, pair[0])
    judged = row_by_row.refuse_without_rows(row_by_row.worst_rows(idle, run))
    assert (judged.held_out, judged.judged, judged.wrong) == (True, 20, 3)
    assert [row.number for row in judged.rows] == [26, 18, 13]  # as a person counts, from 1
    first = judged.rows[0]
    assert (first.truth, first.answers[0].said) == ("yes", "no")
    assert first.answers[0].given == pytest.approx(1 - (0.6 + 0.25))
    assert [row.number for row in row_by_row.worst_rows(idle, run, 1).rows] == [26]  # type: ignore[union-attr]


def test_what_stands_in_a_row_is_what_the_table_says(
    idle: Workspace, pair: tuple[int, int]
) -> None:
    run = runs.get_run(idle, pair[0])
    paths = idle.run_paths(run.id)
    told = json.loads(paths.result.read_text(encoding="utf-8"))
    used = [{"column": name, "role": "numeric", "outputs": 1} for name in ("age", "amount")]
    relied = [{"feature": "amount", "mean": 0.2, "std": 0.0}]
    paths.result.write_text(json.dumps(told | {"features": used, "importance": relied}))
    judged = row_by_row.refuse_without_rows(row_by_row.worst_rows(idle, run))
    assert [column.name for column in judged.columns] == ["amount", "age"]
    assert judged.rows[0].cells == (25 * 1.5, 20 + 25 * 7 % 50)
    assert row_by_row.worst_json(run.id, judged)["rows"][0]["values"]["amount"] == 37.5
    with without(datasets.get_dataset(idle, run.dataset_id).table_path):
        bare = row_by_row.refuse_without_rows(row_by_row.worst_rows(idle, run))
    assert (bare.columns, bare.rows[0].cells) == ((), ())
    assert [row.number for row in bare.rows] == [26, 18, 13]


def test_two_runs_part_where_only_one_of_them_is_right(
    idle: Workspace, pair: tuple[int, int]
) -> None:
    a, b = (runs.get_run(idle, id) for id in pair)
    parting = row_by_row.refuse_without_rows(row_by_row.parting(idle, a, b))
    both = parting.agreement
    assert (both.rows, both.same, both.first, both.second) == (20, 17, 1, 2)
    assert [row.number for row in parting.rows.rows] == [26, 21, 18]
    assert [one.said for one in parting.rows.rows[1].answers] == ["no", "yes"]
    assert parting.rows.wrong == 3


def test_rows_in_another_order_are_paired_by_their_place(
    idle: Workspace, pair: tuple[int, int]
) -> None:
    a, b = (runs.get_run(idle, id) for id in pair)
    as_it_was = row_by_row.parting(idle, a, b)
    (third,) = experiments.train(idle, "c", plan(a.dataset_id, "random_forest"))[1]
    turned = {name: values[::-1][:15] for name, values in found(12, 20).items()}  # rows 15 to 29
    complete(idle, third, turned)
    parting = row_by_row.refuse_without_rows(row_by_row.parting(idle, a, runs.get_run(idle, third)))
    assert as_it_was is not None
    assert parting.agreement.rows == 15
    assert [row.number for row in parting.rows.rows] == [26, 21, 18]


def test_runs_of_different_tables_are_not_put_beside_each_other(
    idle: Workspace, pair: tuple[int, int], tmp_path: Path
) -> None:
    other = table(idle, tmp_path, name="other", rows=30)
    (made,) = experiments.train(idle, "b", plan(other, "logistic_regression"))[1]
    complete(idle, made, found())
    with pytest.raises(InvalidInput, match="did not learn the same"):
        row_by_row.parting(idle, runs.get_run(idle, pair[0]), runs.get_run(idle, made))


def test_a_run_without_predictions_has_no_rows(idle: Workspace, pair: tuple[int, int]) -> None:
    idle.run_paths(pair[0]).predictions.write_bytes(b"damaged")
    a, b = (runs.get_run(idle, id) for id in pair)
    assert row_by_row.worst_rows(idle, a) is None
    assert row_by_row.parting(idle, a, b) is None
    idle.run_paths(pair[1]).predictions.unlink()
    assert row_by_row.worst_rows(idle, b) is None
    with pytest.raises(NotFound, match="no predictions"):
        row_by_row.refuse_without_rows(None)


def test_the_shell_says_it(
    idle: Workspace, pair: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = map(str, pair)
    assert main(["runs", "differ", a, b, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["judged_on"], said["judged"], said["same"], said["differ"]) == (
        "holdout", 20, 17, 3,
    )  # fmt: skip
    assert (said["only_a_nearer"], said["only_b_nearer"]) == (1, 2)
    assert said["rows"][0]["answers"][b]["said"] == "yes"
    assert main(["runs", "worst", a, "--most", "2"]) == 0
    assert "3 of 20 rows" in capsys.readouterr().out
    assert main(["runs", "worst", a, "--most", "2", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["rows"]) == 2
