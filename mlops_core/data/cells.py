"""Asking about the cells of a table of text: what they say, what converts, what is odd."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlops_core.data import words
from mlops_core.data.engine import Connection, batches, literal, parquet
from mlops_core.data.kinds import Kind

SAMPLE_ROWS = 1000
SAMPLE_CELLS = 200_000
BATCH = 100  # columns a query
_LOWER = frozenset(word.lower() for word in words.MISSING | words.MISSING_AMONG_TYPED)


@dataclass(frozen=True)
class Missing:
    """The words that mean a missing value: the usual ones, or exactly ``given``.

    Of the usual ones some count only where everything else is a number, a date or a truth value.
    Those that a person gave are taken as they are written, before anything is converted.
    """

    given: frozenset[str] | None = None

    @classmethod
    def of(cls, given: Iterable[str] | None) -> Missing:
        if given is None:
            return cls()
        return cls(frozenset({"", *(word.strip(words.BLANKS) for word in given)}))

    def in_text(self, text: str) -> str:
        """SQL: whether ``text``, trimmed, is missing in a column of words."""
        return f"({text} IN ({listed(words.MISSING if self.given is None else self.given)}))"

    def in_typed(self, text: str) -> str:
        """SQL: whether ``text``, trimmed, is missing among numbers, dates and truth values."""
        if self.given is not None:
            return self.in_text(text)
        return f"list_contains([{listed(_LOWER)}], lower({text}))"

    def before(self, text: str, converted: str) -> str:
        """SQL for ``converted``, unless ``text`` was given as a word for missing."""
        if self.given is None or self.given == {""}:
            return converted
        return f"CASE WHEN NOT {self.in_text(text)} THEN {converted} END"

    def holds(self, text: str) -> bool:
        return text in self.given if self.given is not None else text.lower() in _LOWER


@dataclass(frozen=True)
class Count:
    """Cells of a column: those that say a value, that convert; distinct and proving if asked.

    ``missing`` counts the words for missing, as they stand there.
    """

    missing: Mapping[str, int]
    present: int
    values: int
    converted: int
    distinct: int
    proven: int

    @property
    def odd(self) -> int:
        return self.values - self.converted


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


def trimmed(text: str) -> str:
    return f"trim({text}, {literal(words.BLANKS)})"


def listed(group: Iterable[str]) -> str:
    return ", ".join(map(literal, sorted(group)))


@dataclass(frozen=True)
class Cells:
    """The text table at ``path``, with columns c0, c1 …"""

    connection: Connection
    path: Path
    width: int
    missing: Missing

    def below(self, places: Sequence[int]) -> str:
        """A FROM clause: the cells of the columns ``places`` one below the other, as place, v, t.

        One expression then serves all columns; very wide tables would drown in expressions.
        """
        columns = ", ".join(f"c{place}" for place in places)
        return (
            f"(SELECT place, v, {trimmed('v')} AS t FROM (SELECT unnest({list(places)}) AS place,"  # noqa: S608
            f" unnest([{columns}]) AS v FROM {parquet(self.path)}))"
        )

    def samples(self) -> Iterator[tuple[int, list[tuple[str, int]]]]:
        """The values in the first rows of each column, trimmed, the most frequent first."""
        rows = max(50, min(SAMPLE_ROWS, SAMPLE_CELLS // self.width))
        for places in batches(range(self.width), BATCH):
            columns = ", ".join(f"c{place}" for place in places)
            found = self.connection.execute(
                f"SELECT {columns} FROM {parquet(self.path)} LIMIT {rows}"  # noqa: S608
            ).fetchall()
            for place, cells in zip(places, zip(*found, strict=True), strict=bool(found)):
                yield place, self._values(cells).most_common()

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
        text = trimmed(f"c{place}")
        return (
            f"(c{place} IS NOT NULL AND {kind.convert.format(t=text)} IS NULL"
            f" AND NOT {self.missing.in_typed(text)})"
        )

    def count(self, wanted: Mapping[int, Kind]) -> dict[int, Count]:
        """How many cells of each column convert."""
        groups: dict[Kind, list[int]] = {}
        for place, kind in wanted.items():
            groups.setdefault(kind, []).append(place)
        result: dict[int, Count] = {}
        for kind, members in groups.items():
            for places in batches(members, BATCH):
                result |= self._counted(kind, places)
        return result

    def _counted(self, kind: Kind, places: Sequence[int]) -> dict[int, Count]:
        counted = kind.both or (kind.shape is not None and kind.shape.compact)
        proof = literal(kind.written.proof) if kind.written and kind.written.proof else ""
        proven = f"count(*) FILTER (regexp_full_match(t, {proof}))" if proof else "0"
        # Only what does not convert is compared with the words for missing: that is rare.
        rows = self.connection.execute(
            "SELECT place, histogram(t) FILTER (gone),"  # noqa: S608
            " count(v), count(*) FILTER (v IS NOT NULL AND NOT gone), count(x),"
            f" {'count(DISTINCT x)' if counted else '0'}, {proven}"
            f" FROM (SELECT *, CASE WHEN v IS NULL OR x IS NOT NULL THEN false"
            f" ELSE {self.missing.in_typed('t')} END AS gone"
            f" FROM (SELECT *, {self.converts(kind, 't')} AS x FROM {self.below(places)}))"
            " GROUP BY place"
        ).fetchall()
        return {place: Count(dict(gone or {}), *facts) for place, gone, *facts in rows}

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
            f" FROM (SELECT {trimmed(f'c{place}')} AS t FROM {parquet(self.path)}"
            f" WHERE {self.is_odd(kind, place)}) GROUP BY t)"
        ).fetchone()
        return Odd(*found)
