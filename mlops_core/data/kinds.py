"""Which type a column of text has, and how its values are converted without losing any."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from mlops_core.data import words
from mlops_core.data.engine import Connection, batches, literal, parquet
from mlops_core.data.numbers import NumberShape, shapes
from mlops_core.domain.columns import ColumnType, Spelling
from mlops_core.i18n import _

SAMPLE_ROWS = 1000
SAMPLE_CELLS = 200_000
BATCH = 100  # columns a query
MIN_COMPACT_DATES = 20
_MISSING = words.MISSING | words.MISSING_AMONG_TYPED
_LOWER_MISSING = frozenset(word.lower() for word in _MISSING)


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
    spelling: Spelling | None = None


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
    pattern = words.NUMBER if decimal == "." else words.NUMBER_COMMA
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
    return Kind(
        number,
        f"CASE WHEN {match} THEN {cast} END",
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
    iso = (
        f"regexp_replace({{t}}, {_braced(literal(f'^{shape.pattern}$'))},"
        f" {_braced(literal(shape.iso))})"
    )
    target = "DATE" if shape.kind == "date" else "TIMESTAMP"
    cast = f"TRY_CAST({iso} AS {target})"
    if shape.zone:
        cast = f"make_timestamp(epoch_us(TRY_CAST({iso} AS TIMESTAMPTZ)))"
    match = f"regexp_full_match({{t}}, {_braced(literal(shape.pattern))})"
    return Kind(
        ColumnType(shape.kind),
        f"CASE WHEN {match} THEN {cast} END",
        f"CASE WHEN {match} THEN {cast} END",
        re.compile(shape.pattern),
        shape=shape,
    )


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def decide(
    connection: Connection,
    table: Path,
    names: Sequence[str],
    decimal: str,
    *,
    settled: bool = False,
) -> list[Decision]:
    """A type for each text column c0, c1 … of ``table``; ``names`` are the columns' own names.

    A column gets a type only when every value that is not missing converts; else it stays text.
    ``settled`` says that the decimal sign is beyond doubt.
    """
    decided: dict[int, Decision] = {}
    open_kinds = _sampled(connection, table, len(names), kinds(decimal, settled))
    while open_kinds:
        counts = _convertible(connection, table, {place: k[0] for place, k in open_kinds.items()})
        for place, count in counts.items():
            kind, *others = open_kinds.pop(place)
            if _accepts(kind, names[place], count):
                decided[place] = _typed(connection, table, place, kind, others, names[place], count)
            elif others and count.values:
                open_kinds[place] = others
    texts = [place for place in range(len(names)) if place not in decided]
    for places in batches(texts, BATCH):
        decided |= _texts(connection, table, places, names)
    truths = [place for place, one in decided.items() if one.type is ColumnType.BOOLEAN]
    for place in truths:
        spelling = _spelling(connection, table, place, decided[place].sql)
        decided[place] = replace(decided[place], spelling=spelling)
    return [decided[place] for place in range(len(names))]


def _accepts(kind: Kind, name: str, count: _Count) -> bool:
    if not count.values or count.converted < count.values:
        return False
    if kind.both:
        return count.distinct == 2
    if kind.written is not None and kind.written.proof:
        return count.proven > 0
    if kind.shape is not None and kind.shape.compact:
        # Eight digits are a date only when nothing else is likely.
        many = count.values >= MIN_COMPACT_DATES and count.distinct >= 3
        return many or words.DATE_NAMES.search(name) is not None
    return True


def _typed(
    connection: Connection,
    table: Path,
    place: int,
    kind: Kind,
    others: list[Kind],
    name: str,
    count: _Count,
) -> Decision:
    sql = kind.final if count.values == count.present else kind.convert
    decision = Decision(kind.type, sql.format(t=_trimmed(f"c{place}")))
    if kind.written is not None:
        said = _(kind.written.note).format(column=name, sign=kind.written.sign)
        return replace(decision, notes=(said,))
    if kind.shape is None:
        return decision
    if kind.shape.order and others:
        other = _convertible(connection, table, {place: others[0]})[place]
        if other.converted == count.values:
            note = _(
                "“{column}” stays text: its dates could be day first or month first."
                " Write them as 2026-11-24 to have them read as dates."
            )
            return Decision(ColumnType.TEXT, _without_words(place), (note.format(column=name),))
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


def _spelling(connection: Connection, table: Path, place: int, sql: str) -> Spelling:
    """The most frequent way that a column of truth values writes each; ties by the alphabet.

    A value that does not occur is called ``true`` or ``false``.
    """
    rows = connection.execute(
        f"SELECT x, t FROM (SELECT {sql} AS x, {_trimmed(f'c{place}')} AS t, count(*) AS n"  # noqa: S608
        f" FROM {parquet(table)} GROUP BY x, t) WHERE x IS NOT NULL"
        " QUALIFY row_number() OVER (PARTITION BY x ORDER BY n DESC, t) = 1"
    ).fetchall()
    named = {bool(value): str(word) for value, word in rows}
    return Spelling(false=named.get(False, "false"), true=named.get(True, "true"))


def _trimmed(text: str) -> str:
    return f"trim({text}, {literal(words.BLANKS)})"


def _listed(group: Iterable[str]) -> str:
    return f"[{', '.join(map(literal, sorted(group)))}]"


def _cells(table: Path, places: Sequence[int]) -> str:
    """A FROM clause: the cells of the columns ``places`` one below the other, as place, v and t.

    One expression then serves all columns; very wide tables would drown in expressions.
    """
    columns = ", ".join(f"c{place}" for place in places)
    return (
        f"(SELECT place, v, {_trimmed('v')} AS t FROM (SELECT unnest({list(places)}) AS place,"  # noqa: S608
        f" unnest([{columns}]) AS v FROM {parquet(table)}))"
    )


def _sampled(
    connection: Connection, table: Path, width: int, known: Sequence[Kind]
) -> dict[int, list[Kind]]:
    """For each column the kinds that its first rows admit; columns that can only be text lack."""
    found: dict[int, list[Kind]] = {}
    sample = max(50, min(SAMPLE_ROWS, SAMPLE_CELLS // width))
    for places in batches(range(width), BATCH):
        columns = ", ".join(f"c{place}" for place in places)
        rows = connection.execute(
            f"SELECT {columns} FROM {parquet(table)} LIMIT {sample}"  # noqa: S608
        ).fetchall()
        for place, cells in zip(places, zip(*rows, strict=True), strict=bool(rows)):
            values = _values(cells)
            admitted = [kind for kind in known if kind.admits(values)]
            if admitted:
                found[place] = admitted
    return found


def _values(cells: Iterable[str | None]) -> set[str]:
    trimmed = {cell.strip(words.BLANKS) for cell in set(cells) if cell is not None}
    return {text for text in trimmed if text.lower() not in _LOWER_MISSING}


@dataclass(frozen=True)
class _Count:
    """Cells of a column: those that say a value, that convert; distinct and proving if asked."""

    present: int
    values: int
    converted: int
    distinct: int
    proven: int


def _convertible(connection: Connection, table: Path, wanted: dict[int, Kind]) -> dict[int, _Count]:
    groups: dict[Kind, list[int]] = {}
    for place, kind in wanted.items():
        groups.setdefault(kind, []).append(place)
    result: dict[int, _Count] = {}
    for kind, members in groups.items():
        converted = kind.convert.format(t="t")
        counted = kind.both or (kind.shape is not None and kind.shape.compact)
        proof = literal(kind.written.proof) if kind.written and kind.written.proof else ""
        proven = f"count(*) FILTER (regexp_full_match(t, {proof}))" if proof else "0"
        for places in batches(members, BATCH):
            # Only what does not convert is compared with the words for missing: that is rare.
            rows = connection.execute(
                "SELECT place, count(v), count(*) FILTER (CASE WHEN v IS NULL THEN false"  # noqa: S608
                f" WHEN x IS NOT NULL THEN true ELSE {_is_value('t')} END), count(x),"
                f" {'count(DISTINCT x)' if counted else '0'}, {proven}"
                f" FROM (SELECT *, {converted} AS x FROM {_cells(table, places)}) GROUP BY place"
            ).fetchall()
            result |= {place: _Count(*counts) for place, *counts in rows}
    return result


def _is_value(text: str) -> str:
    return f"NOT list_contains({_listed(_LOWER_MISSING)}, lower({text}))"


def _texts(
    connection: Connection, table: Path, places: list[int], names: Sequence[str]
) -> dict[int, Decision]:
    """Columns that stay text, with a note where a person might have expected numbers."""
    odd = (
        f"v IS NOT NULL AND NOT (regexp_full_match(t, {literal(words.NUMBER)})"
        f" AND coalesce(isfinite(TRY_CAST(t AS DOUBLE)), false)) AND {_is_value('t')}"
    )
    answers = connection.execute(
        f"SELECT place, count(*) FILTER (list_contains({_listed(words.MISSING)}, t)),"  # noqa: S608
        f" count(*) FILTER (v IS NOT NULL AND {_is_value('t')}),"
        f" count(*) FILTER ({odd}),"
        f" count(*) FILTER (regexp_full_match(t, {literal(words.PADDED)})),"
        f" count(*) FILTER (regexp_full_match(t, {literal(words.LONG_NUMBER)})),"
        f" count(*) FILTER ({odd} AND regexp_full_match(t, {literal(words.DECORATED)})),"
        f" min(left(t, 40)) FILTER ({odd})"
        f" FROM {_cells(table, places)} GROUP BY place"
    ).fetchall()
    # Words for missing are NULL already, except where blanks stand around them.
    return {
        place: Decision(
            ColumnType.TEXT,
            _without_words(place) if blanked else f"c{place}",
            _text_notes(names[place], *six),
        )
        for place, blanked, *six in answers
    }


def _without_words(place: int) -> str:
    pattern = "|".join(map(re.escape, sorted(words.MISSING)))
    cell = f"c{place}"
    return f"CASE WHEN NOT regexp_full_match({_trimmed(cell)}, {literal(pattern)}) THEN {cell} END"


def _text_notes(
    name: str, values: int, odd: int, padded: int, long: int, decorated: int, example: str | None
) -> tuple[str, ...]:
    if padded and padded * 2 > values:
        return (_("“{column}” stays text: its numbers begin with zeros.").format(column=name),)
    if long and long * 2 > values:
        note = _("“{column}” stays text: its numbers are too long to be kept exactly as numbers.")
        return (note.format(column=name),)
    if odd and decorated * 2 > values and words.GROUPED.fullmatch(example or ""):
        note = _(
            "“{column}” stays text: “{example}” may be a thousand or a fraction."
            " Choose the decimal sign to have it read."
        )
        return (note.format(column=name, example=example),)
    if odd and decorated * 2 > values:
        note = _("“{column}” stays text: its numbers carry signs, for example “{example}”.")
        return (note.format(column=name, example=example),)
    if odd and odd * 10 <= values:
        note = _(
            "“{column}” stays text: {odd} of {values} values are no numbers,"
            " for example “{example}”."
        )
        return (note.format(column=name, odd=odd, values=values, example=example),)
    return ()
