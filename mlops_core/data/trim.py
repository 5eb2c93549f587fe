"""Lines above and below a table that a person wants left out. Blank lines do not count."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlops_core.errors import InvalidInput
from mlops_core.i18n import _

TAIL = 1 << 16
CHUNK = 1 << 20


@dataclass(frozen=True)
class Trimmed:
    """A text without those lines.

    Attributes:
        path: The text; the whole one where nothing was left out.
        offset: Lines of the whole text that stand above, blank ones included.
        above: The first line that was left out above, and ``below`` the first one below.
    """

    path: Path
    offset: int = 0
    above: str = ""
    below: str = ""


def trim(text: Path, target: Path, top: int, bottom: int) -> Trimmed:
    """``text`` (UTF-8) without ``top`` lines above and ``bottom`` lines below, as ``target``.

    Raises:
        InvalidInput: nothing would remain.
    """
    if not (top or bottom):
        return Trimmed(text)
    start, offset, above = _above(text, top)
    end, below = _below(text, bottom)
    if start >= end:
        raise InvalidInput(
            _("No line remains between the lines above and below the table."),
            _("Leave out fewer lines."),
            field="skip_top" if top else "skip_bottom",
        )
    with text.open("rb") as file, target.open("wb") as out:
        file.seek(start)
        while file.tell() < end and (chunk := file.read(min(CHUNK, end - file.tell()))):
            out.write(chunk)
    return Trimmed(target, offset, above, below)


def without(sample: str, top: int, bottom: int) -> str:
    """``sample`` without its first ``top`` and its last ``bottom`` lines."""
    lines = io.StringIO(sample, newline="")
    for _line in _filled(lines, top):
        pass
    kept = list(lines)
    while kept and bottom:
        bottom -= bool(kept.pop().strip())
    return "".join(kept)


def _filled(lines: Iterator[str], count: int) -> Iterator[str]:
    """Lines until ``count`` of them were not blank."""
    while count and (line := next(lines, "")):
        count -= bool(line.strip())
        yield line


def _above(text: Path, top: int) -> tuple[int, int, str]:
    """Byte where the table begins, lines above it and the first of them that is not blank."""
    with text.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        lines = list(_filled(file, top))
    size = sum(len(line.encode("utf-8", "surrogateescape")) for line in lines)
    return size, len(lines), _first(line.removeprefix("\ufeff") for line in lines)


def _below(text: Path, bottom: int) -> tuple[int, str]:
    """Byte where the table ends, and the first line below it that is not blank."""
    size = end = text.stat().st_size
    if not bottom:
        return end, ""
    length = TAIL
    while True:
        with text.open("rb") as file:
            file.seek(max(0, size - length))
            lines = file.read().splitlines(keepends=True)
        filled = sum(bool(line.strip()) for line in lines)
        if filled > bottom + 1 or length >= size:
            break
        length *= 4
    taken = []
    while lines and bottom:
        line = lines.pop()
        bottom -= bool(line.strip())
        taken.append(line)
    end -= sum(map(len, taken))
    return end, _first(line.decode("utf-8", "replace") for line in reversed(taken))


def _first(lines: Iterator[str]) -> str:
    return (
        next((line.strip() for line in lines if line.strip()), "")
        .encode("utf-8", "replace")
        .decode()
    )
