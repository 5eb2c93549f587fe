"""How the columns of two tables are spread, counted by the engine over even parts of their rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from mlops_core.data.engine import Connection, batches, connect, literal, make_room, parquet
from mlops_core.data.facts import HUGE, clean, named, scaled, stacked
from mlops_core.data.table import numbered
from mlops_core.domain.columns import Column, ColumnType
from mlops_core.domain.drift import Kind, Spread, Spreads
from mlops_core.domain.reading import StoredTable

MOST_ROWS = 100_000  # of each table; an even part of a larger one says as much
FEWEST_ROWS = 2_000  # of a table with very many columns
MOST_CELLS = 20_000_000
BATCH_CELLS = 4_000_000
BINS = 20
NAMED = 40  # values told apart; the others count as one
LONGEST = 200  # letters of a value that are kept
EXPECTED = 5.0  # rarer groups are counted together: the chi-square says nothing of them
_NUMBERS = (ColumnType.INTEGER, ColumnType.NUMBER)
_DATES = (ColumnType.DATE, ColumnType.DATETIME)
_CATEGORIES = (ColumnType.TEXT, ColumnType.BOOLEAN)

Pair = tuple[Column, Column]  # of the same name, before and after


def spreads(before: StoredTable, after: StoredTable, *, memory_mb: int = 128) -> Spreads:
    """The columns that both tables have, each as it is spread before and after.

    Of a large table one row in so many is looked at, chosen by a hash of its place: the same rows
    at every call.
    """
    known = {column.name: column for column in before.columns}
    pairs = [(known[column.name], column) for column in after.columns if column.name in known]
    most = max(FEWEST_ROWS, min(MOST_ROWS, MOST_CELLS // max(len(pairs), 1)))
    found: dict[str, Spread] = {}
    with connect(memory_mb, spill=after.path.parent / ".spill") as connection:
        make_room(connection, memory_mb, max(len(before.columns), len(after.columns)))
        parts = _part(before, most), _part(after, most)
        rows = _count(connection, parts[0]), _count(connection, parts[1])
        size = max(1, BATCH_CELLS // max(*rows, 1))
        for kind in (Kind.NUMBERS, Kind.DATES, Kind.CATEGORIES):
            chosen = [pair for pair in pairs if _kind(*pair) is kind]
            count = _of_categories if kind is Kind.CATEGORIES else _of_numbers
            for batch in batches(chosen, size):
                for spread in count(connection, parts, batch, rows, kind):
                    found[spread.column] = spread
    ordered = tuple(found[after.name] for _before, after in pairs if after.name in found)
    return Spreads(rows=rows, columns=ordered)


def _kind(before: Column, after: Column) -> Kind:
    if not all(column.profile.distinct for column in (before, after)):
        # A column without values was taken for text, whatever it would have held.
        before = after = max(before, after, key=lambda column: column.profile.distinct)
    for kinds, kind in (
        (_NUMBERS, Kind.NUMBERS),
        (_DATES, Kind.DATES),
        (_CATEGORIES, Kind.CATEGORIES),
    ):
        if before.type in kinds and after.type in kinds:
            return kind
    return Kind.NONE


def _part(table: StoredTable, most: int) -> str:
    """A FROM clause: an even part of the rows of ``table``, about ``most`` of a larger one."""
    step = math.ceil(table.rows / most)
    if step <= 1:
        return parquet(table.path)
    source, number = numbered(table.path, [column.name for column in table.columns])
    return f"(SELECT * FROM {source} WHERE hash({number}) % {step} = 0)"  # noqa: S608


def _count(connection: Connection, part: str) -> int:
    (rows,) = connection.execute(f"SELECT count(*) FROM {part}").fetchone()  # noqa: S608
    return int(rows)


def _cells(parts: tuple[str, str], values: Sequence[tuple[str, str]]) -> str:
    """A FROM clause: values of both tables one below the other, as side, place and x."""
    before = stacked(parts[0], {place: one for place, (one, _two) in enumerate(values)})
    after = stacked(parts[1], {place: two for place, (_one, two) in enumerate(values)})
    return (
        f"(SELECT 0 AS side, place, x FROM {before} UNION ALL"  # noqa: S608
        f" SELECT 1 AS side, place, x FROM {after})"
    )


def _of_numbers(
    connection: Connection,
    parts: tuple[str, str],
    pairs: Sequence[Pair],
    rows: tuple[int, int],
    kind: Kind,
) -> Iterator[Spread]:
    cells = _cells(parts, [(scaled(one), scaled(two)) for one, two in pairs])
    tame = f"(SELECT * FROM {cells} WHERE isfinite(x) AND abs(x) < {HUGE})"  # noqa: S608
    found = connection.execute(
        "WITH counted AS (SELECT place, x, count(*) FILTER (side = 0) AS a,"  # noqa: S608
        f" count(*) FILTER (side = 1) AS b FROM {tame} GROUP BY place, x),"
        " apart AS (SELECT place, x, a, b,"
        " abs(sum(a) OVER below / sum(a) OVER whole - sum(b) OVER below / sum(b) OVER whole) AS d,"
        " lead(x) OVER below - x AS gap FROM counted"
        " WINDOW below AS (PARTITION BY place ORDER BY x ROWS UNBOUNDED PRECEDING),"
        " whole AS (PARTITION BY place))"
        " SELECT place, sum(a), sum(b), max(d), sum(d * gap), min(x), max(x),"
        # About the middle: the square of a large mean would swallow a small spread.
        " sqrt(sum((a + b) * pow(x - middle, 2)) / sum(a + b)) FROM apart JOIN"
        " (SELECT place, sum((a + b) * x) / sum(a + b) AS middle FROM counted GROUP BY place)"
        " USING (place) GROUP BY place"
    ).fetchall()
    facts = {place: rest for place, *rest in found}
    bins = _bins(connection, tame, {place: (one[4], one[5]) for place, one in facts.items()})
    for place, (_before, column) in enumerate(pairs):
        a, b, d, distance, low, high, deviation = facts.get(place, (0, 0, 0, 0, 0, 0, 0))
        sizes = int(a or 0), int(b or 0)
        missing = rows[0] - sizes[0], rows[1] - sizes[1]
        if not all(sizes):
            yield Spread(column=column.name, kind=Kind.NONE, sizes=sizes, missing=missing)
            continue
        span = high - low
        yield Spread(
            column=column.name,
            kind=kind,
            statistic=d,
            # Two threads add up in another order each time.
            effect=round((distance or 0.0) / deviation, 9) if deviation else 0.0,
            sizes=sizes,
            missing=missing,
            edges=tuple(low + span * step / BINS for step in range(BINS + 1)),
            before=tuple(bins.get((place, 0, step), 0) for step in range(BINS)),
            after=tuple(bins.get((place, 1, step), 0) for step in range(BINS)),
        )


def _bins(
    connection: Connection, cells: str, ends: dict[int, tuple[float, float]]
) -> dict[tuple[int, int, int], int]:
    """Counts by column, side and range of both tables together."""
    if not ends:
        return {}
    listed = ", ".join(f"({place}, {low!r}, {high!r})" for place, (low, high) in ends.items())
    found = connection.execute(
        f"SELECT place, side, CASE WHEN high > low THEN least({BINS - 1},"  # noqa: S608
        f" floor((x - low) / (high - low) * {BINS}))::INTEGER ELSE 0 END AS bin, count(*)"
        f" FROM {cells} JOIN (VALUES {listed}) AS ends(place, low, high) USING (place)"
        " GROUP BY place, side, bin"
    ).fetchall()
    return {(place, side, step): count for place, side, step, count in found}


def _of_categories(
    connection: Connection,
    parts: tuple[str, str],
    pairs: Sequence[Pair],
    rows: tuple[int, int],
    kind: Kind,
) -> Iterator[Spread]:
    cells = _cells(parts, [(_spelled(one), _spelled(two)) for one, two in pairs])
    found = connection.execute(
        "WITH counted AS (SELECT place, x, count(*) FILTER (side = 0) AS a,"  # noqa: S608
        f" count(*) FILTER (side = 1) AS b FROM {cells} WHERE x IS NOT NULL GROUP BY place, x)"
        f" SELECT place, left(x, {LONGEST}), a, b, sum(a) OVER whole, sum(b) OVER whole,"
        " count(*) OVER whole FROM counted WINDOW whole AS (PARTITION BY place)"
        f" QUALIFY row_number() OVER (PARTITION BY place ORDER BY a + b DESC, x) <= {NAMED}"
        " ORDER BY place, a + b DESC, x"
    ).fetchall()
    groups: dict[int, list[tuple[str, int, int]]] = {}
    totals: dict[int, tuple[int, int, int]] = {}
    for place, value, a, b, *total in found:
        groups.setdefault(place, []).append((value, a, b))
        totals[place] = (int(total[0]), int(total[1]), int(total[2]))
    for place, (_before, column) in enumerate(pairs):
        a, b, distinct = totals.get(place, (0, 0, 0))
        missing = rows[0] - a, rows[1] - b
        # Where hardly a value comes again they name rows: other names are no other distribution.
        if not a or not b or (distinct > NAMED and 2 * distinct > a + b):
            yield Spread(column=column.name, kind=Kind.NONE, sizes=(a, b), missing=missing)
            continue
        yield _categories(column.name, groups[place], (a, b), missing, kind)


def _spelled(column: Column) -> str:
    """SQL for a value as text; truth values in the words of their file."""
    if column.spelling is None:
        return named(column)
    true, false = (literal(word) for word in (column.spelling.true, column.spelling.false))
    name = clean(column)
    return f"(CASE WHEN {name} THEN {true} WHEN NOT {name} THEN {false} END)"


def _categories(
    name: str,
    groups: Sequence[tuple[str, int, int]],
    sizes: tuple[int, int],
    missing: tuple[int, int],
    kind: Kind,
) -> Spread:
    before, after = [a for _value, a, _b in groups], [b for _value, _a, b in groups]
    rest = sizes[0] - sum(before), sizes[1] - sum(after)
    others = any(rest)
    if others:
        before.append(rest[0])
        after.append(rest[1])
    statistic, degrees = chi_square(before, after)
    return Spread(
        column=name,
        kind=kind,
        statistic=statistic,
        degrees=degrees,
        effect=jensen_shannon(before, after),
        sizes=sizes,
        missing=missing,
        values=tuple(value for value, _a, _b in groups),
        others=others,
        before=tuple(before),
        after=tuple(after),
    )


def chi_square(before: Sequence[int], after: Sequence[int]) -> tuple[float, int]:
    """Pearson's chi-square of two rows of counts and its degrees of freedom.

    Pearson (1900), "On the criterion that a given system of deviations ... is such that it can be
    reasonably supposed to have arisen from random sampling", Philosophical Magazine 50, 157-175.
    Groups too rare to be expected five times on either side are counted as one (Cochran's rule).
    """
    a, b = sum(before), sum(after)
    if not a or not b:
        return 0.0, 0
    smaller = min(a, b) / (a + b)
    groups, rare = list[tuple[int, int]](), [0, 0]
    for x, y in zip(before, after, strict=True):
        if (x + y) * smaller < EXPECTED:
            rare[0] += x
            rare[1] += y
        else:
            groups.append((x, y))
    if sum(rare) * smaller >= EXPECTED:
        groups.append((rare[0], rare[1]))
    if len(groups) < 2:
        return 0.0, 0
    statistic = 0.0
    for x, y in groups:
        for observed, size in ((x, a), (y, b)):
            expected = (x + y) * size / (a + b)
            statistic += (observed - expected) ** 2 / expected
    return statistic, len(groups) - 1


def jensen_shannon(before: Sequence[int], after: Sequence[int]) -> float:
    """The distance of two rows of counts: 0 for the same shares, 1 for nothing in common.

    Endres and Schindelin (2003), "A new metric for probability distributions", IEEE Transactions
    on Information Theory 49(7), 1858-1860; with the logarithm to base 2.
    """
    a, b = sum(before), sum(after)
    if not a or not b:
        return 0.0
    total = 0.0
    for x, y in zip(before, after, strict=True):
        p, q = x / a, y / b
        middle = (p + q) / 2
        total += sum(share * math.log2(share / middle) for share in (p, q) if share) / 2
    return math.sqrt(min(1.0, max(0.0, total)))
