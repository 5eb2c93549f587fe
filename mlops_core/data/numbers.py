"""Numbers as people write them: thousands apart, with a currency or a percent sign.

A column is read only when all of its values are written in one way: dollars beside euros stay text.
``1,234`` alone may be a thousand or a fraction. Either a value settles it (``1,234,567``), or a
person does, or the file is cut by commas, where a comma is no decimal sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlops_core.data import words
from mlops_core.i18n import N_

MARKS = (
    *("%", "$", "€", "£", "¥", "₩", "￦", "₹", "₽", "원", "円", "元", "kr", "zł"),
    *("KRW", "USD", "EUR", "GBP", "JPY", "CNY", "CHF"),
)
_WITHOUT_CENTS = ("₩", "￦", "원", "KRW", "円", "JPY")  # a comma in them is no decimal sign
_NEUTRAL = ("'", "’", "\u00a0", "\u202f")  # never a decimal sign
_PLAIN = "(?:0|[1-9][0-9]{0,14})"
GROUPED_NOTE = N_("The numbers of “{column}” were read with “{sign}” between thousands.")
MARKED_NOTE = N_("“{column}” was read as numbers without “{sign}”.")
PERCENT_NOTE = N_("“{column}” was read in percent: 12.5% became 12.5.")
EXPONENT_NOTE = N_("The exponents of “{column}” were read: 1E5 became 100000.")


@dataclass(frozen=True)
class NumberShape:
    """One way to write numbers.

    Attributes:
        whole: There is no decimal sign.
        pattern: What every value looks like.
        proof: What at least one value looks like; empty where nothing has to be proven.
        cleaned: SQL that makes ``{t}`` a plain number.
        note: What to say about the column, with ``{column}`` and ``{sign}``.
        sign: The mark, or what stands between thousands.
    """

    whole: bool
    pattern: str
    proof: str
    cleaned: str
    note: str
    sign: str


def shapes(decimal: str, *, settled: bool) -> Iterator[NumberShape]:
    """All ways but the plain one, whole numbers first.

    Args:
        decimal: The decimal sign of the file.
        settled: Known for certain, so that the other sign can only stand between thousands.
    """
    other = "," if decimal == "." else "."
    yield _exponents(decimal)
    for whole in (True, False):
        for sep in (other, *_NEUTRAL):
            proof = _proof(sep, decimal, settled or sep != other)
            yield _shape(decimal, whole, sep, "", proof)
        for mark in MARKS:
            yield _shape(decimal, whole, "", mark, "")
            sure = settled or (mark in _WITHOUT_CENTS and other == ",")
            yield _shape(decimal, whole, other, mark, _proof(other, decimal, sure))
        yield _signed(decimal, whole)
    # 1.234,56 is unmistakable, whatever the sign of the other columns.
    yield _shape(other, False, decimal, "", f".*{re.escape(decimal)}[0-9]{{3}}{other}[0-9].*")


def _exponents(decimal: str) -> NumberShape:
    """1E5, where another value shows that these are no codes."""
    point = re.escape(decimal)
    return NumberShape(
        whole=False,
        pattern=words.NUMBER if decimal == "." else words.NUMBER_COMMA,
        proof=f".*{point}.*|.*[eE][-+].*",
        cleaned="{t}" if decimal == "." else "replace({t}, ',', '.')",
        note=EXPONENT_NOTE,
        sign="",
    )


def _signed(decimal: str, whole: bool) -> NumberShape:
    """+5 and -3; where all have a plus and no fraction they may be telephone numbers."""
    point = re.escape(decimal)
    fraction = "" if whole else f"(?:{point}[0-9]+)?"
    cleaned = "ltrim({t}, '+')"
    return NumberShape(
        whole=whole,
        pattern=f"[-+]?{_PLAIN}{fraction}",
        proof="-.*" if whole else f"-.*|.*{point}.*",
        cleaned=cleaned if whole or decimal == "." else f"replace({cleaned}, ',', '.')",
        note=MARKED_NOTE,
        sign="+",
    )


def _proof(sep: str, decimal: str, settled: bool) -> str:
    """A value in which ``sep`` stands between thousands beyond doubt."""
    apart, point = re.escape(sep), re.escape(decimal)
    return f".*{apart}.*" if settled else f".*{apart}[0-9]{{3}}(?:{apart}|{point})[0-9].*"


def _shape(decimal: str, whole: bool, sep: str, mark: str, proof: str) -> NumberShape:
    number = f"(?:0|[1-9][0-9]{{0,2}}(?:{re.escape(sep)}[0-9]{{3}}){{0,4}})" if sep else _PLAIN
    if not whole:
        number = f"{number}(?:{re.escape(decimal)}[0-9]+)?"
    sign = re.escape(mark)
    pattern = f"-?{number}"
    if mark:
        pattern = f"(?:-?{sign} ?{number}|{sign} ?-{number}|-?{number} ?{sign})"
    cleaned = "regexp_replace({t}, '[^-0-9.,]', '', 'g')"
    if sep in (",", "."):
        cleaned = f"replace({cleaned}, '{sep}', '')"
    if decimal == "," and not whole:
        cleaned = f"replace({cleaned}, ',', '.')"
    note = PERCENT_NOTE if mark == "%" else MARKED_NOTE if mark else GROUPED_NOTE
    return NumberShape(
        whole=whole, pattern=pattern, proof=proof, cleaned=cleaned, note=note, sign=mark or sep
    )
