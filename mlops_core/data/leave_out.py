"""Rows that one odd value keeps out of a typed table: found, listed with their lines, left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from mlops_core.data.decision import Decision
from mlops_core.data.engine import Connection
from mlops_core.data.rejects import WRITTEN_AT_ONCE, LeftOut, Rejects, merged
from mlops_core.data.rows import TextTable
from mlops_core.data.slips import no_such_value

LineOf = Callable[[int], int]  # of a record, in the file that the text was made of


def kept(decisions: Sequence[Decision]) -> str:
    """SQL: the rows of the text table that stay in the typed one."""
    odd = [decision.odd for decision in decisions if decision.odd]
    return f"NOT ({' OR '.join(odd)})" if odd else "true"


def leave_out(
    connection: Connection,
    raw: TextTable,
    names: Sequence[str],
    decisions: Sequence[Decision],
    target: Path,
    line_of: LineOf | None = None,
) -> tuple[Rejects, int]:
    """All rejects of ``raw`` with the rows that ``decisions`` leave out; how many rows stay.

    Args:
        target: File for the rejects, if there are any such rows.
        line_of: The line of each record where the text was made of something else.
    """
    odd = [place for place, decision in enumerate(decisions) if decision.odd]
    if not odd:
        return raw.rejects, raw.rows
    cases = " ".join(
        f"WHEN {decisions[place].odd} THEN {{'place': {place}, 'cell': c{place}}}" for place in odd
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE odd AS SELECT row, found.place, found.cell FROM"  # noqa: S608
        f" (SELECT row, CASE {cases} END AS found FROM {raw.numbered(odd)}) WHERE found IS NOT NULL"
    )
    (count,) = connection.execute("SELECT count(*) FROM odd").fetchone()
    others = _located(connection, raw, names, decisions, line_of)
    rejects = merged(raw.rejects, others, target)
    connection.execute("DROP TABLE odd")
    return rejects, raw.rows - count


def _located(
    connection: Connection,
    raw: TextTable,
    names: Sequence[str],
    decisions: Sequence[Decision],
    line_of: LineOf | None,
) -> Iterator[LeftOut]:
    """The odd rows with their lines, by a walk over the text up to the last of them."""
    walk = enumerate(raw.origin.rows())
    for row, place, cell in _odd_rows(connection):
        record, line, text = next(found for number, found in walk if number == row)
        reason = no_such_value(decisions[place].type, cell)
        line = line if line_of is None else line_of(record)
        yield LeftOut(line, names[place], str(reason), text, reason)


def _odd_rows(connection: Connection) -> Iterator[tuple[int, int, str]]:
    found = connection.execute("SELECT row, place, cell FROM odd ORDER BY row")
    while part := found.fetchmany(WRITTEN_AT_ONCE):
        yield from part
