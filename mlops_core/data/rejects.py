"""Rows that are left out of a table: where each stands, why, and what it says."""

from __future__ import annotations

import csv
import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from mlops_core.domain.columns import Reject

MAX_REJECTS = 100
MAX_RAW = 500
WRITTEN_AT_ONCE = 1000


class LeftOut(NamedTuple):
    """A row that is left out; ``column`` is set where one cell of it is the reason."""

    line: int
    column: str
    reason: str
    text: str


@dataclass
class Rejects:
    """Rows that could not be read: the first hundred kept here, all of them in the file ``path``.

    The file is CSV with line, column, reason and the raw text, sorted by line; it is there once
    something was rejected and ``close`` was called.
    """

    path: Path
    count: int = 0
    kept: list[Reject] = field(default_factory=list)
    _waiting: list[LeftOut] = field(default_factory=list)

    def add(self, line: int, reason: str, raw: str, column: str = "") -> None:
        self.count += 1
        safe = raw.encode("utf-8", "replace").decode().replace("\x00", "\ufffd").rstrip("\r\n")
        if len(self.kept) < MAX_REJECTS:
            self.kept.append(
                Reject(line=line, column=column or None, reason=reason, raw=safe[:MAX_RAW])
            )
        self._waiting.append(LeftOut(line, column, reason, safe))
        if len(self._waiting) >= WRITTEN_AT_ONCE:
            self.close()

    def close(self) -> None:
        """Write what waits."""
        if not self._waiting:
            return
        first = not self.path.exists()
        with self.path.open("a", encoding="utf-8", newline="") as out:
            write = csv.writer(out)
            if first:
                write.writerow(LeftOut._fields)
            write.writerows(self._waiting)
        self._waiting.clear()


def read_rejects(path: Path) -> Iterator[LeftOut]:
    """All rows of a file of rejects, also of one that was written before columns were told."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield LeftOut(int(row["line"]), row.get("column", ""), row["reason"], row["text"])


def merged(rejects: Rejects, others: Iterable[LeftOut], path: Path) -> Rejects:
    """``rejects`` and ``others``, both sorted by line, as one in the file ``path``."""
    known = read_rejects(rejects.path) if rejects.count else ()
    both = Rejects(path)
    for one in heapq.merge(known, others, key=lambda one: one.line):
        both.add(one.line, one.reason, one.text, one.column)
    both.close()
    return both
