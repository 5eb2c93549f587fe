"""What is decided of a column: its type, the SQL that makes it, what is to be said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mlops_core.data import words
from mlops_core.data.cells import Cells, Odd
from mlops_core.data.kinds import Kind
from mlops_core.data.missing import among, trimmed
from mlops_core.data.questions import Count, Words
from mlops_core.data.slips import left_out_note
from mlops_core.domain.columns import ColumnType, Spelling
from mlops_core.domain.sentences import Sentence, say, say_many
from mlops_core.i18n import N_, NN_

_MORE_DIGITS = NN_(
    "“{column}”: {count} number has more than 17 digits, of which the last are not kept."
    " Read the column as text to keep them.",
    "“{column}”: {count} numbers have more than 17 digits, of which the last are not kept."
    " Read the column as text to keep them.",
)


@dataclass(frozen=True)
class Decision:
    """The type of one column, the SQL that makes it, and what a person should know.

    Attributes:
        odd: SQL that holds for the rows that this column leaves out; empty where it does not.
        odd_count: How many these are.
        odd_word: The most frequent of the odd values, and ``odd_times`` how often.
        missing: The words for missing that it holds, counted.
        order: How its dates were read, where day and month could be taken for each other.
        chosen: A person chose that order, where both fit.
    """

    type: ColumnType
    sql: str
    notes: tuple[Sentence, ...] = ()
    spelling: Spelling | None = None
    odd: str = ""
    odd_count: int = 0
    odd_word: str = ""
    odd_times: int = 0
    missing: Mapping[str, int] = field(default_factory=dict)
    order: str = ""
    chosen: bool = False


def typed(
    cells: Cells, place: int, name: str, kind: Kind, count: Count, odd: Odd | None = None
) -> Decision:
    """A column of ``kind`` that leaves out the rows of its ``odd`` values."""
    cell, found = f"c{place}", dict(count.missing)
    text = trimmed(cell) if count.padded else cell
    sql = kind.final.format(t=text)
    if found:
        sql = f"CASE WHEN NOT {among(text, found)} THEN {sql} END"
    decision = Decision(
        kind.type,
        sql,
        _said_of(kind, name),
        missing=found,
        order=kind.shape.order if kind.shape is not None else "",
        spelling=spelling(cells, place, sql, count) if kind.type is ColumnType.BOOLEAN else None,
    )
    if count.longer:
        notes = (*decision.notes, say_many(_MORE_DIGITS, count.longer, column=name))
        decision = replace(decision, notes=notes)
    if odd is None:
        return decision
    return replace(
        decision,
        notes=(*decision.notes, left_out_note(kind.type, name, count.odd, odd.word)),
        odd=cells.is_odd(kind, place),
        odd_count=count.odd,
        odd_word=odd.word,
        odd_times=odd.times,
    )


def _said_of(kind: Kind, name: str) -> tuple[Sentence, ...]:
    """What a person should know of how the values of a column were read."""
    if kind.written is not None:
        return (say(kind.written.note, column=name, sign=kind.written.sign),)
    if kind.shape is None:
        return ()
    if kind.shape.zone:
        return (say(N_("The times of “{column}” were converted to UTC."), column=name),)
    if kind.shape.order == "day first":
        return (say(N_("The dates of “{column}” were read as day, month, year."), column=name),)
    if kind.shape.order == "month first":
        return (say(N_("The dates of “{column}” were read as month, day, year."), column=name),)
    return ()


def texts(cells: Cells, places: Sequence[int], names: Sequence[str]) -> dict[int, Decision]:
    """Columns that stay text, with a note where a person might have expected numbers."""
    decided = {}
    for place, found in cells.describe(places).items():
        cell = f"c{place}"
        kept = f"CASE WHEN NOT {among(trimmed(cell), found.missing)} THEN {cell} END"
        decided[place] = Decision(
            ColumnType.TEXT,
            kept if found.missing else cell,
            _text_notes(names[place], found),
            missing=found.missing,
        )
    return decided


def _text_notes(name: str, found: Words) -> tuple[Sentence, ...]:
    values, odd, example = found.values, found.odd, found.example or ""
    if found.padded * 2 > values:
        return (say(N_("“{column}” stays text: its numbers begin with zeros."), column=name),)
    if found.long * 2 > values:
        note = N_("“{column}” stays text: its numbers are too long to be kept exactly as numbers.")
        return (say(note, column=name),)
    if odd and found.decorated * 2 > values and words.GROUPED.fullmatch(example):
        note = N_(
            "“{column}” stays text: “{example}” may be a thousand or a fraction."
            " Choose the decimal sign to have it read."
        )
        return (say(note, column=name, example=example),)
    if odd and found.decorated * 2 > values:
        note = N_("“{column}” stays text: its numbers carry signs, for example “{example}”.")
        return (say(note, column=name, example=example),)
    if odd and odd * 10 <= values:
        note = N_(
            "“{column}” stays text: {odd} of {values} values are no numbers,"
            " for example “{example}”."
        )
        return (say(note, column=name, odd=odd, values=values, example=example),)
    if values and not odd and not found.padded and not found.long:
        note = N_(
            "“{column}” stays text: values like 1E5 may be codes."
            " Choose the type number to have them read."
        )
        return (say(note, column=name),)
    return ()


def spelling(cells: Cells, place: int, sql: str, count: Count) -> Spelling:
    """The most frequent way that a column of truth values writes each; ties by the alphabet.

    A value that does not occur is called ``true`` or ``false``.
    """
    false, last_false, true, last_true = count.spelled
    if false == last_false and true == last_true:
        return Spelling(false=false or "false", true=true or "true")
    rows = cells.connection.execute(
        f"SELECT x, t FROM (SELECT {sql} AS x, {trimmed(f'c{place}')} AS t, count(*) AS n"  # noqa: S608
        f" FROM {cells.table([place])} GROUP BY x, t) WHERE x IS NOT NULL"
        " QUALIFY row_number() OVER (PARTITION BY x ORDER BY n DESC, t) = 1"
    ).fetchall()
    named = {bool(value): str(word) for value, word in rows}
    return Spelling(false=named.get(False, "false"), true=named.get(True, "true"))
