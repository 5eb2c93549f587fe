"""A column has a type only when every value of it has."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from mlops_core.data import words
from mlops_core.data.read import import_file, preview
from mlops_core.domain.columns import ReadOptions, Spelling


def column(tmp_path: Path, values: list[str], name: str = "v") -> tuple[str, list[object], str]:
    source = tmp_path / "in.csv"
    source.write_text("\n".join([f"{name};w", *(f'"{value}";x' for value in values)]) + "\n")
    table = import_file(source, tmp_path)
    cells = [row[0] for row in preview(table.table_path, 0, 1000).rows]
    return table.columns[0].type.value, cells, " ".join(map(str, table.report.notes))


D = dt.date
T = dt.datetime


@pytest.mark.parametrize(
    ("values", "type_", "expected"),
    [
        (["1", "-2", " 3 "], "integer", [1, -2, 3]),
        (["0", "1", "1"], "integer", [0, 1, 1]),
        (["9007199254740993", "1"], "integer", [9007199254740993, 1]),
        (["9223372036854775808", "1"], "text", ["9223372036854775808", "1"]),
        (["007", "010"], "text", ["007", "010"]),
        (["+82", "+1"], "text", ["+82", "+1"]),
        (["1", "2.5", "1e-5", ".5", "-3."], "number", [1.0, 2.5, 1e-5, 0.5, -3.0]),
        (["9007199254740993", "1.5"], "text", ["9007199254740993", "1.5"]),
        (["1e999", "1"], "text", ["1e999", "1"]),
        (["1E5", "2E3", "300"], "text", ["1E5", "2E3", "300"]),
        (["1e5", "2.5e-3", "3"], "number", [1e5, 2.5e-3, 3.0]),
        (["1E+05", "2e5"], "number", [1e5, 2e5]),
        (["+5", "-3", "0"], "integer", [5, -3, 0]),
        (["+1.5", "+2.25"], "number", [1.5, 2.25]),
        (["1.234,56", "2.345,67", "0,5"], "number", [1234.56, 2345.67, 0.5]),
        (["0.12345678901234567890", "1.5"], "number", [0.12345678901234568, 1.5]),
        (["1", "\\N", "(null)", "*", ".."], "integer", [1, None, None, None, None]),
        (["1,234", "5,678"], "text", ["1,234", "5,678"]),
        (["1,5", "2,25"], "number", [1.5, 2.25]),
        (["1,234", "5,678,901"], "integer", [1234, 5678901]),
        (["1,234.5", "-999", "1,000"], "number", [1234.5, -999.0, 1000.0]),
        (["1,234.5", "1234"], "text", ["1,234.5", "1234"]),
        (["1,234,567", "12,34"], "text", ["1,234,567", "12,34"]),
        (["1.234.567", "1.000"], "text", ["1.234.567", "1.000"]),
        (["1.234,5", "2,25"], "number", [1234.5, 2.25]),
        (["192.168.100.100", "10.200.100.100"], "text", ["192.168.100.100", "10.200.100.100"]),
        (["1'234", "12'345.5"], "number", [1234.0, 12345.5]),
        (["1\u202f234", "999"], "integer", [1234, 999]),
        (["12.5%", "3 %", "-1%"], "number", [12.5, 3.0, -1.0]),
        (["12%", "3"], "text", ["12%", "3"]),
        (["$5", "-$7", "$ 1200", "$-3"], "integer", [5, -7, 1200, -3]),
        (["₩1,234,000", "₩500"], "integer", [1234000, 500]),
        (["1,200원", "35,000원", "1,250,000원"], "integer", [1200, 35000, 1250000]),
        (["1,200원", "35,000원", "500원"], "integer", [1200, 35000, 500]),
        (["₩1,200", "₩500"], "integer", [1200, 500]),
        (["$1,200", "$500"], "text", ["$1,200", "$500"]),
        (["3.5 EUR", "4 EUR"], "number", [3.5, 4.0]),
        (["$5", "€7"], "text", ["$5", "€7"]),
        (["5만원", "7만원"], "text", ["5만원", "7만원"]),
        (["$007", "$8"], "text", ["$007", "$8"]),
        (["1,234,567,890,123,456,789", "1"], "text", ["1,234,567,890,123,456,789", "1"]),
        (["1", "2", "x"], "text", ["1", "2", "x"]),
        (["0x1F", "1_000"], "text", ["0x1F", "1_000"]),
        (["inf", "1"], "text", ["inf", "1"]),
        (["true", "FALSE", "True"], "boolean", [True, False, True]),
        (["yes", "No"], "boolean", [True, False]),
        (["Y", "n"], "boolean", [True, False]),
        (["예", "아니오"], "boolean", [True, False]),
        (["t", "f"], "boolean", [True, False]),
        (["네", "아니오"], "boolean", [True, False]),
        (["있음", "없음", "있음"], "boolean", [True, False, True]),
        (["はい", "いいえ"], "boolean", [True, False]),
        (["是", "否"], "boolean", [True, False]),
        (["VRAI", "FAUX"], "boolean", [True, False]),
        (["Ja", "Nein"], "boolean", [True, False]),
        (["Да", "Нет"], "boolean", [True, False]),
        (["없음", "1년"], "text", ["없음", "1년"]),
        (["F", "F"], "text", ["F", "F"]),
        (["yes", "no", "maybe"], "text", ["yes", "no", "maybe"]),
        (["2026-01-02", "2026-1-3"], "date", [D(2026, 1, 2), D(2026, 1, 3)]),
        (["2026/01/02", "2026/12/31"], "date", [D(2026, 1, 2), D(2026, 12, 31)]),
        (["2026.01.02", "2026.12.31"], "date", [D(2026, 1, 2), D(2026, 12, 31)]),
        (["2026. 11. 24.", "2026. 1. 4."], "date", [D(2026, 11, 24), D(2026, 1, 4)]),
        (["13/02/2020", "01/03/2020"], "date", [D(2020, 2, 13), D(2020, 3, 1)]),
        (["02/13/2020", "03/01/2020"], "date", [D(2020, 2, 13), D(2020, 3, 1)]),
        (["01/02/2020", "03/04/2020"], "text", ["01/02/2020", "03/04/2020"]),
        (["2026-02-30", "2026-01-01"], "text", ["2026-02-30", "2026-01-01"]),
        (["20260102", "20261231"], "integer", [20260102, 20261231]),
        (["2026-01-02 03:04", "2026-01-02T03:04:05"], "datetime",
         [T(2026, 1, 2, 3, 4), T(2026, 1, 2, 3, 4, 5)]),
        (["2026-01-02T03:04:05+09:00", "2026-01-02T00:00:00Z"], "datetime",
         [T(2026, 1, 1, 18, 4, 5), T(2026, 1, 2)]),
        (["2026年1月2日", "2026年12月31日"], "date", [D(2026, 1, 2), D(2026, 12, 31)]),
        (["05-JAN-2026", "17-Feb-2025"], "date", [D(2026, 1, 5), D(2025, 2, 17)]),
        (["5 January 2026", "1 may 2025"], "date", [D(2026, 1, 5), D(2025, 5, 1)]),
        (["Jan 5, 2026", "September 30 2025"], "date", [D(2026, 1, 5), D(2025, 9, 30)]),
        (["31-Feb-2026", "01-Jan-2026"], "text", ["31-Feb-2026", "01-Jan-2026"]),
        (["05-Jan-26", "17-Feb-25"], "text", ["05-Jan-26", "17-Feb-25"]),
        (["5 Jan 2026 9:05", "5 Jan 2026 10:06:07.5"], "datetime",
         [T(2026, 1, 5, 9, 5), T(2026, 1, 5, 10, 6, 7, 500_000)]),
        (["2026-01-02 오후 3:20:05", "2026-01-03 오전 12:00:00"], "datetime",
         [T(2026, 1, 2, 15, 20, 5), T(2026, 1, 3)]),
        (["2026년 1월 2일 오후 3:20", "2026년 1월 3일 오전 9:05"], "datetime",
         [T(2026, 1, 2, 15, 20), T(2026, 1, 3, 9, 5)]),
        (["1/2/2026 3:20 PM", "13/2/2026 12:10 am"], "datetime",
         [T(2026, 2, 1, 15, 20), T(2026, 2, 13, 0, 10)]),
        (["1/2/2026 3:20 PM", "3/4/2026 9:10 AM"], "text",
         ["1/2/2026 3:20 PM", "3/4/2026 9:10 AM"]),
        (["2026-01-02 13:20 PM", "2026-01-02 1:20 PM"], "text",
         ["2026-01-02 13:20 PM", "2026-01-02 1:20 PM"]),
        (["10:30", "11:45"], "text", ["10:30", "11:45"]),
    ],
)  # fmt: skip
def test_types_are_found_without_changing_a_value(
    tmp_path: Path, values: list[str], type_: str, expected: list[object]
) -> None:
    found, cells, _notes = column(tmp_path, values)
    assert (found, cells) == (type_, expected)


@pytest.mark.parametrize("options", [ReadOptions(decimal="."), ReadOptions()])
def test_thousands_are_beyond_doubt_where_the_decimal_sign_is(
    tmp_path: Path, options: ReadOptions
) -> None:
    cut = ";" if options.decimal else ","  # in a file cut by commas, a comma is no decimal sign
    (tmp_path / "in.csv").write_text(f'v{cut}w\n"1,234"{cut}x\n"5,678"{cut}y\n-{cut}z\n')
    table = import_file(tmp_path / "in.csv", tmp_path, options=options)
    assert [row[0] for row in preview(table.table_path).rows] == [1234, 5678, None]


def test_words_for_missing_are_no_values_among_numbers(tmp_path: Path) -> None:
    known = sorted(words.MISSING | words.MISSING_AMONG_TYPED)
    said = [form for word in known for form in (word, f" {word} ", word.upper())]
    found, cells, _notes = column(tmp_path, ["1.5", *said, "2.5"])
    assert found == "number"
    assert cells == [1.5, *[None] * len(said), 2.5]


def test_among_words_only_what_nobody_means_is_missing(tmp_path: Path) -> None:
    values = ["a", "NA", " NaN ", "없음", "-", "?", "None", ""]
    found, cells, _notes = column(tmp_path, values)
    assert found == "text"
    assert cells == ["a", None, None, "없음", "-", "?", "None", None]


def test_eight_digits_are_dates_when_the_name_says_so(tmp_path: Path) -> None:
    assert column(tmp_path, ["20260102", "20261231"], "가입일자")[0] == "date"
    assert column(tmp_path, [f"202601{day:02d}" for day in range(1, 29)])[0] == "date"


@pytest.mark.parametrize(
    ("values", "word"),
    [
        (["01/02/2020", "03/04/2020"], "day first or month first"),
        (["007", "010"], "begin with zeros"),
        (["99999999999999999999", "99999999999999999998"], "too long"),
        (["12.5%", "3%"], "was read in percent"),
        (["$1,200.50", "₩300"], "carry signs"),
        (["$1,200.50", "$3"], "without “$”"),
        (["1,234", "5,678,901"], "“,” between thousands"),
        (["1,234", "5,678"], "“1,234” may be a thousand or a fraction"),
        ([*map(str, range(50)), "1e400"], "“1e400”"),
        (["13/02/2020", "01/03/2020"], "day, month, year"),
        (["2026-01-02T03:04:05Z", "2026-01-02T00:00:00Z"], "UTC"),
    ],
)
def test_what_a_person_might_not_expect_is_said(
    tmp_path: Path, values: list[str], word: str
) -> None:
    assert word in column(tmp_path, values)[2]


def test_a_column_without_values_is_text(tmp_path: Path) -> None:
    assert column(tmp_path, ["", "NA", "-"])[0] == "text"


@pytest.mark.parametrize(
    ("wanted", "classes", "meant"),
    [
        ("yes", ("no", "yes"), "yes"),
        ("YES", ("no", "yes"), "yes"),
        ("1.0", ("0", "1"), "1"),
        ("1e17", ("1e+17", "2"), "1e+17"),
        ("9007199254740993", ("9007199254740992", "9007199254740993"), "9007199254740993"),
        ("예", ("false", "true"), "true"),
        ("N", ("false", "true"), "false"),
        ("Gold", ("gold", "GOLD"), None),
        ("maybe", ("false", "true"), None),
        ("2", ("0", "1"), None),
    ],
)
def test_a_class_is_known_by_what_the_file_says(
    wanted: str, classes: tuple[str, ...], meant: str | None
) -> None:
    assert words.class_named(wanted, classes) == meant


def test_truth_values_keep_the_words_of_their_file(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    rows = ["Yes,예", "no,아니오", "yes, 예", "yes,", "NO,아니오", "no,예"]
    source.write_text("\n".join(["english,korean", *rows]) + "\n", encoding="utf-8")
    english, korean = import_file(source, tmp_path).columns
    assert english.spelling == Spelling(false="no", true="yes")
    assert [(top.value, top.count) for top in english.profile.top] == [("no", 3), ("yes", 3)]
    assert korean.spelling == Spelling(false="아니오", true="예")


def test_a_truth_value_that_does_not_occur_has_a_plain_name(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("a,b\nTRUE,1\nTRUE,2\n", encoding="utf-8")
    assert import_file(source, tmp_path).columns[0].spelling == Spelling(false="false", true="TRUE")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["1E5", "2E3"], "values like 1E5 may be codes"),
        (["1E5", "2.5"], "The exponents of “v” were read"),
        (["0.12345678901234567890", "1.5"], "1 number has more than 17 digits"),
        (
            ["0.00012345678901234567", "123456789012345.678", "1.50000000000000000000"],
            "1 number has more than 17 digits",
        ),
        (["+5", "-3"], "read as numbers without “+”"),
    ],
)
def test_what_a_number_loses_or_may_be_is_said(
    tmp_path: Path, values: list[str], said: str
) -> None:
    assert said in column(tmp_path, values)[2]
