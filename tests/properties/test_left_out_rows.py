"""Rows and rejects add up, whatever is odd; what stays is what stood there."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_core.data.read import import_file, preview

ROWS = 420


@dataclass(frozen=True)
class Written:
    """A text, the rows that are to stay, and the lines that the others begin on."""

    text: str
    rows: list[tuple[int, str]]
    lines: list[int]


@st.composite
def files(draw: st.DrawFn) -> Written:
    """Numbers beside texts, with a few words among the numbers, short rows and blank lines."""
    places = st.integers(0, ROWS - 1)
    slips = draw(st.dictionaries(places, st.sampled_from(["abc", "n v", "가", "12x"]), max_size=2))
    short = draw(st.sets(places, max_size=5)) - set(slips)
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    title = draw(st.sampled_from(["", f"Numbers{newline}", f"Numbers{newline}{newline}"]))
    folded = draw(st.sets(places, max_size=3)) - short
    blank = draw(st.sets(places, max_size=3))
    text, line = title + f"n,w{newline}", title.count(newline) + 2
    rows, lines = [], []
    for row in range(ROWS):
        if row in blank:
            text, line = text + newline, line + 1
        word = f"w{row}{newline}{newline}x" if row in folded else f"w{row}"
        cell = slips.get(row, str(row * 7))
        if row in short or row in slips:
            lines.append(line)
        else:
            rows.append((row * 7, word))
        written = (
            cell if row in short else f'{cell},"{word}"' if row in folded else f"{cell},{word}"
        )
        text, line = text + written + newline, line + 1 + 2 * (row in folded and row not in short)
    return Written(text, rows, lines)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(written=files(), encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp949"]))
def test_rows_and_rejects_are_the_rows_of_the_file(written: Written, encoding: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in.csv").write_bytes(written.text.encode(encoding))
        table = import_file(folder / "in.csv", folder / "out")
        lines = []
        if table.report.reject_count:
            with (folder / "out" / "rejects.csv").open(encoding="utf-8", newline="") as file:
                lines = [int(row["line"]) for row in csv.DictReader(file)]
        assert lines == written.lines
        assert list(preview(table.table_path, 0, ROWS).rows) == written.rows
        assert table.rows + table.report.reject_count == ROWS
