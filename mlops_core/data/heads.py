"""The first rows of a file, whatever it came in, and how it would be read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from mlops_core.data import encoding
from mlops_core.data.dialect import cut, sniff
from mlops_core.data.formats import convert, is_text, unpacked
from mlops_core.data.markup import refuse_markup
from mlops_core.data.names import distinct_names
from mlops_core.data.report import first_report
from mlops_core.data.sample import read_sample
from mlops_core.data.trim import without
from mlops_core.data.workbooks import sheet_names
from mlops_core.domain.columns import ReadOptions, ReadReport
from mlops_core.domain.sentences import Sentence

HEAD_ROWS = 20


@dataclass(frozen=True, kw_only=True)
class Head:
    """How a file would be read, and its first rows as text.

    ``sheets`` are those of a workbook.
    """

    report: ReadReport
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sheets: tuple[str, ...] = ()


def sniff_head(source: Path, options: ReadOptions | None = None) -> Head:
    """Look at the first megabyte of the text ``source`` and say how it would be read.

    Raises:
        InvalidInput: it is empty or no text table.
    """
    options = options or ReadOptions()
    facts = encoding.scan(source, options.encoding, limit=1)
    text, more = read_sample(source, facts.encoding)
    bottom = 0 if more else options.skip_bottom or 0
    sample = without(text, options.skip_top or 0, bottom)
    refuse_markup(sample)
    dialect = sniff(sample, options)
    rows, _faults = cut(sample, dialect)
    start = dialect.preamble + dialect.header
    body = (tuple(row) for row in rows[start:] if len(row) == dialect.width)
    return Head(
        report=first_report(facts.encoding, dialect),
        columns=tuple(distinct_names(dialect.names, dialect.width)),
        rows=tuple(islice(body, HEAD_ROWS)),
    )


def look_into(source: Path, work: Path, options: ReadOptions | None, max_bytes: int) -> Head:
    """The same for a file of any format; what has to be unpacked is, into the folder ``work``.

    Raises:
        InvalidInput: it is damaged, protected, too large, or holds no single table.
    """
    options = options or ReadOptions()
    path, notes = unpacked(source, work, max_bytes)
    if is_text(path):
        return _noted(sniff_head(path, options), notes)
    opened = convert(path, work / "converted.csv", options, most=HEAD_ROWS * 10)
    head = sniff_head(opened.path, opened.options)
    report = head.report.model_copy(update={"format": opened.format, "sheet": opened.sheet})
    found = replace(head, report=report, sheets=sheet_names(path))
    return _noted(found, [*notes, *opened.notes])


def _noted(head: Head, notes: list[Sentence]) -> Head:
    report = head.report.model_copy(update={"notes": (*notes, *head.report.notes)})
    return replace(head, report=report)
