"""What a person decides about the cells of a file is done, and nothing else changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlops_core.data.heads import sniff_head
from mlops_core.data.read import ImportedTable, import_file, preview
from mlops_core.domain.columns import ReadOptions, ReadReport
from mlops_core.errors import InvalidInput

Read = Callable[..., ImportedTable]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(content: str | bytes, **options: object) -> ImportedTable:
        source = tmp_path / "source"
        source.write_bytes(content if isinstance(content, bytes) else content.encode())
        return import_file(source, tmp_path / "table", options=ReadOptions.model_validate(options))

    return read


def first(table: ImportedTable) -> list[Any]:
    return [row[0] for row in preview(table.table_path, 0, 1000).rows]


def column(values: list[str]) -> str:
    return "v;w\n" + "".join(f'"{value}";x\n' for value in values)


@pytest.mark.parametrize(
    ("values", "wanted", "expected", "rejected"),
    [
        (["1", "2", "x"], "integer", [1, 2], [4]),
        (["007", "+5", "1.0", "1.5"], "integer", [7, 5, 1], [5]),
        (["1,234", "5,678"], "integer", [1234, 5678], []),
        (["12%", "3%", "3"], "number", [12.0, 3.0], [4]),
        (["99999999999999999999", "007"], "number", [1e20, 7.0], []),
        (["1", "2", "1e999"], "number", [1.0, 2.0], [4]),
        (["1", "0", "2", ""], "boolean", [True, False, None], [4]),
        (["yes", "yes"], "boolean", [True, True], []),
        (["20260102", "20261301"], "date", [dt.date(2026, 1, 2)], [3]),
        (["2026-01-02", "x"], "datetime", [dt.datetime(2026, 1, 2)], [3]),
        (["1", " 02 ", "NA", ""], "text", ["1", " 02 ", None, None], []),
        (["2026-01-02", "2026-01-03"], "text", ["2026-01-02", "2026-01-03"], []),
    ],
)
def test_a_type_that_was_asked_for_leaves_out_what_is_none(
    read: Read, values: list[str], wanted: str, expected: list[object], rejected: list[int]
) -> None:
    table = read(column(values), types={"v": wanted})
    assert table.columns[0].type.value == wanted
    assert first(table) == expected
    assert [(one.line, one.column) for one in table.report.rejects] == [
        (line, "v") for line in rejected
    ]


@pytest.mark.parametrize(
    ("types", "field", "said"),
    [
        ({"x": "integer"}, "types", "It has: “v”, “w”"),
        ({"w": "integer"}, "types", "“w” is no whole number, for example “x”"),
        ({"v": "date"}, "dates", "day first or month first"),
    ],
)
def test_a_type_that_cannot_be_is_refused(
    read: Read, types: dict[str, str], field: str, said: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(column(["01/02/2020", "03/04/2020"]), types=types)
    assert refused.value.field == field
    assert said in f"{refused.value.message} {refused.value.hint}"


def test_types_that_leave_no_row_are_refused(read: Read) -> None:
    with pytest.raises(InvalidInput, match="Every row"):
        read("a,b\n1,x\nx,1\n", types={"a": "integer", "b": "integer"}, header=True)


def test_exactly_the_given_words_are_missing(read: Read) -> None:
    text = "n,w\n1,NA\n-999,-\n -999 ,none\n,\n3,None\n"
    table = read(text, missing=["-999", "none"])
    assert list(preview(table.table_path).rows) == [
        (1, "NA"), (None, "-"), (None, None), (None, None), (3, "None"),
    ]  # fmt: skip
    found = {one.value: one.count for one in table.report.decisions if one.name == "missing"}
    assert found == {"-999": 2, "none": 1}
    assert [row[1] for row in preview(read(text, missing=[]).table_path).rows][3] is None


def test_words_for_missing_are_counted(read: Read) -> None:
    table = read("n,w\n1,NA\nNA,x\n-,-\n2,y\n")
    found = {
        one.value: (one.count, one.column)
        for one in table.report.decisions
        if one.name == "missing"
    }
    assert found == {"NA": (2, "n"), "-": (1, "n")}


@pytest.mark.parametrize(("dates", "month"), [("day first", 2), ("month first", 1)])
def test_the_order_of_dates_is_chosen_where_both_fit(read: Read, dates: str, month: int) -> None:
    table = read("d,e\n01/02/2020,31/12/2020\n03/04/2020,30/11/2020\n", dates=dates)
    assert [one.type.value for one in table.columns] == ["date", "date"]
    (day, other), *_rest = preview(table.table_path).rows
    assert (day.month, other.month) == (month, 12)  # the second shows its order itself
    told = [one for one in table.report.decisions if one.name == "dates"]
    assert [(one.column, one.value) for one in told] == [("d", dates), ("e", "day first")]


LINES = "A title\n\nof 2020\nn,w\n1,x\n2,y\n\n합계,\n자료: 통계청\n\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_above_and_below_are_left_out(read: Read, encoding: str, newline: str) -> None:
    content = LINES.replace("\n", newline).encode(encoding)
    table = read(content, skip_top=2, skip_bottom=2)
    assert list(preview(table.table_path).rows) == [(1, "x"), (2, "y")]
    assert (table.report.reject_count, table.columns[0].original) == (0, "n")
    told = {one.name: (one.count, one.example) for one in table.report.decisions}
    assert (told["above"], told["below"]) == ((2, "A title"), (2, "합계,"))


def test_lines_keep_their_numbers_below_those_left_out(read: Read) -> None:
    rows = "".join(f"{n},w\n" if n != 200 else "x,w\n" for n in range(400)) + "short\n1,w\n"
    table = read(f"title\n\nn,w2\n{rows}", skip_top=1)
    assert [one.line for one in table.report.rejects] == [204, 404]


def test_the_head_leaves_out_the_same_lines(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(LINES, encoding="utf-8")
    head = sniff_head(tmp_path / "in.csv", ReadOptions(skip_top=2, skip_bottom=2))
    assert (head.columns, head.rows) == (("n", "w"), (("1", "x"), ("2", "y")))


@pytest.mark.parametrize(
    "options", [{"skip_top": 9}, {"skip_bottom": 99}, {"skip_top": 4, "skip_bottom": 3}]
)
def test_leaving_out_every_line_is_refused(read: Read, options: dict[str, int]) -> None:
    with pytest.raises(InvalidInput, match="No line remains"):
        read(LINES, **options)


def test_a_choice_without_effect_leaves_the_fingerprint(read: Read) -> None:
    text = "title\nd,n\n2026-01-02,1\n2026-01-03,2\n"
    plain = read(text).fingerprint
    assert read(text, types={"n": "integer"}).fingerprint == plain
    assert read(text, dates="day first").fingerprint == plain
    assert read(text, skip_top=1, skip_bottom=0).fingerprint == plain
    assert read(text, types={"n": "text"}).fingerprint != plain
    assert read(text, missing=["2"]).fingerprint != plain
    assert read(text, skip_bottom=1).fingerprint != plain
    both = "d,w\n01/02/2020,x\n"
    day, month = (read(both, dates=order) for order in ("day first", "month first"))
    assert day.fingerprint != month.fingerprint


@pytest.mark.parametrize("stray", ["", '"'])
def test_narrow_lines_at_the_end_stand_below_the_table(read: Read, stray: str) -> None:
    rows = "".join(f"{n},w{stray}\n" for n in range(9))
    table = read(f"n,w\n{rows}short\n9,w\n\n자료: 통계청\n2024\n\n")
    reasons = [one.reason for one in table.report.rejects]
    assert ["below the table" in reason for reason in reasons] == [False, True, True]
    (below,) = [one for one in table.report.decisions if one.name == "below"]
    assert (below.count, below.example) == (2, "자료: 통계청")


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (["서울,1", "부산,2", "합 계,3"], True),
        (["a,1", "b,2", "Grand Total:,3"], True),
        (["a,1", "total,2", "b,3"], False),
        (["total,1", "b,2", "total,3"], False),
        (["a,1", "b,2", "totally,3"], False),
    ],
)
def test_a_total_below_the_table_is_said_and_kept(read: Read, rows: list[str], found: bool) -> None:
    table = read("\n".join(["k,n", *rows, ""]))
    assert [one.column for one in table.findings if one.code == "total_row"] == ["k"] * found
    assert table.rows == 3


def test_decisions_stay_small_for_many_columns(read: Read) -> None:
    names = [f"column_{place}" for place in range(2000)]
    rows = [[f"{place}.5" for place in range(2000)] for _row in range(9)]
    table = read("\n".join(",".join(cells) for cells in [names, *rows]) + "\n", delimiter=",")
    assert len(table.report.model_dump_json()) < 100_000


def test_every_decision_has_an_example(read: Read) -> None:
    text = "표 1\n이름;값;날;맞음\n'a\\'b';1,5;01/02/2020;예\n;2,25;31/12/2020;아니오\n"
    told = read(text.encode("cp949"), quote="'").report.decisions
    examples = {one.name: (one.value, one.example) for one in told if one.name != "type"}
    line = "'a\\'b';1,5;01/02/2020;예"
    assert examples == {
        "encoding": ("cp949", "표"),
        "delimiter": (";", line),
        "quote": ("'", line),
        "escape": ("\\", line),
        "decimal": (",", "1,5"),
        "header": ("names", "이름;값;날;맞음"),
        "above": ("", "표 1"),
        "dates": ("day first", "01/02/2020"),
    }
    cells = {one.column: (one.value, one.cells) for one in told if one.name == "type"}
    assert cells["값"] == ("number", (("1,5", "1.5"), ("2,25", "2.25")))
    assert cells["날"][1][0] == ("01/02/2020", "2020-02-01")
    assert cells["맞음"] == ("boolean", (("예", "예"), ("아니오", "아니오")))


def test_a_report_of_an_older_version_is_understood() -> None:
    old = {"encoding": "utf-8", "delimiter": ",", "quote": "", "header": True, "notes": ["a"]}
    report = ReadReport.model_validate({**old, "rejects": [{"line": 2, "reason": "r"}]})
    assert (report.decisions, report.asked, report.rejects[0].column) == ((), ReadOptions(), None)
