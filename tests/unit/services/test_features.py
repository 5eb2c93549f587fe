"""Features: what a model sees, why, and what was saved of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_core.domain.columns import ColumnRole
from mlops_core.domain.configs import FeatureConfig
from mlops_core.domain.records import Dataset
from mlops_core.errors import Conflict, InvalidInput, NotFound
from mlops_core.features.resolve import resolve_columns
from mlops_core.services import datasets, features
from mlops_core.services.specs import load_spec
from mlops_core.store.workspace import Workspace
from tests.unit.services.support import csv, use


@pytest.fixture
def dataset(workspace: Workspace, tmp_path: Path) -> Dataset:
    return datasets.add_file(workspace, csv(tmp_path), target="churned")


@pytest.mark.parametrize(
    "config",
    [
        FeatureConfig(),
        FeatureConfig(include=("age", "plan")),
        FeatureConfig(exclude=("age",)),
        FeatureConfig(include=("age", "plan"), exclude=("plan",)),
        FeatureConfig(roles={"age": ColumnRole.CATEGORICAL, "plan": ColumnRole.DROP}),
        FeatureConfig(roles={"churned": ColumnRole.TEXT}),
    ],
)
def test_the_table_shows_exactly_what_a_model_sees(dataset: Dataset, config: FeatureConfig) -> None:
    shown = features.rows(dataset, config, "churned")
    assert [row.column.name for row in shown] == ["age", "plan", "amount", "churned"]
    suggested = {column.name: column.role for column in dataset.columns}
    types = {column.name: column.type for column in dataset.columns}
    assert [(row.column.name, row.role) for row in shown if row.used] == resolve_columns(
        config, suggested, "churned", types
    )


def test_a_listed_column_is_used_though_the_suggestion_drops_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    lines = [f"{1000 + row},{row % 7},{'ab'[row % 2]}" for row in range(40)]
    (tmp_path / "ids.csv").write_text("\n".join(("customer_id,age,y", *lines)))
    dataset = datasets.add_file(workspace, tmp_path / "ids.csv", target="y")
    config = FeatureConfig(include=("customer_id",))
    identifier, age, _target = features.rows(dataset, config, "y")
    assert (identifier.suggested, identifier.role) == (ColumnRole.DROP, ColumnRole.NUMERIC)
    assert (identifier.used, identifier.reason, age.used) == (True, "It was chosen.", False)
    assert features.save(workspace, "ids", dataset.id, config).config == config
    assert not features.rows(dataset, FeatureConfig(), "y")[0].used


def test_columns_named_by_whole_numbers_have_roles_in_a_spec(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(
        "name: n\ndataset: {name: d, target: 3}\nmodel: {algorithm: dummy}\n"
        "features: {include: [0, 2024], roles: {2024: categorical}}\n"
    )
    spec = load_spec(path)
    assert spec.features.roles == {"2024": ColumnRole.CATEGORICAL}
    assert spec.features.include == ("0", "2024")


def test_every_row_says_why(dataset: Dataset) -> None:
    config = FeatureConfig(exclude=("plan",), roles={"age": ColumnRole.CATEGORICAL})
    age, plan, amount, churned = features.rows(dataset, config, "churned")
    assert (age.reason, age.suggested) == ("It was chosen.", ColumnRole.NUMERIC)
    assert plan.reason == "It was left out."
    assert amount.reason == amount.column.role_reason != ""
    assert churned.reason == "It is the target."


def test_features_are_saved_in_versions(workspace: Workspace, dataset: Dataset) -> None:
    first = features.save(workspace, "core", dataset.id, FeatureConfig())
    assert features.save(workspace, "core", dataset.id, FeatureConfig()).id == first.id
    second = features.save(workspace, "core", dataset.id, FeatureConfig(exclude=("age",)))
    assert (second.version, second.versions, second.dataset_name) == (2, 2, "churn")
    assert features.get_feature_set(workspace, second.id).config.exclude == ("age",)
    assert [one.id for one in features.versions(workspace, "core")] == [second.id, first.id]
    assert [one.id for one in features.list_feature_sets(workspace)] == [second.id]
    assert features.list_feature_sets(workspace, dataset_name="other") == ()
    assert len(features.list_feature_sets(workspace, latest_only=False)) == 2


@pytest.mark.parametrize(
    ("config", "field"),
    [
        (FeatureConfig(include=("agee",)), "features.include"),
        (FeatureConfig(exclude=("agee",)), "features.exclude"),
        (FeatureConfig(roles={"agee": ColumnRole.DROP}), "features.roles"),
        (FeatureConfig(include=("age",), exclude=("age",)), "features.include"),
    ],
)
def test_what_no_model_could_use_is_refused(
    workspace: Workspace, dataset: Dataset, config: FeatureConfig, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        features.save(workspace, "core", dataset.id, config)
    assert refused.value.field == field
    assert features.list_feature_sets(workspace) == ()


def test_a_name_stays_with_its_dataset(
    workspace: Workspace, dataset: Dataset, tmp_path: Path
) -> None:
    other = datasets.add_file(workspace, csv(tmp_path), name="other")
    features.save(workspace, "core", dataset.id, FeatureConfig())
    with pytest.raises(Conflict, match="“churn”"):
        features.save(workspace, "core", other.id, FeatureConfig())


def test_columns_that_a_new_version_lacks_are_named(workspace: Workspace, tmp_path: Path) -> None:
    rich = datasets.add_file(workspace, csv(tmp_path, extra="score"))
    poor = datasets.add_file(workspace, csv(tmp_path))
    for config in (
        FeatureConfig(include=("age", "score")),
        FeatureConfig(roles={"score": ColumnRole.CATEGORICAL}, exclude=("score",)),
    ):
        saved = features.save(workspace, "core", rich.id, config)
        assert features.missing_columns(saved, rich) == ()
        assert features.missing_columns(saved, poor) == ("score",)


def test_features_in_use_are_kept(workspace: Workspace, dataset: Dataset) -> None:
    saved = features.save(workspace, "core", dataset.id, FeatureConfig())
    use(workspace, dataset.id, feature_set_id=saved.id)
    assert features.get_feature_set(workspace, saved.id).used
    with pytest.raises(Conflict, match=r"first v1\.2\.0"):
        features.remove(workspace, saved.id)
    with pytest.raises(NotFound):
        features.remove(workspace, 99)
