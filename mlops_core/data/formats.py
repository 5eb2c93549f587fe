"""What holds a table but is no text: archives, workbooks, Parquet, JSON lines, made into text.

Everything is recognised by its first bytes, never by its name, and becomes CSV in one plain
dialect, so that the same careful reading and the same checks follow. Archives are unpacked in a
stream up to a size; their names of files are never used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import duckdb

from mlops_core.data import plain
from mlops_core.data.archives import GZIP, unpacker
from mlops_core.data.engine import connect, ident, literal, parquet
from mlops_core.data.rejects import BAD_BYTES, Rejects
from mlops_core.data.workbooks import OLD_EXCEL, ZIP, is_workbook, write_sheet
from mlops_core.domain.columns import FileFormat, ReadOptions
from mlops_core.domain.sentences import Sentence, say
from mlops_core.errors import InvalidInput
from mlops_core.i18n import N_, _

MAX_LAYERS = 2  # a workbook in an archive, not an archive in an archive in an archive
LONGEST_LINE = 64 << 20
PARQUET = b"PAR1"
_HALF = re.compile(r"\\u[dD][89a-fA-F]")  # of a pair: alone it is no character


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A text file with the table of ``source``, and how to read it.

    Attributes:
        path: The text; ``source`` itself where that is text already.
        options: What was asked for, and what is known of a text that was made here.
        sheet: The sheet of a workbook that was read.
        notes: What a person should know.
        rejects: Rows that are no rows of a table, with their lines in ``source``.
        line_of: The line, or the row, of ``source`` that each record of ``path`` came from.
    """

    path: Path
    options: ReadOptions
    format: FileFormat = FileFormat.CSV
    sheet: str | None = None
    notes: tuple[Sentence, ...] = ()
    rejects: Rejects | None = None
    line_of: Callable[[int], int] | None = None

    @property
    def is_text(self) -> bool:
        """Whether the table came as text, apart from archives."""
        return self.format is FileFormat.CSV


def open_table(source: Path, work: Path, options: ReadOptions, max_bytes: int) -> Opened:
    """Make the table in ``source`` readable as text, in the folder ``work``.

    Args:
        max_bytes: The largest that an archive may become.

    Raises:
        InvalidInput: it is damaged, protected, too large, or holds no single table.
    """
    path, notes = unpacked(source, work, max_bytes)
    opened = convert(path, work / "converted.csv", options)
    return replace(opened, notes=(*notes, *opened.notes))


def unpacked(source: Path, work: Path, max_bytes: int) -> tuple[Path, list[Sentence]]:
    """The file inside the archives around ``source``, taken out into ``work``, and how to say so.

    ``source`` itself where it is no archive.

    Raises:
        InvalidInput: an archive is damaged, protected, too large, or does not hold one file.
    """
    path = source
    notes: list[Sentence] = []
    for layer in range(MAX_LAYERS):
        unpack = unpacker(path)
        if unpack is None:
            break
        target = work / f"unpacked-{layer}"
        notes.append(unpack(path, target, max_bytes))
        path = target
    return path, notes


def is_text(path: Path) -> bool:
    """Whether the file is read as it is."""
    head = plain.head_of(path)
    packed = head.startswith((*ZIP, GZIP, OLD_EXCEL, PARQUET))
    return not (packed or _is_json_lines(head))


def convert(path: Path, target: Path, options: ReadOptions, most: int | None = None) -> Opened:
    """Make the file ``path``, no archive, readable as text; at ``most`` so many rows of it.

    Raises:
        InvalidInput: it is damaged, protected, or holds no table.
    """
    head = plain.head_of(path)
    if is_workbook(path, head):
        return _from_workbook(path, target, options, most)
    if options.skip_top or options.skip_bottom:
        _refuse_lines(head)
    if head.startswith(PARQUET):
        return _from_parquet(path, target, options, most)
    if _is_json_lines(head):
        return _from_json_lines(path, target, options, most)
    return Opened(path=path, options=options)


def _refuse_lines(head: bytes) -> None:
    if head.startswith(PARQUET) or _is_json_lines(head):
        raise InvalidInput(
            _("Nothing stands above or below a table in this format."),
            _("Leave out lines of text files and workbooks only."),
            field="skip_top",
        )


def _from_workbook(path: Path, target: Path, options: ReadOptions, most: int | None) -> Opened:
    lines = plain.Lines(target.with_name("lines"))
    between = (options.skip_top or 0, options.skip_bottom or 0)
    name, others = write_sheet(path, target, options.sheet, lines, between=between, most=most)
    begins = None if options.skip_top is None else 0
    note = say(
        N_("The sheet “{name}” was read; the workbook also holds {others}."),
        name=name,
        others=", ".join(f"“{other}”" for other in others[:10]),
    )
    return Opened(
        path=target,
        options=options.model_copy(
            update={**plain.OPTIONS, "skip_top": begins, "skip_bottom": None}
        ),
        format=FileFormat.WORKBOOK,
        sheet=name,
        notes=(note,) * bool(others),
        line_of=lines,
    )


