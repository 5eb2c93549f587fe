"""Which type each column of text has.

A column gets a type when all of its values convert, or all but a few odd ones, whose rows are then
left out and listed. Odd values are an accident, not a code, when there are at least 200 values, no
more than 1 in 200 is odd, and none of the odd ones stands there more than three times: a word that
means something (a code for "not measured", a rare class) comes back, a slip does not. A number or a
date in another notation is no slip either, nor is a letter in an identifier; such a column stays
text. All columns together leave out at most 1 row in 100; beyond that the worst stay text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mlops_core.data import words
from mlops_core.data.cells import BATCH, Cells, Count, Missing, Odd, listed, trimmed
from mlops_core.data.engine import Connection, batches, literal, parquet
from mlops_core.data.kinds import Kind, kinds
from mlops_core.data.roles import names_identifier
from mlops_core.data.slips import left_out_note
from mlops_core.domain.columns import ColumnType, Spelling
from mlops_core.i18n import _

MIN_COMPACT_DATES = 20
MIN_VALUES = 200
MAX_ODD = 1 / 200
MAX_REPEATED = 3
MAX_LEFT_OUT = 1 / 100  # of all rows, whatever the number of columns
SAMPLE_ODD = 10  # cells of the first thousand: what is odd may stand close together
_NUMERIC = (ColumnType.INTEGER, ColumnType.NUMBER)


@dataclass(frozen=True)
class Decision:
    """The type of one column, the SQL that makes it, and what a person should know.

    Attributes:
        odd: SQL that holds for the rows that this column leaves out; empty where it does not.
        odd_count: How many these are.
        odd_word: The most frequent of the odd values, and ``odd_times`` how often.
        missing: The words for missing that it holds, counted.
    """

    type: ColumnType
    sql: str
    notes: tuple[str, ...] = ()
    spelling: Spelling | None = None
    odd: str = ""
    odd_count: int = 0
    odd_word: str = ""
    odd_times: int = 0
    missing: Mapping[str, int] = field(default_factory=dict)


def decide(
    connection: Connection,
    table: Path,
    names: Sequence[str],
    decimal: str,
    *,
    settled: bool = False,
    rows: int = 0,
) -> list[Decision]:
    """A type for each text column c0, c1 … of ``table``; ``names`` are the columns' own names.

    Args:
        settled: The decimal sign is beyond doubt.
        rows: Of the table.
    """
    cells = Cells(connection, table, len(names), Missing())
    typing = _Typing(cells, names, kinds(decimal, settled))
    decided = typing.strict()
    decided |= typing.but_for_a_few(rows)
    texts = [place for place in range(len(names)) if place not in decided]
    for places in batches(texts, BATCH):
        decided |= _texts(cells, places, names)
    for place in [place for place, one in decided.items() if one.type is ColumnType.BOOLEAN]:
        spelling = _spelling(connection, table, place, decided[place].sql)
        decided[place] = replace(decided[place], spelling=spelling)
    return [decided[place] for place in range(len(names))]


class _Typing:
    """The search for the type of every column; what is not found stays text."""

    def __init__(self, cells: Cells, names: Sequence[str], known: Sequence[Kind]) -> None:
        self.cells, self.names, self.known = cells, names, known
        self.strictly: dict[int, list[Kind]] = {}  # what the first rows admit
        self.nearly: dict[int, list[Kind]] = {}  # but for a few
        self.close: dict[int, list[tuple[Kind, Count, Odd]]] = {}
        for place, values in cells.samples():
            total = sum(times for _value, times in values)
            limit = SAMPLE_ODD if total >= MIN_VALUES else 1
            odd = [(kind, kind.odd(values, limit)) for kind in known]
            if strictly := [kind for kind, count in odd if not count]:
                self.strictly[place] = strictly
            if nearly := [kind for kind, count in odd if 0 < count <= min(limit, total / 2)]:
                self.nearly[place] = nearly

    def strict(self) -> dict[int, Decision]:
        """The columns all of whose values convert."""
        decided: dict[int, Decision] = {}
        for place, kind, count in self._counted(self.strictly):
            if count.values and not count.odd and self._likely(kind, place, count):
                self.close.pop(place, None)
                self.nearly.pop(place, None)
                decided[place] = self._typed(place, kind, count)
                self.strictly[place] = []
            elif self._is_close(kind, place, count) or not count.values:
                self.nearly.pop(place, None)
                self.strictly[place] = []
        return decided

    def but_for_a_few(self, rows: int) -> dict[int, Decision]:
        """The columns whose values convert but for a few, the fewest first."""
        for place, kind, count in self._counted(self.nearly):
            if self._is_close(kind, place, count) or count.values < MIN_VALUES:
                self.nearly[place] = []
        best = {place: max(found, key=_converted) for place, found in self.close.items()}
        decided: dict[int, Decision] = {}
        left_out = 0
        for place, (kind, count, odd) in sorted(best.items(), key=lambda item: item[1][1].odd):
            if left_out + count.odd > max(1, rows * MAX_LEFT_OUT):
                break
            decided[place] = self._typed(place, kind, count, odd)
            left_out += decided[place].odd_count
        return decided

    def _counted(self, waiting: dict[int, list[Kind]]) -> Iterator[tuple[int, Kind, Count]]:
        """One kind after the other of each column; the caller empties the list to stop."""
        while wanted := {place: found.pop(0) for place, found in waiting.items() if found}:
            for place, count in self.cells.count(wanted).items():
                yield place, wanted[place], count

    def _is_close(self, kind: Kind, place: int, count: Count) -> bool:
        """Whether nothing but slips is odd, so that no other kind would do better.

        Days and months can be taken for each other, so both orders are counted.
        """
        if not (_few_are_odd(count) and self._likely(kind, place, count)):
            return False
        odd = self.cells.odd(kind, place)
        code = kind.type in _NUMERIC and odd.digits and names_identifier(self.names[place])
        if odd.times > MAX_REPEATED or odd.otherwise or code:
            return False
        self.close.setdefault(place, []).append((kind, count, odd))
        return not (kind.shape and kind.shape.order)

    def _likely(self, kind: Kind, place: int, count: Count) -> bool:
        if kind.both:
            return count.distinct == 2
        if kind.written is not None and kind.written.proof:
            return count.proven > 0
        if kind.shape is not None and kind.shape.compact:
            # Eight digits are a date only when nothing else is likely.
            many = count.values >= MIN_COMPACT_DATES and count.distinct >= 3
            return many or words.DATE_NAMES.search(self.names[place]) is not None
        return True

    def _typed(self, place: int, kind: Kind, count: Count, odd: Odd | None = None) -> Decision:
        name, found = self.names[place], dict(count.missing)
        if kind.shape is not None and kind.shape.order and self._unclear(place, kind, count):
            note = _(
                "“{column}” stays text: its dates could be day first or month first."
                " Write them as 2026-11-24 to have them read as dates."
            )
            return replace(
                _texts(self.cells, [place], self.names)[place], notes=(note.format(column=name),)
            )
        text = trimmed(f"c{place}")
        sql = kind.final.format(t=text)
        if found:
            sql = f"CASE WHEN {text} NOT IN ({listed(found)}) THEN {sql} END"
        decision = Decision(kind.type, sql, _said_of(kind, name), missing=found)
        if odd is None:
            return decision
        note = left_out_note(kind.type, name, count.odd, odd.word)
        return replace(
            decision,
            notes=(*decision.notes, note),
            odd=self.cells.is_odd(kind, place),
            odd_count=count.odd,
            odd_word=odd.word,
            odd_times=odd.times,
        )

    def _unclear(self, place: int, kind: Kind, count: Count) -> bool:
        """Whether the dates of a column could as well be read in the other order."""
        other = next(
            one
            for one in self.known
            if one is not kind and one.shape is not None and one.sample == kind.sample
        )
        found = self.cells.count({place: other})[place]
        return found.converted == count.converted or (count.odd > 0 and _few_are_odd(found))


def _few_are_odd(count: Count) -> bool:
    return count.values >= MIN_VALUES and 0 < count.odd <= count.values * MAX_ODD


def _converted(found: tuple[Kind, Count, Odd]) -> int:
    return found[1].converted


def _said_of(kind: Kind, name: str) -> tuple[str, ...]:
    """What a person should know of how the values of a column were read."""
    if kind.written is not None:
        return (_(kind.written.note).format(column=name, sign=kind.written.sign),)
    if kind.shape is None:
        return ()
    if kind.shape.zone:
        return (_("The times of “{column}” were converted to UTC.").format(column=name),)
    if kind.shape.order == "day first":
        return (_("The dates of “{column}” were read as day, month, year.").format(column=name),)
    if kind.shape.order == "month first":
        return (_("The dates of “{column}” were read as month, day, year.").format(column=name),)
    return ()


# Columns of text ----------------------------------------------------------------------------------


def _texts(cells: Cells, places: list[int], names: Sequence[str]) -> dict[int, Decision]:
    """Columns that stay text, with a note where a person might have expected numbers."""
    gone = cells.missing.in_text("t")
    odd = (
        f"v IS NOT NULL AND NOT (regexp_full_match(t, {literal(words.NUMBER)})"
        f" AND coalesce(isfinite(TRY_CAST(t AS DOUBLE)), false))"
        f" AND NOT {cells.missing.in_typed('t')}"
    )
    answers = cells.connection.execute(
        f"SELECT place, histogram(t) FILTER ({gone}),"  # noqa: S608
        f" count(*) FILTER (v IS NOT NULL AND NOT {cells.missing.in_typed('t')}),"
        f" count(*) FILTER ({odd}),"
        f" count(*) FILTER (regexp_full_match(t, {literal(words.PADDED)})),"
        f" count(*) FILTER (regexp_full_match(t, {literal(words.LONG_NUMBER)})),"
        f" count(*) FILTER ({odd} AND regexp_full_match(t, {literal(words.DECORATED)})),"
        f" min(left(t, 40)) FILTER ({odd})"
        f" FROM {cells.below(places)} GROUP BY place"
    ).fetchall()
    decided = {}
    for place, found, *six in answers:
        cell, missing = f"c{place}", dict(found or {})
        kept = f"CASE WHEN {trimmed(cell)} NOT IN ({listed(missing)}) THEN {cell} END"
        decided[place] = Decision(
            ColumnType.TEXT,
            kept if missing else cell,
            _text_notes(names[place], *six),
            missing=missing,
        )
    return decided


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


def _spelling(connection: Connection, table: Path, place: int, sql: str) -> Spelling:
    """The most frequent way that a column of truth values writes each; ties by the alphabet.

    A value that does not occur is called ``true`` or ``false``.
    """
    rows = connection.execute(
        f"SELECT x, t FROM (SELECT {sql} AS x, {trimmed(f'c{place}')} AS t, count(*) AS n"  # noqa: S608
        f" FROM {parquet(table)} GROUP BY x, t) WHERE x IS NOT NULL"
        " QUALIFY row_number() OVER (PARTITION BY x ORDER BY n DESC, t) = 1"
    ).fetchall()
    named = {bool(value): str(word) for value, word in rows}
    return Spelling(false=named.get(False, "false"), true=named.get(True, "true"))
