"""A table as a CSV that a spreadsheet opens without running anything in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from ui.tables import csv_text


def to_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """UTF-8 with a byte order mark, which spreadsheets need to read names that are not English.

    Numbers stay numbers; every other cell is neutralised by ``csv_text``.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([csv_text(name) for name in header])
    for row in rows:
        writer.writerow([cell if isinstance(cell, int | float) else csv_text(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")
