"""How columns relate to the target, counted by the engine over the whole table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from mlops_core.data.engine import (
    Connection,
    batches,
    connect,
    ident,
    literal,
    make_room,
    parquet,
)
from mlops_core.data.facts import HUGE, clean, named, scaled, stacked
from mlops_core.domain.columns import Column, ColumnType
from mlops_core.domain.params import Task
from mlops_core.domain.relations import Relation, Relations

RANGES = 10  # of about equally many rows
CLASSES = 5  # named; the others count as one
EXACT_ROWS = 1_000_000  # from here on the ends of ranges are estimates; what is counted is exact
BATCH_CELLS = 2_000_000
MAX_BATCH = 100
_MISSING = -1
_RANGED = (ColumnType.INTEGER, ColumnType.NUMBER, ColumnType.DATE, ColumnType.DATETIME)

Table: TypeAlias = dict[int, Any]  # by group: rows by class, or rows, mean and spread


def relate(
    table_path: Path,
    columns: Sequence[Column],
    target: Column,
    task: Task,
    *,
    memory_mb: int = 128,
) -> Relations:
    """The relation of each of ``columns`` to the target; columns whose values name rows have none.

    Rows without a target are left out. ``columns`` carry their profiles.
    """
    found: dict[str, Relation] = {}
    with connect(memory_mb, spill=table_path.parent / ".spill") as connection:
        make_room(connection, memory_mb, len(columns))
        table = parquet(table_path)
        (rows,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
        size = max(1, min(MAX_BATCH, BATCH_CELLS // max(rows, 1)))
        size = MAX_BATCH if rows > EXACT_ROWS else size
        for batch in batches(columns, size):
            part = _Part(connection, table, batch, target, task, exact=rows <= EXACT_ROWS)
            for column, relation in zip(batch, part.relations(), strict=True):
                found[column.name] = relation
    by_class = task is Task.CLASSIFICATION
    classes, others = class_names(target) if by_class else ((), False)
    return Relations(target=target.name, task=task, classes=classes, others=others, columns=found)


def class_names(target: Column) -> tuple[tuple[str, ...], bool]:
    """The classes that are told apart, and whether there are others."""
    names = tuple(top.value for top in target.profile.top[:CLASSES])
    return names, target.profile.distinct > len(names)


@dataclass(frozen=True)
class _Part:
    """The questions about one batch of columns; answers are by the column's place in it."""

    connection: Connection
    table: str
    columns: Sequence[Column]
    target: Column
    task: Task
    exact: bool

    def relations(self) -> list[Relation]:
        edges = self._edges()
        groups = {
            place: group
            for place, column in enumerate(self.columns)
            if (group := _group(column, edges.get(place, []))) is not None
        }
        counted = self._counted(groups)
        width = sum(map(int, (len(class_names(self.target)[0]), class_names(self.target)[1])))
        relations = []
        for place, column in enumerate(self.columns):
            if place not in groups:
                relations.append(Relation())
            elif self.task is Task.CLASSIFICATION:
                relations.append(_of_classes(column, edges.get(place, []), counted[place], width))
            else:
                relations.append(_of_numbers(column, edges.get(place, []), counted[place]))
        return relations

    def _edges(self) -> dict[int, list[float]]:
        """Where the ranges of each column end that has more values than can be named."""
        values = {
            place: scaled(column) for place, column in enumerate(self.columns) if _is_ranged(column)
        }
        if not values:
            return {}
        quantile = "quantile_disc" if self.exact else "approx_quantile"
        cuts = [step / RANGES for step in range(1, RANGES)]
        found = self.connection.execute(
            f"SELECT place, {quantile}(x, {cuts}), max(x) FROM {stacked(self.table, values)}"  # noqa: S608
            " WHERE isfinite(x) GROUP BY place"
        ).fetchall()
        return {
            # Nothing lies above the largest value, so a range would be empty there.
            place: sorted({edge for edge in edges if edge < largest})
            for place, edges, largest in found
        }

    def _counted(self, groups: dict[int, str]) -> dict[int, Table]:
        """By column and group: rows by class, or number, mean and spread of the target."""
        counted: dict[int, Table] = {place: {} for place in groups}
        if not groups:
            return counted
        goal = clean(self.target)
        if self.task is Task.CLASSIFICATION:
            names, _others = class_names(self.target)
            label, what = _coded(self.target, names), "y, count(*)"
        else:
            label = f"({goal})::DOUBLE"
            tame = f"(CASE WHEN abs(y) < {HUGE} THEN y END)"
            what = f"count(*), avg({tame}), stddev_samp({tame})"
        chosen = ", ".join(ident(column.name) for column in self.columns)
        rows = f"(SELECT {chosen}, {label} AS {Y} FROM {self.table} WHERE {goal} IS NOT NULL)"  # noqa: S608
        found = self.connection.execute(
            f"SELECT place, x, {what} FROM {stacked(rows, groups, f'{Y} AS y')}"  # noqa: S608
            f" GROUP BY place, x{', y' if what.startswith('y') else ''}"
        ).fetchall()
        for place, group, *facts in found:
            if self.task is Task.CLASSIFICATION:
                counted[place].setdefault(group, {})[facts[0]] = facts[1]
            else:
                counted[place][group] = tuple(facts)
        return counted


Y = '"the target, as it is told apart"'  # hardly the name of a column


def _is_ranged(column: Column) -> bool:
    few = 0 < len(column.profile.top) == column.profile.distinct
    return column.type in _RANGED and not few and column.profile.distinct > 0


