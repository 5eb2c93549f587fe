"""Which type a column of text has, and how its values are converted without losing any."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from mlops_core.data import words
from mlops_core.data.engine import Connection, batches, literal, parquet
from mlops_core.domain.columns import ColumnType
from mlops_core.i18n import _

SAMPLE_ROWS = 1000
BATCH = 100  # columns a query
MIN_COMPACT_DATES = 20


@dataclass(frozen=True)
class Kind:
    """A type a column may have. ``convert`` turns ``{t}`` (trimmed text) into it, or NULL."""

    type: ColumnType
    convert: str
    sample: re.Pattern[str] | None = None  # what every value looks like
    pair: frozenset[str] = frozenset()  # or: the words it consists of
    both: bool = False  # both words must occur
    shape: words.DateShape | None = None

    def admits(self, values: set[str]) -> bool:
        if self.pair:
            return {value.lower() for value in values} <= self.pair
        return self.sample is not None and all(map(self.sample.fullmatch, values))


@dataclass(frozen=True)
class Decision:
    """The type of one column, the SQL that makes it, and what a person should know."""

    type: ColumnType
    sql: str
    notes: tuple[str, ...] = ()


@cache
def kinds(decimal: str) -> tuple[Kind, ...]:
    """Every type but text, the narrowest first."""
    return (
        Kind(
            ColumnType.INTEGER,
            # Back and forth must give the same: so 007, +5 and 1.0 are no integers.
            "CASE WHEN TRY_CAST({t} AS BIGINT)::VARCHAR = {t} THEN TRY_CAST({t} AS BIGINT) END",
            re.compile(words.INTEGER),
        ),
        _number(decimal),
        *(_boolean(true, false, both) for true, false, both in words.BOOLEANS),
        *(_date(shape) for shape in words.DATE_SHAPES),
    )


def _number(decimal: str) -> Kind:
    pattern = words.NUMBER if decimal == "." else words.NUMBER_COMMA
    cast = "TRY_CAST(replace({t}, ',', '.') AS DOUBLE)"
    match = f"regexp_full_match({{t}}, {_braced(literal(pattern))})"
    return Kind(
        ColumnType.NUMBER,
        f"CASE WHEN {match} AND isfinite({cast}) THEN {cast} END",
        re.compile(pattern),
    )


def _boolean(true: str, false: str, both: bool) -> Kind:
    return Kind(
        ColumnType.BOOLEAN,
        f"CASE lower({{t}}) WHEN {literal(true)} THEN true WHEN {literal(false)} THEN false END",
        pair=frozenset({true, false}),
        both=both,
    )


def _date(shape: words.DateShape) -> Kind:
    iso = (
        f"regexp_replace({{t}}, {_braced(literal(f'^{shape.pattern}$'))},"
        f" {_braced(literal(shape.iso))})"
    )
    target = "DATE" if shape.kind == "date" else "TIMESTAMP"
    cast = f"TRY_CAST({iso} AS {target})"
    if shape.zone:
        cast = f"make_timestamp(epoch_us(TRY_CAST({iso} AS TIMESTAMPTZ)))"
    return Kind(
        ColumnType(shape.kind),
        f"CASE WHEN regexp_full_match({{t}}, {_braced(literal(shape.pattern))}) THEN {cast} END",
        re.compile(shape.pattern),
        shape=shape,
    )


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def decide(
    connection: Connection, table: Path, names: Sequence[str], decimal: str
) -> list[Decision]:
    """A type for each text column c0, c1 … of ``table``; ``names`` are the columns' own names.

    A column gets a type only when every value that is not missing converts; else it stays text.
    """
    decided: dict[int, Decision] = {}
    open_kinds = _sampled(connection, table, len(names), decimal)
    while open_kinds:
        counts = _convertible(connection, table, {place: k[0] for place, k in open_kinds.items()})
        for place, count in counts.items():
            kind, *others = open_kinds.pop(place)
            if _accepts(kind, names[place], count):
                decided[place] = _typed(connection, table, place, kind, others, names[place])
            elif others and count.values:
                open_kinds[place] = others
    texts = [place for place in range(len(names)) if place not in decided]
    for places in batches(texts, BATCH):
        decided |= _texts(connection, table, places, names)
    return [decided[place] for place in range(len(names))]


def _accepts(kind: Kind, name: str, count: _Count) -> bool:
    if not count.values or count.converted < count.values:
        return False
    if kind.both:
        return count.distinct == 2
    if kind.shape is not None and kind.shape.compact:
        # Eight digits are a date only when nothing else is likely.
        many = count.values >= MIN_COMPACT_DATES and count.distinct >= 3
        return many or words.DATE_NAMES.search(name) is not None
    return True


def _typed(
    connection: Connection, table: Path, place: int, kind: Kind, others: list[Kind], name: str
) -> Decision:
    converted = kind.convert.format(t=_trimmed(place))
    decision = Decision(kind.type, f"CASE WHEN NOT {_is_missing(place)} THEN {converted} END")
    if kind.shape is None:
        return decision
    if kind.shape.order and others:
        count = _convertible(connection, table, {place: others[0]})[place]
        if count.converted == count.values:
            note = _(
                "“{column}” stays text: its dates could be day first or month first."
                " Write them as 2026-11-24 to have them read as dates."
            )
            return Decision(ColumnType.TEXT, _as_text(place), (note.format(column=name),))
    if kind.shape.zone:
        note = _("The times of “{column}” were converted to UTC.").format(column=name)
        return replace(decision, notes=(note,))
    if kind.shape.order == "day first":
        note = _("The dates of “{column}” were read as day, month, year.").format(column=name)
        return replace(decision, notes=(note,))
    if kind.shape.order == "month first":
        note = _("The dates of “{column}” were read as month, day, year.").format(column=name)
        return replace(decision, notes=(note,))
    return decision


def _trimmed(place: int) -> str:
    return f"trim(c{place}, {literal(words.BLANKS)})"


def _is_missing(place: int) -> str:
    """SQL: the cell says that there is no value, in a column that is otherwise typed."""
    among = ", ".join(literal(word) for word in sorted(words.MISSING))
    typed = ", ".join(literal(word) for word in sorted(words.MISSING_AMONG_TYPED))
    text = _trimmed(place)
    return f"(c{place} IS NULL OR {text} IN ({among}) OR lower({text}) IN ({typed}))"


def _sampled(
    connection: Connection, table: Path, width: int, decimal: str
) -> dict[int, list[Kind]]:
    """For each column the kinds that its first rows admit; columns that can only be text lack."""
    found: dict[int, list[Kind]] = {}
    for places in batches(range(width), BATCH):
        columns = ", ".join(f"c{place}" for place in places)
        rows = connection.execute(
            f"SELECT {columns} FROM {parquet(table)} LIMIT {SAMPLE_ROWS}"  # noqa: S608
        ).fetchall()
        for place, cells in zip(places, zip(*rows, strict=True), strict=bool(rows)):
            values = _values(cells)
            admitted = [kind for kind in kinds(decimal) if kind.admits(values)]
            if admitted:
                found[place] = admitted
    return found


def _values(cells: Iterable[str | None]) -> set[str]:
    trimmed = {cell.strip(words.BLANKS) for cell in set(cells) if cell is not None}
    return {
        text
        for text in trimmed
        if text not in words.MISSING and text.lower() not in words.MISSING_AMONG_TYPED
    }


@dataclass(frozen=True)
class _Count:
    """Values of a column that are not missing, those that convert, and distinct ones if asked."""

    values: int
    converted: int
    distinct: int


def _convertible(connection: Connection, table: Path, wanted: dict[int, Kind]) -> dict[int, _Count]:
    result: dict[int, _Count] = {}
    for places in batches(wanted, BATCH):
        parts = []
        for place in places:
            kind, missing = wanted[place], _is_missing(place)
            converted = kind.convert.format(t=_trimmed(place))
            distinct = kind.both or (kind.shape is not None and kind.shape.compact)
            parts.append(f"count(*) FILTER (NOT {missing})")
            parts.append(f"count({converted}) FILTER (NOT {missing})")
            parts.append(f"count(DISTINCT {converted}) FILTER (NOT {missing})" if distinct else "0")
        numbers = connection.execute(f"SELECT {', '.join(parts)} FROM {parquet(table)}").fetchone()  # noqa: S608
        for place, triple in zip(places, batches(numbers, 3), strict=True):
            result[place] = _Count(*triple)
    return result


def _as_text(place: int) -> str:
    words_in = ", ".join(literal(word) for word in sorted(words.MISSING))
    return f"CASE WHEN {_trimmed(place)} NOT IN ({words_in}) THEN c{place} END"


def _texts(
    connection: Connection, table: Path, places: list[int], names: Sequence[str]
) -> dict[int, Decision]:
    """Columns that stay text, with a note where a person might have expected numbers."""
    number, padded = literal(words.NUMBER), literal(words.PADDED)
    parts = []
    for place in places:
        text, among = _trimmed(place), f"NOT {_is_missing(place)}"
        long = f"regexp_full_match({text}, {literal(words.LONG_NUMBER)})"
        odd = f"NOT regexp_full_match({text}, {number}) AND {among}"
        parts += [
            f"count(*) FILTER ({among})",
            f"count(*) FILTER ({odd})",
            f"count(*) FILTER (regexp_full_match({text}, {padded}))",
            f"count(*) FILTER ({long})",
            f"min(left({text}, 40)) FILTER ({odd})",
        ]
    answers = connection.execute(f"SELECT {', '.join(parts)} FROM {parquet(table)}").fetchone()  # noqa: S608
    return {
        place: Decision(ColumnType.TEXT, _as_text(place), _text_notes(names[place], *five))
        for place, five in zip(places, batches(answers, 5), strict=True)
    }


def _text_notes(
    name: str, values: int, odd: int, padded: int, long: int, example: str | None
) -> tuple[str, ...]:
    if padded and padded * 2 > values:
        return (_("“{column}” stays text: its numbers begin with zeros.").format(column=name),)
    if long and long * 2 > values:
        note = _("“{column}” stays text: its numbers are too long to be kept exactly as numbers.")
        return (note.format(column=name),)
    if odd and odd * 10 <= values:
        note = _(
            "“{column}” stays text: {odd} of {values} values are no numbers,"
            " for example “{example}”."
        )
        return (note.format(column=name, odd=odd, values=values, example=example),)
    return ()
