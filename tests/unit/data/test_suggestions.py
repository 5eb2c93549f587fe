"""Roles, target, task and findings that a person would agree with."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_core.data.checks import check
from mlops_core.data.read import ImportedTable, import_file
from mlops_core.data.roles import suggest_target, suggest_task
from mlops_core.domain.columns import Column
from mlops_core.domain.findings import Finding, Severity
from mlops_core.domain.params import Task

ROWS = 200


def imported(tmp_path: Path, columns: dict[str, list[object]]) -> ImportedTable:
    source = tmp_path / "in.csv"
    lines = ["\t".join(columns)]
    lines += ["\t".join(map(str, row)) for row in zip(*columns.values(), strict=True)]
    source.write_text("\n".join(lines) + "\n")
    return import_file(source, tmp_path)


def table(tmp_path: Path) -> ImportedTable:
    every = range(ROWS)
    return imported(
        tmp_path,
        {
            "customer_id": [f"K-{n}" for n in every],
            "row": list(every),
            "constant": ["same"] * ROWS,
            "city": [f"city {n % 7}" for n in every],
            "zip": [f"0{n % 90 + 1000}" for n in every],
            "memo": [f"The customer called on day {n} and asked for help." for n in every],
            "joined": [f"2026-01-{n % 28 + 1:02d}" for n in every],
            "active": ["yes" if n % 3 else "no" for n in every],
            "amount": [n * 1.37 for n in every],
            "sparse": ["" if n % 4 else n for n in every],
            "nearly": ["x" if n else "y" for n in every],
            "grade": ["ABC"[n % 3] for n in every],
        },
    )


def by_name(found: ImportedTable) -> dict[str, Column]:
    return {column.name: column for column in found.columns}


def test_roles(tmp_path: Path) -> None:
    roles = {name: column.role.value for name, column in by_name(table(tmp_path)).items()}
    assert roles == {
        "customer_id": "drop",
        "row": "drop",
        "constant": "drop",
        "city": "categorical",
        "zip": "categorical",
        "memo": "text",
        "joined": "date",
        "active": "categorical",
        "amount": "numeric",
        "sparse": "numeric",
        "nearly": "categorical",
        "grade": "categorical",
    }
    assert all(column.role_reason for column in table(tmp_path).columns)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["y", "a", "b"], "y"),
        (["a", "Survived", "b"], "Survived"),
        (["나이", "이탈여부", "지역"], "이탈여부"),
        (["SalePrice", "a", "b"], "SalePrice"),
        (["a", "b", "c"], "c"),
        (["a", "재구매", "비고"], "재구매"),
        (["a", "target ", "price"], "target"),
    ],
)
def test_the_target_is_known_by_its_name_or_its_place(
    tmp_path: Path, header: list[str], expected: str
) -> None:
    found = imported(tmp_path, {name: [i % 5 for i in range(40)] for name in header})
    assert suggest_target(found.columns) == expected


def test_no_target_is_suggested_where_none_can_be(tmp_path: Path) -> None:
    found = imported(tmp_path, {"id": list(range(50)), "same": ["x"] * 50})
    assert suggest_target(found.columns) is None


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["a", "b"], Task.CLASSIFICATION),
        (["yes", "no"], Task.CLASSIFICATION),
        ([0, 1], Task.CLASSIFICATION),
        ([1, 2, 3, 4, 5], Task.CLASSIFICATION),
        ([100, 250, 900], Task.REGRESSION),
        (list(range(40)), Task.REGRESSION),
        ([1.5, 2.5], Task.REGRESSION),
        (["1.0", "0.0"], Task.CLASSIFICATION),
        (["1.0", "2.5", "3.0"], Task.REGRESSION),
    ],
)
def test_the_task_follows_the_values(tmp_path: Path, values: list[object], task: Task) -> None:
    found = imported(tmp_path, {"a": ["w", "v"] * 40, "t": (values * 80)[:80]})
    assert suggest_task(found.columns[1]) is task


def findings(tmp_path: Path, target: str | None, task: Task | None) -> dict[str, list[Finding]]:
    found = table(tmp_path)
    result: dict[str, list[Finding]] = {}
    for finding in check(found.table_path, found.columns, target, task):
        result.setdefault(finding.code, []).append(finding)
    return result


def test_findings_of_columns(tmp_path: Path) -> None:
    found = findings(tmp_path, "grade", Task.CLASSIFICATION)
    columns = {code: [finding.column for finding in found[code]] for code in found}
    assert columns == {
        "identifier_like": ["customer_id", "row"],
        "constant": ["constant"],
        "mostly_missing": ["sparse"],
        "dates_suggest_time_split": ["joined"],
    }
    assert found["mostly_missing"][0].message == "“sparse” is missing in 75% of the rows."
    assert found["constant"][0].fix == "drop"


def test_a_column_that_is_nearly_constant_is_found(tmp_path: Path) -> None:
    values = ["y", *["x"] * 399]
    found = imported(tmp_path, {"nearly": values, "n": [i % 90 for i in range(400)]})
    codes = [finding.code for finding in check(found.table_path, found.columns)]
    assert "near_constant" in codes


def test_findings_of_a_target(tmp_path: Path) -> None:
    labels = ["common"] * 180 + ["rare"] * 4 + [""] * 16
    found = imported(tmp_path, {"n": [i * 0.5 for i in range(200)], "label": labels})
    result = check(found.table_path, found.columns, "label", Task.CLASSIFICATION)
    messages = {finding.code: finding.message for finding in result}
    assert messages["target_missing"].startswith("The target “label” is missing in 16 rows")
    assert "“rare”" in messages["rare_classes"]
    assert "“rare” has 4 rows, “common” 180" in messages["imbalance"]


def test_classes_that_a_person_would_read_as_one_are_named(tmp_path: Path) -> None:
    labels = [["gold", "gold ", "Gold", "iron"][i % 4] for i in range(200)]
    found = imported(tmp_path, {"n": [i * 0.5 for i in range(200)], "label": labels})
    result = check(found.table_path, found.columns, "label", Task.CLASSIFICATION)
    messages = {finding.code: finding.message for finding in result}
    assert "“Gold”, “gold”, “gold ”" in messages["classes_look_alike"]
    assert "“iron”" not in messages["classes_look_alike"]


def test_a_date_that_is_the_target_asks_for_no_split(tmp_path: Path) -> None:
    found = findings(tmp_path, "joined", Task.CLASSIFICATION)
    assert "dates_suggest_time_split" not in found


def test_a_target_of_one_class_is_a_problem_and_stands_first(tmp_path: Path) -> None:
    result = findings(tmp_path, "constant", Task.CLASSIFICATION)
    assert result["constant"][0].severity is Severity.PROBLEM
    found = table(tmp_path)
    first = check(found.table_path, found.columns, "constant", Task.CLASSIFICATION)[0]
    assert first.code == "constant"


def test_few_and_repeated_rows_are_counted(tmp_path: Path) -> None:
    found = imported(tmp_path, {"a": [1, 1, 1, 2], "b": ["x", "x", "x", ""]})
    messages = {finding.code: finding.message for finding in found.findings}
    assert messages["duplicate_rows"] == "2 rows repeat others exactly."
    assert messages["few_rows"].startswith("The table has only 4 rows")


def test_a_regression_target_has_no_classes_to_complain_about(tmp_path: Path) -> None:
    assert "rare_classes" not in findings(tmp_path, "amount", Task.REGRESSION)
