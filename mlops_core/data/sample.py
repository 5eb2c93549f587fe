"""The beginning of a text, long enough to tell how the rest is cut."""

from __future__ import annotations

from pathlib import Path

SAMPLE = 1 << 19
MOST = 1 << 24  # of a file whose first cells are as large


def read_sample(path: Path, encoding: str = "utf-8") -> tuple[str, bool]:
    """Whole lines from the beginning of ``path``, and whether more follow.

    More is read where the first line, or a cell in quotes, does not end in the usual half megabyte.
    """
    size = SAMPLE
    while True:
        with path.open("rb") as file:
            data = file.read(size)
        text = data.decode(encoding, "replace").removeprefix("\ufeff")
        cut_off = len(data) == size
        lines = _whole_lines(text) if cut_off else text
        if not cut_off or size >= MOST or not _is_within_a_cell(lines):
            return lines, cut_off
        size *= 4


def _whole_lines(text: str) -> str:
    """``text`` without its last line, which was cut off in the middle."""
    end = max(text.rfind("\n"), text.rfind("\r"))
    return text[: end + 1] if end > 0 else text


def _is_within_a_cell(text: str) -> bool:
    """Whether ``text`` holds less than two lines, or a quote that was not closed."""
    ends = text.count("\n") or text.count("\r")
    return ends < 2 or text.count('"') % 2 == 1
