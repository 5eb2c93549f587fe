"""The records of a text with the lines that they begin on."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

from mlops_core.data.dialect import Dialect
from mlops_core.domain.sentences import Sentence, say
from mlops_core.i18n import N_

# A faulty record of more lines than this is a stray quote that swallowed its neighbours.
MAX_FAULTY_LINES = 50
MAX_RECORD_LINES = 10_000
CHUNK = 1 << 20
TAIL = 1 << 16
_MISPLACED = N_("A quotation mark stands where none may be, or is never closed.")


class LineNumbers:
    """The line of the record at each byte position, counted from 1, asked for in order.

    Blank lines between the position and the record are passed over.
    """

    def __init__(self, text: Path) -> None:
        self._file = text.open("rb")
        self._chunk, self._start = b"", 0  # what is looked at, and where that begins in the file
        self._line, self._seen = 1, 0  # the line that byte ``_seen`` of it stands in

    def __enter__(self) -> Callable[[int], int]:
        return self._number_of

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def _number_of(self, position: int) -> int:
        while True:
            while position >= self._start + len(self._chunk):
                self._look(len(self._chunk))
                self._start += len(self._chunk)
                self._chunk, self._seen = self._file.read(CHUNK), 0
                if not self._chunk:
                    return self._line
            self._look(position - self._start)
            if self._chunk[self._seen] not in b"\r\n":
                return self._line
            position += 1

    def _look(self, end: int) -> None:
        self._line += self._chunk.count(b"\n", self._seen, end)
        self._seen = end


class _Lines:
    """The lines of a file with their numbers; lines that were taken can be given back."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: list[str] = []
        self.taken: list[str] = []
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else next(self._lines)
        self.number += 1
        self.taken.append(line)
        if len(self.taken) > MAX_RECORD_LINES:
            raise csv.Error
        return line

    def give_back(self) -> None:
        """All but the first of the taken lines will come again."""
        self.number -= len(self.taken) - 1
        self._again.extend(reversed(self.taken[1:]))
        del self.taken[1:]


def records(
    lines: Iterator[str], dialect: Dialect
) -> Iterator[tuple[int, list[str] | Sentence, str]]:
    """Line number, and the row or the reason why there is none, with its raw text."""
    numbered = _Lines(lines)
    while True:
        reader = dialect.reader(numbered)
        try:
            while True:
                numbered.taken.clear()
                row = next(reader)
                if row:
                    first = numbered.number - len(numbered.taken) + 1
                    yield first, row, "".join(numbered.taken)
        except StopIteration:
            return
        except csv.Error:
            if len(numbered.taken) > MAX_FAULTY_LINES:
                numbered.give_back()
            first = numbered.number - len(numbered.taken) + 1
            raw = "".join(numbered.taken)
            yield first, say(_MISPLACED), raw


def whole_lines(path: Path, quote: str) -> Iterator[tuple[int, str]]:
    """Line number and raw text of the records of a tame file (see ``structure``), the fast way."""
    mark = quote.encode()
    with path.open("rb") as file:
        held: list[bytes] = []
        open_quote = False
        for number, line in enumerate(file, 1):
            if not held and line in (b"\n", b"\r\n"):
                continue
            if mark and line.count(mark) % 2:
                open_quote = not open_quote
            held.append(line)
            if not open_quote:
                raw = b"".join(held).decode("utf-8", "replace")
                yield number - len(held) + 1, raw.removeprefix("\ufeff") if number == 1 else raw
                held.clear()


def last_lines(path: Path, count: int) -> list[str]:
    """The last lines of a UTF-8 text that are not empty, in their order."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, io.SEEK_END) - TAIL))
        lines = [line for line in file.read().splitlines() if line]
    return [line.decode("utf-8", "replace") for line in lines[-count:]]
