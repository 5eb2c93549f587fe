"""Cells: missing words, truth values, dates, numbers, and what only looks like them."""

from __future__ import annotations

from mlops_core.domain.columns import ReadOptions
from tests.hostile.expected import Case, refused, table


def _column(name: str, type_: str, pairs: dict[str, str], said: str = "") -> Case:
    """A column ``v`` beside words, cut by semicolons; ``pairs``: what is written, what is read."""
    text = "v;w\n" + "".join(f'"{cell}";x\n' for cell in pairs)
    rows = (f"{read}│x" for read in pairs.values())
    expected = table("v│w", f"{type_} text", *rows, delimiter=";", said=(said,) if said else ())
    return Case(name, text, expected)


def _same(name: str, type_: str, *cells: str, said: str = "") -> Case:
    return _column(name, type_, {cell: cell for cell in cells}, said)


MISSING = [
    _column("missing among numbers", "integer", {"1": "1", **dict.fromkeys(
        ("NA", "N/A", "n/a", "null", "NULL", "None", "nan", "-", "?", "결측", "없음", "#N/A",
         "#DIV/0!", "미상", "."), ""), "2": "2"}),
    _column("missing among dates", "date", {"2026-01-02": "2026-01-02", "-": "", "N/A": ""}),
    _column("missing among words", "text", {"a": "a", "NA": "", "null": "", "결측": "",
        "없음": "없음", "-": "-", "?": "?", "None": "None"}),
    Case("only missing", "a,b\n1,NA\n2,\n3,null\n",
         table("a│b", "integer text", "1│", "2│", "3│")),
    Case("a word of one's own for missing", "a,b\n1,x\n-999,y\n3,z\n",
         table("a│b", "integer text", "1│x", "│y", "3│z"), ReadOptions(missing=("-999",))),
]  # fmt: skip

TRUTH = [
    _same("true and false", "boolean", "true", "false"),
    _same("예 and 아니오", "boolean", "예", "아니오"),
    _same("예 and 아니요", "boolean", "예", "아니요"),
    _same("Y and N", "boolean", "Y", "N"),
    _same("O and X", "boolean", "O", "X"),
    _same("참 and 거짓", "boolean", "참", "거짓"),
    _same("yes and no", "boolean", "yes", "no"),
    _same("0 and 1", "integer", "0", "1"),
    _same("Y alone", "text", "Y"),
    _same("truth values and words", "text", "yes", "no", "maybe"),
    _same("blood groups", "text", "O", "A", "B", "AB"),
]

DATES = [
    _same("ISO dates", "date", "2026-01-02", "2025-12-31"),
    _column("dots", "date", {"2026.01.02": "2026-01-02", "2026.1.3": "2026-01-03"}),
    _column("Korean dots", "date",
            {"2026. 11. 24.": "2026-11-24", "2026. 1. 4": "2026-01-04",
             "2026.1.5.": "2026-01-05"}),
    _column("년 월 일", "date", {"2026년 11월 24일": "2026-11-24", "2026년1월4일": "2026-01-04"}),
    _column("day first", "date", {"13/02/2020": "2020-02-13", "01/03/2020": "2020-03-01"},
            "day, month, year"),
    _column("month first", "date", {"02/13/2020": "2020-02-13", "03/01/2020": "2020-03-01"},
            "month, day, year"),
    _same("day or month first", "text", "01/02/2020", "03/04/2020", said="day first or month"),
    _same("day first and month first", "text", "13/02/2020", "02/13/2020"),
    _same("impossible days", "text", "2026-02-30", "2026-01-01"),
    _same("no leap year", "text", "2025-02-29", "2024-02-29"),
    _same("zero dates", "text", "0000-00-00", "2024-02-29"),
    _same("short years", "text", "24/11/26", "25/01/02"),
    _same("times of day", "text", "10:30", "23:59"),
    _same("hour 25", "text", "2026-01-02 25:00", "2026-01-02 03:00"),
    _column("hour 24", "datetime", {"2026-01-02 24:00": "2026-01-03 00:00:00",
                                    "2026-01-02 03:00": "2026-01-02 03:00:00"}),
    _same("second 61", "text", "2026-01-02 03:00:61", "2026-01-02 03:00:00"),
    _column("times", "datetime", {"2026-01-02T03:04:05": "2026-01-02 03:04:05",
                                  "2026-01-02 03:04": "2026-01-02 03:04:00"}),
    _same("times with nanoseconds", "text", "2026-01-02 03:04:05.123456789",
          "2026-01-02 03:04:05.1"),
    _column("times with zones", "datetime", {"2026-01-02T03:04:05+09:00": "2026-01-01 18:04:05",
            "2026-01-02T00:00:00Z": "2026-01-02 00:00:00"}, "UTC"),
    _same("times with and without zones", "text", "2026-01-02T03:04:05+09:00",
          "2026-01-02T00:00:00"),
    _same("telephone numbers", "text", "010-1234-5678", "010-9876-5432"),
    _same("resident numbers", "text", "900101-1234567", "851231-2345678"),
    _same("eight digits", "integer", "20260102", "20261231"),
    _same("versions", "text", "1.2.3", "1.10.0"),
    _same("fractions", "text", "1/2", "3/4"),
]  # fmt: skip