# Parquet ------------------------------------------------------------------------------------------


def _from_parquet(path: Path, target: Path, options: ReadOptions, most: int | None) -> Opened:
    try:
        with connect(spill=target.parent / "spill") as connection:
            table = parquet(path)
            described = connection.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()  # noqa: S608
            chosen = ", ".join(_as_written(name, kind) for name, kind, *_rest in described)
            connection.execute(
                f"COPY (SELECT {chosen} FROM {table}{f' LIMIT {most}' if most else ''})"  # noqa: S608
                f" TO {literal(str(target))}"
                " (FORMAT csv, HEADER true, FORCE_QUOTE *)"
            )
    except duckdb.Error:
        raise plain.damaged(_("The Parquet file is damaged or not complete.")) from None
    return Opened(
        path=target,
        options=options.model_copy(update={**plain.OPTIONS, "header": True}),
        format=FileFormat.PARQUET,
        line_of=lambda record: record,  # the rows count from 1: the names stand in no row
    )


def _as_written(name: str, kind: str) -> str:
    column = ident(name)
    value = f"make_timestamp(epoch_us({column}))" if kind.endswith("WITH TIME ZONE") else column
    return f"({value})::VARCHAR AS {column}"


# JSON lines ---------------------------------------------------------------------------------------


def _is_json_lines(head: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"["):
        rest = text[1:].lstrip()
        if rest.startswith(b"{") and b'"' in rest[:200] and b":" in rest[:1000]:
            raise plain.refused(
                _("This is a JSON document, not a table with one row per line."),
                _("Save it as JSON lines: one object per line."),
            )
        return False
    if not text.startswith(b"{"):
        return False
    first = text.split(b"\n", 1)[0]
    if len(first) == len(text):
        return b'":' in first or b'" :' in first  # one line fills all that was looked at
    try:
        return isinstance(json.loads(first), dict)
    except ValueError:
        return False


def _from_json_lines(path: Path, target: Path, options: ReadOptions, most: int | None) -> Opened:
    names: dict[str, None] = {}
    rejects = Rejects(target.with_name("rejects-lines.csv"))
    for line, row, raw in islice(_objects(path), most):
        if isinstance(row, Sentence):
            rejects.add(line, row, raw)
        else:
            names.update(dict.fromkeys(row))
    rejects.close()
    lines = plain.Lines(target.with_name("lines"))
    with target.open("w", encoding="utf-8", newline="") as out, lines.written() as came_from:
        writer = plain.writer(out)
        writer.writerow(names)
        came_from(0)
        for line, row, _raw in islice(_objects(path), most):
            if not isinstance(row, Sentence):
                came_from(line)
                writer.writerow([row.get(name, "") for name in names])
    return Opened(
        path=target,
        options=options.model_copy(update={**plain.OPTIONS, "header": True}),
        format=FileFormat.JSON_LINES,
        rejects=rejects,
        line_of=lines,
    )


def _objects(path: Path) -> Iterator[tuple[int, dict[str, str] | Sentence, str]]:
    """Line number, and the cells or the reason why there are none, with the raw text."""
    with path.open("rb") as file:
        for line, data in enumerate(_lines(file), start=1):
            raw = data.decode("utf-8-sig" if line == 1 else "utf-8", "replace").strip()
            if not raw:
                continue
            try:
                # Numbers as they were written: no digit is lost on the way to the typed table.
                found = json.loads(
                    raw, parse_float=_Written, parse_int=_Written, object_pairs_hook=_once
                )
                if isinstance(found, dict):
                    found = {name: _json_text(value) for name, value in found.items()}
            except _Twice as twice:
                yield line, say(N_("It names “{name}” twice."), name=str(twice)[:80]), raw
                continue
            except (ValueError, RecursionError):
                yield line, say(N_("It is not a JSON object.")), raw
                continue
            if not isinstance(found, dict):
                yield line, say(N_("It is not a JSON object.")), raw
            elif "\ufffd" in raw and b"\xef\xbf\xbd" not in data:
                yield line, say(BAD_BYTES), raw
            elif _HALF.search(raw) and not _is_text(found):
                yield line, say(N_("It holds half of a character.")), raw
            else:
                yield line, found, raw


def _is_text(found: dict[str, Any]) -> bool:
    try:
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while data := file.readline(LONGEST_LINE):
        yield data


class _Twice(Exception):
    """An object names something twice: one of the values would be lost."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        raise _Twice(next(name for name in names if names.count(name) > 1))
    return found


class _Written(str):
    """A number of a JSON file, digit for digit."""

    __slots__ = ()


def _json_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):  # NaN and infinities, which JSON does not have
        return ""
    return _nested(value)


def _nested(value: object) -> str:
    """JSON again, numbers as they were written."""
    if isinstance(value, _Written):
        return str(value)
    if isinstance(value, dict):
        items = (f"{json.dumps(k, ensure_ascii=False)}:{_nested(v)}" for k, v in value.items())
        return f"{{{','.join(items)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_nested, value))}]"
    return json.dumps(value, ensure_ascii=False)
