"""Words and shapes of values: what is missing, true, a number or a date."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from mlops_core.domain.columns import ColumnType

# Nobody means a value by these, in any column.
MISSING = frozenset({"", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null"}) | {
    *("\\N", "(null)", "(NULL)", "<null>", "결측", "결측치"),
}
# These may be a value among words ("없음" as a kind of contract), so they count as missing only
# where everything else in the column is a number, a date or a truth value.
MISSING_AMONG_TYPED = (
    frozenset(
        {
            "-",
            "--",
            "?",
            ".",
            "none",
            "na",
            "nil",
            "n.a.",
            "unknown",
            "missing",
            "#div/0!",
            "#value!",
        }
    )
    | {"#ref!", "#num!", "#null!", "#name?", "없음", "미상", "모름", "해당없음", "미기재", "무응답"}
    | {
        *("해당 없음", "미응답", "응답없음", "응답 없음", "*", "..", "...", "n.d.", "#n/a n/a"),
    }
)
BLANKS = " \t\u00a0\u3000"

# The pairs of words for true and false. Short ones are also initials and abbreviations, so both
# must be there before a column is believed to hold truth values.
BOOLEANS: tuple[tuple[str, str, bool], ...] = (
    ("true", "false", False),
    ("yes", "no", True),
    ("y", "n", True),
    ("t", "f", True),
    ("예", "아니오", True),
    ("예", "아니요", True),
    ("o", "x", True),
    ("참", "거짓", True),
    ("네", "아니오", True),
    ("네", "아니요", True),
    ("있음", "없음", True),
    ("on", "off", True),
    ("はい", "いいえ", True),
    ("有", "無", True),
    ("是", "否", True),
    ("真", "假", True),
    ("oui", "non", True),
    ("vrai", "faux", True),
    ("ja", "nein", True),
    ("wahr", "falsch", True),
    ("sí", "no", True),
    ("si", "no", True),
    ("sì", "no", True),
    ("verdadero", "falso", True),
    ("vero", "falso", True),
    ("да", "нет", True),
    ("истина", "ложь", True),
)

# Up to 15 digits before the mark: more would lose digits as a floating-point number.
NUMBER = r"-?(?:(?:0|[1-9][0-9]{0,14})(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"
NUMBER_COMMA = NUMBER.replace(r"\.", ",")
# 1E5 may be a code: programs write a sign or a decimal point with an exponent.
SURE_NUMBER = (
    r"-?(?:(?:0|[1-9][0-9]{0,14})\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"
    r"|-?(?:0|[1-9][0-9]{0,14})(?:[eE][-+][0-9]{1,3})?"
)
SURE_NUMBER_COMMA = SURE_NUMBER.replace(r"\.", ",")
MORE_DIGITS = r"[^1-9]*[1-9][.,]?(?:[0-9][.,]?){16,}[1-9].*"  # than a floating-point number keeps
INTEGER = r"-?(?:0|[1-9][0-9]*)"
LONG_NUMBER = r"-?[0-9]{16,}(?:[.,][0-9]+)?"
# With a thousands separator, a percent sign or a currency. No plus: that is a telephone number.
DECORATED = r"[^\w\s.,+(-]?\s?-?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]+)?\s?[^\w\s.,)]?"
GROUPED = re.compile(r"-?[1-9][0-9]{0,2},[0-9]{3}")
PADDED = r"-?0[0-9]+"
COMMA_DECIMAL = re.compile(r"-?(?:0,[0-9]+|[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})|[0-9]{4,},[0-9]+)")
POINT_DECIMAL = re.compile(r"-?[0-9]*\.[0-9]+")
_MONTH = (
    "(?i:(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    "(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?)"
)
_AMBIGUOUS_DATE = re.compile(r"[0-9]{1,2}([-/.])[0-9]{1,2}\1[0-9]{2,4}(?![0-9])")
_PLAIN_NUMBER = re.compile(rf"[+]?(?:{NUMBER})")
_ANY_NUMBER = re.compile(rf"[-+]?[0-9][0-9.,]*%?|{NUMBER}")
_ANY_DATE = re.compile(
    r"([0-9]{1,4}([-/.])\s?[0-9]{1,2}\2\s?[0-9]{1,4}\.?|[0-9]{4}년\s?[0-9]{1,2}월\s?[0-9]{1,2}일)"
    r"([ T][0-9]{1,2}:[0-9]{2}\S*)?"
    rf"|[0-9]{{1,2}}[- /]{_MONTH}[- /][0-9]{{4}}|{_MONTH} [0-9]{{1,2}},? [0-9]{{4}}"
)
_DATE_IN_ANY_NOTATION = (
    r"[0-9]{1,4}[-/.]\s?[0-9]{1,2}[-/.]\s?[0-9]{1,4}.*|(19|20)[0-9]{6}|[0-9]{4}[년年].*"
    rf"|.*{_MONTH}.*[0-9]{{4}}.*"
)
_NUMBER_IN_ANY_NOTATION = rf"[-+]?[0-9][0-9.,]*%?|{NUMBER}|{DECORATED}"
# What says a value of a type, though in another notation than its neighbours.
NOTATIONS = {
    ColumnType.INTEGER: _NUMBER_IN_ANY_NOTATION,
    ColumnType.NUMBER: _NUMBER_IN_ANY_NOTATION,
    ColumnType.BOOLEAN: "",
    ColumnType.DATE: _DATE_IN_ANY_NOTATION,
    ColumnType.DATETIME: _DATE_IN_ANY_NOTATION,
}


def is_missing(cell: str) -> bool:
    return cell.strip(BLANKS) in MISSING


def is_number(cell: str) -> bool:
    """Something that a person would call a number, in whatever notation."""
    return _ANY_NUMBER.fullmatch(cell) is not None


def is_plain_number(cell: str) -> bool:
    """A number without separators or signs of currency."""
    return _PLAIN_NUMBER.fullmatch(cell) is not None


def is_ambiguous_date(cell: str) -> bool:
    """Day and month could be confused, unless other cells show which is which."""
    return _AMBIGUOUS_DATE.match(cell) is not None


def looks_like_date(cell: str) -> bool:
    return _ANY_DATE.fullmatch(cell) is not None


def class_named(wanted: str, classes: Iterable[str]) -> str | None:
    """Which of ``classes`` a person means by ``wanted``, or ``None``.

    As it is, else without regard to case, else as a number (1.0 is 1) or a truth value (예 is
    true).
    """
    known = list(classes)
    if wanted in known:
        return wanted
    readings: tuple[Callable[[str], object], ...] = (str.casefold, _number_named, _truth_named)
    for same in readings:
        meant = same(wanted)
        if found := [name for name in known if meant is not None and same(name) == meant]:
            return found[0] if len(found) == 1 else None
    return None


def _number_named(text: str) -> Decimal | None:
    try:
        return Decimal(text.strip())
    except InvalidOperation:
        return None


def _truth_named(text: str) -> bool | None:
    word = text.strip().lower()
    for true, false, _both in BOOLEANS:
        if word in (true, false):
            return word == true
    return None


@dataclass(frozen=True)
class DateShape:
    """One way to write dates: a pattern and the ISO form of its groups.

    ``order`` is set where day and month could be confused; ``zone`` where an offset is written.
    Where there are ``formats`` (as of ``strptime``), the groups make one of these and no ISO form.
    """

    pattern: str
    iso: str
    kind: Literal["date", "datetime"]
    order: Literal["", "day first", "month first"] = ""
    compact: bool = False
    zone: bool = False
    formats: tuple[str, ...] = ()


_TIME = r"[ T]([0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)"
_ZONE = r"\s?(Z|[-+][0-9]{2}:?[0-9]{2})"
HALVES = {"오전": "AM", "오후": "PM", "午前": "AM", "午後": "PM", "上午": "AM", "下午": "PM"}
_HALF = f"([AP]M|[ap]m|{'|'.join(HALVES)})"
_CLOCK = "([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)"
_TIMES = ("%H:%M:%S.%f", "%H:%M:%S", "%H:%M")


def _shapes() -> tuple[DateShape, ...]:
    year, short = "([0-9]{4})", "([0-9]{1,2})"
    days: list[tuple[str, str, Literal["", "day first", "month first"]]] = [
        *((f"{year}{mark}{short}{mark}{short}", r"\1-\2-\3", "") for mark in ("-", "/")),
        (rf"{year}\. ?{short}\. ?{short}\.?", r"\1-\2-\3", ""),
        (f"{year}년 ?{short}월 ?{short}일", r"\1-\2-\3", ""),
        (f"{year}年 ?{short}月 ?{short}日", r"\1-\2-\3", ""),
    ]
    for mark in ("/", "-", r"\."):
        pattern = f"{short}{mark}{short}{mark}{year}"
        days.append((pattern, r"\3-\2-\1", "day first"))
        days.append((pattern, r"\3-\1-\2", "month first"))
    shapes = [DateShape(pattern, iso, "date", order) for pattern, iso, order in days]
    shapes.append(
        DateShape("((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})", r"\1-\2-\3", "date", compact=True)
    )
    shapes += [
        DateShape(pattern + _TIME, iso + r" \4", "datetime", order) for pattern, iso, order in days
    ]
    shapes += [
        DateShape(pattern + _TIME + _ZONE, iso + r" \4\5", "datetime", order, zone=True)
        for pattern, iso, order in days
    ]
    halves = tuple(f"%Y-%m-%d {time} %p" for time in ("%I:%M:%S", "%I:%M"))
    for pattern, iso, order in days:
        for time, form in (
            (f"[ T]{_CLOCK} ?{_HALF}", r" \4 \5"),
            (f" ?{_HALF} ?{_CLOCK}", r" \5 \4"),
        ):
            shapes.append(DateShape(pattern + time, iso + form, "datetime", order, formats=halves))
    for pattern, iso in (
        (f"{short}[- /]{_MONTH}[- /]{year}", r"\3-\2-\1"),
        (f"{_MONTH} {short},? {year}", r"\3-\1-\2"),
    ):
        shapes.append(DateShape(pattern, iso, "date", formats=("%Y-%b-%d",)))
        forms = tuple(f"%Y-%b-%d {time}" for time in _TIMES)
        shapes.append(DateShape(pattern + _TIME, iso + r" \4", "datetime", formats=forms))
    return tuple(shapes)


DATE_SHAPES = _shapes()
DATE_NAMES = re.compile(
    r"date|day|ymd|(^|_)dt($|_)|일자|날짜|일시|년월일|(가입|해지|생년월|등록)일", re.I
)
