"""An odd value keeps its row out of a typed column, with its line; it makes nothing else text."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops_core.data.read import ImportedTable, import_file, preview
from mlops_core.domain.columns import ReadOptions, ReadReport, Reject
from mlops_core.i18n import use_language

Read = Callable[..., ImportedTable]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(content: str | bytes, options: ReadOptions | None = None) -> ImportedTable:
        source = tmp_path / "source"
        source.write_bytes(content if isinstance(content, bytes) else content.encode())
        return import_file(source, tmp_path / "table", options=options)

    return read


def types(table: ImportedTable) -> list[str]:
    return [column.type.value for column in table.columns]


def left_out(table: ImportedTable) -> list[tuple[int, str | None, str]]:
    return [(one.line, one.column, one.raw) for one in table.report.rejects]


def numbered(count: int, odd: dict[int, str]) -> str:
    """A table of two columns whose row n, from 0 on, is ``n,w``, but for the ``odd`` ones."""
    return "n,w\n" + "".join(f"{odd.get(row, row)},w{row}\n" for row in range(count))


def test_a_word_at_the_end_of_a_million_numbers_costs_one_row(read: Read) -> None:
    table = read(numbered(1_000_000, {899_998: "abc"}))
    assert types(table) == ["integer", "text"]
    assert (table.rows, table.report.reject_count) == (999_999, 1)
    assert left_out(table) == [(900_000, "n", "abc,w899998")]
    assert table.report.rejects[0].reason == "“abc” is no whole number."
    assert "1 row was left out because its value is no whole number: “abc”" in (
        " ".join(map(str, table.report.notes))
    )
    around = preview(table.table_path, 899_997, 2).rows
    assert around == ((899_997, "w899997"), (899_999, "w899999"))


@pytest.mark.parametrize(
    ("values", "odd", "type_"),
    [
        ([str(n) for n in range(5000)], ["n.v."], "integer"),
        ([f"{n}.5" for n in range(1000)], ["x", "y", "x", "y", "x"], "number"),
        ([f"{n}원" for n in range(1, 900)], ["무료"], "integer"),
        ([f"2026-01-{n % 28 + 1:02d}" for n in range(400)], ["2026-02-30", "someday"], "date"),
        ([f"2026-01-02 03:{n % 60:02d}" for n in range(400)], ["2026-01-02 99:00"], "datetime"),
        (["yes", "no"] * 200, ["maybe"], "boolean"),
        (["31/12/2020", "01/02/2020"] * 200, ["soon"], "date"),
        # no slips:
        ([str(n) for n in range(150)], ["n.v."], "text"),
        ([str(n) for n in range(1000)], [f"w{n}" for n in range(6)], "text"),
        ([str(n) for n in range(5000)], ["n.v."] * 4, "text"),
        ([str(n) for n in range(1000, 5000)], ["007"], "text"),
        ([str(n) for n in range(5000)], ["$5"], "text"),
        (["2026-01-02"] * 400, ["2026/01/03"], "text"),
        (["03/04/2020", "01/02/2020"] * 200, ["soon"], "text"),
    ],
)
def test_few_odd_values_are_slips(
    read: Read, values: list[str], odd: list[str], type_: str
) -> None:
    cells = [*values[:100], *odd, *values[100:]]
    table = read("v;w\n" + "".join(f'"{cell}";x\n' for cell in cells))
    assert types(table) == [type_, "text"]
    expected = [] if type_ == "text" else [*range(102, 102 + len(odd))]
    assert [one.line for one in table.report.rejects] == expected
    assert table.rows + table.report.reject_count == len(cells)


def test_letters_in_an_identifier_are_no_slip(read: Read) -> None:
    assert types(read(numbered(1000, {5: "A17"}).replace("n,", "id,")))[0] == "text"
    assert types(read(numbered(1000, {5: "A17"})))[0] == "integer"


def test_a_wide_table_does_not_lose_its_rows_to_many_slips(read: Read) -> None:
    rows = [["x" if row == column else str(row) for column in range(20)] for row in range(300)]
    header = ",".join(f"c{column}" for column in range(20))
    table = read(f"{header}\n" + "".join(f"{','.join(row)}\n" for row in rows))
    assert table.report.reject_count == 3  # 1 in 100
    assert types(table).count("integer") == 3


@pytest.mark.parametrize(
    ("name", "odd", "line"),
    [
        ("rows that are cut short", {10: "short", 20: "abc"}, 22),
        ("blank lines", {10: "\n\n10", 20: "abc"}, 24),
        ("cells over several lines", {10: '"10",w\n11,"a\n\nb"\n12', 20: "abc"}, 26),
        ("a title above", {0: "0", 20: "abc"}, 24),
        ("stray quotes", {10: '1"0",w\n10', 20: "abc"}, 23),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_line_is_that_of_the_file(
    read: Read, name: str, odd: dict[int, str], line: int, encoding: str
) -> None:
    text = numbered(1000, odd).replace("short,w10", "short")
    if name == "a title above":
        text = f"Numbers\n\n{text}"
    table = read(text.encode(encoding))
    assert types(table) == ["integer", "text"]
    assert (line, "n", "abc,w20") in left_out(table)
    lines = [one.line for one in table.report.rejects]
    assert lines == sorted(lines)


def test_a_row_with_two_odd_values_is_one_row(read: Read, tmp_path: Path) -> None:
    text = "a,b\n" + "".join(f"{n},{n}\n" if n % 300 else f"x{n},y{n}\n" for n in range(1, 601))
    table = read(text + "1\n")
    assert (table.rows, table.report.reject_count) == (598, 3)
    with (tmp_path / "table" / "rejects.csv").open(encoding="utf-8", newline="") as file:
        kept = [tuple(row.values()) for row in csv.DictReader(file)]
    assert [row[:2] for row in kept] == [("301", "a"), ("601", "a"), ("602", "")]
    assert kept[0][2:] == ("“x300” is no whole number.", "x300,y300")


def test_dates_that_convert_keep_their_values(read: Read) -> None:
    days = [dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(300)]
    table = read("d,w\n" + "".join(f"{day},x\n" for day in days) + "2026-13-01,x\n")
    assert [row[0] for row in preview(table.table_path, 0, 400).rows] == days


def test_reasons_and_notes_are_kept_for_readers_of_every_language(read: Read) -> None:
    content = "표 제목\n\n" + numbered(400, {100: "abc"}) + "7\n"
    use_language("ko")
    try:
        table = read(content)
        said = [one.sentence for one in table.report.rejects]
        noted = [str(note) for note in table.report.notes]
    finally:
        use_language("en")
    report = ReadReport.model_validate_json(table.report.model_dump_json())
    assert [one.reason for one in report.rejects] == said
    assert said == [
        "“abc”: 정수가 아닌 값입니다.",
        "표 아래에 있는 줄이며, 셀 수가 열 수(2개)보다 적습니다.",
    ]
    assert [one.sentence for one in report.rejects] == [
        "“abc” is no whole number.",
        "It stands below the table, with fewer cells than its 2 columns.",
    ]
    assert "1 line above the table was left out." in map(str, report.notes)
    assert not {str(note) for note in report.notes} & set(noted)


def test_a_report_of_an_older_version_keeps_its_words() -> None:
    old = ReadReport(
        encoding="utf-8",
        delimiter=",",
        quote='"',
        header=True,
        rejects=(Reject(line=3, reason="It has 1 cell."),),
        notes=("A note.",),
    )
    again = ReadReport.model_validate_json(old.model_dump_json(exclude={"rejects": {0: {"said"}}}))
    assert [str(note) for note in again.notes] == ["A note."]
    assert again.rejects[0].sentence == "It has 1 cell."
