"""Models: saved complete, refused beside the field, versioned when anything changes."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_core.domain.configs import ModelConfig
from mlops_core.domain.params import ParamValue, Task
from mlops_core.errors import Conflict, InvalidInput, NotFound
from mlops_core.services import datasets, models
from mlops_core.store.workspace import Workspace
from tests.unit.services.support import csv, use


def forest(**params: ParamValue) -> ModelConfig:
    return ModelConfig(algorithm="random_forest", params=params)


def test_the_catalogue_follows_the_task() -> None:
    everything = {algorithm.key for algorithm in models.catalogue()}
    classifiers = {algorithm.key for algorithm in models.catalogue(Task.CLASSIFICATION)}
    assert "logistic_regression" in classifiers
    assert "lasso" in everything - classifiers
    assert models.algorithm("ridge").key == "ridge"


def test_a_model_is_saved_with_all_its_parameters(workspace: Workspace) -> None:
    saved = models.save(workspace, "forest", Task.CLASSIFICATION, forest(n_estimators=50))
    defaults = models.algorithm("random_forest").defaults(Task.CLASSIFICATION)
    assert saved.config.params == {**defaults, "n_estimators": 50}
    assert (saved.version, saved.used) == (1, False)
    assert models.get_model(workspace, saved.id) == saved


def test_a_change_makes_the_next_version_and_nothing_else_does(workspace: Workspace) -> None:
    first = models.save(workspace, "forest", Task.CLASSIFICATION, forest(n_estimators=50))
    same = models.save(workspace, " forest ", Task.CLASSIFICATION, forest(n_estimators=50.0))
    assert same.id == first.id
    second = models.save(workspace, "forest", Task.CLASSIFICATION, forest(n_estimators=60))
    back = models.save(workspace, "forest", Task.CLASSIFICATION, forest(n_estimators=50))
    assert [second.version, back.version] == [2, 3]
    assert [one.version for one in models.versions(workspace, "forest")] == [3, 2, 1]
    assert [one.id for one in models.list_models(workspace)] == [back.id]
    assert back.versions == 3


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 3), min_size=1, max_size=8))
def test_versions_count_the_changes(workspace: Workspace, depths: list[int]) -> None:
    """In whatever order values are saved, one that differs from the last makes a version."""
    for version in models.versions(workspace, "tree"):
        models.remove(workspace, version.id)
    for depth in depths:
        config = ModelConfig(algorithm="decision_tree", params={"max_depth": depth})
        saved = models.save(workspace, "tree", Task.REGRESSION, config)
        assert saved.config.params["max_depth"] == depth
    changes = 1 + sum(one != two for one, two in pairwise(depths))
    found = models.versions(workspace, "tree")
    assert [one.version for one in found] == list(range(changes, 0, -1))


def test_notes_are_no_version_and_are_not_lost(workspace: Workspace) -> None:
    first = models.save(workspace, "forest", Task.CLASSIFICATION, forest(), notes="wide")
    again = models.save(workspace, "forest", Task.CLASSIFICATION, forest())
    assert (again.id, again.notes) == (first.id, "wide")
    noted = models.save(workspace, "forest", Task.CLASSIFICATION, forest(), notes="wider")
    assert (noted.id, noted.notes) == (first.id, "wider")


@pytest.mark.parametrize(
    ("config", "field"),
    [
        (ModelConfig(algorithm="forrest"), "algorithm"),
        (ModelConfig(algorithm="lasso"), "algorithm"),
        (forest(trees=3), "params.trees"),
        (forest(n_estimators=0), "params.n_estimators"),
        (forest(max_features="most"), "params.max_features"),
    ],
)
def test_a_configuration_that_cannot_train_is_refused(
    workspace: Workspace, config: ModelConfig, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        models.save(workspace, "m", Task.CLASSIFICATION, config)
    assert refused.value.field == field
    assert [problem.field for problem in models.problems(config, Task.CLASSIFICATION)] == [field]
    assert models.list_models(workspace) == ()


def test_a_name_stays_with_its_task(workspace: Workspace) -> None:
    models.save(workspace, "forest", Task.CLASSIFICATION, forest())
    with pytest.raises(Conflict, match="classification") as refused:
        models.save(workspace, "forest", Task.REGRESSION, forest())
    assert refused.value.field == "name"


def test_models_are_found_by_task_and_words(workspace: Workspace) -> None:
    models.save(workspace, "wide", Task.CLASSIFICATION, forest(), notes="Many Trees")
    models.save(workspace, "line", Task.REGRESSION, ModelConfig(algorithm="ridge"))

    def found(**asked: object) -> list[str]:
        return [model.name for model in models.list_models(workspace, **asked)]  # type: ignore[arg-type]

    assert found() == ["line", "wide"]
    assert found(task=Task.REGRESSION) == ["line"]
    assert found(search="many") == ["wide"]
    assert found(search="RANDOM forest") == ["wide"]
    assert found(search="ridge") == ["line"]
    assert found(search="%") == []


def test_two_versions_are_laid_side_by_side(workspace: Workspace) -> None:
    first = models.save(workspace, "m", Task.CLASSIFICATION, forest())
    second = models.save(workspace, "m", Task.CLASSIFICATION, forest(n_estimators=7))
    changes = models.compare(workspace, first.id, second.id)
    default = models.algorithm("random_forest").defaults(Task.CLASSIFICATION)["n_estimators"]
    assert [(change.path, change.before, change.after) for change in changes] == [
        ("params.n_estimators", default, 7)
    ]
    assert models.compare(workspace, first.id, first.id) == ()


def test_a_model_in_use_is_kept(workspace: Workspace, tmp_path: Path) -> None:
    dataset = datasets.add_file(workspace, csv(tmp_path))
    saved = models.save(workspace, "forest", Task.CLASSIFICATION, forest())
    free = models.save(workspace, "forest", Task.CLASSIFICATION, forest(n_estimators=7))
    use(workspace, dataset.id, model_version_id=saved.id)
    with pytest.raises(Conflict, match=r"Used by 1 experiment: first v1\.2\.0"):
        models.remove(workspace, saved.id)
    assert models.get_model(workspace, saved.id).used
    models.remove(workspace, free.id)
    with pytest.raises(NotFound):
        models.get_model(workspace, free.id)
