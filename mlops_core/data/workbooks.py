"""Workbooks: one sheet becomes rows of text. They are read whole, by calamine."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections import deque
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from mlops_core.data.plain import Lines, head_of, refused, writer
from mlops_core.errors import InvalidInput
from mlops_core.i18n import _

ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # the second of an archive without files
OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MAX_WORKBOOK_BYTES = 2 << 30  # of XML, unpacked


def is_workbook(path: Path, head: bytes) -> bool:
    """By what is inside; ``head`` are its first bytes."""
    if head.startswith(OLD_EXCEL):
        return True
    if not head.startswith(ZIP):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if "xl/workbook.xml" in names or "xl/workbook.bin" in names:
                return True
            return "mimetype" in names and b"spreadsheet" in archive.read("mimetype")[:200]
    except (zipfile.BadZipFile, OSError, RuntimeError, ValueError, zlib.error):
        return b"xl/" in head or b"[Content_Types].xml" in head


def sheet_names(path: Path) -> tuple[str, ...]:
    """The sheets of a workbook; empty for anything else, and for one that cannot be read."""
    import python_calamine as calamine

    if not is_workbook(path, head_of(path)):
        return ()
    try:
        return tuple(calamine.load_workbook(str(path)).sheet_names)
    except (calamine.CalamineError, calamine.XmlError, calamine.ZipError, OSError):
        return ()


def write_sheet(
    path: Path,
    target: Path,
    wanted: str | None,
    lines: Lines,
    *,
    between: tuple[int, int] = (0, 0),
    most: int | None = None,
) -> tuple[str, tuple[str, ...]]:
    """Write one sheet as plain text: the ``wanted`` one, else the first that holds anything.

    Rows that hold nothing are left out, and of the others so many of the first and of the last as
    ``between`` says. At ``most`` so many rows are looked at; then the last ones are not known.

    Returns its name and those of the others; ``lines`` gets the rows of the sheet.

    Raises:
        InvalidInput: the workbook cannot be read, or has no such sheet, or that is empty.
    """
    import python_calamine as calamine

    _refuse_huge(path)
    try:
        book = calamine.load_workbook(str(path))
        sheet = _chosen_sheet(book, book.sheet_names, wanted)
        rows = ([_cell(value) for value in row] for row in islice(sheet.iter_rows(), most))
        filled = ((number, row) for number, row in enumerate(rows, 1) if any(row))
        top, bottom = between
        kept = _between(filled, top, bottom if most is None else 0)
        count = _write_rows(target, kept, lines)
    except calamine.PasswordError:
        raise refused(
            _("The workbook is protected by a password."),
            _("Save it without one, or save the sheet as CSV (UTF-8)."),
        ) from None
    except (calamine.CalamineError, calamine.XmlError, calamine.ZipError, OSError):
        raise refused(
            _("This Excel workbook or Office file cannot be read as a table."),
            _("Open it in the program that made it and save the table as CSV (UTF-8)."),
        ) from None
    if not count:
        raise refused(
            _("The sheet “{name}” is empty.").format(name=sheet.name),
            _("Choose another sheet, or save the table as CSV (UTF-8)."),
        )
    return sheet.name, tuple(name for name in book.sheet_names if name != sheet.name)


def _refuse_huge(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(one.file_size for one in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return  # an older workbook, or one that the reader will refuse
    if size > MAX_WORKBOOK_BYTES:
        raise refused(
            _("The workbook is too large to be read: {size} MB unpacked.").format(size=size >> 20),
            _("Save the sheet as CSV (UTF-8) and upload that."),
        )


def _chosen_sheet(book: Any, names: list[str], wanted: str | None) -> Any:
    if wanted is not None:
        if wanted not in names:
            raise InvalidInput(
                _("The workbook has no sheet “{name}”.").format(name=wanted),
                _("It has: {names}.").format(names=", ".join(f"“{name}”" for name in names)),
                field="sheet",
            )
        return book.get_sheet_by_name(wanted)
    sheets = [book.get_sheet_by_name(name) for name in names]
    return next((sheet for sheet in sheets if sheet.height and sheet.width), sheets[0])


def _cell(value: object) -> str:
    """A cell of a workbook as the text that names it; whole numbers have no fraction."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 2**63 else repr(value)
    if isinstance(value, datetime):
        whole = value.time() == time()
        return value.date().isoformat() if whole else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)


def _between(
    rows: Iterator[tuple[int, list[str]]], top: int, bottom: int
) -> Iterator[tuple[int, list[str]]]:
    """``rows`` without the first and the last ones."""
    held: deque[tuple[int, list[str]]] = deque()
    for row in islice(rows, top, None):
        held.append(row)
        if len(held) > bottom:
            yield held.popleft()


def _write_rows(target: Path, rows: Iterator[tuple[int, list[str]]], lines: Lines) -> int:
    """Write ``rows``, each with its number; how many they are."""
    count = 0
    with target.open("w", encoding="utf-8", newline="") as out, lines.written() as came_from:
        write = writer(out).writerow
        for number, row in rows:
            count += 1
            came_from(number)
            write(row)
    return count
