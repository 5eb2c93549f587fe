"""Columns that name people: addresses, telephone and registration numbers."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_core.data.engine import Connection, batches, ident, literal
from mlops_core.domain.columns import Column, ColumnType, Finding, Severity
from mlops_core.i18n import N_, _

SAMPLE = 10_000
SHARE = 0.5
BATCH = 100
# The kinds of personal data, and what a value of each looks like.
_KINDS = (
    (N_("e-mail addresses"), r"[\w.+-]+@[\w-]+(\.[\w-]+)+"),
    (N_("resident registration numbers"), r"[0-9]{2}[01][0-9][0-3][0-9]-?[1-8][0-9]{6}"),
    (
        N_("telephone numbers"),
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
            f"count(*) FILTER (regexp_full_match(trim({ident(column.name)}), {literal(pattern)}))"
            for column in batch
            for _kind, pattern in _KINDS
        ]
        parts += [f"count({ident(column.name)})" for column in batch]
        names = ", ".join(ident(column.name) for column in batch)
        found = connection.execute(
            f"SELECT {', '.join(parts)} FROM (SELECT {names} FROM {table} LIMIT {SAMPLE})"  # noqa: S608
        ).fetchone()
        present = found[len(batch) * len(_KINDS) :]
        for place, column in enumerate(batch):
            counts = found[place * len(_KINDS) : (place + 1) * len(_KINDS)]
            best = max(range(len(_KINDS)), key=counts.__getitem__)
            if counts[best] and counts[best] >= present[place] * SHARE:
                text = _(
                    "“{column}” seems to hold {kind}. Leave it out unless you must learn from it."
                )
                findings.append(
                    Finding(
                        code="personal_data",
                        severity=Severity.WARNING,
                        message=text.format(column=column.name, kind=_(_KINDS[best][0])),
                        column=column.name,
                        fix="drop",
                    )
                )
    return findings
