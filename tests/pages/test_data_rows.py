"""The rows of a dataset: pages, order and filters over the whole table, kept in the URL."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mlops_core.domain.records import Dataset
from mlops_core.services import datasets
from tests.pages.lab import Lab, open_page, text_of

NAME = "name, with *signs*"


@pytest.fixture
def table(lab: Lab) -> Dataset:
    rows = [f'"item {i % 7}",{i},{"예" if i % 2 else "아니오"}' for i in range(1, 301)]
    path = Path(lab.folder, "rows.csv")
    path.write_text(f'"{NAME}",number,paid\n' + "\n".join(rows), encoding="utf-8")
    return datasets.add_file(lab.ws, path)


def numbers(at: AppTest) -> list[int]:
    return [int(number) for number in at.dataframe[0].value.index]


def where(*conditions: list[object]) -> str:
    return json.dumps(list(conditions), ensure_ascii=False)


def add(at: AppTest, dataset: Dataset, count: int, column: str, operator: str, value: str) -> None:
    """Fill in the form for one more filter, of which there are ``count``."""
    key = f"rows_{dataset.id}_add_{count}"
    at.selectbox(key=f"{key}_column").select(column).run()
    at.selectbox(key=f"{key}_{column}_operator").select(operator).run()
    at.text_input(key=f"{key}_{column}_{operator}_0").set_value(value)
    at.button(key=f"{key}_{column}_apply").click().run()
    assert not at.exception


def test_a_sorted_page_shows_the_rows_under_their_own_numbers(table: Dataset) -> None:
    at = open_page("data", dataset=table.id, part="rows", page=6)
    assert numbers(at) == list(range(251, 301))
    at.selectbox(key=f"rows_{table.id}_sort").select("number").run()
    at.button(key="rows_direction").click().run()
    assert numbers(at)[:2] == [300, 299]
    assert "Rows 1 to 50 of 300" in text_of(at)
    assert (at.query_params["sort"], at.query_params["down"]) == ("number", "1")
    assert "page" not in at.query_params


def test_filters_are_added_changed_and_removed(table: Dataset) -> None:
    at = open_page("data", dataset=table.id, part="rows", page=3)
    add(at, table, 0, "number", "gt", "290")
    assert numbers(at) == list(range(291, 301))
    add(at, table, 1, NAME, "contains", "ITEM 3")
    assert numbers(at) == [297]
    assert "1 of 300 rows match" in text_of(at)
    at.button(key="rows_clear").click().run()
    assert numbers(at) == list(range(1, 51))
    assert "where" not in at.query_params


def test_a_value_that_does_not_fit_is_said_beside_it_and_changes_nothing(table: Dataset) -> None:
    at = open_page("data", dataset=table.id, part="rows")
    add(at, table, 0, "number", "gt", "many")
    assert "“many” is not a number" in text_of(at)
    assert len(numbers(at)) == 50 and "where" not in at.query_params


def test_filters_stand_in_the_address_and_come_back(table: Dataset) -> None:
    asked = where(["paid", "is", ["예"]], ["number", "between", ["10", "20"]])
    at = open_page("data", dataset=table.id, part="rows", where=asked, sort="number", down=1)
    assert numbers(at) == [19, 17, 15, 13, 11]
    assert set(at.dataframe[0].value["paid"]) == {"예"}
    at.get_by_key("dataset.part").set_value("overview").run()
    for name in ("where", "sort", "down"):
        del at.query_params[name]
    at.get_by_key("dataset.part").set_value("rows").run()
    assert numbers(at) == [19, 17, 15, 13, 11]


def test_where_nothing_matches_the_filters_can_be_cleared(table: Dataset) -> None:
    at = open_page("data", dataset=table.id, part="rows", where=where(["number", "gt", ["1e9"]]))
    assert "No row matches" in text_of(at)
    next(one for one in at.button if one.label == "Clear the filters").click().run()
    assert numbers(at) == list(range(1, 51))


@pytest.mark.parametrize(
    "text",
    [
        '[["gone","is",["1"]]]',
        '[["number","contains",["1"]]]',
        '[["number","lt",["x"]]]',
        "[[",
        "7",
    ],
)
def test_an_address_that_does_not_fit_is_said_and_left_out(table: Dataset, text: str) -> None:
    at = open_page(
        "data", dataset=table.id, part="rows", where=text, sort="gone", page=999, block="x"
    )
    assert not at.exception
    assert "left out" in text_of(at) or "cannot be read" in text_of(at)
    assert numbers(at) == list(range(251, 301))
