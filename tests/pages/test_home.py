"""The page Home: empty, typical, broken, with a thousand runs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mlops_core.domain.queue import Submission
from mlops_core.domain.states import EndReason
from mlops_core.services import datasets, experiments, overview, queueing
from mlops_core.store.workspace import Workspace
from tests.pages.lab import Lab, open_page, text_of


def test_an_empty_workspace_offers_a_sample_and_an_upload(ws: Workspace) -> None:
    at = open_page()
    assert not at.exception
    assert at.button(key="home_try").label == "Try it with a sample"
    assert at.button(key="home_own").label == "Use my own CSV"


def test_one_click_adds_the_sample_and_starts_training(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queueing, "wake", lambda _ws: None)
    at = open_page()
    at.button(key="home_try").click().run()
    assert not at.exception
    assert [item.sample for item in datasets.list_datasets(ws)] == ["penguins"]
    assert overview.overview(ws).queued == 4


def test_the_sample_can_be_added_without_training(ws: Workspace) -> None:
    at = open_page()
    at.button(key="home_look").click().run()
    assert len(datasets.list_datasets(ws)) == 1
    assert overview.overview(ws).experiments == 0


def test_totals_queue_and_recent_experiments_are_shown(lab: Lab) -> None:
    dataset = lab.dataset()
    _first, (done, failed, running, _waiting) = lab.experiment(
        dataset, algorithms=("dummy", "knn", "random_forest", "mlp")
    )
    lab.end(done)
    lab.end(failed, EndReason.TIME_LIMIT, "Time is up.")
    lab.run(running)
    at = open_page()
    assert not at.exception
    values = [metric.value for metric in at.metric]
    assert values[:5] == ["1", "1", "1", "1", "0"]
    text = text_of(at)
    assert "churn first" in text and "ROC AUC" in text and "0.8421" in text
    assert "Random forest" in text and "1. churn first" in text
    assert at.get("progress")[0].value == 40


def test_the_first_steps_go_away_once_something_was_compared(lab: Lab) -> None:
    _experiment, (run_id,) = lab.experiment(lab.dataset())
    lab.end(run_id)
    assert "First steps" in text_of(open_page())
    overview.mark_compared(lab.ws)
    assert "First steps" not in text_of(open_page())


def test_nothing_running_is_said_and_nothing_polls(lab: Lab) -> None:
    lab.dataset()
    assert "Nothing runs." in text_of(open_page())


def test_a_thousand_runs_show_no_more_than_fits(lab: Lab) -> None:
    dataset = lab.dataset()
    with_runs, _ids = lab.experiment(dataset)
    config = experiments.get_experiment(lab.ws, with_runs).config
    with lab.ws.begin() as connection:
        for _number in range(1000):
            queueing.enqueue(
                connection, experiment_id=with_runs, config=config, dataset=dataset,
                by=Submission(owner="kim"),
                at=lab.ws.now(),
            )  # fmt: skip
    at = open_page()
    assert not at.exception
    assert "8 of 1001" in text_of(at)


def test_what_happened_since_yesterday_is_told_first(lab: Lab) -> None:
    _made, ids = lab.experiment(lab.dataset(), algorithms=("knn", "random_forest", "mlp"))
    lab.end(ids[0])
    lab.end(ids[1], EndReason.MEMORY_LIMIT, "It used 2 GB.")
    lab.end(ids[2], EndReason.CANCELLED)
    at = open_page()
    text = text_of(at)
    assert "Since yesterday" in text
    assert "leads with 0.8421" in text
    assert "Stopped at the memory limit: 1" in text
    assert "nothing ended since yesterday" not in text
    labels = [str(one.proto.label) for one in at.get("page_link")]
    assert [one for one in labels if "**1**" in one] == [
        "**1** completed", "**1** failed", "**1** cancelled",
    ]  # fmt: skip


def test_a_quiet_day_is_said_and_the_week_is_told_of(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    _made, (run_id,) = lab.experiment(lab.dataset())
    lab.end(run_id)
    now = lab.ws.now()
    monkeypatch.setattr(lab.ws, "now", lambda: now + timedelta(days=3))
    text = text_of(open_page())
    assert "In the last 7 days" in text and "nothing ended since yesterday" in text
    monkeypatch.setattr(lab.ws, "now", lambda: now + timedelta(days=40))
    assert "In the last" not in text_of(open_page())
