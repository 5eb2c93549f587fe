"""What is decided of a column: its type, the SQL that makes it, what is to be said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mlops_core.data import words
from mlops_core.data.cells import Cells, Count, Odd, listed, trimmed
from mlops_core.data.engine import literal, parquet
from mlops_core.data.kinds import Kind
from mlops_core.data.slips import left_out_note
from mlops_core.domain.columns import ColumnType, Spelling
from mlops_core.i18n import _


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
    notes: tuple[str, ...] = ()
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
    text, found = trimmed(f"c{place}"), dict(count.missing)
    sql = kind.final.format(t=text)
    if found:
        sql = f"CASE WHEN {text} NOT IN ({listed(found)}) THEN {sql} END"
    decision = Decision(
        kind.type,
        sql,
        _said_of(kind, name),
        missing=found,
        order=kind.shape.order if kind.shape is not None else "",
    )
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


def texts(cells: Cells, places: list[int], names: Sequence[str]) -> dict[int, Decision]:
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


def spelling(cells: Cells, place: int, sql: str) -> Spelling:
    """The most frequent way that a column of truth values writes each; ties by the alphabet.

    A value that does not occur is called ``true`` or ``false``.
    """
    rows = cells.connection.execute(
        f"SELECT x, t FROM (SELECT {sql} AS x, {trimmed(f'c{place}')} AS t, count(*) AS n"  # noqa: S608
        f" FROM {parquet(cells.path)} GROUP BY x, t) WHERE x IS NOT NULL"
        " QUALIFY row_number() OVER (PARTITION BY x ORDER BY n DESC, t) = 1"
    ).fetchall()
    named = {bool(value): str(word) for value, word in rows}
    return Spelling(false=named.get(False, "false"), true=named.get(True, "true"))
