"""A run's page: a form that asks its model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_core.services import datasets, experiments, runs, what_if
from tests.pages.lab import Lab, open_page, text_of
from tests.unit.services.outcomes import plan, table, trained, without


@pytest.fixture
def asked(still: Lab, tmp_path: Path) -> Iterator[int]:
    (run_id,) = experiments.train(still.ws, "a", plan(table(still.ws, tmp_path), "knn"))[1]
    trained(still.ws, run_id)
    yield run_id
    what_if.close_all()


def test_the_form_asks_the_model_and_its_state_is_in_the_url(still: Lab, asked: int) -> None:
    at = open_page("run", id=asked, view="what_if", row=3)
    assert not at.exception
    assert "In the table, row 3 is" in text_of(at)
    key = f"what_if.cell.{asked}.3."
    assert at.selectbox(key=f"{key}plan").value == "basic"
    at.number_input(key=f"{key}age").set_value(900).run()
    assert not at.exception
    assert "“age” lies between" in text_of(at)
    at.selectbox(key=f"{key}plan").set_value(None).run()
    assert "“plan” is never missing in the table" in text_of(at)
    assert json.loads(at.query_params["set"]) == {"age": "900", "plan": None}
    again = open_page("run", id=asked, view="what_if", row=3, set=at.query_params["set"])
    assert again.number_input(key=f"{key}age").value == 900
    assert again.selectbox(key=f"{key}plan").value is None
    again.button(key=f"what_if.undo.{asked}").click().run()
    assert again.number_input(key=f"{key}age").value != 900
    assert "set" not in again.query_params
    again.selectbox(key=f"effect.{asked}").set_value("plan").run()
    assert not again.exception
    assert again.query_params["effect"] == "plan"


def test_a_strange_address_shows_the_form_all_the_same(still: Lab, asked: int) -> None:
    for broken in ("[", "[1]", '{"age":[1]}', '{"nothing":"x"}', '{"age":"x"}'):
        at = open_page("run", id=asked, view="what_if", row=-7, set=broken, effect="x", of="y")
        assert not at.exception
        assert "What the model says" in text_of(at)
    assert open_page("run", id=asked, view="x").query_params.get("view") in (None, [], "")


def test_a_run_without_its_model_has_no_form(still: Lab, asked: int) -> None:
    with without(still.ws.run_paths(asked).model):
        assert "What if" not in [tab.label for tab in open_page("run", id=asked).tabs]
    assert "What if" in [tab.label for tab in open_page("run", id=asked).tabs]
    run = runs.get_run(still.ws, asked)
    with without(datasets.get_dataset(still.ws, run.dataset_id).table_path):
        at = open_page("run", id=asked, view="what_if")
        assert not at.exception
        assert "is gone" in text_of(at)


def test_an_address_stays_short_whatever_is_typed(still: Lab, asked: int) -> None:
    for text, fits in (("가나다라" * 60, False), ("가나다라", True)):  # nine letters each there
        told = json.dumps({"plan": text}, ensure_ascii=False)
        at = open_page("run", id=asked, view="what_if", row=3, set=told)
        assert not at.exception
        assert at.selectbox(key=f"what_if.cell.{asked}.3.plan").value == text
        assert ("set" in at.query_params) == fits
        assert ("too long for an address" in text_of(at)) != fits
