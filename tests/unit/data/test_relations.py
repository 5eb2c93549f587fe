"""Findings about what columns say of each other, and about the people in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mlops_core.data.checks import check
from mlops_core.data.read import import_file
from mlops_core.domain.params import Task

ROWS = 200


def findings(
    folder: Path, target: str = "y", task: Task = Task.CLASSIFICATION, **columns: object
) -> dict[str, list[str | None]]:
    """Codes and their columns, for columns beside ``x`` (chance) and ``y`` (classes)."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=ROWS).round(4),
            "z": rng.choice(list("abc"), ROWS),
            "y": rng.choice(["no", "maybe"], ROWS),
        }
    ).assign(**columns)
    frame.to_csv(folder / "in.csv", index=False)
    table = import_file(folder / "in.csv", folder / "out")
    found: dict[str, list[str | None]] = {}
    for one in check(table.table_path, table.columns, target, task, report=table.report):
        found.setdefault(one.code, []).append(one.column)
    return found


def labels() -> np.ndarray:
    rng = np.random.default_rng(1)
    rng.normal(size=ROWS), rng.choice(list("abc"), ROWS)
    return rng.choice(["no", "maybe"], ROWS)


def test_a_table_of_chance_has_none_of_these_findings(tmp_path: Path) -> None:
    assert findings(tmp_path) == {}


def test_a_column_that_tells_the_class_is_found(tmp_path: Path) -> None:
    y = labels()
    rng = np.random.default_rng(2)
    said = np.where(y == "no", "refused", "granted")
    high = np.where(y == "no", 5.0, 9.0) + rng.random(ROWS)
    noisy = np.where(rng.random(ROWS) < 0.9, y, "no")
    found = findings(tmp_path, said=said, high=high, noisy=noisy)
    assert found["leakage"] == ["said", "high"]


def test_a_column_that_tells_the_number_is_found(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    price = rng.normal(100, 20, ROWS).round(2)
    found = findings(
        tmp_path,
        "price",
        Task.REGRESSION,
        price=price,
        net=(price / 1.19).round(2),
        near=price + rng.normal(0, 20, ROWS).round(2),
    )
    assert found["leakage"] == ["net"]
    assert "skewed_target" not in found
    tail = np.exp(rng.normal(0, 2.5, ROWS)).round(3)
    assert findings(tmp_path, "tail", Task.REGRESSION, tail=tail)["skewed_target"] == ["tail"]


def test_copies_of_a_column_are_found_whatever_its_name(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=ROWS).round(3)
    found = findings(tmp_path, file_row_number=x, row_0=x, other=-x, twin=x)
    assert found["equal_columns"] == ["row_0", "twin"]


def test_columns_that_differ_in_a_few_rows_are_not_called_equal(tmp_path: Path) -> None:
    rows = np.arange(ROWS)
    found = findings(tmp_path, few=np.isin(rows, (3, 9)) * 1, more=np.isin(rows, (1, 2, 5, 8)) * 1)
    assert "equal_columns" not in found


def test_a_target_of_any_name_is_checked(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    classes = rng.choice(["a", "b"], ROWS)
    for name in ("row_0", "v", "number"):
        assert "leakage" in findings(tmp_path, name, **{name: classes, "same": classes})


def test_rows_that_contradict_each_other_are_counted(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    few = rng.choice([1, 2], ROWS)
    assert findings(tmp_path, x=few)["contradictory_rows"] == [None]


@pytest.mark.parametrize(
    "values",
    [
        ["kim{}@example.com"],
        ["900101-123456{}", "0502291234567"],
        ["010-1234-567{}", "02-123-4567", "01012345678"],
        ["+82 10 1234 567{}"],
    ],
)
def test_personal_data_is_found_by_its_look(tmp_path: Path, values: list[str]) -> None:
    cells = [values[row % len(values)].format(row % 10) for row in range(ROWS)]
    assert findings(tmp_path, who=cells)["personal_data"] == ["who"]


def test_codes_and_dates_are_no_personal_data(tmp_path: Path) -> None:
    found = findings(
        tmp_path,
        code=[f"A-{row % 9:03d}" for row in range(ROWS)],
        day=[f"2026. {row % 12 + 1}. 3." for row in range(ROWS)],
        room=[f"0{row % 9}-12" for row in range(ROWS)],
    )
    assert "personal_data" not in found


def test_things_that_come_back_ask_for_a_grouped_split(tmp_path: Path) -> None:
    patient = [f"P{row % 40}" for row in range(ROWS)]
    found = findings(tmp_path, patient_id=patient)
    assert found["entities_suggest_grouped_split"] == ["patient_id"]


def test_more_columns_than_rows_is_said(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    wide = pd.DataFrame(rng.random((120, 130)).round(3)).add_prefix("c")
    wide.to_csv(tmp_path / "in.csv", index=False)
    table = import_file(tmp_path / "in.csv", tmp_path / "out")
    assert "more_columns_than_rows" in [one.code for one in table.findings]
