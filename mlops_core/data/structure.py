"""An independent count of the records in a text file, to check the fast reader against.

The fast reader is right for files that follow the rules and loses rows in silence for some that do
not (a quote that is never closed ends the table). So records are counted here by another method,
bytes alone, and what does not add up is read by the careful tokenizer instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1 << 20
_CRLF = b"\x00"  # stands for a line end of two bytes; a file that holds real zeros is not tame


@dataclass(frozen=True)
class Structure:
    """What the bytes say about the lines of a file.

    Attributes:
        tame: One kind of line end, quotes that pair, no zero bytes: the fast reader may try.
        records: Lines outside quotes that are not blank, the header included.
        newline: The line end.
        multiline: There are line ends inside quotes.
        longest: Upper bound for the length of one record, in bytes.
    """

    tame: bool
    records: int
    newline: str
    multiline: bool
    longest: int


class _Counter:
    def __init__(self, quote: bytes) -> None:
        self.quote = quote
        keep = b"\n\r" + _CRLF + quote
        self.noise = bytes(byte for byte in range(256) if byte not in keep)
        self.quoted = re.compile(quote + b"[^" + quote + b"]*" + quote) if quote else None
        self.inside = False
        self.quotes = 0
        self.ends = {b"\n": 0, _CRLF: 0, b"\r": 0}
        self.total_ends = 0
        self.blank = 0
        self.zeros = False
        self.last = b"\n"
        self.gap = self.longest_gap = 0

    def feed(self, chunk: bytes) -> None:
        self.zeros = self.zeros or _CRLF in chunk
        chunk = chunk.replace(b"\r\n", _CRLF)
        if self.quote:
            self.quotes += chunk.count(self.quote)
        self.blank += len(_BLANK.findall(self.last + chunk))
        self.last = chunk[-1:]
        marks = chunk.translate(None, self.noise)
        self.total_ends += len(marks) - (marks.count(self.quote) if self.quote else 0)
        if self.quoted is not None:
            if self.inside:
                marks = self.quote + marks
            marks = self.quoted.sub(b"", marks)
            marks, opened, _rest = marks.partition(self.quote)
            self.inside = bool(opened)
        for end in self.ends:
            self.ends[end] += marks.count(end)
        self.gap = 0 if marks else self.gap + 1
        self.longest_gap = max(self.longest_gap, self.gap)


_BLANK = re.compile(rb"(?<=[\n\r\x00])[\n\r\x00]")


def measure(path: Path, quote: str, width: int) -> Structure:
    """Count the records of the UTF-8 file ``path`` whose cells may stand in ``quote``."""
    counter = _Counter(quote.encode())
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if chunk.endswith(b"\r"):  # never part a line end of two bytes
                chunk += file.read(1)
            counter.feed(chunk)
    outside = sum(counter.ends.values())
    kinds = [end for end, count in counter.ends.items() if count]
    # Blank lines inside quotes look the same to the counter, so with both it does not know.
    countable = not counter.blank or (not counter.quotes and width > 1)
    tame = (
        countable
        and len(kinds) <= 1
        and not counter.ends[b"\r"]
        and not counter.inside
        and not counter.zeros
    )
    unfinished = counter.last not in (b"\n", b"\r", _CRLF)
    return Structure(
        tame=tame,
        records=outside - counter.blank + unfinished,
        newline="\\r\\n" if kinds == [_CRLF] else "\\n",
        multiline=counter.total_ends != outside,
        longest=(counter.longest_gap + 2) * CHUNK,
    )
