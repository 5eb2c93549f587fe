"""Columns that name people: addresses, telephone and registration numbers."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_core.data.engine import Connection, batches, ident, literal
from mlops_core.domain.columns import Column, ColumnType
from mlops_core.domain.findings import Finding, Severity
from mlops_core.domain.sentences import say
from mlops_core.i18n import N_

SAMPLE = 10_000
SHARE = 0.5
BATCH = 100
LONGEST = 40  # characters of a masked value
# The kinds of personal data, and what a value of each looks like.
_KINDS = (
    (
        N_(
            "“{column}” seems to hold e-mail addresses. Leave it out unless you must learn from it."
        ),
        r"[\w.+-]+@[\w-]+(\.[\w-]+)+",
    ),
    (
        N_(
            "“{column}” seems to hold resident registration numbers."
            " Leave it out unless you must learn from it."
        ),
        r"[0-9]{2}[01][0-9][0-3][0-9]-?[1-8][0-9]{6}",
    ),
    (
        N_(
            "“{column}” seems to hold telephone numbers."
            " Leave it out unless you must learn from it."
        ),
        r"(\+[0-9]{1,3}[ .-]?)?\(?0[0-9]{1,3}\)?[ .-]?[0-9]{3,4}[ .-][0-9]{4}"
        r"|01[016789][0-9]{7,8}|\+[0-9]{1,3}[ .-]?[0-9][0-9 .-]{6,13}",
    ),
)


def personal_data(connection: Connection, table: str, columns: Sequence[Column]) -> list[Finding]:
    """Text columns at least half of whose first values look like one kind of personal data."""
    texts = [c for c in columns if c.type is ColumnType.TEXT and c.profile.distinct > 1]
    findings = []
    for batch in batches(texts, BATCH):
        parts = [
            f"count(*) FILTER ({_fits(column, pattern)})"
            for column in batch
            for _text, pattern in _KINDS
        ]
        parts += [f"count({ident(column.name)})" for column in batch]
        first = _first(table, batch)
        found = connection.execute(f"SELECT {', '.join(parts)} FROM {first}").fetchone()  # noqa: S608
        present = found[len(batch) * len(_KINDS) :]
        for place, column in enumerate(batch):
            counts = found[place * len(_KINDS) : (place + 1) * len(_KINDS)]
            best = max(range(len(_KINDS)), key=counts.__getitem__)
            if counts[best] and counts[best] >= present[place] * SHARE:
                text, pattern = _KINDS[best]
                (value,) = connection.execute(
                    f"SELECT any_value({ident(column.name)}) FILTER ({_fits(column, pattern)})"  # noqa: S608
                    f" FROM {_first(table, [column])}"
                ).fetchone()
                findings.append(_finding(column, text, counts[best], present[place], value))
    return findings


def _fits(column: Column, pattern: str) -> str:
    return f"regexp_full_match(trim({ident(column.name)}), {literal(pattern)})"


def _first(table: str, columns: Sequence[Column]) -> str:
    names = ", ".join(ident(column.name) for column in columns)
    return f"(SELECT {names} FROM {table} LIMIT {SAMPLE})"  # noqa: S608


def _finding(column: Column, text: str, count: int, present: int, value: str) -> Finding:
    shown = say(
        N_("{count} of the first {present} values look like “{value}”."),
        count=count,
        present=present,
        value=masked(value.strip()),
    )
    return Finding.of(
        "personal_data",
        Severity.WARNING,
        say(text, column=column.name),
        column=column.name,
        fix="drop",
        evidence=shown,
    )


def masked(value: str) -> str:
    """The shape of a value: its first character and its signs; letters and digits are hidden."""
    hidden = "".join("•" if sign.isalnum() else sign for sign in value[1:LONGEST])
    return value[:1] + hidden
