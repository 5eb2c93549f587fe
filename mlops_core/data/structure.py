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
        self.multiline = False
        self.blank = 0
        self.zeros = False
        self.last = b"\n"
        self.gap = self.longest_gap = 0

    def feed(self, chunk: bytes) -> None:
        # Looking for one byte is ten times faster than for two, so that is done first.
        self.zeros = self.zeros or _CRLF in chunk
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", _CRLF)
        bounded = self.last + chunk
        double = _TWO.search(bounded) or (_CRLF in bounded and _CRLF * 2 in bounded)
        if double or b"\r" in chunk:
            self.blank += len(_BLANK.findall(bounded))
        self.last = chunk[-1:]
        marks = self._outside(chunk)
        before = sum(self.ends.values())
        for end in self.ends:
            if end in marks:
                self.ends[end] += marks.count(end)
        self.gap = 0 if sum(self.ends.values()) > before else self.gap + 1
        self.longest_gap = max(self.longest_gap, self.gap)

    def _outside(self, chunk: bytes) -> bytes:
        """The line ends of ``chunk`` that stand outside quotes, possibly among other bytes."""
        quotes = chunk.count(self.quote) if self.quote and self.quote in chunk else 0
        self.quotes += quotes
        if self.quoted is None or not (quotes or self.inside):
            return chunk
        marks = chunk.translate(None, self.noise)
        total = len(marks) - quotes
        if self.inside:
            marks = self.quote + marks
        outside, opened, _rest = self.quoted.sub(b"", marks).partition(self.quote)
        self.inside = bool(opened)
        self.multiline = self.multiline or len(outside) != total
        return outside


_TWO = re.compile(rb"\n\n")  # twice as fast as the search for a constant
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
        multiline=counter.multiline,
        longest=(counter.longest_gap + 2) * CHUNK,
    )
