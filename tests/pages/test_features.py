"""The page Features: the table of columns, the draft behind it, saved versions."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from mlops_core.domain.columns import Column, ColumnRole, ColumnType, ReadReport
from mlops_core.domain.configs import FeatureConfig
from mlops_core.domain.records import Dataset
from mlops_core.services import datasets, features
from mlops_core.store.workspace import Workspace, utc_now
from tests.pages.lab import Lab, open_page, text_of
from ui.features_draft import Draft, suggested


def button(at: AppTest, label: str) -> Button:
    return next(item for item in at.button if item.label == label)


def used(at: AppTest) -> dict[str, bool]:
    return dict(at.data_editor[0].value["used"])


# The draft ----------------------------------------------------------------------------------------


def table_of(columns: list[Column], target: str | None) -> Dataset:
    nowhere = Path("nowhere")
    return Dataset(
        id=1, name="t", version=1, description="", tags=(), rows=10, column_count=len(columns),
        bytes=1, target=target, task=None, sample=None, created_at=utc_now(), fingerprint="f",
        original_name="t.csv", table_path=nowhere, original_path=nowhere, findings=(),
        columns=tuple(columns),
        report=ReadReport(encoding="utf-8", delimiter=",", quote='"', header=True),
    )  # fmt: skip


COLUMNS = some.lists(
    some.tuples(some.sampled_from(list(ColumnType)), some.sampled_from(list(ColumnRole))),
    min_size=1,
    max_size=12,
).map(
    lambda kinds: [
        Column(name=f"c{i}", original=f"c{i}", type=kind, role=role)
        for i, (kind, role) in enumerate(kinds)
    ]
)
STEPS = some.lists(
    some.tuples(
        some.integers(0, 11), some.one_of(some.booleans(), some.sampled_from(list(ColumnRole)))
    ),
    max_size=15,
)


@settings(max_examples=60, deadline=None)
@given(columns=COLUMNS, steps=STEPS)
def test_a_saved_draft_opens_as_it_was(
    columns: list[Column], steps: list[tuple[int, bool | ColumnRole]]
) -> None:
    dataset = table_of(columns, None)
    draft = Draft.of(dataset, FeatureConfig())
    for place, change in steps:
        column = columns[place % len(columns)]
        if isinstance(change, bool):
            draft.use(column, change)
        else:
            draft.set_role(column, change)
    again = Draft.of(dataset, draft.config(dataset, draft.base))
    assert again.used == draft.used
    assert {name: again.roles[name] for name in draft.used} == {
        name: draft.roles[name] for name in draft.used
    }
    assert all(draft.roles[name] is not ColumnRole.DROP for name in draft.used)


@given(columns=COLUMNS)
def test_the_untouched_suggestion_says_nothing_of_single_columns(columns: list[Column]) -> None:
    dataset = table_of(columns, None)
    draft = Draft.of(dataset, suggested(dataset))
    config = draft.config(dataset, draft.base)
    if len(draft.used) * 2 >= len(columns):
        assert config == FeatureConfig()


# The page -----------------------------------------------------------------------------------------


def test_without_data_or_dataset_the_page_says_what_to_do(ws: Workspace, lab: Lab) -> None:
    assert "No data yet" in text_of(open_page("features"))
    lab.dataset()
    at = open_page("features")
    assert not at.exception
    assert "No dataset chosen" in text_of(at)


def test_the_table_lists_the_columns_of_the_dataset_without_its_target(lab: Lab) -> None:
    dataset = lab.dataset()
    at = open_page("features", dataset=dataset.id)
    assert not at.exception
    assert used(at) == {"customer": False, "age": True, "price": True}


def test_all_none_and_the_suggestion_apply_to_what_the_filter_leaves(lab: Lab) -> None:
    at = open_page("features", dataset=lab.dataset().id)
    at.button(key="features_all").click().run()
    assert all(used(at).values())
    at.text_input(key="features_q").set_value("AGE").run()
    assert list(used(at)) == ["age"]
    at.button(key="features_none").click().run()
    at.text_input(key="features_q").set_value("").run()
    assert used(at) == {"customer": True, "age": False, "price": True}
    at.button(key="features_suggest").click().run()
    assert used(at) == {"customer": False, "age": True, "price": True}


def test_nothing_used_is_refused_beside_the_name(lab: Lab) -> None:
    at = open_page("features", dataset=lab.dataset().id)
    at.button(key="features_none").click().run()
    assert "Use at least one column." in text_of(at)
    assert button(at, "Save").disabled


def test_saving_makes_a_version_that_the_plan_uses(lab: Lab) -> None:
    dataset = lab.dataset()
    at = open_page("features", dataset=dataset.id)
    scaled = next(item for item in at.selectbox if item.label == "Scale of numbers")
    scaled.select("robust").run()
    button(at, "Save").click().run()
    assert not at.exception
    (saved,) = features.list_feature_sets(lab.ws)
    assert saved.config.numeric.scale == "robust"
    assert at.query_params["features"] == str(saved.id)
    at.button(key="features_all").click().run()
    button(at, "Save").click().run()
    assert [item.version for item in features.versions(lab.ws, saved.name)] == [2, 1]
    assert "Scale of numbers" in at.dataframe[-1].value["preparation"].iloc[0]


def test_a_name_of_another_dataset_is_refused_beside_its_field(lab: Lab) -> None:
    other = lab.dataset("other")
    features.save(lab.ws, "mine", other.id, FeatureConfig(exclude=("age",)))
    at = open_page("features", dataset=lab.dataset().id)
    next(item for item in at.text_input if item.label == "Name").set_value("mine").run()
    button(at, "Save").click().run()
    assert "is the name of features of “other”" in text_of(at)


def test_columns_that_a_new_version_lacks_are_warned_of(lab: Lab) -> None:
    first = lab.dataset()
    saved = features.save(lab.ws, "mine", first.id, FeatureConfig(exclude=("price",)))
    path = lab.folder / "next.csv"
    path.write_text(
        "age,churned\n" + "\n".join(f"{i % 9},{'yes' if i % 2 else 'no'}" for i in range(40))
    )
    second = datasets.add_file(lab.ws, path, name="churn")
    at = open_page("features", dataset=second.id, features=saved.id)
    assert not at.exception
    assert "counts on columns that churn v2 lacks: price" in text_of(at)
    button(at, "Save").click().run()
    assert features.missing_columns(features.versions(lab.ws, "mine")[0], second) == ()


def test_another_dataset_brings_its_own_columns(lab: Lab) -> None:
    first = lab.dataset()
    path = lab.folder / "b.csv"
    path.write_text("x,y\n" + "\n".join(f"{i},{i % 2}" for i in range(40)))
    second = datasets.add_file(lab.ws, path, name="b", target="y")
    at = open_page("features", dataset=first.id)
    at.selectbox(key="features_dataset").select(second.id).run()
    assert not at.exception
    assert len(at.data_editor[0].value) == 1
    assert at.query_params["dataset"] == str(second.id)


def test_many_columns_are_listed_and_searched(lab: Lab) -> None:
    names = ",".join(f"sensor_{i:04}" for i in range(400))
    body = "\n".join(",".join(str((i * j) % 7) for i in range(400)) for j in range(1, 30))
    path = lab.folder / "wide.csv"
    path.write_text(f"{names}\n{body}\n")
    at = open_page("features", dataset=datasets.add_file(lab.ws, path).id)
    assert not at.exception
    assert len(at.data_editor[0].value) == 400
    at.text_input(key="features_q").set_value("399").run()
    assert list(used(at)) == ["sensor_0399"]


def test_a_dataset_that_is_gone_is_said(lab: Lab) -> None:
    lab.dataset()
    at = open_page("features", dataset=999)
    assert not at.exception
    assert "There is no dataset 999." in text_of(at)
