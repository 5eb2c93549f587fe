"""Every file of the table comes out as it says, cell by cell, or is refused in its words."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from mlops_core.data.read import ImportedTable, import_file
from mlops_core.data.table import export
from mlops_core.errors import InvalidInput
from tests.hostile import dialects, encodings, foreign, large, names, values
from tests.hostile.expected import Case, Refusal, Table

CASES: list[Case] = [
    case for group in (encodings, dialects, values, names, foreign, large) for case in group.CASES
]
csv.field_size_limit(2**31 - 1)


def written_cells(table: ImportedTable, folder: Path) -> list[list[str]]:
    """The export, read by the standard library alone."""
    export(table.table_path, table.columns, folder / "out.csv")
    with (folder / "out.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def refusal_of(case: Case, source: Path, folder: Path) -> str:
    with pytest.raises(InvalidInput) as caught:
        import_file(source, folder, options=case.options)
    assert caught.value.message.endswith((".", "?")), caught.value.message
    assert caught.value.hint
    return f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name[:60])
def test_a_file_comes_out_as_it_says_or_is_refused(case: Case, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(case.data)
    expected = case.expected
    if isinstance(expected, Refusal):
        said = refusal_of(case, source, tmp_path / "table")
        assert [word for word in expected.words if word not in said] == [], said
        return
    table = import_file(source, tmp_path / "table", options=case.options, checked=False)
    assert described(table, expected) == expected_of(expected)
    first, *rows = written_cells(table, tmp_path)
    assert first == list(expected.names)
    assert [tuple(row) for row in rows[: len(expected.rows)]] == list(expected.rows)
    assert len(rows) == table.rows
    notes = " ".join(map(str, table.report.notes))
    assert [word for word in expected.said if word not in notes] == [], notes


def described(table: ImportedTable, expected: Table) -> dict[str, object]:
    report = table.report
    return {
        "names": [column.name for column in table.columns],
        "originals": [column.original for column in table.columns],
        "types": [column.type.value for column in table.columns],
        "rows": table.rows,
        "encoding": report.encoding,
        "delimiter": report.delimiter,
        "header": report.header,
        "rejects": [(one.line, one.column) for one in report.rejects],
        "unreasoned": [one.line for one in report.rejects if not one.reason.endswith(".")],
    }


def expected_of(expected: Table) -> dict[str, object]:
    originals = expected.names if expected.originals is None else expected.originals
    return {
        "names": list(expected.names),
        "originals": list(originals),
        "types": list(expected.types),
        "rows": len(expected.rows) if expected.count is None else expected.count,
        "encoding": expected.encoding,
        "delimiter": expected.delimiter,
        "header": expected.header,
        "rejects": list(expected.rejects),
        "unreasoned": [],
    }


def test_every_case_has_a_name_of_its_own() -> None:
    seen = [case.name for case in CASES]
    assert len(set(seen)) == len(seen) > 120
