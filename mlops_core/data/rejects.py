"""Rows that are left out of a table: where each stands, why, and what it says."""

from __future__ import annotations

import csv
import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from mlops_core.domain.columns import Reject
from mlops_core.domain.sentences import Sentence, say
from mlops_core.i18n import N_

MAX_REJECTS = 100
MAX_RAW = 500
WRITTEN_AT_ONCE = 1000
MAX_BELOW = 20  # lines below a table
BAD_BYTES = N_("It holds bytes that do not belong to the encoding.")


class LeftOut(NamedTuple):
    """A row that is left out; ``column`` is set where one cell of it is the reason.

    The file of rejects holds the reason in the language of who imports; ``said`` is not in it.
    """

    line: int
    column: str
    reason: str
    text: str
    said: Sentence | None = None


@dataclass
class Rejects:
    """Rows that could not be read: the first hundred kept here, all of them in the file ``path``.

    The file is CSV with line, column, reason and the raw text, sorted by line; it is there once
    something was rejected and ``close`` was called. ``offset`` is added to every line. ``below``
    are the rows at the very end of the file that stand below its table.
    """

    path: Path
    offset: int = 0
    count: int = 0
    kept: list[Reject] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    _waiting: list[tuple[LeftOut, Sentence | None]] = field(default_factory=list)

    def add(
        self,
        line: int,
        reason: Sentence,
        raw: str,
        column: str = "",
        if_last: Sentence | None = None,
    ) -> None:
        """Take a row; ``if_last`` is the reason where it is one of the last lines of the file."""
        self.count += 1
        safe = raw.encode("utf-8", "replace").decode().replace("\x00", "\ufffd").rstrip("\r\n")
        one = LeftOut(line + self.offset, column, str(reason), safe, reason)
        self._waiting.append((one, if_last))
        if len(self._waiting) >= WRITTEN_AT_ONCE + MAX_BELOW:
            self._write(WRITTEN_AT_ONCE)

    def close(self, last_lines: Sequence[str] = ()) -> None:
        """Write what waits; ``last_lines`` are those of the file that are not blank."""
        for place, text in zip(
            reversed(range(len(self._waiting))), reversed(last_lines), strict=False
        ):
            one, if_last = self._waiting[place]
            if not if_last or one.text != text:
                break
            self._waiting[place] = (one._replace(reason=str(if_last), said=if_last), None)
            self.below.insert(0, one.text)
        self._write(len(self._waiting))

    def _write(self, count: int) -> None:
        ready = [one for one, _if_last in self._waiting[:count]]
        del self._waiting[:count]
        if not ready:
            return
        self.kept += [
            Reject(
                line=one.line,
                column=one.column or None,
                reason=one.reason,
                raw=one.text[:MAX_RAW],
                said=one.said,
            )
            for one in ready[: MAX_REJECTS - len(self.kept)]
        ]
        first = not self.path.exists()
        with self.path.open("a", encoding="utf-8", newline="") as out:
            write = csv.writer(out)
            if first:
                write.writerow(LeftOut._fields[:4])
            write.writerows(one[:4] for one in ready)


def read_rejects(path: Path) -> Iterator[LeftOut]:
    """All rows of a file of rejects, also of one that was written before columns were told."""
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield LeftOut(int(row["line"]), row.get("column", ""), row["reason"], row["text"])


def merged(rejects: Rejects, others: Iterable[LeftOut], path: Path) -> Rejects:
    """``rejects`` and ``others``, both sorted by line, as one in the file ``path``."""
    known = read_rejects(rejects.path) if rejects.count else ()
    said = {one.line: one.said for one in rejects.kept if one.said is not None}
    both = Rejects(path, below=rejects.below)
    for one in heapq.merge(known, others, key=lambda one: one.line):
        # Of those that are not kept, the sentence is needed no more.
        reason = one.said or said.get(one.line) or say("{reason}", reason=one.reason)
        both.add(one.line, reason, one.text, one.column)
    both.close()
    return both