def _values(column: Column) -> list[str]:
    """The values with a group of their own: numbers in their order, others by frequency."""
    values = [top.value for top in column.profile.top]
    if column.type in (ColumnType.INTEGER, ColumnType.NUMBER):
        return sorted(values, key=float)
    return sorted(values) if column.type in _RANGED else values


def _group(column: Column, edges: Sequence[float]) -> str | None:
    """SQL for the group of a value, counted from 0; ``None`` where its values name single rows."""
    if _is_ranged(column):
        x = scaled(column)
        x = f"(CASE WHEN isfinite({x}) THEN {x} END)"
        steps = " ".join(f"WHEN {x} <= {edge!r}::DOUBLE THEN {i}" for i, edge in enumerate(edges))
        return f"CASE WHEN {x} IS NULL THEN {_MISSING} {steps} ELSE {len(edges)} END"
    values = _values(column)
    return _coded(column, values) if values else None


def _coded(column: Column, values: Sequence[str]) -> str:
    """SQL for the place of a value in ``values``; others come after the last."""
    spelling = column.spelling
    text = [
        value if spelling is None else "true" if value == spelling.true else "false"
        for value in values
    ]
    steps = " ".join(f"WHEN {literal(value)} THEN {place}" for place, value in enumerate(text))
    name = named(column)
    whole = f"CASE {name} {steps} ELSE {len(values)} END" if steps else "0"
    return f"CASE WHEN {name} IS NULL THEN {_MISSING} ELSE ({whole}) END"


def _shape(
    column: Column, edges: Sequence[float], table: Table
) -> tuple[dict[str, Any], list[int]]:
    """The groups that hold rows as fields of a relation, and their numbers in ``table``."""
    last: list[int] = [_MISSING] if _MISSING in table else []
    extra = ["missing"] if last else []
    if not _is_ranged(column):
        values = _values(column)
        if len(values) in table:
            last, extra = [len(values), *last], ["others", *extra]
        fields = {"values": tuple(values), "extra": tuple(extra)}
        return fields, [*range(len(values)), *last]
    low, high = _ends(column, edges)
    return {"edges": (low, *edges, high), "extra": tuple(extra)}, [*range(len(edges) + 1), *last]


def _ends(column: Column, edges: Sequence[float]) -> tuple[float, float]:
    profile = column.profile
    if profile.edges:
        return profile.edges[0], profile.edges[-1]
    ends = [end for end in (profile.minimum, profile.maximum) if isinstance(end, float)]
    return (ends[0], ends[1]) if len(ends) == 2 else (edges[0], edges[-1])


def _of_classes(column: Column, edges: Sequence[float], table: Table, width: int) -> Relation:
    fields, groups = _shape(column, edges, table)
    counts = [
        tuple(table.get(group, {}).get(place, 0) for place in range(width)) for group in groups
    ]
    return Relation(
        **fields,
        rows=tuple(sum(row) for row in counts),
        classes=tuple(counts),
        strength=cramers_v(counts),
    )


def _of_numbers(column: Column, edges: Sequence[float], table: Table) -> Relation:
    fields, groups = _shape(column, edges, table)
    facts = [table.get(group, (0, None, None)) for group in groups]
    return Relation(
        **fields,
        rows=tuple(rows for rows, _mean, _std in facts),
        means=tuple(mean for _rows, mean, _std in facts),
        stds=tuple(std for _rows, _mean, std in facts),
        strength=correlation_ratio(facts),
    )


def cramers_v(counts: Sequence[Sequence[int]]) -> float | None:
    """How far two groupings go together, from 0 to 1, corrected for what chance alone gives.

    Bergsma (2013), "A bias-correction for Cramér's V and Tschuprow's T", Journal of the Korean
    Statistical Society 42(3), 323-328. ``None`` where one of them has a single group.
    """
    rows = [sum(row) for row in counts]
    columns = [sum(column) for column in zip(*counts, strict=True)]
    total = sum(rows)
    r, k = sum(n > 0 for n in rows), sum(n > 0 for n in columns)
    if r < 2 or k < 2 or total < 2:
        return None
    phi = -1.0 + sum(
        n / rows[i] * n / columns[j] for i, row in enumerate(counts) for j, n in enumerate(row) if n
    )
    by_chance = (r - 1) * (k - 1) / (total - 1)
    least = min(r - (r - 1) ** 2 / (total - 1), k - (k - 1) ** 2 / (total - 1)) - 1
    if least <= 0:
        return None
    return min(1.0, math.sqrt(max(0.0, phi - by_chance) / least))


def correlation_ratio(groups: Sequence[tuple[int, float | None, float | None]]) -> float | None:
    """How much of a number's spread the groups explain, from 0 to 1, corrected for chance.

    The root of Kelley's epsilon squared (1935, "An unbiased correlation ratio measure", PNAS 21(9),
    554-559): the share of the variance that is not within the groups. It is 0 without a difference
    between the groups, and of the size of a correlation.

    Args:
        groups: Rows, mean and standard deviation of each.
    """
    known = [(n, mean, std or 0.0) for n, mean, std in groups if n and mean is not None]
    total = sum(n for n, _mean, _std in known)
    if len(known) < 2 or total <= len(known):
        return None
    mean = sum(n * m for n, m, _std in known) / total
    within = sum((n - 1) * std**2 for n, _mean, std in known)
    whole = within + sum(n * (m - mean) ** 2 for n, m, _std in known)
    if not 0 < whole < math.inf:
        return None
    explained = 1 - (within / (total - len(known))) / (whole / (total - 1))
    return math.sqrt(max(0.0, explained))
