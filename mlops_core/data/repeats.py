"""Rows that come again: exactly, nearly, with another target, or on both sides of a split."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mlops_core.data.engine import Connection, batches, ident
from mlops_core.domain.columns import Column, ColumnRole, ColumnType
from mlops_core.domain.configs import EvaluationConfig
from mlops_core.domain.findings import Finding, Severity
from mlops_core.domain.sentences import Sentence, say, say_many
from mlops_core.i18n import N_, NN_

MOST_COLUMNS = 5_000
FEWEST_ROWS = 30  # below this rows are alike by chance
FEWEST_SHARED = 10  # rows that are alike, to speak of both sides of a split
COUNTED = 2_000_000  # distinct rows that are counted; of more, an even part
NUMBERED = 5_000_000  # rows up to which examples are looked for
MANY = 0.01  # of the rows
BY_CHANCE = 0.3  # of the repeats explained by few values: then they mean nothing
NESTED = 100
EXAMPLES = 3
HELD_OUT: float = EvaluationConfig().holdout


@dataclass(frozen=True)
class _Groups:
    """Rows of a table, grouped by what they hold.

    Attributes:
        copies: Rows that repeat an earlier one of their group.
        shared: Rows in groups of at least two.
        seen: The share of the held-out rows whose like is learned from, dealt out by chance.
        differing: Rows in groups within which the value that was asked about differs.
        example: The key of a group of at least two.
        difference: The key of a group whose values differ.
    """

    copies: int
    shared: int
    seen: float
    differing: int
    example: int | None
    difference: int | None


def repeats(
    connection: Connection,
    table: str,
    columns: Sequence[Column],
    target: Column | None,
    rows: int,
) -> Iterator[Finding]:
    """Findings about rows that are alike.

    Args:
        table: A FROM clause.
        columns: All columns of the table.
        target: The one that is to be learned.
        rows: How many rows the table has.
    """
    if rows < 2 or not columns or len(columns) > MOST_COLUMNS:
        return
    looked = _Look(connection, table, rows, max(1, rows // COUNTED))
    features = [c for c in columns if c is not target and c.role is not ColumnRole.DROP]
    few_values = _pairs_by_chance(features, rows)
    exact = looked.groups(_key(columns))
    if exact.copies:
        yield Finding.of(
            "duplicate_rows",
            _severity(exact.copies, rows, few_values),
            say_many(
                NN_(
                    "{count} row repeats another one exactly.",
                    "{count} rows repeat others exactly.",
                ),
                exact.copies,
            ),
            evidence=looked.evidence(_key(columns), exact.example),
        )
    if rows < FEWEST_ROWS or not features:
        return
    if target is not None:
        yield from _of_features(looked, features, target, few_values)
    yield from _nearly(looked, columns, features, target, few_values)


def _of_features(
    looked: _Look, features: Sequence[Column], target: Column, few_values: float
) -> Iterator[Finding]:
    key, rows = _key(features), looked.rows
    label = ident(target.name)
    same = looked.groups(key, f"CASE WHEN {label} IS NOT NULL THEN hash({label}) END")
    if same.differing:
        yield Finding.of(
            "contradictory_rows",
            _severity(same.differing, rows, few_values),
            say_many(
                NN_(
                    "{count} row is equal to another in all features but has another “{target}”.",
                    "{count} rows are equal to others in all features but have another “{target}”.",
                ),
                same.differing,
                target=target.name,
            ),
            evidence=looked.evidence(key, same.difference),
        )
    if same.shared > max(FEWEST_SHARED, rows * MANY) and few_values < same.shared * BY_CHANCE:
        yield Finding.of(
            "duplicates_across_split",
            Severity.WARNING,
            say(
                N_(
                    "{count} rows have the same features as another one. Dealt out by chance, about"
                    " {share} of the rows that judge a model would be known from training, and its"
                    " scores look better than they are. Remove the repeats from the file, or choose"
                    " a split grouped by a column that they share."
                ),
                count=same.shared,
                share=_percent(same.seen),
            ),
            evidence=looked.evidence(key, same.example),
        )


def _nearly(
    looked: _Look,
    columns: Sequence[Column],
    features: Sequence[Column],
    target: Column | None,
    few_values: float,
) -> Iterator[Finding]:
    """Rows that become equal when what names them and how they are written does not count."""
    kept = [*features, *([target] if target is not None else [])]
    written = any(column.type in (ColumnType.TEXT, ColumnType.NUMBER) for column in kept)
    if not written and len(kept) == len(columns):
        return
    key = _key(kept, loosely=True)
    found = looked.groups(key, _key(columns))
    if found.differing and few_values < found.differing * BY_CHANCE:
        yield Finding.of(
            "near_duplicate_rows",
            _severity(found.differing, looked.rows, few_values),
            say(
                N_(
                    "{count} rows are nearly equal to another: only identifiers, blanks, capital"
                    " letters or the eighth digit of a number differ."
                ),
                count=found.differing,
            ),
            evidence=looked.evidence(key, found.difference),
        )


@dataclass(frozen=True)
class _Look:
    """The questions about the rows of one table; one in ``step`` kinds of rows is counted."""

    connection: Connection
    table: str
    rows: int
    step: int

    def groups(self, key: str, value: str = "NULL") -> _Groups:
        """The rows by ``key``, and whether ``value`` differs among those of one key."""
        part = f"WHERE k % {self.step} = 0" if self.step > 1 else ""
        copies, shared, seen, differing, example, difference = self.connection.execute(
            "SELECT sum(n - 1), sum(n) FILTER (n > 1),"  # noqa: S608
            f" sum(n * (1 - pow({HELD_OUT}, n - 1))) FILTER (n > 1),"
            " sum(valued) FILTER (differ), min(k) FILTER (n > 1), min(k) FILTER (differ)"
            " FROM (SELECT k, count(*) AS n, count(v) AS valued, min(v) <> max(v) AS differ"
            f" FROM (SELECT {key} AS k, {value} AS v FROM {self.table}) {part} GROUP BY k)"
        ).fetchone()
        return _Groups(
            copies=int(copies or 0) * self.step,
            shared=min(self.rows, int(shared or 0) * self.step),
            seen=min(1.0, float(seen or 0) * self.step / self.rows),
            differing=min(self.rows, int(differing or 0) * self.step),
            example=example,
            difference=difference,
        )

    def evidence(self, key: str, example: int | None) -> Sentence | None:
        """The numbers of a few rows that have the key ``example``."""
        if self.step > 1:
            return say(N_("Estimated from one in {step} kinds of rows."), step=self.step)
        if example is None or self.rows > NUMBERED:
            return None
        found = self.connection.execute(
            f"SELECT n FROM (SELECT {key} AS k, row_number() OVER () AS n FROM {self.table})"  # noqa: S608
            f" WHERE k = {example} ORDER BY n LIMIT {EXAMPLES}"
        ).fetchall()
        return say(N_("For example rows {numbers}."), numbers=", ".join(str(n) for (n,) in found))


def _severity(found: int, rows: int, few_values: float) -> Severity:
    """Many repeats matter, unless a few values in a few columns leave no other choice."""
    telling = few_values < found * BY_CHANCE
    return Severity.WARNING if telling and found > rows * MANY else Severity.INFO


def _key(columns: Iterable[Column], *, loosely: bool = False) -> str:
    """SQL for a 64-bit hash of a row; ``loosely``: however its cells are written."""
    cells = [_loose(column) if loosely else ident(column.name) for column in columns]
    parts = [f"hash({', '.join(batch)})" for batch in batches(cells, NESTED)]
    return parts[0] if len(parts) == 1 else f"hash({', '.join(parts)})"


def _loose(column: Column) -> str:
    name = ident(column.name)
    if column.type is ColumnType.TEXT:
        return f"lower(trim({name}))"
    if column.type is ColumnType.NUMBER:
        return f"coalesce(TRY_CAST({name} AS FLOAT)::DOUBLE, {name})"
    return name


def _pairs_by_chance(columns: Sequence[Column], rows: int) -> float:
    """How many pairs of rows would be equal if the columns knew nothing of each other."""
    logarithm = 2 * math.log(rows) - math.log(2)
    for column in columns:
        profile = column.profile
        missing = profile.missing / rows
        present = max(rows - profile.missing, 1)
        # Where few values come again, how few says more than how many there are.
        again = 2 * (present - profile.distinct) / present**2
        frequent = sum((top.count / present) ** 2 for top in profile.top)
        alike = max(frequent, min(again, 1 / max(profile.distinct, 1)))
        logarithm += math.log(max(missing**2 + (1 - missing) ** 2 * alike, 1e-12))
    return math.exp(min(logarithm, 700))


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else "1%"