NUMBERS = [
    _same("beyond 2^53", "integer", "9007199254740993", "9007199254740995"),
    _same("the largest", "integer", "9223372036854775807", "-9223372036854775808"),
    _same("beyond 2^63", "text", "9223372036854775808", "1"),
    _same("beyond 2^53 with a fraction", "text", "9007199254740993.5", "1.5"),
    _same("1e400", "text", "1e400", "1"),
    _column("scientific", "number", {"1e5": "100000.0", "2.5E-3": "0.0025"}),
    _column("NaN", "number", {"NaN": "", "1.5": "1.5"}),
    _same("inf", "text", "inf", "-inf", "1"),
    _same("Infinity", "text", "Infinity", "1.5"),
    _same("hex", "text", "0x1F", "0xFF"),
    _same("underscores", "text", "1_000", "2_000"),
    _same("full width", "text", "１２３", "４５６"),
    _same("Arabic digits", "text", "١٢٣", "٤٥٦"),
    _same("superscripts", "text", "²", "³"),
    _same("leading zeros", "text", "00123", "04567", said="begin with zeros"),
    _same("zeros and one without", "text", "007", "8"),
    _same("plus signs", "text", "+82", "+1"),
    _same("typographic minus", "text", "−5", "3"),
    _same("a minus behind", "text", "5-", "3"),
    _same("parentheses", "text", "(1,234)", "500"),
    _column("decimal commas", "number", {"1,5": "1.5", "2,25": "2.25", "-0,5": "-0.5"}),
    _column("points between thousands", "number", {"1.234,5": "1234.5", "2,25": "2.25"}),
    _column("commas between thousands", "integer", {"1,234": "1234", "5,678,901": "5678901"}),
    _same("a thousand or a fraction", "text", "1,234", "5,678", said="thousand or a fraction"),
    _same("Indian thousands", "text", "12,34,567", "1,23,456"),
    _column("percent", "number", {"12.5%": "12.5", "3 %": "3.0"}, "percent"),
    _column("won", "integer", {"₩1,200": "1200", "₩35,000,000": "35000000"}),
    _column("원", "integer", {"1,200원": "1200", "35,000,000원": "35000000"}),
    _column("dollars", "number", {"$1,200.50": "1200.5", "-$3.25": "-3.25"}),
    _same("two currencies", "text", "$5", "€7"),
    _same("addresses of machines", "text", "192.168.0.1", "10.0.0.1"),
    _same("a lone minus and dot", "text", "-.", "1.5"),
    _same("roman", "text", "IV", "IX"),
    _same("e without digits", "text", "1e", "2e"),
    Case("numbers in a text column", "v,w\n1,x\n2,y\nthree,z\n",
         table("v│w", "text text", "1│x", "2│y", "three│z")),
]  # fmt: skip


def _late(line: int, word: str) -> Case:
    lines = [f"{row},x" for row in range(line + 10)]
    lines[line - 2] = f"{word},x"
    return Case(
        f"“{word}” in line {line}",
        ("n,w\n" + "\n".join(lines) + "\n").encode(),
        table("n│w", "integer text", "0│x", count=line + 9, rejects=((line, "n"),)),
    )


def _late_notation(line: int, word: str) -> Case:
    """A value in another notation is no slip: leaving it out would lose what somebody meant."""
    lines = [f"{row},x" for row in range(line + 10)]
    lines[line - 2] = f"{word},x"
    return Case(
        f"“{word}” in line {line}",
        ("n,w\n" + "\n".join(lines) + "\n").encode(),
        table("n│w", "text text", "0│x", count=line + 10),
    )


def _code(line: int) -> Case:
    """A word that comes back is a code, and no slip."""
    lines = [("none of these" if row % 1000 == 999 else str(row)) for row in range(line)]
    return Case(
        "a code in a number column",
        ("n,w\n" + "".join(f"{cell},x\n" for cell in lines)).encode(),
        table("n│w", "text text", "0│x", count=line),
    )


LATE = [
    _late(50_000, "abc"),
    _late_notation(3_000, "9223372036854775808"),
    _late_notation(3_000, "12.5.1"),
    _code(20_000),
    Case("a fraction late", ("n,w\n" + "1,x\n" * 2000 + "1.5,x\n").encode(),
         table("n│w", "number text", "1.0│x", count=2001)),
    Case("a zero in front late", ("n,w\n" + "1,x\n" * 2000 + "007,x\n").encode(),
         table("n│w", "text text", "1│x", count=2001)),
    Case("two to the 63rd late", ("n,w\n" + "1.5,x\n" * 2000 + "9007199254740993,x\n").encode(),
         table("n│w", "text text", "1.5│x", count=2001)),
    Case("a type that does not fit", "a,b\n1,x\ny,z\n",
         table("a│b", "integer text", "1│x", rejects=((3, "a"),)),
         ReadOptions(types={"a": "integer"})),
    Case("a type that nothing fits", "a,b\nx,1\ny,2\n", refused("no whole number"),
         ReadOptions(types={"a": "integer"})),
]  # fmt: skip

CASES = [*MISSING, *TRUTH, *DATES, *NUMBERS, *LATE]
