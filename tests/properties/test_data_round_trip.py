"""Any table, written in any dialect and encoding, is read back identical."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_core.data import words
from mlops_core.data.read import ImportedTable, import_file, preview
from mlops_core.data.table import export
from mlops_core.domain.columns import ReadOptions

KOREAN = "가나다라마바사아자차카타파하홍길동서울부산"
MARKS = " ,;|\t\"'\n\r\\#.-%=@"
LATIN = "abcXYZ0189"
# The writer of the standard library leaves a line end unquoted that is not its own.
STYLES = (
    ("\r\n", csv.QUOTE_MINIMAL),
    ("\r\n", csv.QUOTE_ALL),
    ("\n", csv.QUOTE_ALL),
    ("\r", csv.QUOTE_ALL),
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp949")

Cell = int | float | bool | str | dt.date | None


@dataclass(frozen=True)
class Table:
    names: list[str]
    columns: list[list[Cell]]


def _words(first: str) -> st.SearchStrategy[list[Cell]]:
    """Text that cannot be taken for anything else, because its first cell cannot."""
    cell = st.text(KOREAN + MARKS + LATIN, max_size=12)
    return st.lists(cell, min_size=3, max_size=8).map(lambda cells: [first, *cells])


def _column() -> st.SearchStrategy[list[Cell]]:
    integer = st.integers(-(2**63), 2**63 - 1)
    # More than 15 digits before the mark stay text, because a float could lose some of them.
    number = st.floats(min_value=-999_999_999_999_999, max_value=999_999_999_999_999)
    date = st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31))
    typed = [
        st.lists(integer | st.none(), min_size=3, max_size=8).map(lambda cells: [-1, *cells]),
        st.lists(number | st.none(), min_size=3, max_size=8).map(lambda cells: [0.5, *cells]),
        st.lists(date | st.none(), min_size=3, max_size=8).map(lambda c: [dt.date(2026, 1, 2), *c]),
        st.lists(st.booleans() | st.none(), min_size=3, max_size=8).map(lambda c: [True, *c]),
    ]
    return st.one_of(_words("가을 word"), _words("이름"), *typed)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    columns = draw(st.lists(_column(), min_size=1, max_size=5))
    shortest = min(map(len, columns))
    name = st.text(KOREAN + LATIN + " _,;", min_size=1, max_size=8).filter(str.strip)
    names = draw(
        st.lists(
            name.map(lambda text: "열" + text),
            min_size=len(columns),
            max_size=len(columns),
            unique_by=str.casefold,
        )
    )
    return Table(names, [column[:shortest] for column in columns])


def _written(cell: Cell) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    return "" if cell is None else repr(cell) if isinstance(cell, float) else str(cell)


def _expected(cell: Cell) -> Cell:
    if isinstance(cell, str) and cell.strip(words.BLANKS) in words.MISSING:
        return None
    return cell


def _text(table: Table, delimiter: str, quote: str, newline: str, quoting: int) -> str:
    out = io.StringIO()
    writer = csv.writer(
        out, delimiter=delimiter, quotechar=quote, lineterminator=newline, quoting=quoting
    )
    writer.writerow(table.names)
    for row in zip(*table.columns, strict=True):
        writer.writerow([_written(cell) for cell in row])
    return out.getvalue()


def _read_back(content: bytes, options: ReadOptions) -> tuple[list[str], list[tuple[Cell, ...]]]:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.csv"
        source.write_bytes(content)
        table = import_file(source, Path(folder) / "out", options=options)
        assert table.report.reject_count == 0
        originals = [column.original for column in table.columns]
        rows = list(preview(table.table_path, 0, 100).rows)
        assert _taken_away(table, Path(folder)) == (rows, rows)
        return originals, rows


def _taken_away(table: ImportedTable, folder: Path) -> tuple[list[tuple[Cell, ...]], ...]:
    """The rows of an exported CSV file, read again, and those of an exported Parquet file."""
    for ending in ("csv", "parquet"):
        export(table.table_path, table.columns, folder / f"out.{ending}")
    known = ReadOptions(encoding="utf-8", delimiter=",", quote='"', header=True, decimal=".")
    again = import_file(folder / "out.csv", folder / "again", options=known)
    assert [column.name for column in again.columns] == [column.name for column in table.columns]
    return tuple(
        list(preview(path, 0, 100).rows) for path in (again.table_path, folder / "out.parquet")
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    table=tables(),
    encoding=st.sampled_from(ENCODINGS),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    quote=st.sampled_from(['"', "'"]),
    style=st.sampled_from(STYLES),
)
def test_a_table_in_a_known_dialect_is_read_back_identical(
    table: Table, encoding: str, delimiter: str, quote: str, style: tuple[str, int]
) -> None:
    text = _text(table, delimiter, quote, *style)
    plain = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)
    options = ReadOptions(
        encoding=plain, delimiter=delimiter, quote=quote, header=True, decimal="."
    )
    names, rows = _read_back(text.encode(encoding), options)
    assert names == table.names
    assert rows == [tuple(map(_expected, row)) for row in zip(*table.columns, strict=True)]


SIMPLE = st.text(KOREAN + LATIN + " ", min_size=2, max_size=12).filter(
    lambda text: text.strip(words.BLANKS) == text and any(char in KOREAN for char in text)
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.lists(
        st.tuples(SIMPLE, st.integers(0, 10**6), SIMPLE, st.floats(0.25, 1e6)),
        min_size=5,
        max_size=20,
    ),
    encoding=st.sampled_from(ENCODINGS),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    newline=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_an_everyday_table_is_read_back_identical_without_a_word_about_its_dialect(
    rows: list[tuple[str, int, str, float]],
    encoding: str,
    delimiter: str,
    newline: str,
    quoting: int,
) -> None:
    columns: list[list[Cell]] = [list(column) for column in zip(*rows, strict=True)]
    columns[3][0] = 0.5  # at least one that is no whole number
    table = Table(["이름", "나이", "사는 도시", "월 소득"], columns)
    text = _text(table, delimiter, '"', newline, quoting)
    names, read = _read_back(text.encode(encoding), ReadOptions())
    assert names == table.names
    assert read == list(zip(*columns, strict=True))
