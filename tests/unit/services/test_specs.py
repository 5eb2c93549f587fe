"""Spec files: what people write is understood, and what is wrong is said with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mlops_core.domain.configs import SpecFile, SplitStrategy
from mlops_core.errors import InvalidInput
from mlops_core.services.specs import load_spec
from mlops_core.services.yaml_core import Loader, dump

WHOLE = """\
name: churn-first
version: 1.0.0
tags: [baseline]
dataset: {path: churn.csv, target: churned}
features: {include: all, exclude: [customer_id]}
model: {algorithm: random_forest, params: {n_estimators: 200}}
resources: {cpu_cores: 1, memory_gb: 2, gpus: 0, gpu_memory_gb: 0, time_limit_hours: 0.1}
evaluation: {holdout: 0.2, folds: 5, seed: 42, metric: auto}
"""


def load(folder: Path, text: str) -> SpecFile:
    path = folder / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    return load_spec(path)


def with_line(number: int, line: str) -> str:
    lines = WHOLE.splitlines()
    lines[number - 1] = line
    return "\n".join(lines)


def test_the_example_of_the_manual_is_understood(tmp_path: Path) -> None:
    spec = load(tmp_path, WHOLE)
    assert (spec.name, spec.version, spec.tags) == ("churn-first", "1.0.0", ("baseline",))
    assert (spec.dataset.path, spec.dataset.target) == ("churn.csv", "churned")
    assert spec.features.exclude == ("customer_id",)
    assert spec.model.params == {"n_estimators": 200}
    assert (spec.resources.memory_gb, spec.evaluation.folds) == (2.0, 5)


def test_little_is_enough(tmp_path: Path) -> None:
    spec = load(tmp_path, "name: a\ndataset: {name: churn}\nmodel: {algorithm: knn}\n")
    assert (spec.version, spec.dataset.version, spec.features.include) == ("1.0.0", None, "all")


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_bytes(b"\xef\xbb\xbf" + WHOLE.encode())
    assert load_spec(tmp_path / "spec.yaml").name == "churn-first"


def test_words_stay_words_and_small_numbers_numbers(tmp_path: Path) -> None:
    spec = load(
        tmp_path,
        "name: no\n"
        "version: v2.0.0\n"
        "tags: [on, 7, 2024-01-05]\n"
        "dataset: {name: 2024, target: 1:30, positive_class: 1}\n"
        "features: {exclude: [yes, 12, off, 007]}\n"
        "model: {algorithm: mlp, params: {learning_rate: 1e-3, early: false, depth: null}}\n",
    )
    assert (spec.name, spec.version, spec.tags) == ("no", "2.0.0", ("on", "7", "2024-01-05"))
    assert spec.dataset.name == "2024"
    assert (spec.dataset.target, spec.dataset.positive_class) == ("1:30", "1")
    assert spec.features.exclude == ("yes", "12", "off", "007")
    assert spec.model.params == {"learning_rate": 0.001, "early": False, "depth": None}


@pytest.mark.parametrize(
    ("column", "strategy"),
    [("group_column", SplitStrategy.GROUPED), ("time_column", SplitStrategy.TIME)],
)
def test_a_named_column_says_which_split_is_meant(
    tmp_path: Path, column: str, strategy: SplitStrategy
) -> None:
    spec = load(tmp_path, with_line(8, f"evaluation: {{{column}: patient}}"))
    assert spec.evaluation.strategy is strategy
    again = load(tmp_path, with_line(8, f"evaluation: {{strategy: {strategy}, {column}: patient}}"))
    assert again == spec


@pytest.mark.parametrize(
    ("text", "field", "said"),
    [
        (with_line(6, "modle: {algorithm: knn}"), "modle", r"line 6: .* Did you mean model\?"),
        (
            with_line(8, "evaluation: {holdout: 0.2, fold: 5}"),
            "evaluation.fold",
            r"line 8: .* Did you mean folds\?",
        ),
        (with_line(6, "model: {params: {}}"), "model.algorithm", "line 6: .* is missing"),
        (with_line(1, "description: x"), "name", "name is missing"),
        (
            with_line(8, "evaluation: {folds: 1}"),
            "evaluation.folds",
            "line 8: evaluation.folds: one fold leaves nothing",
        ),
        (with_line(8, "evaluation: {folds: 0, holdout: 0}"), "evaluation", "nothing is measured"),
        (with_line(8, "evaluation: {folds: many}"), "evaluation.folds", "takes a whole number"),
        (with_line(8, "evaluation: {folds: 2.5}"), "evaluation.folds", "takes a whole number"),
        (with_line(8, "evaluation: {folds: 99}"), "evaluation.folds", "less than or equal to 50"),
        (with_line(8, "evaluation: {holdout: .nan}"), "evaluation.holdout", "takes a number"),
        (with_line(8, "evaluation: {seed: 1" + "0" * 400 + "}"), "evaluation.seed", "less than"),
        (with_line(4, "dataset: {name: a, version: 1" + "0" * 20 + "}"), "dataset.version", "less"),
        (
            with_line(8, "evaluation: {strategy: random, group_column: a}"),
            "evaluation.group_column",
            "line 8: .* no use in .* strategy random",
        ),
        (
            with_line(8, "evaluation: {group_column: a, time_column: b}"),
            "evaluation.group_column",
            "no use",
        ),
        (with_line(8, "evaluation: 5"), "evaluation", "takes keys with values"),
        (with_line(7, "resources: {memory_gb: 2GB}"), "resources.memory_gb", "takes a number"),
        (with_line(7, "resources:"), "resources", "has no value"),
        (with_line(3, "tags: baseline"), "tags", "takes a list"),
        (with_line(3, "tags: [a, 1.5]"), "tags.1", "in quotes"),
        (with_line(2, "version: 1.0"), "version", r"like 1\.0\.0"),
        (with_line(2, "version: latest"), "version", r"not a version such as 1\.0\.0"),
        (with_line(4, "dataset: {target: y}"), "dataset", "needs path"),
        (with_line(4, "dataset: {path: a.csv, target: true}"), "dataset.target", "in quotes"),
        (with_line(4, "dataset: {path: a.csv, task: cluster}"), "dataset.task", "'cluster'"),
        (with_line(5, "features: {include: price}"), "features.include", "all or a list"),
        (with_line(5, "features: {roles: {a: colour}}"), "features.roles.a", "'colour'"),
        (
            with_line(6, "model: {algorithm: knn, params: {k: [1]}}"),
            "model.params.k",
            "takes a single value",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    tmp_path: Path, text: str, field: str, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        load(tmp_path, text)
    assert caught.value.field == field
    assert caught.value.message.startswith("spec.yaml, line ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no keys"),
        ("- a\n- b\n", "no keys"),
        ("just words", "no keys"),
        ("name: x\n  bad: [\n", "line 2 is not valid YAML"),
        ("name: 'x\n", "is not valid YAML"),
        ("name: a\nname: b\n", "line 2 .* 'name' stands twice"),
        ("? [a, b]\n: c\n", "not plain text"),
        ("name: !!python/object/apply:os.system [ls]\n", "is not valid YAML"),
        ("name: x\x00y\n", "is not valid YAML"),
        ("name: x\nseed: !!int many\n", "line 2 is not valid YAML: 'many' is no whole number"),
        ("name: x\nseed: !!float many\n", "line 2 is not valid YAML: 'many' is no number"),
        ("seed: !!bool many\n", "line 1 is not valid YAML: 'many' is no truth value"),
        ("seed: !!timestamp many\n", "line 1 is not valid YAML: 'many' is no time"),
        ("seed: " + "9" * 5000, "line 1 is not valid YAML: .* is no whole number"),
        ("a: " + "[" * 3000 + "]" * 3000, "nested too deeply|not valid YAML"),
    ],
)
def test_what_is_no_spec_is_said_in_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        load(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="There is no file"):
        load_spec(tmp_path / "none.yaml")
    with pytest.raises(InvalidInput, match="cannot be read"):
        load_spec(tmp_path)
    (tmp_path / "korean.yaml").write_bytes("이름: 값".encode("cp949"))
    with pytest.raises(InvalidInput, match="UTF-8"):
        load_spec(tmp_path / "korean.yaml")
    (tmp_path / "data.yaml").write_bytes(b"a" * 1_000_001)
    with pytest.raises(InvalidInput, match="too large"):
        load_spec(tmp_path / "data.yaml")
    with pytest.raises(InvalidInput, match="too large"):
        load_spec(Path("/dev/zero"))


@given(
    st.dictionaries(
        st.text(min_size=1),
        st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False,
        allow_infinity=False) | st.lists(st.text() | st.integers()),
    )
)  # fmt: skip
def test_what_we_write_is_read_back(content: dict[str, object]) -> None:
    assert yaml.load(dump(content), Loader=Loader) == content  # noqa: S506 - a child of SafeLoader
