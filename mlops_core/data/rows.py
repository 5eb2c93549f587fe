"""From text to a table of text: every row read exactly, or rejected with its line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mlops_core.data.dialect import MARK, Dialect
from mlops_core.data.engine import NARROW, WIDE, Connection, literal, parquet, source
from mlops_core.data.lines import LineNumbers, last_lines, records, whole_lines
from mlops_core.data.rejects import BAD_BYTES, MAX_BELOW, WRITTEN_AT_ONCE, Rejects, read_rejects
from mlops_core.data.slices import GROUP_ROWS, side_by_side, slices, slices_of
from mlops_core.data.structure import Structure, measure
from mlops_core.domain.sentences import Sentence, say
from mlops_core.errors import StoreError
from mlops_core.i18n import N_, _

NOT_BELIEVED = -1  # rows of a table whose slices do not agree


@dataclass(frozen=True)
class Origin:
    """The text that a table was read from; ``careful`` says by which of the two readers."""

    text: Path
    dialect: Dialect
    rejects: Rejects
    careful: bool

    def rows(self) -> Iterator[tuple[int, int, str]]:
        """Each row of the table: its record, counted from 0, its line and its raw text.

        The text is walked once more, which only tables need that leave out rows by their values.
        """
        if self.careful:
            for record, line, _row, reason, raw in _examined(self.text, self.dialect):
                if reason is None:
                    yield record, line + self.rejects.offset, raw
            return
        known = read_rejects(self.rejects.path) if self.rejects.count else iter(())
        rejected = next(known, None)
        for record, (line, raw) in enumerate(whole_lines(self.text, self.dialect.quote)):
            line += self.rejects.offset
            if rejected is not None and rejected.line == line:
                rejected = next(known, None)
            elif record or not self.dialect.header:
                yield record, line, raw


@dataclass(frozen=True)
class TextTable:
    """A table with text columns c0, c1 … in the order of the file.

    Attributes:
        sql: A FROM clause for the text itself.
        copies: Files with its columns, a slice in each; none where the text itself is asked.
        again: Some row says what the header does.
    """

    sql: str
    copies: tuple[Path, ...]
    rows: int
    rejects: Rejects
    origin: Origin
    again: bool

    def of(self, places: Iterable[int]) -> str:
        """A FROM clause with the columns at ``places``, and perhaps with more of them."""
        return side_by_side(self._holding(places)) if self.copies else self.sql

    def numbered(self, places: Iterable[int]) -> str:
        """The same with the numbers of the rows, from 0, as ``row``."""
        if self.copies:
            return side_by_side(self._holding(places), number="row")
        return f"(SELECT *, row_number() OVER () - 1 AS row FROM {self.sql})"  # noqa: S608

    def _holding(self, places: Iterable[int]) -> list[Path]:
        return [self.copies[number] for number in slices_of(places)]


def column_names(width: int) -> list[str]:
    return [f"c{place}" for place in range(width)]


def row_group_size(width: int) -> int:
    """Rows per Parquet row group: about four million cells, so that wide tables fit in memory."""
    most = 4_000_000 // max(1, width) // GROUP_ROWS * GROUP_ROWS
    return max(GROUP_ROWS, min(122_880, most))


def read_rows(
    connection: Connection,
    text: Path,
    folder: Path,
    dialect: Dialect,
    *,
    clean: bool,
    offset: int = 0,
) -> TextTable:
    """The UTF-8 file ``text``, above which ``offset`` lines stood, as a table of text.

    The fast reader is through with a table of few columns before a copy could be written: its text
    is asked itself, as often as need be. A wide one is copied, by columns, into ``folder``.

    That reader is believed only when its rows and rejects add up to the records that were counted
    independently; otherwise the careful one decides row by row.

    Raises:
        StoreError: what the careful one wrote is not what is read from it.
    """
    structure = measure(text, dialect.quote, dialect.width)
    plain = clean and structure.tame and dialect.escape != "\\" and dialect.preamble == 0
    if plain and (not dialect.header or len(dialect.names) == dialect.width):
        table = _read_fast(connection, text, folder, dialect, structure, offset)
        whole = table.rows + table.rejects.count + dialect.header == structure.records
        # What one slice of a very wide table rejects may be in another.
        sliced = dialect.width > WIDE
        if whole and not table.again and not (sliced and table.rejects.count):
            return table
    tidy = folder / "tidy.csv"
    rejects = Rejects(folder / "rejects-careful.csv", offset)
    rows = _tidy(text, tidy, dialect, rejects)
    canonical = replace(
        dialect, delimiter=",", quote='"', escape='"', header=False, skip_space=False
    )
    table = _read_fast(connection, tidy, folder, canonical, measure(tidy, '"', dialect.width))
    if table.rows != rows:
        raise StoreError(
            _("{rows} rows were found, but {read} could be read.").format(
                rows=rows, read=table.rows
            ),
            _("Look for unusual characters in the file, or save it again as CSV."),
        )
    if table.copies:
        tidy.unlink()
    return replace(table, rejects=rejects, origin=Origin(text, dialect, rejects, careful=True))


def _again(dialect: Dialect) -> str:
    """SQL: whether a row says what the header does, as where files were put end to end."""
    if not _tells_rows(dialect):
        return "false"
    others = [
        f"c{place} = {literal(name)}" if name else f"c{place} IS NULL"
        for place, name in enumerate(dialect.names[1:NARROW], 1)
    ]
    # A file may begin with a mark, which then stands in the middle of the whole.
    first = f"(c0 = {literal(dialect.names[0])} OR c0 = {literal(MARK + dialect.names[0])})"
    if not dialect.names[0]:
        first = "c0 IS NULL"
    return " AND ".join([first, *others])


def _tells_rows(dialect: Dialect) -> bool:
    """Whether a row that is like the header is one: of one cell it may be a value."""
    return dialect.header and sum(map(bool, dialect.names)) > 1


def _read_fast(
    connection: Connection,
    text: Path,
    folder: Path,
    dialect: Dialect,
    structure: Structure,
    offset: int = 0,
) -> TextTable:
    rejects = Rejects(folder / f"rejects-{text.name}", offset)
    origin = Origin(text, dialect, rejects, careful=False)
    table = f"read_csv({_told(text, dialect, structure)})"
    watched = f"read_csv({_told(text, dialect, structure)}, store_rejects = true)"
    forget = "DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans"
    connection.execute(forget)
    if dialect.width <= NARROW and not structure.multiline:
        # Every column is counted, or what is wrong with the others would not be noticed.
        cells = ", ".join(f"count({name})" for name in column_names(dialect.width))
        asked = f"SELECT count(*), bool_or({_again(dialect)}), {cells} FROM {watched}"  # noqa: S608
        # All is fetched: what is wrong is known only when the reader has ended.
        ((rows, again, *_counts),) = connection.execute(asked).fetchall()
        (rejected,) = connection.execute("SELECT count(*) FROM reject_errors").fetchone()
        if not rejected:
            _fast_rejects(connection, text, dialect.width, rejects)
            return TextTable(table, (), rows, rejects, origin, bool(again))
        connection.execute(forget)
    copies = _copied(connection, watched, folder, dialect.width)
    counts = {
        connection.execute(f"SELECT count(*) FROM {parquet(copy)}").fetchone()[0]  # noqa: S608
        for copy in copies
    }
    rows = counts.pop() if len(counts) == 1 else NOT_BELIEVED
    asked = f"SELECT bool_or({_again(dialect)}) FROM {parquet(copies[0])}"  # noqa: S608
    (again,) = connection.execute(asked).fetchone()
    _fast_rejects(connection, text, dialect.width, rejects)
    return TextTable(table, copies, rows, rejects, origin, bool(again))


def _copied(connection: Connection, table: str, folder: Path, width: int) -> tuple[Path, ...]:
    """Files in ``folder`` with the columns of ``table``."""
    copies = []
    for part in slices(width):
        copies.append(folder / f"text-{part.start}.parquet")
        columns = ", ".join(f"c{place}" for place in part)
        connection.execute(
            f"COPY (SELECT {columns} FROM {table}) TO {literal(str(copies[-1]))} (FORMAT parquet,"  # noqa: S608
            # To look for repeated values takes longer than to write them.
            f" COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 1, ROW_GROUP_SIZE {row_group_size(width)})"
        )
    return tuple(copies)


def _told(text: Path, dialect: Dialect, structure: Structure) -> str:
    """What the fast reader is told of a file: it has nothing left to guess."""
    types = ", ".join(f"'{name}': 'VARCHAR'" for name in column_names(dialect.width))
    return (
        f"{source(text)}, auto_detect = false, all_varchar = true, ignore_errors = true,"
        f" header = {str(dialect.header).lower()}, columns = {{{types}}},"
        f" delim = {literal(dialect.delimiter)}, quote = {literal(dialect.quote)},"
        " nullstr = [''],"
        f" escape = {literal(dialect.escape)}, new_line = '{structure.newline}',"
        f" max_line_size = {max(structure.longest, 2 << 20)},"
        f" parallel = {str(not structure.multiline).lower()}"
    )


def _fast_rejects(connection: Connection, path: Path, width: int, rejects: Rejects) -> None:
    found = connection.execute(
        "SELECT line_byte_position - 1, max(error_type::VARCHAR), max(csv_line) FROM reject_errors"
        " GROUP BY line_byte_position ORDER BY line_byte_position"
    )
    with LineNumbers(path) as number_of:
        while part := found.fetchmany(WRITTEN_AT_ONCE):
            for position, kind, raw in part:
                below = _below(width) if kind == "MISSING COLUMNS" else None
                text = raw.lstrip("\r\n")  # of blank lines above it
                rejects.add(number_of(position), _fast_reason(kind, width), text, if_last=below)
    rejects.close(last_lines(path, MAX_BELOW))


def _fast_reason(kind: str, width: int) -> Sentence:
    if kind == "MISSING COLUMNS":
        return say(N_("It has fewer cells than the {width} columns."), width=width)
    if kind == "TOO MANY COLUMNS":
        return say(N_("It has more cells than the {width} columns."), width=width)
    if kind == "INVALID ENCODING":
        return say(BAD_BYTES)
    return say(N_("A quotation mark stands where none may be."))


def _tidy(text: Path, target: Path, dialect: Dialect, rejects: Rejects) -> int:
    """Write the rows of ``text`` that can be read into ``target``, in one plain dialect.

    Gives how many these are; the others go to ``rejects``.
    """
    rows = 0
    with target.open("w", encoding="utf-8", newline="") as out:
        write = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow
        for _record, line, row, reason, raw in _examined(text, dialect):
            if reason is None:
                write(row)
                rows += 1
                continue
            narrow = 0 < len(row) < dialect.width
            rejects.add(line, reason, raw, if_last=_below(dialect.width) if narrow else None)
    rejects.close(last_lines(text, MAX_BELOW))
    return rows


def _examined(
    text: Path, dialect: Dialect
) -> Iterator[tuple[int, int, list[str], Sentence | None, str]]:
    """The records below the header: number from 0 on, line, cells, what is wrong, raw text."""
    to_skip = dialect.preamble + dialect.header
    names = list(dialect.names) if _tells_rows(dialect) else None
    with text.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
        for record, (line, row, raw) in enumerate(records(lines, dialect)):
            if isinstance(row, Sentence):
                yield record, line, [], row, raw
            elif to_skip:
                to_skip -= 1
            elif names and [row[0].removeprefix(MARK), *row[1:]] == names:
                yield record, line, row, say(N_("It repeats the names of the columns.")), raw
            else:
                yield record, line, row, _fault(row, dialect.width), raw


def _below(width: int) -> Sentence:
    text = N_("It stands below the table, with fewer cells than its {width} columns.")
    return say(text, width=width)


def _fault(row: list[str], width: int) -> Sentence | None:
    """Why ``row`` cannot be used, or nothing."""
    if len(row) < width:
        text = N_("It has {cells} cells, fewer than the {width} columns.")
        return say(text, cells=len(row), width=width)
    if len(row) > width:
        text = N_("It has {cells} cells, more than the {width} columns.")
        return say(text, cells=len(row), width=width)
    whole = "".join(row)
    if "\x00" in whole:
        return say(N_("It holds a zero byte."))
    try:
        whole.encode("utf-8")
    except UnicodeEncodeError:
        return say(BAD_BYTES)
    return None
