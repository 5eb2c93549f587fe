"""Configs refuse what makes no sense, keep what they were given, and name what differs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mlops_core.domain.configs import (
    MISSING,
    Bump,
    DatasetConfig,
    EvaluationConfig,
    ModelConfig,
    ResourceAllocation,
    RunSpec,
    SemanticVersion,
    SpecFile,
    diff,
)
from mlops_core.domain.params import Task


def make_spec(**changes: Any) -> RunSpec:
    dataset = DatasetConfig(
        name="churn",
        version=1,
        fingerprint="f" * 64,
        target="churned",
        task=Task.CLASSIFICATION,
    )
    return RunSpec(**{"dataset": dataset, "model": ModelConfig(algorithm="dummy"), **changes})


def test_a_spec_survives_json() -> None:
    spec = make_spec(model=ModelConfig(algorithm="ridge", params={"alpha": 0.1, "fit": True}))
    assert RunSpec.model_validate_json(spec.model_dump_json()) == spec


def test_the_digest_ignores_what_only_people_see() -> None:
    spec = make_spec()
    renamed = spec.model_copy(
        update={"dataset": spec.dataset.model_copy(update={"name": "other", "version": 9})}
    )
    assert renamed.digest == spec.digest


@pytest.mark.parametrize(
    "change",
    [
        {"model": ModelConfig(algorithm="ridge")},
        {"evaluation": EvaluationConfig(seed=43)},
        {"resources": ResourceAllocation(cpu_cores=2)},
    ],
)
def test_the_digest_changes_with_what_is_computed(change: dict[str, Any]) -> None:
    assert make_spec(**change).digest != make_spec().digest


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"folds": 1}, "one fold"),
        ({"folds": 0, "holdout": 0}, "nothing is measured"),
        ({"strategy": "grouped"}, "group_column"),
        ({"strategy": "time"}, "time_column"),
        ({"holdout": 0.9}, "less than or equal"),
        ({"seed": -1}, "greater than or equal"),
    ],
)
def test_an_evaluation_that_measures_nothing_is_refused(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        EvaluationConfig.model_validate(values)


def test_an_unknown_key_of_a_spec_file_is_located() -> None:
    with pytest.raises(ValidationError) as caught:
        SpecFile.model_validate(
            {
                "name": "a",
                "dataset": {"path": "x.csv"},
                "model": {"algorithm": "ridge", "parms": {}},
            }
        )
    assert caught.value.errors()[0]["loc"] == ("model", "parms")


def test_a_spec_file_names_its_data() -> None:
    with pytest.raises(ValidationError, match="path"):
        SpecFile.model_validate({"name": "a", "dataset": {}, "model": {"algorithm": "ridge"}})


versions = st.builds(
    SemanticVersion,
    major=st.integers(0, 999_999),
    minor=st.integers(0, 999_999),
    patch=st.integers(0, 999_999),
)


@given(versions)
def test_a_version_reads_back_what_it_prints(version: SemanticVersion) -> None:
    assert SemanticVersion.parse(str(version)) == version
    assert SemanticVersion.parse(f"v{version}") == version


@given(versions, st.sampled_from(Bump))
def test_a_bump_is_always_newer(version: SemanticVersion, part: Bump) -> None:
    def key(item: SemanticVersion) -> tuple[int, int, int]:
        return item.major, item.minor, item.patch

    assert key(version.bumped(part)) > key(version)


@pytest.mark.parametrize("text", ["1.0", "1.0.0-rc1", "", "a.b.c", "1.0.0.0", "-1.0.0"])
def test_what_is_not_a_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a version such as 1\.0\.0"):
        SemanticVersion.parse(text)


leaves = st.one_of(st.integers(), st.text(max_size=5), st.booleans(), st.none())
trees = st.recursive(
    st.dictionaries(st.text("abc", min_size=1, max_size=2), leaves, max_size=3),
    lambda inner: st.dictionaries(st.text("abc", min_size=1, max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(trees)
def test_nothing_differs_from_itself(tree: dict[str, Any]) -> None:
    assert diff(tree, tree) == []


def test_a_difference_says_where_and_from_what_to_what() -> None:
    changes = diff({"a": {"x": 1, "y": 2}}, {"a": {"x": 1, "y": 3, "z": 4}})
    assert [(c.path, c.before, c.after) for c in changes] == [
        ("a.y", 2, 3),
        ("a.z", MISSING, 4),
    ]
