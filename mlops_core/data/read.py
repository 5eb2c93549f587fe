"""Reading a CSV file of any size into a typed table, with every decision on record.

One pass over the bytes decides what they are, a sample decides how the text is cut, the embedded
engine reads everything as text, and only then are columns converted, each only if all of its values
convert. Memory stays within ``memory_mb`` whatever the size of the file.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from mlops_core.data import encoding
from mlops_core.data.checks import check
from mlops_core.data.decide import decide
from mlops_core.data.decision import Decision
from mlops_core.data.dialect import Dialect, sniff
from mlops_core.data.engine import Connection, connect, failure, limit_threads
from mlops_core.data.formats import Opened, open_table
from mlops_core.data.leave_out import leave_out
from mlops_core.data.markup import refuse_markup
from mlops_core.data.names import distinct_names
from mlops_core.data.profile import profile
from mlops_core.data.progress import Steps, Tell
from mlops_core.data.rejects import Rejects
from mlops_core.data.report import fingerprint, first_report, of_columns, of_table, of_text
from mlops_core.data.roles import suggest
from mlops_core.data.rows import TextTable, read_rows
from mlops_core.data.sample import read_sample
from mlops_core.data.table import TablePage, preview
from mlops_core.data.trim import trim
from mlops_core.data.writing import write_typed
from mlops_core.domain.columns import Column, ColumnRole, ReadDecision, ReadOptions, ReadReport
from mlops_core.domain.findings import Finding
from mlops_core.errors import InvalidInput, StoreError
from mlops_core.i18n import _

__all__ = ["ImportedTable", "TablePage", "import_file", "preview"]

REJECTS_FILE = "rejects.csv"


@dataclass(frozen=True, kw_only=True)
class ImportedTable:
    """A table that was read: where it lies and all that is known of it.

    ``fingerprint`` is the SHA-256 (hex) over the digest of the file and all decisions taken in
    reading it: the same file read the same way has the same fingerprint.
    """

    table_path: Path
    rows: int
    columns: tuple[Column, ...]
    report: ReadReport
    fingerprint: str
    findings: tuple[Finding, ...]


def import_file(
    source: Path,
    folder: Path,
    *,
    options: ReadOptions | None = None,
    memory_mb: int = 512,
    max_bytes: int = 20 << 30,
    original_name: str | None = None,
    tell: Tell | None = None,
    checked: bool = True,
) -> ImportedTable:
    """Read ``source`` into ``folder/table.parquet`` and say what was understood.

    Args:
        source: A file with a table in it: text, a workbook, Parquet, JSON lines, or an archive of
            one of them; never changed.
        folder: Where the table goes; made if it is not there.
        options: What to do differently from what would be found out.
        memory_mb: Most memory of the engine, in MB.
        max_bytes: The largest that an archive may become.
        original_name: Name of the file for messages, where ``source`` has another one.
        tell: Called now and then with what is being done and how far it is.
        checked: Look for findings; else there are none.

    Raises:
        InvalidInput: it is not such a file, or it holds no rows.
        StoreError: the disk is full, or the memory was not enough.
    """
    options, steps = options or ReadOptions(), Steps(tell)
    folder.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".import-", dir=folder))
    name = original_name or source.name
    try:
        before = _stamp(source)
        with connect(memory_mb, spill=work / "spill", within=steps.within) as connection:
            steps.begin("unpacking")
            opened = open_table(source, work, options, max_bytes)
            cut = _cut(connection, opened, options, work, steps)
            written = _write(connection, opened, cut, work, steps)
        # Only now, when the connection has given back what it held.
        table = _known(written, opened, cut, folder, work, memory_mb, steps)
        if _stamp(source) != before:  # it was read more than once
            raise StoreError(_("The file changed while it was read."), _("Try again."))
        if not checked:
            return table
        steps.begin("checking")
        found = check(table.table_path, table.columns, memory_mb=memory_mb, report=table.report)
        return replace(table, findings=found)
    except (duckdb.Error, OSError) as error:
        raise failure(
            _("“{name}” could not be read into a table").format(name=name), error
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _stamp(source: Path) -> tuple[int, int]:
    found = source.stat()
    return found.st_size, found.st_mtime_ns


@dataclass(frozen=True, kw_only=True)
class _Cut:
    """The text of a file, cut into a table of text."""

    facts: encoding.ByteFacts
    dialect: Dialect
    raw: TextTable
    asked: ReadOptions
    told: list[ReadDecision]


def _cut(
    connection: Connection,
    opened: Opened,
    asked: ReadOptions,
    work: Path,
    steps: Steps,
) -> _Cut:
    options = opened.options
    steps.begin("scanning")
    facts, text, clean = _as_utf8(opened, work)
    top, bottom = options.skip_top or 0, options.skip_bottom or 0
    trimmed = trim(text, work / "trimmed.csv", top, bottom)
    steps.begin("reading")
    sample, _more = read_sample(trimmed.path)
    refuse_markup(sample)
    dialect = sniff(sample, options)
    limit_threads(connection, dialect.width)
    raw = read_rows(connection, trimmed.path, work, dialect, clean=clean, offset=trimmed.offset)
    if opened.rejects is not None:
        raw = replace(raw, rejects=opened.rejects)
    _refuse_empty(raw, dialect)
    told = of_text(sample, facts.encoding, dialect, options) if opened.is_text else []
    told += of_table(sample, dialect, trimmed, raw.rejects, asked)
    return _Cut(facts=facts, dialect=dialect, raw=raw, asked=asked, told=told)


@dataclass(frozen=True, kw_only=True)
class _Written:
    """A typed table, and how its columns were decided."""

    names: list[str]
    decisions: list[Decision]
    told: list[ReadDecision]
    rejects: Rejects
    rows: int


def _write(connection: Connection, opened: Opened, cut: _Cut, work: Path, steps: Steps) -> _Written:
    raw, dialect = cut.raw, cut.dialect
    names = distinct_names(dialect.names, dialect.width)
    steps.begin("deciding")
    decisions = _decide(connection, raw, names, dialect, opened.options)
    told = [*cut.told, *of_columns(connection, raw.of, names, decisions)]
    steps.begin("writing")
    rejects, rows = leave_out(
        connection, raw, names, decisions, work / "rejects-all.csv", opened.line_of
    )
    _refuse_nothing_left(rows)
    write_typed(connection, raw, work / "table.parquet", names, decisions)
    return _Written(names=names, decisions=decisions, told=told, rejects=rejects, rows=rows)


def _known(
    written: _Written,
    opened: Opened,
    cut: _Cut,
    folder: Path,
    work: Path,
    memory_mb: int,
    steps: Steps,
) -> ImportedTable:
    """The table where it stays, with all that is known of it."""
    rejects, rows, decisions = written.rejects, written.rows, written.decisions
    table = _keep(rejects, work, folder)
    columns = _columns(written.names, cut.dialect, decisions)
    steps.begin("profiling")
    columns = suggest(profile(table, columns, memory_mb), rows)
    report = first_report(cut.facts.encoding, cut.dialect)
    report = report.model_copy(
        update={
            "format": opened.format,
            "sheet": opened.sheet,
            "notes": (*opened.notes, *report.notes, *(n for one in decisions for n in one.notes)),
            "rejects": tuple(rejects.kept),
            "reject_count": rejects.count,
            "decisions": tuple(written.told),
            "asked": cut.asked,
        }
    )
    return ImportedTable(
        table_path=table,
        rows=rows,
        columns=columns,
        report=report,
        fingerprint=fingerprint(cut.facts.sha256, report, cut.dialect, columns, decisions),
        findings=(),
    )


def _keep(rejects: Rejects, work: Path, folder: Path) -> Path:
    """Move what was made to where it stays; gives the table."""
    if rejects.count:
        rejects.path.replace(folder / REJECTS_FILE)
    return (work / "table.parquet").replace(folder / "table.parquet")


def _as_utf8(opened: Opened, work: Path) -> tuple[encoding.ByteFacts, Path, bool]:
    """What the bytes are, the same text in UTF-8, and whether every byte could be decoded."""
    facts = encoding.scan(opened.path, opened.options.encoding)
    if facts.encoding in ("utf-8", "utf-8-sig"):
        return facts, opened.path, facts.clean
    text = work / "utf8.csv"
    return facts, text, encoding.transcode(opened.path, text, facts)


def _decide(
    connection: Connection,
    raw: TextTable,
    names: list[str],
    dialect: Dialect,
    options: ReadOptions,
) -> list[Decision]:
    # Where commas cut the cells, nobody writes a decimal comma.
    settled = options.decimal is not None or dialect.delimiter + dialect.decimal == ",."
    return decide(
        connection,
        raw.of,
        names,
        dialect.decimal,
        options=options,
        settled=settled,
        rows=raw.rows,
    )


def _columns(names: list[str], dialect: Dialect, decisions: list[Decision]) -> tuple[Column, ...]:
    return tuple(
        Column(
            name=name,
            original=dialect.names[place] if place < len(dialect.names) else "",
            type=decision.type,
            role=ColumnRole.DROP,
            spelling=decision.spelling,
        )
        for place, (name, decision) in enumerate(zip(names, decisions, strict=True))
    )


def _refuse_empty(raw: TextTable, dialect: Dialect) -> None:
    if raw.rejects.count > raw.rows:
        first = raw.rejects.kept[0]
        raise InvalidInput(
            _("{count} rows do not fit the table, more than the {rows} that do.").format(
                count=raw.rejects.count, rows=raw.rows
            ),
            _("The first is line {line}: {reason} Check the delimiter and the quotes.").format(
                line=first.line, reason=first.sentence
            ),
            field="file",
        )
    if not raw.rows and dialect.header:
        raise InvalidInput(
            _("The file has a header but no rows."),
            _("Choose a file that holds data below its header."),
            field="file",
        )
    if not raw.rows:
        raise InvalidInput(
            _("The file holds no rows."), _("Choose a file that holds a table."), field="file"
        )


def _refuse_nothing_left(rows: int) -> None:
    if not rows:
        raise InvalidInput(
            _("Every row holds a value that is not of the type of its column."),
            _("Read these columns as text."),
            field="types",
        )
