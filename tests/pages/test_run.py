"""The page Run: live, over in every way, unknown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mlops_core import words
from mlops_core.domain.results import CrossValidated, PartialResult, TrainingError
from mlops_core.domain.states import EndReason
from mlops_core.services import experiments, repeats, runs
from mlops_core.words import THIN
from tests.pages.lab import Lab, charts_of, open_page, regression_result, text_of
from tests.unit.services.outcomes import complete, judged_rows, plan, table


@pytest.mark.parametrize("id", ["", "99", "abc", "-1", "9" * 40])
def test_an_unknown_run_is_said_to_be_unknown_and_leads_on(lab: Lab, id: str) -> None:
    at = open_page("run", id=id)
    assert not at.exception
    assert "All runs" in str([link.proto.label for link in at.get("page_link")])
    said = "There is no run 99." if id == "99" else "No run chosen"
    assert said in text_of(at)
    assert len(at.error) == (id == "99")


def test_a_running_run_shows_its_state_and_can_be_stopped(lab: Lab) -> None:
    _experiment, (run_id,) = lab.experiment(lab.dataset())
    lab.run(run_id)
    at = open_page("run", id=run_id)
    assert not at.exception
    text = text_of(at)
    assert "Running" in text and "1 core, 2 GB" in text and "limit 1 h" in text
    assert at.button(key="run_stop").label == "Stop"


def test_a_waiting_run_can_be_withdrawn(lab: Lab) -> None:
    _experiment, (run_id,) = lab.experiment(lab.dataset())
    at = open_page("run", id=run_id)
    assert "Queued" in text_of(at)
    assert at.button(key="run_stop").label == "Withdraw"


def test_a_completed_run_shows_scores_warnings_and_usage(lab: Lab) -> None:
    _experiment, (run_id,) = lab.experiment(lab.dataset())
    lab.end(run_id)
    at = open_page("run", id=run_id)
    assert not at.exception
    text = text_of(at)
    assert "ROC AUC, hold-out 0.8421 0.8460 ± 0.0102 over 3 folds" in text
    assert "2 rows without a target were left out." in text
    assert "Peak memory 812 MB of 2 GB allowed" in text
    assert f"Processor time 33 s 80{THIN}% of 1 core" in text
    assert len(charts_of(at)) == 5  # confusion, folds, ROC, precision-recall, importance
    assert {button.key for button in at.button} >= {"run_again", "run_compare"}


def test_it_says_how_sure_the_score_is_and_what_it_is_worth(still: Lab, tmp_path: Path) -> None:
    config = plan(table(still.ws, tmp_path), "knn", "mlp")
    good, useless = experiments.train(still.ws, "a", config)[1]
    complete(still.ws, good, judged_rows(0.9, 1, 3))
    complete(still.ws, useless, judged_rows(0.5, 2, 3))
    at = open_page("run", id=good)
    assert not at.exception
    text = text_of(at)
    assert "Better than always saying “no” by 0.4" in text
    assert "Accuracy: 95 % interval 0.8" in text
    assert ">Always “no”<" in text
    assert "Not distinguishable from always saying “no”" in text_of(open_page("run", id=useless))


def test_a_run_is_repeated_with_other_seeds_and_says_how_far_they_lie_apart(
    still: Lab, tmp_path: Path
) -> None:
    (first,) = experiments.train(still.ws, "a", plan(table(still.ws, tmp_path), "mlp"))[1]
    complete(still.ws, first, judged_rows(0.8, 1, 3))
    at = open_page("run", id=first)
    assert "seeds" not in text_of(at).replace("other seeds", "")
    at.button(key="run_repeat").click().run()
    assert not at.exception
    made = [run.id for run in runs.list_runs(still.ws).items if run.id != first]
    assert len(made) == 5
    assert "5 of them are going on" in text_of(at)
    for run_id in made[:2]:
        complete(still.ws, run_id, judged_rows(0.8, run_id, 3))
    at = open_page("run", id=first)
    text = text_of(at)
    assert "Over 3 seeds: **" in text and "3 of them are going on" in text
    assert "Compare them" in text


def test_a_model_without_chance_says_so(still: Lab, tmp_path: Path) -> None:
    (first,) = experiments.train(still.ws, "a", plan(table(still.ws, tmp_path), "knn"))[1]
    complete(still.ws, first, judged_rows(0.8, 1, 3))
    (again,) = repeats.repeat(still.ws, first, 1)
    complete(still.ws, again, judged_rows(0.8, 1, 3))
    assert "chance plays no part in this model" in text_of(open_page("run", id=first))


def test_a_run_that_was_run_again_says_whether_it_came_out_the_same(
    still: Lab, tmp_path: Path
) -> None:
    (first,) = experiments.train(still.ws, "a", plan(table(still.ws, tmp_path), "knn"))[1]
    complete(still.ws, first, judged_rows(0.9, 1, 3))
    at = open_page("run", id=first)
    assert at.button(key="run_again").label == "Reproduce"
    assert "Reproduced" not in text_of(at)
    same, other = runs.rerun(still.ws, first), runs.rerun(still.ws, first)
    complete(still.ws, same, judged_rows(0.9, 1, 3))
    complete(still.ws, other, judged_rows(0.6, 2, 3))
    at = open_page("run", id=same)
    assert not at.exception
    assert "every number is the same as in" in at.success[0].value
    assert f"(/run?id={first})" in at.success[0].value
    at = open_page("run", id=other)
    assert not at.exception
    assert "of 800 predictions differ." in at.warning[0].value


def test_a_completed_run_whose_files_are_gone_says_so(lab: Lab) -> None:
    _experiment, (run_id,) = lab.experiment(lab.dataset())
    lab.end(run_id)
    lab.ws.run_paths(run_id).result.unlink()
    at = open_page("run", id=run_id)
    assert not at.exception
    assert [warning.value for warning in at.warning] == [
        "The scores and charts of this run are no longer in its folder. Run it again."
    ]


def test_a_regression_shows_residuals_and_no_class_charts(lab: Lab) -> None:
    _experiment, (run_id,) = lab.experiment(lab.dataset(target="price"), algorithms=("ridge",))
    lab.end(run_id, result=regression_result())
    at = open_page("run", id=run_id)
    assert not at.exception
    assert "Residuals" in text_of(at) and "Confusion" not in text_of(at)
    assert "This run had no folds." in text_of(at)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (EndReason.MEMORY_LIMIT, "Stopped at the memory limit"),
        (EndReason.TIME_LIMIT, "Stopped at the time limit"),
        (EndReason.KILLED, "Ended from outside"),
        (EndReason.LOST, "Lost with its machine or process"),
    ],
)
def test_a_failed_run_explains_itself(lab: Lab, reason: EndReason, words: str) -> None:
    _experiment, (run_id,) = lab.experiment(lab.dataset())
    lab.end(run_id, reason, "It used 4.0 GB, its limit. Give it 6 GB.")
    at = open_page("run", id=run_id)
    assert not at.exception
    (box,) = at.error
    said = box.value.replace("\\", "")
    assert words in said and "It used 4.0 GB, its limit. Give it 6 GB." in said


def test_an_error_of_the_training_shows_hint_and_keeps_the_traceback_folded(lab: Lab) -> None:
    _experiment, (run_id,) = lab.experiment(lab.dataset())
    error = TrainingError(
        kind="ValueError", message="It broke.", hint="Mend it.", traceback="Traceback: line 3"
    )
    lab.end(run_id, EndReason.ERROR, "It broke.", error=error)
    at = open_page("run", id=run_id)
    assert "Mend it." in at.error[0].value.replace("\\", "")
    assert at.error[0].value.count("broke") == 1
    assert "Traceback" not in text_of(at)
    assert at.expander[0].code[0].value == "Traceback: line 3"


def test_a_run_that_ran_out_of_time_shows_the_folds_that_it_had_finished(lab: Lab) -> None:
    _experiment, (run_id,) = lab.experiment(lab.dataset())
    scores = {
        "accuracy": CrossValidated(mean=0.8, std=0.1, folds=(0.7, 0.9)),
        "roc_auc": CrossValidated(mean=0.9, std=0.0, folds=(0.9123,)),
    }
    partial = PartialResult(planned_folds=5, cv=scores)
    lab.end(run_id, EndReason.TIME_LIMIT, "Stopped.", partial=partial)
    at = open_page("run", id=run_id)
    assert not at.exception
    text = text_of(at)
    assert "Scores before it ended :gray[2 of 5 folds]" in text
    assert at.table[0].value.to_numpy().tolist() == [
        ["**ROC AUC**", "0.9000", "0.9123", "—"],
        ["Accuracy", "0.8000", "0.7000", "0.9000"],
    ]
    assert "the run is never ranked" in text


def test_what_happened_to_a_run_is_told_in_order(lab: Lab) -> None:
    _experiment, (run_id,) = lab.experiment(lab.dataset())
    lab.end(run_id, EndReason.KILLED, "It | was <b>killed</b>.")

    def page(run_id: int) -> None:
        from mlops_core.services import runs
        from ui import run_so_far
        from ui.app_state import workspace

        run_so_far.history(workspace(), runs.get_run(workspace(), run_id))

    at = AppTest.from_function(page, args=(run_id,)).run()
    assert not at.exception
    table = at.table[0].value
    assert list(table["What"]) == ["Submitted", "Given its part of the machine", "Failed"]
    assert table["Details"].iloc[-1] == words.md("It | was <b>killed</b>.")


def test_a_stopped_run_is_no_error(lab: Lab) -> None:
    _experiment, (run_id,) = lab.experiment(lab.dataset())
    lab.end(run_id, EndReason.CANCELLED, "Stopped on request.")
    at = open_page("run", id=run_id)
    assert not at.error and "Stopped on request." in at.info[0].value.replace("\\", "")


def test_a_name_is_shown_as_it_was_written(lab: Lab) -> None:
    hostile = "*bold* :red[x] <b> $a$ [link](http://x)"
    _experiment, (run_id,) = lab.experiment(lab.dataset(), name=hostile)
    at = open_page("run", id=run_id)
    assert hostile in text_of(at)
    assert f"{hostile}" not in at.title[0].value  # escaped, so that Markdown shows it as text


def test_a_run_whose_result_file_is_gone_still_opens(lab: Lab) -> None:
    _experiment, (run_id,) = lab.experiment(lab.dataset())
    lab.end(run_id)
    lab.ws.run_paths(run_id).result.unlink()
    at = open_page("run", id=run_id)
    assert not at.exception
    assert "Completed" in text_of(at)


def test_the_page_speaks_korean_when_the_address_says_so(lab: Lab) -> None:
    _experiment, (run_id,) = lab.experiment(lab.dataset())
    at = open_page("run", id=run_id, lang="ko")
    assert not at.exception
    assert at.segmented_control(key="_language_choice").value == "ko"
    assert at.query_params["lang"] in ("ko", ["ko"])


def test_a_threshold_is_chosen_by_what_errors_cost(still: Lab, tmp_path: Path) -> None:
    data = table(still.ws, tmp_path)
    (run_id,) = experiments.train(still.ws, "a", plan(data, "logistic_regression"))[1]
    found = judged_rows(0.8, 1, 2)
    noise = np.random.default_rng(5).normal(0, 0.08, len(found["truth"]))
    score = np.clip(np.where(found["truth"] == 1, 0.45, 0.2) + noise, 0.01, 0.99)
    complete(still.ws, run_id, found | {"score": score})

    at = open_page("run", id=run_id)
    assert not at.exception
    text = text_of(at)
    assert "Where to draw the line" in text
    assert "the cheapest threshold costs" in text
    assert "Are its probabilities right?" in text
    assert "groups that is more than chance explains." in text
    (slider,) = at.slider
    even = slider.value
    at.number_input(key=f"threshold.fn.{run_id}").set_value(20.0).run()
    assert at.slider[0].value < even
    assert at.query_params["fn"] == "20"
    at.slider[0].set_value(0.6).run()
    assert float(at.query_params["threshold"]) == 0.6
    assert "of all “yes” are found." in text_of(at)
    at.number_input(key=f"threshold.fn.{run_id}").set_value(0.0).run()
    at.number_input(key=f"threshold.fp.{run_id}").set_value(0.0).run()
    assert not at.exception
    assert "Both errors cost nothing" in text_of(at)

    link = open_page("run", id=run_id, fn="20", threshold="0.6")
    assert link.slider[0].value == 0.6
    for odd in ({"fn": "x", "fp": "-1"}, {"threshold": "nan"}, {"threshold": "7"}):
        assert not open_page("run", id=run_id, **odd).exception


def test_the_rows_it_is_most_wrong_about_are_shown(still: Lab, tmp_path: Path) -> None:
    data = table(still.ws, tmp_path, rows=900)
    (run_id,) = experiments.train(still.ws, "a", plan(data, "logistic_regression"))[1]
    found = judged_rows(0.8, 1, 2)
    complete(still.ws, run_id, found)
    at = open_page("run", id=run_id)
    assert not at.exception
    assert "Rows it is most wrong about" in text_of(at)
    held = found["fold"] == 0
    wrong = np.flatnonzero(held & (found["truth"] != found["said"]))
    assert f"{len(wrong)} of {held.sum()} rows were answered wrongly" in text_of(at)
    (shown,) = (frame.value for frame in at.dataframe if "truth" in frame.value)
    assert sorted(shown.index) == [place + 1 for place in wrong]
    still.ws.run_paths(run_id).predictions.unlink()
    assert "Rows it is most wrong about" not in text_of(open_page("run", id=run_id))
