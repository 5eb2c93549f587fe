"""The page Compare: what changed from one run to another, and lines through all parameters."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_core.domain.configs import ModelConfig
from mlops_core.services import experiments
from tests.pages.lab import Lab, open_page, text_of
from tests.unit.services.outcomes import complete, judged_rows, plan, table


@pytest.fixture
def ids(still: Lab, tmp_path: Path) -> tuple[int, ...]:
    config = plan(table(still.ws, tmp_path, rows=900), "knn", "knn", "mlp")
    models = tuple(
        model.model_copy(
            update={
                "name": f"m{place}",
                "config": ModelConfig(algorithm="knn", params={"n_neighbors": place + 3})
                if place < 2
                else model.config,
            }
        )
        for place, model in enumerate(config.models)
    )
    made = experiments.train(still.ws, "a", config.model_copy(update={"models": models}))[1]
    for run_id, right in zip(made, (0.6, 0.9, 0.7), strict=True):
        complete(still.ws, run_id, judged_rows(right, run_id, 2))
    return made


def state(ids: tuple[int, ...]) -> dict[str, object]:
    return {"runs": ",".join(map(str, ids)), "baseline": ids[0], "metric": "accuracy"}


def test_what_changed_stands_beside_what_came_of_it(ids: tuple[int, ...]) -> None:
    at = open_page("compare", **state(ids), beside=ids[1])
    assert not at.exception
    text = text_of(at)
    assert "n neighbors" in text and "3 → **4**" in text.replace(":gray[3]", "3")
    assert "Accuracy is better" in text


def test_a_line_for_every_run_through_the_chosen_axes(ids: tuple[int, ...]) -> None:
    at = open_page("compare", **state(ids))
    axes = at.multiselect(key="compare.axes")
    assert axes.value[-2:] == ["accuracy", "time"]
    axes.set_value(["params.n_neighbors", "accuracy"]).run()
    assert not at.exception
    assert at.query_params["axes"] == "params.n_neighbors,accuracy"
    again = open_page("compare", **state(ids), axes="accuracy,params.n_neighbors,nothing")
    assert again.multiselect(key="compare.axes").value == ["accuracy", "params.n_neighbors"]
    again.multiselect(key="compare.axes").set_value(["accuracy"]).run()
    assert not again.exception
    assert "Choose two axes or more." in text_of(again)


def test_versions_say_what_they_did(still: Lab, ids: tuple[int, ...], tmp_path: Path) -> None:
    first = experiments.get_experiment(still.ws, 1)
    second, made = experiments.train(
        still.ws, "a", first.config, version="1.1.0", parent_id=first.id
    )
    at = open_page("experiments", id=second.id, view="versions")
    assert not at.exception
    assert "has completed in both" in text_of(at)
    for run_id in made:
        complete(still.ws, run_id, judged_rows(0.8, run_id, 2))
    at = open_page("experiments", id=second.id, view="versions")
    assert not at.exception
    assert "95 % interval" in text_of(at) and "m0" in text_of(at)
