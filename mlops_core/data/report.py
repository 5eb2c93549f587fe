"""What is told of a file that was read: every decision with an example, and the fingerprint."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from mlops_core.data import encoding, words
from mlops_core.data.decision import Decision
from mlops_core.data.dialect import Dialect
from mlops_core.data.engine import Connection, batches
from mlops_core.data.lines import records
from mlops_core.data.rejects import Rejects
from mlops_core.data.slices import TableOf
from mlops_core.data.slips import shortened
from mlops_core.data.trim import Trimmed
from mlops_core.domain.columns import (
    Column,
    FileFormat,
    JsonDict,
    ReadDecision,
    ReadOptions,
    ReadReport,
)
from mlops_core.domain.sentences import Sentence, say, say_many
from mlops_core.i18n import N_, NN_

LINE, CELL = 120, 40  # characters of an example
HEAD_LINES = 200
EXAMPLE_ROWS = 50
MANY_COLUMNS, MOST_COLUMNS = 200, 500  # one example instead of three, and none at all
MOST_TOLD = 20  # words for missing, columns of dates
_FOREIGN = re.compile(r"[^\s\x00-\x7f]+[^\s,;|]*")


def first_report(name: str, dialect: Dialect) -> ReadReport:
    """What the head of a file tells; ``name`` is that of its encoding."""
    notes: list[Sentence] = []
    if dialect.preamble:
        notes.append(
            say_many(
                NN_(
                    "{count} line above the table was left out.",
                    "{count} lines above the table were left out.",
                ),
                dialect.preamble,
            )
        )
    notes += dialect.notes
    if name in encoding.GUESSED:
        notes.append(
            say(N_("The encoding was guessed as {name}: look at words with accents."), name=name)
        )
    return ReadReport(
        encoding=name,
        delimiter=dialect.delimiter,
        quote=dialect.quote,
        header=dialect.header,
        decimal=dialect.decimal,
        notes=tuple(notes),
    )


def of_text(sample: str, name: str, dialect: Dialect, options: ReadOptions) -> list[ReadDecision]:
    """How the text is cut; ``sample`` is its head."""
    head = list(islice(_raw_rows(sample, dialect), HEAD_LINES))
    body = head[dialect.preamble + dialect.header :]
    told = [
        ReadDecision(name="encoding", value=name, example=_first(_FOREIGN.findall(sample))),
        ReadDecision(name="delimiter", value=dialect.delimiter, example=_line(_first(body))),
    ]
    if dialect.quote:
        quoted = _first(line for line in head if dialect.quote in line)
        told.append(ReadDecision(name="quote", value=dialect.quote, example=_line(quoted)))
    if dialect.escape == "\\":
        escaped = _first(line for line in head if f"\\{dialect.quote}" in line)
        told.append(ReadDecision(name="escape", value=dialect.escape, example=_line(escaped)))
    shape = words.POINT_DECIMAL if dialect.decimal == "." else words.COMMA_DECIMAL
    cells = (cell.strip() for row in dialect.reader(iter(body), strict=False) for cell in row)
    number = _first(cell for cell in cells if shape.fullmatch(cell))
    if number or options.decimal:
        told.append(ReadDecision(name="decimal", value=dialect.decimal, example=number))
    return told


def of_table(
    sample: str, dialect: Dialect, trimmed: Trimmed, rejects: Rejects, asked: ReadOptions
) -> list[ReadDecision]:
    """Where the table begins and ends."""
    head = list(islice(_raw_rows(sample, dialect), dialect.preamble + 1))
    told = []
    if above := dialect.preamble + (asked.skip_top or 0):
        first = trimmed.above or _first(head)
        told.append(ReadDecision(name="above", value="", example=_line(first), count=above))
    if below := len(rejects.below) + (asked.skip_bottom or 0):
        first = _first(rejects.below) or trimmed.below
        told.append(ReadDecision(name="below", value="", example=_line(first), count=below))
    names = head[dialect.preamble] if len(head) > dialect.preamble else ""
    value = "names" if dialect.header else "data"
    return [ReadDecision(name="header", value=value, example=_line(names)), *told]


def of_columns(
    connection: Connection, table: TableOf, names: Sequence[str], decisions: Sequence[Decision]
) -> list[ReadDecision]:
    """What each column became, from the text of the ``table``.

    Of very wide tables only the first columns are shown.
    """
    shown = min(len(names), MOST_COLUMNS)
    found = _examples(connection, table, decisions[:shown], 3 if len(names) <= MANY_COLUMNS else 1)
    told = _missing(names, decisions)
    for place, (name, decision) in enumerate(zip(names, decisions, strict=True)):
        if decision.order and len(told) < MOST_TOLD * 2:
            example = found[place][0][0] if place < shown and found[place] else ""
            told.append(
                ReadDecision(name="dates", value=decision.order, example=example, column=name)
            )
    for name, one in zip(names, decisions, strict=True):
        if one.odd_count and len(told) < MOST_COLUMNS:
            same = one.odd_times == one.odd_count and len(one.odd_word) <= CELL
            told.append(
                ReadDecision(
                    name="left_out",
                    value=one.odd_word if same else "",
                    example=shortened(one.odd_word),
                    column=name,
                    count=one.odd_count,
                )
            )
    told += [
        ReadDecision(name="type", value=one.type.value, column=name, cells=tuple(cells))
        for name, one, cells in zip(names, decisions, found, strict=False)
    ]
    return told


def _missing(names: Sequence[str], decisions: Sequence[Decision]) -> list[ReadDecision]:
    counts: dict[str, int] = {}
    first: dict[str, str] = {}
    for name, decision in zip(names, decisions, strict=True):
        for word, count in decision.missing.items():
            if word:
                counts[word] = counts.get(word, 0) + count
                first.setdefault(word, name)
    ranked = sorted(counts, key=lambda word: -counts[word])[:MOST_TOLD]
    return [
        ReadDecision(name="missing", value=word, column=first[word], count=counts[word])
        for word in ranked
    ]


def _examples(
    connection: Connection, table: TableOf, decisions: Sequence[Decision], most: int
) -> list[list[tuple[str, str]]]:
    """Some cells of each column as they are written and as they were read."""
    told: list[list[tuple[str, str]]] = []
    for places in batches(range(len(decisions)), 100):
        pairs = ", ".join(f"c{place}, ({decisions[place].sql})::VARCHAR" for place in places)
        rows = connection.execute(
            f"SELECT {pairs} FROM (SELECT * FROM {table(places)} LIMIT {EXAMPLE_ROWS})"  # noqa: S608
        ).fetchall()
        for place in range(len(places)):
            cells = [(row[2 * place], row[2 * place + 1]) for row in rows]
            spelling = decisions[places[place]].spelling
            present = dict.fromkeys(
                (shortened(cell, CELL), shortened(spelling.of(read) if spelling else read, CELL))
                for cell, read in cells
                if cell is not None and read is not None
            )
            told.append(list(islice(present, most)))
    return told


def _raw_rows(sample: str, dialect: Dialect) -> Iterator[str]:
    for _number, row, raw in records(io.StringIO(sample, newline=""), dialect):
        if not isinstance(row, Sentence):
            yield raw


def _first(found: Sequence[str] | Iterator[str]) -> str:
    return shortened(next(iter(found), ""), LINE)


def _line(raw: str) -> str:
    text = raw.strip("\r\n").encode("utf-8", "replace").decode()
    return shortened(text.replace("\x00", "\ufffd"), LINE)


def fingerprint(
    digest: str,
    report: ReadReport,
    dialect: Dialect,
    columns: Sequence[Column],
    decisions: Sequence[Decision],
) -> str:
    """SHA-256 (hex) over the file and what was decided; a choice without effect changes nothing."""
    asked = report.asked
    decided: JsonDict = {
        "file": digest,
        "encoding": report.encoding,
        "delimiter": dialect.delimiter,
        "quote": dialect.quote,
        "escape": dialect.escape,
        "skip_space": dialect.skip_space,
        "header": dialect.header,
        "preamble": dialect.preamble + (asked.skip_top or 0),
        "decimal": dialect.decimal,
        "columns": [[column.name, column.original, column.type.value] for column in columns],
    }
    if report.format is not FileFormat.CSV:
        decided["format"] = report.format.value
    left_out = {column.name: one.odd_count for column, one in zip(columns, decisions, strict=True)}
    chosen = {
        column.name: one.order for column, one in zip(columns, decisions, strict=True) if one.chosen
    }
    further = {
        "missing": None if asked.missing is None else sorted(asked.missing),
        "left_out": {name: count for name, count in left_out.items() if count} or None,
        "dates": chosen or None,
        "bottom": asked.skip_bottom or None,
    }
    decided |= {name: value for name, value in further.items() if value is not None}
    canonical = json.dumps(decided, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
