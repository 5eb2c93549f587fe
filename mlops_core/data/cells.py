"""Asking about the cells of a table of text: what they say, what converts, what is odd."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mlops_core.data import words
from mlops_core.data.engine import NARROW, Connection, batches, literal
from mlops_core.data.kinds import Kind
from mlops_core.data.missing import Missing, trimmed
from mlops_core.data.questions import Count, Words, below, beside, counting, wording
from mlops_core.data.slices import TableOf

SAMPLE_ROWS = 1000
SAMPLE_CELLS = 200_000
BATCH = 100  # columns a query
LATE = 20  # looks for columns whose first rows are empty


@dataclass(frozen=True)
class Odd:
    """The values of a column that do not convert.

    Attributes:
        word: The most frequent one, and ``times`` how often it stands there.
        otherwise: One of them is a value in another notation.
        digits: One of them holds a digit.
    """

    word: str
    times: int
    otherwise: bool
    digits: bool


@dataclass(frozen=True)
class Cells:
    """A table of text with columns c0, c1 …

    What is foreseen to be asked is asked at once, and remembered.
    """

    connection: Connection
    table: TableOf
    width: int
    missing: Missing
    known: dict[tuple[int, Kind], Count] = field(default_factory=dict)
    described: dict[int, Words] = field(default_factory=dict)

    @property
    def narrow(self) -> bool:
        """Each column may be asked by expressions of its own."""
        return self.width <= NARROW

    def samples(self) -> dict[int, list[tuple[str, int]]]:
        """The values in the first rows of each column, trimmed, the most frequent first.

        Where these say nothing, the first that do are looked for, unless there are many columns.
        """
        rows = max(50, min(SAMPLE_ROWS, SAMPLE_CELLS // self.width))
        found: dict[int, list[tuple[str, int]]] = {}
        for places in batches(range(self.width), BATCH):
            found |= self._sample(places, f"LIMIT {rows}")
        for _look in range(LATE if self.narrow else 0):
            empty = [place for place, values in found.items() if not values]
            said = " OR ".join(
                f"(c{place} IS NOT NULL AND NOT {self.missing.in_typed(trimmed(f'c{place}'))})"
                for place in empty
            )
            late = self._sample(empty, f"WHERE {said} LIMIT {rows}") if empty else {}
            if not any(late.values()):
                break
            found |= late
        return found

    def _sample(self, places: Sequence[int], which: str) -> dict[int, list[tuple[str, int]]]:
        columns = ", ".join(f"c{place}" for place in places)
        table = self.table(places)
        rows = self.connection.execute(f"SELECT {columns} FROM {table} {which}").fetchall()  # noqa: S608
        by_column = zip(*rows, strict=True) if rows else [()] * len(places)
        return {
            place: self._values(cells).most_common()
            for place, cells in zip(places, by_column, strict=True)
        }

    def _values(self, cells: Iterable[str | None]) -> Counter[str]:
        values: Counter[str] = Counter()
        for cell, times in Counter(cell for cell in cells if cell is not None).items():
            text = cell.strip(words.BLANKS)
            if not self.missing.holds(text):
                values[text] += times
        return values

    def converts(self, kind: Kind, text: str) -> str:
        """SQL: ``text``, trimmed, as ``kind``, or NULL where it is missing or no such value."""
        return self.missing.before(text, kind.convert.format(t=text))

    def is_odd(self, kind: Kind, place: int) -> str:
        """SQL: whether the cell of a row says something that is no ``kind``."""
        cell, text = f"c{place}", trimmed(f"c{place}")
        return (
            f"({cell} IS NOT NULL AND {kind.convert.format(t=cell)} IS NULL"
            f" AND {kind.convert.format(t=text)} IS NULL AND NOT {self.missing.in_typed(text)})"
        )

    def foresee(self, kinds: Iterable[tuple[int, Kind]], texts: Iterable[int] = ()) -> None:
        """Count cells that convert, and look at columns of text, in as few passes as can be."""
        counted = [pair for pair in kinds if pair not in self.known]
        described = [place for place in texts if place not in self.described]
        asked = [
            counting(f"c{place}", kind, self.missing, f"_{number}")
            for number, (place, kind) in enumerate(counted)
        ]
        asked += [wording(f"c{place}", self.missing, f"_of_{place}") for place in described]
        found = beside(self.connection, self.table(range(self.width)), asked)
        self.known.update((pair, Count.of(next(found))) for pair in counted)
        self.described.update((place, Words.of(next(found))) for place in described)

    def count(self, wanted: Mapping[int, Kind]) -> dict[int, Count]:
        """How many cells of each column convert."""
        if self.narrow:
            self.foresee(wanted.items())
            return {place: self.known[place, kind] for place, kind in wanted.items()}
        groups: dict[Kind, list[int]] = {}
        for place, kind in wanted.items():
            groups.setdefault(kind, []).append(place)
        result: dict[int, Count] = {}
        for kind, members in groups.items():
            asked = counting("v", kind, self.missing)
            for places in batches(members, BATCH):
                found = below(self.connection, self.table(places), places, asked)
                result |= {place: Count.of(answers) for place, answers in found.items()}
        return result

    def describe(self, places: Sequence[int]) -> dict[int, Words]:
        """What stands in columns of text."""
        if self.narrow:
            self.foresee((), places)
            return {place: self.described[place] for place in places}
        result: dict[int, Words] = {}
        asked = wording("v", self.missing)
        for part in batches(places, BATCH):
            found = below(self.connection, self.table(part), part, asked)
            result |= {place: Words.of(answers) for place, answers in found.items()}
        return result

    def odd(self, kind: Kind, place: int) -> Odd:
        """What stands in a column beside values of ``kind``."""
        known = f"regexp_full_match(t, {literal(words.NOTATIONS[kind.type])})"
        pattern = literal(kind.sample.pattern) if kind.sample is not None else ""
        if kind.shape is not None:  # an impossible date in the notation of the column is odd
            known += f" AND NOT regexp_full_match(t, {pattern})"
        found = self.connection.execute(
            f"SELECT arg_max(t, (n, t)), max(n), bool_or({known}),"  # noqa: S608
            " bool_or(regexp_matches(t, '[0-9]'))"
            " FROM (SELECT t, count(*) AS n"
            f" FROM (SELECT {trimmed(f'c{place}')} AS t FROM {self.table([place])}"
            f" WHERE {self.is_odd(kind, place)}) GROUP BY t)"
        ).fetchone()
        return Odd(*found)
