"""The types that a column of text may have, and how its values are converted, losing none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from mlops_core.data import words
from mlops_core.data.engine import literal
from mlops_core.data.numbers import NumberShape, shapes
from mlops_core.domain.columns import ColumnType


@dataclass(frozen=True)
class Kind:
    """A type a column may have.

    ``convert`` turns ``{t}`` (trimmed text) into it, or NULL; ``final`` does the same, faster, once
    it is known that all cells convert.
    """

    type: ColumnType
    convert: str
    final: str
    sample: re.Pattern[str] | None = None  # what every value looks like
    pair: frozenset[str] = frozenset()  # or: the words it consists of
    both: bool = False  # both words must occur
    shape: words.DateShape | None = None
    written: NumberShape | None = None  # in another way than plain

    def fits(self, value: str) -> bool:
        """Whether ``value`` looks like one."""
        if self.pair:
            return value.lower() in self.pair
        return self.sample is not None and self.sample.fullmatch(value) is not None

    def odd(self, values: Sequence[tuple[str, int]], limit: int) -> int:
        """How many of ``values`` (with their counts) look different; exact up to ``limit``."""
        count = 0
        for value, times in values:
            count += 0 if self.fits(value) else times
            if count > limit:
                break
        return count


@cache
def kinds(decimal: str, settled: bool) -> tuple[Kind, ...]:
    """Every type but text, the narrowest first; ``settled`` as in ``numbers.shapes``."""
    return (
        *(_date(shape) for shape in words.DATE_SHAPES if shape.compact),
        Kind(
            ColumnType.INTEGER,
            # Back and forth must give the same: so 007, +5 and 1.0 are no integers.
            "CASE WHEN TRY_CAST({t} AS BIGINT)::VARCHAR = {t} THEN TRY_CAST({t} AS BIGINT) END",
            "TRY_CAST({t} AS BIGINT)",
            re.compile(words.INTEGER),
        ),
        _number(decimal),
        *map(_decorated, shapes(decimal, settled=settled)),
        *(_boolean(true, false, both) for true, false, both in words.BOOLEANS),
        *(_date(shape) for shape in words.DATE_SHAPES if not shape.compact),
    )


def _number(decimal: str) -> Kind:
    pattern = words.SURE_NUMBER if decimal == "." else words.SURE_NUMBER_COMMA
    point = "{t}" if decimal == "." else "replace({t}, ',', '.')"
    cast = f"TRY_CAST({point} AS DOUBLE)"
    match = f"regexp_full_match({{t}}, {_braced(literal(pattern))})"
    return Kind(
        ColumnType.NUMBER,
        f"CASE WHEN {match} AND isfinite({cast}) THEN {cast} END",
        cast,
        re.compile(pattern),
    )


def _decorated(written: NumberShape) -> Kind:
    number = ColumnType.INTEGER if written.whole else ColumnType.NUMBER
    cast = f"TRY_CAST({written.cleaned} AS {'BIGINT' if written.whole else 'DOUBLE'})"
    match = f"regexp_full_match({{t}}, {_braced(literal(written.pattern))})"
    finite = match if written.whole else f"{match} AND isfinite({cast})"
    return Kind(
        number,
        f"CASE WHEN {finite} THEN {cast} END",
        cast,
        re.compile(written.pattern),
        written=written,
    )


def _boolean(true: str, false: str, both: bool) -> Kind:
    case = f"CASE lower({{t}}) WHEN {literal(true)} THEN true WHEN {literal(false)} THEN false END"
    return Kind(
        ColumnType.BOOLEAN,
        case,
        case,
        pair=frozenset({true, false}),
        both=both,
    )


def _date(shape: words.DateShape) -> Kind:
    plain = _plain_iso(shape) if shape.kind == "date" else ""
    iso = plain or (
        f"regexp_replace({{t}}, {_braced(literal(f'^{shape.pattern}$'))},"
        f" {_braced(literal(shape.iso))})"
    )
    target = "DATE" if shape.kind == "date" else "TIMESTAMP"
    cast = f"TRY_CAST({iso} AS {target})"
    if shape.formats:
        for word, half in words.HALVES.items():
            iso = f"replace({iso}, '{word}', '{half}')" if word in shape.pattern else iso
        cast = f"try_strptime({iso}, [{', '.join(map(literal, shape.formats))}])::{target}"
    if shape.zone:
        cast = f"make_timestamp(epoch_us(TRY_CAST({iso} AS TIMESTAMPTZ)))"
    match = f"regexp_full_match({{t}}, {_braced(literal(shape.pattern))})"
    return Kind(
        ColumnType(shape.kind),
        f"CASE WHEN {match} THEN {cast} END",
        cast if plain else f"CASE WHEN {match} THEN {cast} END",
        re.compile(shape.pattern),
        shape=shape,
    )


def _plain_iso(shape: words.DateShape) -> str:
    """SQL for ``{t}`` with the year first, where nothing but the marks must change; else nothing.

    This takes a third of the time of the general way.
    """
    for mark in ("-", "/", r"\."):
        if shape.pattern == f"([0-9]{{4}}){mark}([0-9]{{1,2}}){mark}([0-9]{{1,2}})":
            return "{t}" if mark == "-" else f"replace({{t}}, '{mark[-1]}', '-')"
    return ""


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


@cache
def asked_kinds(wanted: ColumnType, decimal: str) -> tuple[Kind, ...]:
    """Every way to write ``wanted`` that a person who asks for it may mean.

    More than is found out: 007 as a number, 1 and 0 as truth values, dates without a time as dates
    with one.
    """
    found = [kind for kind in kinds(decimal, True) if kind.type is wanted]
    if wanted in (ColumnType.INTEGER, ColumnType.NUMBER):
        found.append(_lenient(wanted, decimal))
    elif wanted is ColumnType.BOOLEAN:
        found.append(_boolean("1", "0", both=False))
    elif wanted is ColumnType.DATETIME:
        found += [
            _date(replace(shape, kind="datetime"))
            for shape in words.DATE_SHAPES
            if shape.kind == "date"
        ]
    return tuple(found)


def _lenient(wanted: ColumnType, decimal: str) -> Kind:
    """Digits, however many zeros stand before them."""
    point = re.escape(decimal)
    if wanted is ColumnType.INTEGER:
        pattern = f"[-+]?[0-9]{{1,18}}(?:{point}0*)?"
        clean = f"regexp_replace({{t}}, {_braced(literal(f'^[+]|{point}0*$'))}, '', 'g')"
        cast = f"TRY_CAST({clean} AS BIGINT)"
    else:
        pattern = f"[-+]?(?:[0-9]+(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][-+]?[0-9]{{1,3}})?"
        cast = f"TRY_CAST(replace(ltrim({{t}}, '+'), {literal(decimal)}, '.') AS DOUBLE)"
        cast = f"CASE WHEN isfinite({cast}) THEN {cast} END"
    match = f"regexp_full_match({{t}}, {_braced(literal(pattern))})"
    converted = f"CASE WHEN {match} THEN {cast} END"
    return Kind(wanted, converted, converted, re.compile(pattern))
