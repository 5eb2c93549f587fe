"""The page Experiments: both tables, one experiment, putting one together."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.fill import fill
from mlops_core.domain.configs import ExperimentModel, ModelConfig
from mlops_core.domain.states import EndReason, ExperimentStatus, RunStatus
from mlops_core.services import baselines, experiments, queueing, runs
from mlops_core.store.workspace import Workspace
from mlops_core.words.configs import path_words
from tests.pages.lab import Lab, open_page, text_of
from ui import experiment_runs
from ui.experiment_choices import ModelChoice, distinct_names, option_of
from ui.experiment_export import to_csv

# Export -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_an_export_holds_no_formula(cell: str) -> None:
    text = to_csv(["name"], [[cell]]).decode("utf-8-sig")
    (value,) = list(csv.reader(io.StringIO(text, newline="")))[1]
    assert value == f"'{cell}"


def test_an_export_keeps_numbers_and_korean_names() -> None:
    text = to_csv(["이름", "value"], [["고객 이탈", -0.25]]).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text)))[1] == ["고객 이탈", "-0.25"]


# Choices ------------------------------------------------------------------------------------------


def model(name: str, algorithm: str = "ridge", id: int | None = None) -> ExperimentModel:
    return ExperimentModel(name=name, config=ModelConfig(algorithm=algorithm), model_version_id=id)


def test_two_models_of_one_name_are_told_apart() -> None:
    names = [m.name for m in distinct_names([model("Ridge"), model("Ridge"), model("Lasso")])]
    assert names == ["Ridge", "Ridge (2)", "Lasso"]


def test_a_model_is_found_again_by_what_it_is_not_by_its_name() -> None:
    options = {"ridge": ModelChoice(model("Ridge"), "Ridge, defaults")}
    assert option_of(model("Another name"), options) == "ridge"
    assert option_of(model("Ridge", "lasso"), options) is None


def test_a_path_reads_as_words() -> None:
    assert path_words("evaluation.folds") == "Evaluation · folds"
    assert path_words("model.params.max_depth") == "Model · max depth"


# Both tables --------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queueing, "wake", lambda _ws: None)


def rows_of(at: AppTest) -> str:
    """What the tables of the page hold, as the text that goes to the browser."""
    return "".join(str(table.proto) for table in at.get("component_instance"))


def test_an_empty_workspace_says_what_the_page_is_for_and_leads_to_data(ws: Workspace) -> None:
    at = open_page("experiments")
    assert not at.exception
    assert "No experiment yet" in text_of(at)
    assert "Start with a sample or a CSV" in text_of(at)


def test_with_data_the_empty_page_leads_to_the_first_experiment(lab: Lab) -> None:
    lab.dataset()
    assert "Put the first one together" in text_of(open_page("experiments"))


def test_experiments_are_listed_with_status_and_best_value(lab: Lab) -> None:
    _id, (done, failed) = lab.experiment(lab.dataset(), algorithms=("dummy", "knn"))
    lab.end(done)
    lab.end(failed, EndReason.MEMORY_LIMIT, "It used 4.0 GB, its limit.")
    at = open_page("experiments")
    assert not at.exception
    table = rows_of(at)
    assert "churn first v1.0.0" in table
    assert "Completed" in table and "ROC AUC 0.8421" in table


def test_a_filter_that_finds_nothing_offers_to_clear_it(lab: Lab) -> None:
    lab.experiment(lab.dataset())
    at = open_page("experiments", q="nothing like it")
    assert "No experiment matches" in text_of(at)
    next(button for button in at.button if button.label == "Clear the filters").click().run()
    assert "churn first" in rows_of(at)
    assert "q" not in at.query_params


def test_filters_stand_in_the_url_and_come_back_after_another_page(lab: Lab) -> None:
    lab.experiment(lab.dataset())
    at = open_page("experiments")
    at.selectbox(key="experiments.status").select("queued").run()
    assert at.query_params["status"] == "queued"
    at.switch_page("../pages/compare.py").run()
    at.query_params.clear()
    at.switch_page("../pages/experiments.py").run()
    assert at.selectbox(key="experiments.status").value == "queued"
    assert at.query_params["status"] == "queued"


def test_a_filter_of_a_link_that_does_not_exist_is_left_out(lab: Lab) -> None:
    lab.experiment(lab.dataset())
    at = open_page("experiments", status="no such status", sort="x; drop table run")
    assert not at.exception
    assert "churn first" in rows_of(at)


def test_chosen_columns_of_the_run_table_stand_in_the_url(lab: Lab) -> None:
    _id, (done,) = lab.experiment(lab.dataset())
    lab.end(done)
    at = open_page("experiments", tab="runs", columns="accuracy,memory")
    assert not at.exception
    table = rows_of(at)
    assert "Accuracy" in table and "0.8010" in table
    assert "Peak memory" in table and "Submitted" not in table


def test_a_value_says_of_which_metric_it_is(lab: Lab) -> None:
    """One column holds areas and errors: 0.66 of the one is no 0.66 of the other."""
    _id, (done,) = lab.experiment(lab.dataset())
    lab.end(done)
    assert "ROC AUC 0.8421" in rows_of(open_page("experiments", tab="runs"))
    named = rows_of(open_page("experiments", tab="runs", columns="metric,value"))
    assert "ROC AUC" in named and "0.8421" in named and "ROC AUC 0.8421" not in named


def test_the_run_table_is_filtered_by_status(lab: Lab) -> None:
    _id, (done, _waits) = lab.experiment(lab.dataset(), algorithms=("dummy", "knn"))
    lab.end(done)
    at = open_page("experiments", tab="runs", state="completed")
    assert "dummy" in rows_of(at) and "knn" not in rows_of(at)


def test_a_thousand_runs_show_the_first_and_say_so(ws: Workspace) -> None:
    fill(ws, 1000, points=0, samples=0)
    at = open_page("experiments")
    assert not at.exception
    assert "Showing 200 of 250" in text_of(at)
    at.segmented_control(key="experiments_page.tab").set_value("runs").run()
    assert not at.exception
    assert "200 of 1000 runs" in text_of(at)
    at.button(key="runs.more").click().run()
    assert "400 of 1000 runs" in text_of(at)
    assert at.query_params["rows"] == "400"
    make: Callable[[], bytes] = experiment_runs.export(
        ws, {**experiment_runs.DEFAULTS, "by": "created_at"}, ["experiment", "roc_auc"]
    )
    lines = list(csv.reader(io.StringIO(make().decode("utf-8-sig"))))
    assert lines[0] == ["Run", "Status", "Model", "Experiment", "Version", "ROC AUC"]
    assert len({line[0] for line in lines[1:]}) == len(lines) - 1 == 1000


# One experiment -----------------------------------------------------------------------------------


@pytest.mark.parametrize("query", [{"id": 99}, {"version_of": 99}])
def test_an_experiment_that_is_not_there_is_said_with_a_way_back(
    ws: Workspace, query: dict[str, int]
) -> None:
    at = open_page("experiments", **query)
    assert not at.exception
    assert "There is no experiment 99." in text_of(at)
    assert "All experiments" in text_of(at)


def test_a_planned_experiment_can_be_started(lab: Lab) -> None:
    made = planned(lab)
    at = open_page("experiments", id=made)
    at.button(key="start").click().run()
    assert not at.exception
    assert experiments.get_experiment(lab.ws, made).status is ExperimentStatus.QUEUED


def test_what_runs_have_used_is_shown_as_locked(lab: Lab) -> None:
    id, (done,) = lab.experiment(lab.dataset())
    lab.end(done)
    assert "cannot be edited any more" in text_of(
        open_page("experiments", id=id, view="configuration")
    )
    other = planned(lab, "another")
    assert "cannot be edited any more" not in text_of(
        open_page("experiments", id=other, view="configuration")
    )


def test_failed_runs_show_their_reason_in_the_history(lab: Lab) -> None:
    id, (failed,) = lab.experiment(lab.dataset())
    lab.end(failed, EndReason.MEMORY_LIMIT, "It used 4.0 GB, its limit.")
    table = rows_of(open_page("experiments", id=id))
    assert "Stopped at the memory limit" in table and "Failed" in table


def test_comparing_takes_the_completed_runs_along(lab: Lab) -> None:
    id, (one, two, three) = lab.experiment(lab.dataset(), algorithms=("dummy", "knn", "mlp"))
    lab.end(one)
    lab.end(two)
    lab.end(three, EndReason.ERROR, "No.")
    at = open_page("experiments", id=id)
    at.button(key="compare").click().run()
    assert not at.exception
    assert set(at.query_params["runs"].split(",")) == {str(one), str(two)}


def test_a_stored_name_is_shown_as_it_was_written(lab: Lab) -> None:
    id, _runs = lab.experiment(lab.dataset(), name="a *b* [c](http://x) <i>d</i>")
    assert "a *b* [c](http://x) <i>d</i>" in text_of(open_page("experiments", id=id))


# Putting one together -----------------------------------------------------------------------------


def planned(lab: Lab, name: str = "planned") -> int:
    dataset = lab.dataset()
    config = baselines.config_of(lab.ws, dataset.id)
    return experiments.create(lab.ws, name, config).id


def test_without_data_the_composer_leads_to_data(ws: Workspace) -> None:
    assert "An experiment needs data" in text_of(open_page("experiments", new=1))


def test_the_composer_opens_filled_in_and_trains(lab: Lab) -> None:
    lab.dataset()
    at = open_page("experiments", new=1)
    assert not at.exception
    at.button(key="compose_train").click().run()
    assert not at.exception
    (made,) = experiments.list_experiments(lab.ws).items
    assert (made.name, made.version, made.runs) == ("churn", "1.0.0", 4)
    assert at.query_params["id"] == str(made.id)


def test_saving_as_planned_queues_nothing(lab: Lab) -> None:
    lab.dataset()
    at = open_page("experiments", new=1)
    at.multiselect(key="compose.new.classification.models").set_value(["knn"]).run()
    at.button(key="compose_save").click().run()
    (made,) = experiments.list_experiments(lab.ws).items
    assert made.status is ExperimentStatus.PLANNED
    assert made.algorithms == ("knn",)
    assert runs.list_runs(lab.ws).total == 0


def test_a_problem_stands_beside_its_field_and_holds_the_start(lab: Lab) -> None:
    dataset = lab.dataset()
    at = open_page("experiments", new=1)
    at.selectbox(key=f"compose.new.{dataset.id}.target").select("customer").run()
    assert at.button(key="compose_train").disabled
    assert "put right first" in text_of(at)
    at.selectbox(key=f"compose.new.{dataset.id}.target").select("churned").run()
    assert not at.button(key="compose_train").disabled


def test_no_model_is_said_beside_the_models(lab: Lab) -> None:
    lab.dataset()
    at = open_page("experiments", new=1)
    at.multiselect(key="compose.new.classification.models").set_value([]).run()
    assert "Choose at least one model." in text_of(at)
    assert at.button(key="compose_train").disabled


def test_a_version_that_is_taken_is_said_beside_the_field(lab: Lab) -> None:
    planned(lab, "churn")
    at = open_page("experiments", new=1)
    assert "churn v1.0.0 exists already" in text_of(at)
    at.text_input(key="compose.new.version").set_value("1.0.1").run()
    assert "exists already" not in text_of(at)


def test_a_new_version_shows_what_changes_and_keeps_the_one_before(lab: Lab) -> None:
    id, (done,) = lab.experiment(lab.dataset())
    lab.end(done)
    at = open_page("experiments", version_of=id)
    assert "Nothing yet" in text_of(at)
    at.multiselect(key=f"compose.{id}.classification.models").set_value(["knn"]).run()
    assert "Nearest neighbours" in text_of(at) and "Nothing yet" not in text_of(at)
    at.button(key="compose_save").click().run()
    assert not at.exception
    assert [item.version for item in experiments.history(lab.ws, "churn first")] == [
        "1.1.0",
        "1.0.0",
    ]
    assert runs.get_run(lab.ws, done).status is RunStatus.COMPLETED


def test_the_differences_of_two_versions_are_shown(lab: Lab) -> None:
    id = planned(lab)
    config = experiments.get_experiment(lab.ws, id).config
    smaller = config.model_copy(update={"models": config.models[:1]})
    made = experiments.new_version(lab.ws, id, experiments.Bump.MINOR, smaller)
    at = open_page("experiments", id=made.id, view="versions")
    assert not at.exception
    (table,) = at.table
    assert any("Random forest" in str(cell) for cell in table.value.iloc[:, 0])


def test_a_link_to_parts_that_are_gone_says_what_is_missing(lab: Lab) -> None:
    """The composer took another dataset in silence, and trained on it."""
    lab.dataset()
    at = open_page("experiments", new=1, dataset=999, features=77, models="55", resources=88)
    assert not at.exception
    shown = " ".join(error.value for error in at.error)
    for part in ("dataset 999", "feature set 77", "model 55", "resource profile 88"):
        assert f"There is no {part}" in shown
    assert not open_page("experiments", new=1).error
