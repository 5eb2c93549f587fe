"""The table of runs: any setting or metric as a column, sets of columns."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from mlops_core.services import column_sets, experiments
from tests.pages.lab import Lab, open_page, text_of
from tests.pages.test_experiments import rows_of
from tests.unit.services.outcomes import complete, judged_rows, plan, table
from ui import run_columns


@pytest.fixture
def ids(still: Lab, tmp_path: Path) -> tuple[int, ...]:
    made = experiments.train(still.ws, "a", plan(table(still.ws, tmp_path), "knn", "mlp"))[1]
    for run_id in made:
        complete(still.ws, run_id, judged_rows(0.8, run_id, 2))
    return made


def test_a_parameter_and_parts_of_a_metric_are_columns(still: Lab, ids: tuple[int, ...]) -> None:
    columns = "params.n_neighbors,evaluation.folds,best:accuracy,last:accuracy,owner"
    at = open_page("experiments", tab="runs", columns=columns, by="-setting:params.n_neighbors")
    assert not at.exception
    shown = rows_of(at)
    for name in ("n neighbors", "Evaluation", "best fold", "last fold", "Owner"):
        assert name in shown
    labels = at.selectbox(key="runs.by").options
    assert "n neighbors, largest first" in labels
    assert at.selectbox(key="runs.by").value == "-setting:params.n_neighbors"


def test_the_best_fold_is_the_lowest_of_an_error(still: Lab) -> None:
    from mlops_core.domain.records import FinalMetric

    def found(metric: str) -> FinalMetric:
        return FinalMetric(run_id=1, name=metric, holdout=0.5, mean=0.3, std=0.1, folds=(0.2, 0.4))

    for metric, best in (("roc_auc", 0.4), ("log_loss", 0.2)):
        measured = {(1, metric): found(metric)}
        parts = {
            part: run_columns._metric(measured, 1, f"{part}:{metric}") for part in run_columns.PARTS
        }
        assert parts == {"holdout": 0.5, "mean": 0.3, "std": 0.1, "best": best, "last": 0.4}
        assert run_columns._metric(measured, 1, metric) == 0.5


def test_every_column_has_a_name_and_can_be_shown(still: Lab, ids: tuple[int, ...]) -> None:
    names = run_columns.every()
    assert len(names) == len(set(names))
    assert not [name for name in names if "," in name]  # they stand in the URL, apart by commas
    labels = {name: run_columns.label(name) for name in names}
    assert all(labels.values())
    at = open_page("experiments", tab="runs", columns=",".join(names[::7]))
    assert not at.exception


def test_columns_are_saved_under_a_name_and_taken_up_again(
    still: Lab, ids: tuple[int, ...]
) -> None:
    at = open_page("experiments", tab="runs", columns="params.n_neighbors,roc_auc")
    at.text_input(key="columns.name").set_value("tuning").run()
    at.button(key="columns.save").click().run()
    assert not at.exception
    assert column_sets.list_sets(still.ws) == {"tuning": ("params.n_neighbors", "roc_auc")}
    other = open_page("experiments", tab="runs")
    other.selectbox(key="columns.set").set_value("tuning").run()
    assert not other.exception
    assert other.query_params["columns"] == "params.n_neighbors,roc_auc"
    other.button(key="columns.remove").click().run()
    assert column_sets.list_sets(still.ws) == {}
    other.button(key="columns.save").click().run()
    assert "The name is empty." in text_of(other)


def test_runs_are_narrowed_to_those_that_ended_lately(
    still: Lab, ids: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = still.ws.now()
    monkeypatch.setattr(still.ws, "now", lambda: now + timedelta(days=3))
    at = open_page("experiments", tab="runs", since=1)
    assert "No run matches" in text_of(at)
    at.selectbox(key="runs.since").set_value("7").run()
    assert at.query_params["since"] == "7"
    assert "Knn" in rows_of(at) or "knn" in rows_of(at)
    wrong = open_page("experiments", tab="runs", since="<b>")
    assert not wrong.exception and wrong.selectbox(key="runs.since").value == ""
