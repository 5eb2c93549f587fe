"""The page Compare: what is chosen, how it is judged, what the URL holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from benchmarks.fill import fill
from mlops_core.domain.configs import EvaluationConfig
from mlops_core.domain.queue import Submission
from mlops_core.domain.records import MetricPoint
from mlops_core.domain.states import EndReason
from mlops_core.services import baselines, experiments, overview, queueing, runs
from mlops_core.services.comparison import MetricCell, MetricRow
from mlops_core.store.workspace import Workspace
from tests.pages.lab import Lab, open_page, text_of
from tests.unit.services.outcomes import complete, judged_rows, plan, table
from ui.compare_charts import mean_curve, stepped
from ui.compare_metrics import delta, value_of
from ui.compare_pick import merged

ids = st.lists(st.integers(1, 30), unique=True)


def cell(
    run_id: int, holdout: float | None, mean: float | None = None, std: float | None = None
) -> MetricCell:
    folds = () if mean is None else (mean,)
    return MetricCell(run_id=run_id, holdout=holdout, mean=mean, std=std, folds=folds, best=False)


def row(key: str, greater: bool, *cells: MetricCell) -> MetricRow:
    return MetricRow(key=key, label=key, greater_is_better=greater, cells=tuple(cells))


def point(fold: int, step: int, value: float, split: str = "validation") -> MetricPoint:
    now = datetime.now(UTC)
    return MetricPoint(seq=0, name="rmse", split=split, fold=fold, step=step, value=value, at=now)


# Deltas -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "greater", "value", "tone"),
    [
        ("roc_auc", True, 0.9, "better"),
        ("roc_auc", True, 0.7, "worse"),
        ("rmse", False, 9.0, "worse"),
        ("rmse", False, 0.1, "better"),
    ],
)
def test_a_delta_is_toned_by_the_direction_of_its_metric(
    key: str, greater: bool, value: float, tone: str
) -> None:
    base, other = cell(1, 0.8), cell(2, value)
    assert delta(row(key, greater, base, other), other, base).tone == tone


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.booleans())
def test_turning_the_direction_of_a_metric_turns_every_tone(
    a: float, b: float, greater: bool
) -> None:
    base, other = cell(1, a), cell(2, b)
    turned = {"better": "worse", "worse": "better", "": ""}
    one = delta(row("f1", greater, base, other), other, base)
    two = delta(row("f1", not greater, base, other), other, base)
    assert two.tone == turned[one.tone]
    assert (one.tone == "") == (a == b)


def test_a_smaller_error_is_shown_as_better_with_a_minus_sign() -> None:
    base, other = cell(1, 12.0), cell(2, 10.0)
    found = delta(row("rmse", False, base, other), other, base)
    assert found.text.startswith("▲ −2.0")


def test_values_measured_in_different_ways_have_no_delta() -> None:
    base, other = cell(1, 0.8), cell(2, None, 0.9)
    assert delta(row("f1", True, base, other), other, base).text == ""
    assert value_of(other) == 0.9


def test_the_baseline_has_no_delta_to_itself() -> None:
    base = cell(1, 0.8)
    assert delta(row("f1", True, base), base, base).text == ""


# Choosing -----------------------------------------------------------------------------------------


@given(ids, ids, ids)
def test_what_a_filter_hides_stays_chosen(
    before: Sequence[int], picked: Sequence[int], shown: Sequence[int]
) -> None:
    picked = [id for id in picked if id in shown]
    after = merged(before, picked, shown)
    assert {id for id in before if id not in shown} <= set(after)
    assert {id for id in after if id in shown} == set(picked)
    assert len(after) == len(set(after))


def test_what_was_chosen_first_stays_first() -> None:
    assert merged((5, 2), (1, 2, 5), (1, 2, 5)) == (5, 2, 1)


# Curves -------------------------------------------------------------------------------------------


def test_one_point_a_fold_is_not_a_learning_curve() -> None:
    assert stepped([point(1, 1, 0.5), point(2, 2, 0.4), point(3, 3, 0.6)]) == []


def test_a_learning_curve_is_the_mean_of_the_folds_that_reached_the_step() -> None:
    points = [point(1, 1, 4.0), point(1, 2, 2.0), point(2, 1, 2.0), point(2, 2, 1.0)]
    points += [point(1, 3, 1.0), point(1, 1, 9.0, split="train")]
    assert mean_curve(stepped(points), "rmse") == ([1, 2, 3], [3.0, 1.5, 1.0])


# The page -----------------------------------------------------------------------------------------


def two_runs(lab: Lab) -> tuple[int, int]:
    _id, (one, two) = lab.experiment(lab.dataset(), algorithms=("dummy", "random_forest"))
    lab.end(one)
    lab.end(two)
    return one, two


def compared(ws: Workspace) -> bool:
    return next(step.done for step in overview.overview(ws).checklist if step.key == "compared")


def test_without_completed_runs_the_page_leads_to_a_baseline(lab: Lab) -> None:
    _id, (failed,) = lab.experiment(lab.dataset())
    lab.end(failed, EndReason.ERROR, "No.")
    at = open_page("compare")
    assert not at.exception
    assert "Nothing to compare yet" in text_of(at)
    assert "Train a baseline" in text_of(at)


def test_with_nothing_chosen_the_table_is_open_and_says_what_choosing_gives(lab: Lab) -> None:
    two_runs(lab)
    at = open_page("compare")
    assert at.toggle(key="compare.choosing").value
    assert "Choose two or more runs" in text_of(at)
    assert not compared(lab.ws)


def test_one_chosen_run_asks_for_one_more(lab: Lab) -> None:
    one, _two = two_runs(lab)
    assert "Choose one more run" in text_of(open_page("compare", runs=one))


def test_a_link_shows_the_comparison_that_it_names(lab: Lab) -> None:
    one, two = two_runs(lab)
    at = open_page("compare", runs=f"{one},{two}", baseline=two, metric="accuracy")
    assert not at.exception
    assert at.selectbox(key="compare.baseline").value == two
    assert at.selectbox(key="compare.metric").value == "accuracy"
    assert not at.toggle(key="compare.choosing").value
    text = text_of(at)
    assert "Dashed: what a run was given." in text
    assert f"run {two}, baseline" in text and "0.8421" in text and "0.8460 ± 0.0102" in text
    assert compared(lab.ws)


def test_it_says_which_run_is_better_and_by_what(still: Lab, tmp_path: Path) -> None:
    config = plan(table(still.ws, tmp_path), "dummy", "knn", "mlp")
    ids = experiments.train(still.ws, "a", config)[1]
    for run_id, right in zip(ids, (0.5, 0.9, 0.9), strict=True):
        complete(still.ws, run_id, judged_rows(right, run_id, 5))
    link = ",".join(map(str, ids))
    at = open_page("compare", runs=link, metric="accuracy")
    said = text_of(at)
    assert not at.exception
    assert "1 other run is not distinguishable from it" in said
    assert "Judged by 200 hold-out rows" in said
    assert "Always “no”" in said and "without a model" in said
    at.segmented_control(key="compare.by").set_value("folds").run()
    assert "Judged by 1000 rows of the folds" in text_of(at)
    assert at.query_params["by"] == "folds"
    again = open_page("compare", runs=link, metric="accuracy", by="folds")
    assert "rows of the folds" in text_of(again)


def test_runs_on_other_splits_are_brought_together_and_followed(still: Lab, tmp_path: Path) -> None:
    data = table(still.ws, tmp_path)
    ids = []
    for seed, key in ((1, "knn"), (2, "mlp"), (3, "knn")):
        how = EvaluationConfig(folds=3, seed=seed)
        (run_id,) = experiments.train(still.ws, f"e{seed}", plan(data, key, evaluation=how))[1]
        complete(still.ws, run_id, judged_rows(0.8, run_id, 3))
        ids.append(run_id)
    at = open_page("compare", runs=f"{ids[0]},{ids[2]}", baseline=ids[0])
    at.button(key="compare_align").click().run()
    assert "the same run" in at.toast[0].value
    assert at.query_params["runs"] == f"{ids[0]},{ids[2]}"
    at = open_page("compare", runs=f"{ids[0]},{ids[1]}", baseline=ids[0])
    at.toggle(key="compare.choosing").set_value(True).run()
    button = at.button(key="compare_align")
    assert button.label == f"Run the others on the data and split of run {ids[0]}"
    button.click().run()
    assert not at.exception
    new = max(run.id for run in runs.list_runs(still.ws).items)
    assert at.query_params["runs"] == f"{ids[0]},{new}"
    assert "1 of these runs is not over." in text_of(at)
    assert not at.toggle(key="compare.choosing").value  # else it would bring the old runs back
    assert "compare_align" not in {button.key for button in at.button}


def test_runs_without_predictions_are_not_judged_and_that_is_said(lab: Lab) -> None:
    one, two = two_runs(lab)
    at = open_page("compare", runs=f"{one},{two}")
    assert not at.exception
    assert f"Runs {one}, {two} kept no predictions" in text_of(at)


def test_what_is_chosen_on_the_page_goes_to_the_url(lab: Lab) -> None:
    one, two = two_runs(lab)
    at = open_page("compare", runs=f"{one},{two}")
    assert at.query_params["baseline"] == str(one)  # the dummy
    at.selectbox(key="compare.baseline").select(two).run()
    at.selectbox(key="compare.metric").select("accuracy").run()
    assert at.query_params["baseline"] == str(two)
    assert at.query_params["metric"] == "accuracy"


def test_runs_that_do_not_exist_are_named_and_the_others_compared(lab: Lab) -> None:
    one, two = two_runs(lab)
    at = open_page("compare", runs=f"{one},999,{two},abc")
    assert not at.exception
    assert "Run 999 of this link does not exist here." in text_of(at)
    assert "Parameters" in text_of(at)


def test_an_experiment_brings_its_completed_runs(lab: Lab) -> None:
    id, (one, two, failed) = lab.experiment(lab.dataset(), algorithms=("dummy", "knn", "mlp"))
    lab.end(one)
    lab.end(two)
    lab.end(failed, EndReason.ERROR, "No.")
    at = open_page("compare", experiments=id)
    assert not at.exception
    assert set(at.query_params["runs"].split(",")) == {str(one), str(two)}


def test_only_parameters_that_differ_are_shown_until_all_are_asked_for(lab: Lab) -> None:
    one, two = two_runs(lab)
    at = open_page("compare", runs=f"{one},{two}")
    assert "n estimators" in text_of(at) and "—" in text_of(at)
    assert "folds" not in params(at)
    at.toggle(key="compare.same").set_value(True).run()
    assert "folds" in params(at)
    assert at.query_params["same"] == "1"


def params(at: AppTest) -> str:
    return next(str(h.value) for h in at.html if "Parameters of the compared runs" in h.value)


def test_runs_that_learned_different_things_have_no_deltas_and_a_note(ws: Workspace) -> None:
    ids = fill(ws, 8, points=0, samples=0)  # four of each of two datasets
    at = open_page("compare", runs=",".join(str(id) for id in ids), baseline=ids[0])
    assert not at.exception
    assert "they share no metric" in text_of(at)
    table = next(str(h.value) for h in at.html if "Metrics of the compared runs" in h.value)
    for line in table.split("<tr>")[1:]:
        other = any(f"run {id}<" in line for id in ids[4:])
        assert not (other and ("▲" in line or "▼" in line))


def test_names_of_models_are_never_read_as_html(lab: Lab) -> None:
    dataset = lab.dataset()
    ids = []
    for name in ("<script>alert(1)</script>", "b"):
        config = baselines.config_of(lab.ws, dataset.id)
        model = config.models[0].model_copy(update={"name": f"{name} <b>x</b>"})
        config = config.model_copy(update={"models": (model,)})
        made = experiments.create(lab.ws, name, config)
        with lab.ws.begin() as connection:
            ids += queueing.enqueue(
                connection,
                experiment_id=made.id,
                config=config,
                dataset=dataset,
                by=Submission(owner="kim"),
                at=lab.ws.now(),
            )
    for id in ids:
        lab.end(id)
    at = open_page("compare", runs=",".join(map(str, ids)))
    html = "".join(str(element.value) for element in at.html)
    assert "<script>alert" not in html and "<b>x" not in html


def test_fifty_of_a_thousand_runs_are_compared_and_the_cut_is_said(ws: Workspace) -> None:
    ids = fill(ws, 1000, points=0, samples=0)
    at = open_page("compare", runs=",".join(str(id) for id in ids[:60]))
    assert not at.exception
    text = text_of(at)
    assert "Showing 10 of 50" in text
    at.toggle(key="compare.all").set_value(True).run()
    assert not at.exception
    assert "Showing 10 of 50" not in text_of(at)
    at.toggle(key="compare.choosing").set_value(True).run()
    assert not at.exception
    assert "Showing 200 of" in text_of(at)


def test_calibration_and_confusion_of_all_runs_are_shown(still: Lab, tmp_path: Path) -> None:
    data = table(still.ws, tmp_path)
    ids = experiments.train(still.ws, "a", plan(data, "knn", "mlp"))[1]
    for run_id in ids:
        found = judged_rows(0.8, run_id, 2)
        score = np.where(found["said"] == 1, 0.7, 0.3)
        complete(still.ws, run_id, found | ({"score": score} if run_id == ids[0] else {}))
    at = open_page("compare", runs=",".join(map(str, ids)), metric="accuracy")
    curve = at.segmented_control(key="compare.curve.True")
    curve.set_value("calibration").run()
    assert not at.exception
    assert "Ten groups of rows by what they were given" in text_of(at)
    at.segmented_control(key="compare.curve.True").set_value("confusion").run()
    assert not at.exception
