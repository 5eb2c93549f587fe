"""From text to a table of text: every row read exactly, or rejected with its line."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from mlops_core.data import words
from mlops_core.data.dialect import Dialect
from mlops_core.data.engine import Connection, literal, parquet, source
from mlops_core.data.structure import Structure, measure
from mlops_core.domain.columns import Reject
from mlops_core.i18n import _

MAX_REJECTS = 100
WRITTEN_AT_ONCE = 1000
MAX_RAW = 500
# A faulty record of more lines than this is a stray quote that swallowed its neighbours.
MAX_FAULTY_LINES = 50
MAX_RECORD_LINES = 10_000
CHUNK = 1 << 20


@dataclass
class Rejects:
    """Rows that could not be read: the first hundred kept here, all of them in the file ``path``.

    The file is CSV with line, reason and the raw text; it is there once something was rejected and
    ``close`` was called.
    """

    path: Path
    count: int = 0
    kept: list[Reject] = field(default_factory=list)
    _waiting: list[tuple[int, str, str]] = field(default_factory=list)

    def add(self, line: int, reason: str, raw: str) -> None:
        self.count += 1
        safe = raw.encode("utf-8", "replace").decode().replace("\x00", "\ufffd").rstrip("\r\n")
        if len(self.kept) < MAX_REJECTS:
            self.kept.append(Reject(line=line, reason=reason, raw=safe[:MAX_RAW]))
        self._waiting.append((line, reason, safe))
        if len(self._waiting) >= WRITTEN_AT_ONCE:
            self.close()

    def close(self) -> None:
        """Write what waits."""
        if not self._waiting:
            return
        first = not self.path.exists()
        with self.path.open("a", encoding="utf-8", newline="") as out:
            write = csv.writer(out)
            if first:
                write.writerow(("line", "reason", "text"))
            write.writerows(self._waiting)
        self._waiting.clear()


@dataclass(frozen=True)
class TextTable:
    """``path``: a Parquet file with text columns c0, c1 … in the order of the file."""

    path: Path
    rows: int
    rejects: Rejects


def column_names(width: int) -> list[str]:
    return [f"c{place}" for place in range(width)]


def row_group_size(width: int) -> int:
    """Rows per Parquet row group: about four million cells, so that wide tables fit in memory."""
    return max(2048, min(122_880, 4_000_000 // max(1, width) // 2048 * 2048))


def read_rows(
    connection: Connection, text: Path, folder: Path, dialect: Dialect, *, clean: bool
) -> TextTable:
    """Read the UTF-8 file ``text`` into ``folder/text.parquet``.

    The fast reader is believed only when its rows and rejects add up to the records that were
    counted independently; otherwise the careful one decides row by row.
    """
    target = folder / "text.parquet"
    structure = measure(text, dialect.quote, dialect.width)
    plain = clean and structure.tame and dialect.escape != "\\" and dialect.preamble == 0
    if plain and (not dialect.header or len(dialect.names) == dialect.width):
        table = _read_fast(connection, text, target, dialect, structure)
        if table.rows + table.rejects.count + dialect.header == structure.records:
            return table
    tidy = folder / "tidy.csv"
    rejects = _tidy(text, tidy, dialect, folder / "rejects-careful.csv")
    canonical = replace(
        dialect, delimiter=",", quote='"', escape='"', header=False, skip_space=False
    )
    table = _read_fast(connection, tidy, target, canonical, measure(tidy, '"', dialect.width))
    tidy.unlink()
    return TextTable(table.path, table.rows, rejects)


def _read_fast(
    connection: Connection, text: Path, target: Path, dialect: Dialect, structure: Structure
) -> TextTable:
    names = column_names(dialect.width)
    types = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    connection.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
    connection.execute(
        f"COPY (SELECT * FROM read_csv({source(text)}, auto_detect = false, all_varchar = true,"  # noqa: S608
        f" header = {str(dialect.header).lower()}, columns = {{{types}}},"
        f" delim = {literal(dialect.delimiter)}, quote = {literal(dialect.quote)},"
        f" nullstr = [{', '.join(map(literal, sorted(words.MISSING)))}],"
        f" escape = {literal(dialect.escape)}, new_line = '{structure.newline}',"
        f" max_line_size = {max(structure.longest, 2 << 20)}, store_rejects = true,"
        f" parallel = {str(not structure.multiline).lower()}))"
        f" TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd,"
        f" ROW_GROUP_SIZE {row_group_size(dialect.width)})"
    )
    rejected = target.with_name(f"rejects-{text.name}")
    (rows,) = connection.execute(f"SELECT count(*) FROM {parquet(target)}").fetchone()  # noqa: S608
    return TextTable(target, rows, _fast_rejects(connection, text, dialect.width, rejected))


def _fast_rejects(connection: Connection, text: Path, width: int, rejected: Path) -> Rejects:
    rejects = Rejects(rejected)
    found = connection.execute(
        "SELECT line_byte_position - 1, max(error_type::VARCHAR), max(csv_line) FROM reject_errors"
        " GROUP BY line_byte_position ORDER BY line_byte_position"
    )
    with _LineNumbers(text) as number_of:
        while part := found.fetchmany(WRITTEN_AT_ONCE):
            for position, kind, raw in part:
                rejects.add(number_of(position), _fast_reason(kind, width), raw)
    rejects.close()
    return rejects


def _fast_reason(kind: str, width: int) -> str:
    if kind == "MISSING COLUMNS":
        return _("It has fewer cells than the {width} columns.").format(width=width)
    if kind == "TOO MANY COLUMNS":
        return _("It has more cells than the {width} columns.").format(width=width)
    if kind == "INVALID ENCODING":
        return _("It holds bytes that do not belong to the encoding.")
    return _("A quotation mark stands where none may be.")


class _LineNumbers:
    """The line of each byte position, counted from 1; positions are asked for in order."""

    def __init__(self, text: Path) -> None:
        self._file = text.open("rb")
        self._chunk, self._start = b"", 0  # what is looked at, and where that begins in the file
        self._line, self._seen = 1, 0  # the line that byte ``_seen`` of it stands in

    def __enter__(self) -> Callable[[int], int]:
        return self._number_of

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def _number_of(self, position: int) -> int:
        while position >= self._start + len(self._chunk):
            self._look(len(self._chunk))
            self._start += len(self._chunk)
            self._chunk, self._seen = self._file.read(CHUNK), 0
            if not self._chunk:
                return self._line
        self._look(position - self._start)
        return self._line

    def _look(self, end: int) -> None:
        self._line += self._chunk.count(b"\n", self._seen, end)
        self._seen = end


def _tidy(text: Path, target: Path, dialect: Dialect, rejected: Path) -> Rejects:
    """Write the rows of ``text`` that can be read into ``target``, in one plain dialect."""
    rejects = Rejects(rejected)
    to_skip = dialect.preamble + dialect.header
    with (
        text.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        write = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow
        for line, row, raw in _records(lines, dialect):
            if isinstance(row, str):
                rejects.add(line, row, raw)
            elif to_skip:
                to_skip -= 1
            elif reason := _fault(row, dialect.width):
                rejects.add(line, reason, raw)
            else:
                write(row)
    rejects.close()
    return rejects


def _fault(row: list[str], width: int) -> str:
    """Why ``row`` cannot be used, or nothing."""
    if len(row) < width:
        return _("It has {cells} cells, fewer than the {width} columns.").format(
            cells=len(row), width=width
        )
    if len(row) > width:
        return _("It has {cells} cells, more than the {width} columns.").format(
            cells=len(row), width=width
        )
    whole = "".join(row)
    if "\x00" in whole:
        return _("It holds a zero byte.")
    try:
        whole.encode("utf-8")
    except UnicodeEncodeError:
        return _("It holds bytes that do not belong to the encoding.")
    return ""


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


def _records(lines: Iterator[str], dialect: Dialect) -> Iterator[tuple[int, list[str] | str, str]]:
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
            yield first, _("A quotation mark stands where none may be, or is never closed."), raw
