"""The versions of a dataset, one beside another."""

from __future__ import annotations

import random

from mlops_core.domain.records import Dataset
from mlops_core.services import datasets
from tests.pages.lab import Lab, open_page, text_of


def version(lab: Lab, shift: float, rows: int, columns: str = "age,plan") -> Dataset:
    chance = random.Random(rows)
    lines = [f"{chance.gauss(50 + shift, 9):.2f},{chance.choice('abc')}" for _ in range(rows)]
    path = lab.folder / "customers.csv"
    path.write_text("\n".join([columns, *lines]), encoding="utf-8")
    return datasets.add_file(lab.ws, path)


def test_one_version_has_nothing_beside_it(lab: Lab) -> None:
    at = open_page("data", dataset=version(lab, 0, 300).id, part="versions")
    assert not at.exception
    assert len(at.dataframe) == 1 and "beside" not in text_of(at)


def test_a_version_is_laid_beside_the_one_before_or_another(lab: Lab) -> None:
    version(lab, 0, 300)
    version(lab, 0, 330)
    third = version(lab, 9, 360, columns="age,tariff")
    at = open_page("data", dataset=third.id, part="versions")
    assert not at.exception
    text = text_of(at)
    assert "v3 beside" in text and "was 330 (+9.1" in text
    schema, shifts = at.dataframe[1].value, at.dataframe[2].value
    assert list(zip(schema["column"], schema["what"], strict=True)) == [
        ("tariff", "new"),
        ("plan", "gone"),
    ]
    assert list(shifts.index) == ["age"] and shifts["distance"]["age"] > 0.5
    at.selectbox(key="versions.beside").select("1").run()
    assert "was 300 (+20" in text_of(at) and at.query_params["beside"] == "1"


def test_versions_that_differ_by_chance_alone_say_so(lab: Lab) -> None:
    first = version(lab, 0, 300)
    version(lab, 0, 310)
    at = open_page("data", dataset=first.id, part="versions")
    text = text_of(at)
    assert "The same columns and types." in text
    assert "No column is spread differently by more than chance would have it." in text
    assert "was 300 (+3.3" in text  # the later one is always told as what came of the earlier
