"""The page Leaderboard."""

from __future__ import annotations

from pathlib import Path

from mlops_core.services import experiments
from tests.pages.lab import Lab, open_page, text_of
from tests.unit.services.outcomes import complete, finish, judged_rows, plan, table


def test_without_runs_it_says_where_to_begin(still: Lab, tmp_path: Path) -> None:
    at = open_page("leaderboard")
    assert not at.exception
    assert "Nothing to rank yet" in text_of(at)
    data = table(still.ws, tmp_path)
    experiments.train(still.ws, "a", plan(data, "knn"))
    at = open_page("leaderboard")
    assert not at.exception
    assert "No run on this dataset has completed" in text_of(at)


def test_dataset_and_metric_stand_in_the_url(still: Lab, tmp_path: Path) -> None:
    data = table(still.ws, tmp_path, rows=900)
    other = table(still.ws, tmp_path, rows=900, name="other")
    for name, dataset in (("a", data), ("b", other)):
        for run_id in experiments.train(still.ws, name, plan(dataset, "knn", "mlp"))[1]:
            complete(still.ws, run_id, judged_rows(0.9 - run_id / 50, run_id, 2))
    at = open_page("leaderboard", dataset=data, metric="accuracy")
    assert not at.exception
    text = text_of(at)
    assert "Predicting churned" in text and "knn" in text and "Compare the best 2" in text
    at.selectbox(key="leaderboard.dataset").set_value(other).run()
    assert not at.exception
    assert at.query_params["dataset"] == str(other)
    strange = open_page("leaderboard", dataset=99, metric="nothing")
    assert not strange.exception


def test_a_link_to_what_cannot_be_ranked_says_so(still: Lab, tmp_path: Path) -> None:
    _made, (run_id,) = experiments.train(still.ws, "a", plan(table(still.ws, tmp_path)))
    finish(still.ws, run_id, {"roc_auc": 0.7})
    unused = still.dataset("unused *one*")
    gone = open_page("leaderboard", dataset=99)
    assert "There is no dataset 99." in text_of(gone) and not gone.exception
    assert "No run has used unused *one* v1 yet." in text_of(
        open_page("leaderboard", dataset=unused.id)
    )
