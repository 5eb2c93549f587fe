"""The page Models: catalogue, form, saved versions, side by side."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from mlops_core.domain import params
from mlops_core.domain.configs import ModelConfig
from mlops_core.domain.params import Task
from mlops_core.services import models
from mlops_core.store.workspace import Workspace
from tests.pages.lab import Lab, open_page, text_of

FOREST = ModelConfig(algorithm="random_forest", params={"n_estimators": 200})
CLASSES = Task.CLASSIFICATION


def button(at: AppTest, label: str) -> Button:
    return next(item for item in at.button if item.label == label)


def test_the_catalogue_shows_every_algorithm_of_the_task_with_when_to_use_it(
    ws: Workspace,
) -> None:
    at = open_page("models")
    assert not at.exception
    text = text_of(at)
    for algorithm in models.catalogue(CLASSES):
        assert algorithm.label in text and algorithm.summary in text
    assert "Linear regression" not in text


def test_the_task_follows_the_dataset_of_the_plan(lab: Lab) -> None:
    dataset = lab.dataset(target="price")
    text = text_of(open_page("models", dataset=dataset.id))
    assert "Linear regression" in text and "Logistic regression" not in text


def test_a_search_that_finds_nothing_offers_to_clear_it(ws: Workspace) -> None:
    at = open_page("models", q="zebra")
    assert "No model matches" in text_of(at)
    button(at, "Clear the search").click().run()
    assert "Random forest" in text_of(at)


def test_what_is_not_installed_says_how_to_get_it(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(params, "is_installed", lambda _package: False)
    text = text_of(open_page("models", q="xgboost"))
    assert "XGBoost is not installed on this machine." in text
    assert "Run “make xgboost”" in text
    at = open_page("models", algorithm="xgboost")
    assert "XGBoost is not installed on this machine." in text_of(at)
    assert button(at, "Save").disabled


@pytest.mark.parametrize("key", [algorithm.key for algorithm in models.catalogue()])
def test_every_algorithm_has_a_form_that_starts_without_a_problem(ws: Workspace, key: str) -> None:
    at = open_page("models", algorithm=key)
    assert not at.exception
    assert not button(at, "Save").disabled


def test_a_value_out_of_range_is_refused_beside_its_field(ws: Workspace) -> None:
    at = open_page("models", algorithm="random_forest", task="classification")
    at.number_input(key="params_0_random_forest_classification.n_estimators").set_value(0).run()
    assert "the smallest allowed is 1" in text_of(at)
    assert button(at, "Save").disabled


def test_an_invalid_combination_is_refused_beside_its_field(ws: Workspace) -> None:
    at = open_page("models", algorithm="logistic_regression")
    at.selectbox(key="params_0_logistic_regression_classification.penalty").select("l1").run()
    assert "cannot use the l1 penalty" in text_of(at)
    assert button(at, "Save").disabled


def test_defaults_come_back_and_none_is_a_value(ws: Workspace) -> None:
    at = open_page("models", algorithm="logistic_regression")
    key = "params_0_logistic_regression_classification"
    at.selectbox(key=f"{key}.penalty").select("").run()
    at.number_input(key=f"{key}.C").set_value(0.5).run()
    button(at, "Reset to defaults").click().run()
    assert at.number_input(key=f"{key}.C").value == 1.0
    assert at.selectbox(key=f"{key}.penalty").value == "l2"
    at.selectbox(key=f"{key}.penalty").select("").run()
    button(at, "Save").click().run()
    assert models.list_models(ws)[0].config.params["penalty"] is None


def test_saving_makes_a_version_and_puts_it_into_the_plan(ws: Workspace) -> None:
    at = open_page("models", algorithm="random_forest")
    button(at, "Save").click().run()
    assert not at.exception
    (first,) = models.list_models(ws)
    at = open_page("models", model=first.id, models=first.id)
    key = f"params_{first.id}_random_forest_classification"
    at.number_input(key=f"{key}.max_depth").set_value(5).run()
    button(at, "Save as the next version").click().run()
    assert [item.version for item in models.versions(ws, first.name)] == [2, 1]
    latest = models.versions(ws, first.name)[0]
    assert at.query_params["models"] == str(latest.id)
    assert latest.config.params["max_depth"] == 5


def test_the_next_version_keeps_the_seed_of_the_fits(ws: Workspace) -> None:
    first = models.save(ws, "Forest", CLASSES, FOREST.model_copy(update={"seed": 7}))
    at = open_page("models", model=first.id)
    key = f"params_{first.id}_random_forest_classification"
    at.number_input(key=f"{key}.max_depth").set_value(5).run()
    button(at, "Save as the next version").click().run()
    latest = models.versions(ws, "Forest")[0]
    assert (latest.version, latest.config.seed) == (2, 7)


def test_a_saved_model_shows_what_changed_since_the_version_before(ws: Workspace) -> None:
    models.save(ws, "Forest", CLASSES, FOREST)
    deeper = FOREST.model_copy(update={"params": {"n_estimators": 500}})
    second = models.save(ws, "Forest", CLASSES, deeper, notes="*more* trees")
    at = open_page("models", model=second.id)
    assert not at.exception
    changes = at.table[0].value
    assert list(changes["Parameter"]) == ["Trees"]
    assert list(changes.iloc[0])[1:] == ["**200**", "**500**"]


def test_versions_stand_side_by_side_with_all_or_only_what_differs(ws: Workspace) -> None:
    one = models.save(ws, "Forest", CLASSES, FOREST)
    two = models.save(ws, "Logit", CLASSES, ModelConfig(algorithm="logistic_regression"))
    three = models.save(ws, "Forest", CLASSES, ModelConfig(algorithm="random_forest"))
    at = open_page("models", view="compare", versions=f"{one.id},{three.id}")
    assert not at.exception
    assert len(at.table[0].value) == 1
    at.toggle(key="models_differences").set_value(False).run()
    assert len(at.table[0].value) == len(models.algorithm("random_forest").params_for(CLASSES)) + 1
    at.multiselect(key="models_compared").set_value([two.id]).run()
    assert "Choose two to four versions" in text_of(at)


def test_nothing_saved_and_nothing_to_compare_are_said(ws: Workspace) -> None:
    assert "Nothing saved for this task" in text_of(open_page("models", view="saved"))
    assert "Nothing to lay side by side" in text_of(open_page("models", view="compare"))


def test_what_is_not_there_is_said_with_a_way_back(ws: Workspace) -> None:
    for query in ({"model": 99}, {"algorithm": "random_forrest"}):
        at = open_page("models", **query)
        assert not at.exception
        assert at.error and button(at, "All models")


def test_a_hundred_saved_models_are_listed(ws: Workspace) -> None:
    for number in range(100):
        models.save(ws, f"Model {number:03} *x*", CLASSES, FOREST)
    at = open_page("models", view="saved")
    assert not at.exception
    assert len(at.dataframe[0].value) == 100
