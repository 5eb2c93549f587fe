"""Rows that come again, columns that say nearly the same, and what a column asks for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlops_core.data import repeats
from mlops_core.data.checks import check
from mlops_core.data.privacy import masked
from mlops_core.data.read import import_file
from mlops_core.domain.findings import Finding, Severity
from mlops_core.domain.params import Task

ROWS = 400


def chance(rows: int = ROWS) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "x": rng.normal(size=rows).round(6),
            "w": rng.choice(["Seoul", "Busan", "Jeju"], rows),
            "y": rng.choice(["no", "maybe"], rows),
        }
    )


def findings(
    folder: Path, frame: pd.DataFrame, target: str = "y", task: Task = Task.CLASSIFICATION
) -> dict[str, list[Finding]]:
    frame.to_csv(folder / "in.csv", index=False)
    table = import_file(folder / "in.csv", folder / "out")
    found: dict[str, list[Finding]] = {}
    for one in check(table.table_path, table.columns, target, task, report=table.report):
        found.setdefault(one.code, []).append(one)
    return found


def columns(found: dict[str, list[Finding]], code: str) -> list[str | None]:
    return [one.column for one in found.get(code, [])]


# Rows ---------------------------------------------------------------------------------------------


def test_a_table_of_chance_repeats_nothing(tmp_path: Path) -> None:
    assert findings(tmp_path, chance()) == {}


def test_rows_that_come_again_would_stand_on_both_sides_of_the_split(tmp_path: Path) -> None:
    frame = pd.concat([chance(), chance().head(40)])
    found = findings(tmp_path, frame)
    assert found["duplicate_rows"][0].sentence == "40 rows repeat others exactly."
    assert str(found["duplicate_rows"][0].evidence).startswith("For example rows ")
    (split,) = found["duplicates_across_split"]
    assert split.sentence.startswith("80 rows have the same features")
    assert "about 15% of the rows that judge" in split.sentence
    assert "near_duplicate_rows" not in found


def test_one_row_that_comes_again_is_no_alarm(tmp_path: Path) -> None:
    found = findings(tmp_path, pd.concat([chance(), chance().head(1)]))
    assert {code: found[code][0].severity for code in found} == {"duplicate_rows": Severity.INFO}


def test_rows_of_few_values_cannot_but_repeat(tmp_path: Path) -> None:
    found = findings(tmp_path, chance()[["w", "y"]])
    assert {one.severity for ones in found.values() for one in ones} == {Severity.INFO}
    assert "duplicates_across_split" not in found


def test_rows_that_differ_in_writing_or_in_their_name_only_are_nearly_equal(tmp_path: Path) -> None:
    again = chance().head(20)
    again["w"], again["x"] = again["w"].str.upper() + " ", again["x"] * (1 + 1e-12)
    frame = pd.concat([chance(), again])
    (near,) = findings(tmp_path, frame)["near_duplicate_rows"]
    assert near.sentence.startswith("40 rows are nearly equal")
    named = pd.concat([chance(), chance().head(20)]).assign(id=range(1, ROWS + 21))
    found = findings(tmp_path, named)
    assert found["near_duplicate_rows"][0].sentence.startswith("40 rows")
    assert "duplicate_rows" not in found


def test_a_part_of_a_huge_table_stands_for_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats, "COUNTED", 500)
    found = findings(tmp_path, pd.concat([chance(3000), chance(3000)]))
    (copies,) = found["duplicate_rows"]
    assert copies.said is not None
    assert 2500 < int(copies.said.facts["count"]) < 3500
    assert str(copies.evidence) == "Estimated from one in 12 kinds of rows."
    assert "duplicate_rows" not in findings(tmp_path, chance(6000))


# Columns ------------------------------------------------------------------------------------------


def test_columns_that_say_nearly_the_same_are_found(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    frame = chance()
    celsius = rng.normal(20, 5, ROWS)
    frame = frame.assign(
        celsius=celsius.round(3),
        fahrenheit=(celsius * 1.8 + 32).round(2),
        minus=(-celsius + rng.normal(0, 0.05, ROWS)).round(3),
        near=(celsius + rng.normal(0, 1, ROWS)).round(3),
        town=frame["w"].mask(frame.index == 7, "Daegu"),
        count=rng.integers(0, 90, ROWS),
    )
    found = findings(tmp_path, frame)
    assert sorted(map(str, columns(found, "nearly_equal_columns"))) == [
        "fahrenheit",
        "minus",
        "town",
    ]
    said = {one.column: one.sentence for one in found["nearly_equal_columns"]}
    assert "correlation 1.0000" in said["fahrenheit"]
    assert "all but 1 of 400 rows" in said["town"]


def test_an_extreme_value_that_two_columns_share_makes_them_no_copies(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=ROWS), rng.normal(size=ROWS)
    a[0] = b[0] = 1e9
    assert "nearly_equal_columns" not in findings(tmp_path, chance().assign(a=a, b=b))


def test_rare_flags_that_agree_in_most_rows_are_no_copies(tmp_path: Path) -> None:
    rows = np.arange(ROWS)
    frame = chance().assign(
        a=np.where(rows % 30, "none", "hit"), b=np.where(rows % 31, "none", "hit")
    )
    assert "nearly_equal_columns" not in findings(tmp_path, frame)


def test_few_whole_numbers_are_classes_only_under_the_name_of_one(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    codes = rng.choice([1, 2, 3, 7], ROWS)
    found = findings(tmp_path, chance().assign(region_code=codes, 업종=codes[::-1], children=codes))
    assert columns(found, "numbers_as_classes") == ["region_code", "업종"]
    (first, _second) = found["numbers_as_classes"]
    assert (first.fix, str(first.evidence)) == ("categorical", "Its values: 1, 2, 3, 7.")


def test_many_categories_and_long_texts_are_hinted_at(tmp_path: Path) -> None:
    frame = chance().assign(
        shop=[f"shop {row % 150}" for row in range(ROWS)],
        letter=["a long letter " * 20 + str(row % 390) for row in range(ROWS)],
    )
    found = findings(tmp_path, frame)
    assert columns(found, "many_categories") == ["shop"]
    assert columns(found, "long_text") == ["letter"]


def test_classes_and_rows_too_few_for_the_folds_are_said(tmp_path: Path) -> None:
    frame = chance()
    frame.loc[:2, "y"] = "rare"
    (small,) = findings(tmp_path, frame)["class_smaller_than_folds"]
    assert small.sentence.startswith("“rare” has 3 rows, fewer than the usual 5 folds")
    assert "too_few_for_folds" in findings(tmp_path, chance(9))


def test_personal_data_is_shown_by_its_shape(tmp_path: Path) -> None:
    mails = [f"kim{row}@example.com" for row in range(ROWS)]
    found = findings(tmp_path, chance().assign(mail=mails))
    (personal,) = found["personal_data"]
    shown = str(personal.evidence)
    assert shown.startswith("400 of the first 400 values look like “k")
    assert "•@•••••••.•••" in shown and "kim" not in shown
    assert found["identifier_like"][0].evidence is None
    usual = ["kim@example.com"] * (ROWS - 1) + ["lee@example.com"]
    everything = findings(tmp_path, chance().assign(mail=usual))
    said = [f"{one.sentence} {one.evidence}" for ones in everything.values() for one in ones]
    assert "kim" not in " ".join(said)


def test_a_masked_value_keeps_its_first_sign_and_its_shape() -> None:
    assert masked("900101-1234567") == "9•••••-•••••••"
    assert masked("") == ""
