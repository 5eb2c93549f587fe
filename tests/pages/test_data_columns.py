"""The columns of a dataset: narrowed by name, type and finding, sorted, one of them large."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mlops_core.domain.params import Task
from mlops_core.domain.records import Dataset
from mlops_core.services import datasets
from mlops_core.services.relations import RELATIONS_FILE
from tests.pages.lab import Lab, open_page, text_of


@pytest.fixture
def table(lab: Lab) -> Dataset:
    rows = [f"c{i},{i % 7},same,{'' if i % 3 else i}" for i in range(200)]
    path = Path(lab.folder, "columns.csv")
    path.write_text("customer_id,size,fixed,rare\n" + "\n".join(rows), encoding="utf-8")
    return datasets.add_file(lab.ws, path)


def names(at: AppTest) -> list[str]:
    assert not at.exception
    return list(at.dataframe[0].value.index)


def test_columns_are_narrowed_by_their_findings(table: Dataset) -> None:
    at = open_page("data", dataset=table.id, part="columns")
    assert names(at) == ["customer_id", "size", "fixed", "rare"]
    assert at.dataframe[0].value["findings"]["fixed"] == "Constant"
    chosen = at.selectbox(key="columns.finding")
    assert names(chosen.select("any").run()) == ["customer_id", "fixed", "rare"]
    assert "3 of 4 columns match" in text_of(at)
    assert names(at.selectbox(key="columns.finding").select("none").run()) == ["size"]
    assert names(at.selectbox(key="columns.finding").select("constant").run()) == ["fixed"]
    assert at.query_params["finding"] == "constant"
    at.selectbox(key="columns.type").select("integer").run()
    assert "No column matches" in text_of(at)
    next(one for one in at.button if one.label == "Clear the filters").click().run()
    assert len(names(at)) == 4


def test_columns_are_sorted_as_the_address_says(table: Dataset) -> None:
    at = open_page("data", dataset=table.id, part="columns", by="-missing", finding="any")
    assert names(at) == ["rare", "customer_id", "fixed"]
    at.selectbox(key="columns.by").select("name").run()
    assert names(at) == ["customer_id", "fixed", "rare"]


def test_a_kind_of_finding_that_is_not_there_narrows_nothing(table: Dataset) -> None:
    at = open_page("data", dataset=table.id, part="columns", finding="leakage", type="nothing")
    assert len(names(at)) == 4


def test_a_column_is_shown_beside_the_target(table: Dataset, lab: Lab) -> None:
    at = open_page("data", dataset=table.id, part="columns")
    assert "strength" not in at.dataframe[0].value
    aimed = datasets.set_target(lab.ws, table.id, "size", Task.CLASSIFICATION)
    at = open_page("data", dataset=table.id, part="columns", by="-strength")
    assert at.dataframe[0].value["strength"]["rare"] < 0.5
    at = picked(at, aimed, "rare")
    assert "Cramér's V over these groups" in text_of(at)
    datasets.set_target(lab.ws, table.id, "size", Task.REGRESSION)
    at = picked(open_page("data", dataset=table.id, part="columns"), aimed, "rare")
    assert "the correlation ratio over these groups" in text_of(at)
    assert "With size" not in text_of(picked(at, aimed, "size"))
    # Of a workspace that is older than this: one click counts it.
    aimed.table_path.with_name(RELATIONS_FILE).unlink()
    at = picked(open_page("data", dataset=table.id, part="columns"), aimed, "rare")
    at.button(key="count_relations").click().run()
    assert not at.exception and "strength" in at.dataframe[0].value


def picked(at: AppTest, dataset: Dataset, name: str) -> AppTest:
    """The page with this column's row chosen."""
    order = list(at.dataframe[0].value.index)
    key = f"columns_{dataset.id}_{hash(tuple(order))}"
    at.session_state[key] = {"selection": {"rows": [order.index(name)], "columns": []}}
    at.run()
    assert not at.exception
    return at
