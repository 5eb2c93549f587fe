"""Reading a CSV file of any size into a typed table, with every decision on record.

One pass over the bytes decides what they are, a sample decides how the text is cut, the embedded
engine reads everything as text, and only then are columns converted, each only if all of its values
convert. Memory stays within ``memory_mb`` whatever the size of the file.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from mlops_core.data import encoding
from mlops_core.data.checks import check
from mlops_core.data.decide import Decision, decide
from mlops_core.data.dialect import Dialect, sniff
from mlops_core.data.engine import Connection, connect, failure, ident, literal, make_room, parquet
from mlops_core.data.formats import Opened, open_table
from mlops_core.data.leave_out import kept, leave_out
from mlops_core.data.names import distinct_names
from mlops_core.data.profile import profile
from mlops_core.data.progress import Steps, Tell
from mlops_core.data.roles import suggest
from mlops_core.data.rows import TextTable, read_rows, row_group_size
from mlops_core.data.table import TablePage, preview
from mlops_core.domain.columns import (
    Column,
    ColumnRole,
    FileFormat,
    Finding,
    JsonDict,
    ReadOptions,
    ReadReport,
)
from mlops_core.errors import InvalidInput
from mlops_core.i18n import _, ngettext

__all__ = ["ImportedTable", "TablePage", "import_file", "preview"]

REJECTS_FILE = "rejects.csv"
SAMPLE = 1 << 19


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
        with connect(memory_mb, spill=work / "spill", within=steps.within) as connection:
            steps.begin("unpacking")
            opened = open_table(source, work, options, max_bytes)
            table = _import(connection, opened, folder, work, memory_mb, steps)
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


def _import(
    connection: Connection,
    opened: Opened,
    folder: Path,
    work: Path,
    memory_mb: int,
    steps: Steps,
) -> ImportedTable:
    options = opened.options
    steps.begin("scanning")
    facts, text, clean = _as_utf8(opened, work)
    steps.begin("reading")
    dialect = sniff(_sample(text), options)
    make_room(connection, memory_mb, dialect.width)
    raw = read_rows(connection, text, work, dialect, clean=clean)
    if opened.rejects is not None:
        raw = replace(raw, rejects=opened.rejects)
    _refuse_empty(raw, dialect)
    names = distinct_names(dialect.names, dialect.width)
    steps.begin("deciding")
    # Where commas cut the cells, nobody writes a decimal comma.
    settled = options.decimal is not None or dialect.delimiter + dialect.decimal == ",."
    decisions = decide(connection, raw.path, names, dialect.decimal, settled=settled, rows=raw.rows)
    steps.begin("writing")
    rejects, rows = leave_out(
        connection, raw, names, decisions, work / "rejects-all.csv", opened.line_of
    )
    _convert(connection, raw, work / "table.parquet", names, decisions)
    raw = replace(raw, rows=rows, rejects=rejects)
    table = _keep(raw, work, folder)
    columns = _columns(names, dialect, decisions)
    steps.begin("profiling")
    columns = suggest(profile(table, columns, memory_mb), raw.rows)
    report = report_of(facts.encoding, dialect, raw, decisions)
    report = report.model_copy(
        update={
            "format": opened.format,
            "sheet": opened.sheet,
            "notes": (*opened.notes, *report.notes),
        }
    )
    return ImportedTable(
        table_path=table,
        rows=raw.rows,
        columns=columns,
        report=report,
        fingerprint=_fingerprint(facts.sha256, report, dialect, columns),
        findings=(),
    )


def _keep(raw: TextTable, work: Path, folder: Path) -> Path:
    """Move what was made to where it stays; gives the table."""
    if raw.rejects.count:
        raw.rejects.path.replace(folder / REJECTS_FILE)
    return (work / "table.parquet").replace(folder / "table.parquet")


def _as_utf8(opened: Opened, work: Path) -> tuple[encoding.ByteFacts, Path, bool]:
    """What the bytes are, the same text in UTF-8, and whether every byte could be decoded."""
    facts = encoding.scan(opened.path, opened.options.encoding)
    if facts.encoding in ("utf-8", "utf-8-sig"):
        return facts, opened.path, facts.clean
    text = work / "utf8.csv"
    return facts, text, encoding.transcode(opened.path, text, facts)


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


def _sample(text: Path) -> str:
    with text.open("rb") as file:
        data = file.read(SAMPLE)
    return whole_lines(data.decode("utf-8-sig", "replace"), cut_off=len(data) == SAMPLE)


def whole_lines(text: str, *, cut_off: bool) -> str:
    """``text`` without its last line where that was cut off in the middle."""
    end = max(text.rfind("\n"), text.rfind("\r"))
    return text[: end + 1] if cut_off and end > 0 else text


def _refuse_empty(raw: TextTable, dialect: Dialect) -> None:
    if raw.rejects.count > raw.rows:
        first = raw.rejects.kept[0]
        raise InvalidInput(
            _("{count} rows do not fit the table, more than the {rows} that do.").format(
                count=raw.rejects.count, rows=raw.rows
            ),
            _("The first is line {line}: {reason} Check the delimiter and the quotes.").format(
                line=first.line, reason=first.reason
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


def _convert(
    connection: Connection,
    raw: TextTable,
    target: Path,
    names: list[str],
    decisions: list[Decision],
) -> None:
    parts = [
        f"{decision.sql} AS {ident(name)}" for name, decision in zip(names, decisions, strict=True)
    ]
    connection.execute(
        f"COPY (SELECT {', '.join(parts)} FROM {parquet(raw.path)} WHERE {kept(decisions)})"  # noqa: S608
        f" TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd,"
        f" ROW_GROUP_SIZE {row_group_size(len(names))})"
    )
    raw.path.unlink()


def report_of(
    name: str,
    dialect: Dialect,
    raw: TextTable | None = None,
    decisions: list[Decision] | None = None,
) -> ReadReport:
    notes = []
    if dialect.preamble:
        notes.append(
            ngettext(
                "Left out what stands above the table: {count} line.",
                "Left out what stands above the table: {count} lines.",
                dialect.preamble,
            ).format(count=dialect.preamble)
        )
    if name in encoding.GUESSED:
        notes.append(
            _("The encoding was guessed as {name}: look at words with accents.").format(name=name)
        )
    for decision in decisions or ():
        notes.extend(decision.notes)
    return ReadReport(
        encoding=name,
        delimiter=dialect.delimiter,
        quote=dialect.quote,
        header=dialect.header,
        decimal=dialect.decimal,
        rejects=tuple(raw.rejects.kept) if raw else (),
        reject_count=raw.rejects.count if raw else 0,
        notes=tuple(notes),
    )


def _fingerprint(
    digest: str, report: ReadReport, dialect: Dialect, columns: tuple[Column, ...]
) -> str:
    decided: JsonDict = {
        "file": digest,
        "encoding": report.encoding,
        "delimiter": dialect.delimiter,
        "quote": dialect.quote,
        "escape": dialect.escape,
        "skip_space": dialect.skip_space,
        "header": dialect.header,
        "preamble": dialect.preamble,
        "decimal": dialect.decimal,
        "columns": [[column.name, column.original, column.type.value] for column in columns],
    }
    if report.format is not FileFormat.CSV:
        decided["format"] = report.format.value
    canonical = json.dumps(decided, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
