"""A file on its way into the workspace: read into a folder of its own that is kept or goes away."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops_core.data.formats import is_text
from mlops_core.data.read import (
    REJECTS_FILE,
    Head,
    ImportedTable,
    import_file,
    sniff_head,
)
from mlops_core.data.table import export
from mlops_core.data.workbooks import sheet_names
from mlops_core.domain.columns import ReadOptions
from mlops_core.domain.records import Dataset
from mlops_core.errors import InvalidInput, NotFound, StoreError
from mlops_core.i18n import _
from mlops_core.store import datasets as store
from mlops_core.store.datasets import ORIGINAL_FILE, TABLE_FILE
from mlops_core.store.workspace import Workspace

IMPORTING, REMOVED = ".import-", ".removed-"  # how folders begin that nobody needs any more
UNSAVED_FILE = "unsaved"  # stands in a table's folder until the database knows of it


@dataclass(kw_only=True)
class Arrival:
    """A table that was read but is not yet known to the database."""

    table: ImportedTable
    table_path: Path  # where it lies now
    values: dict[str, Any]  # the columns of its row that the file decides
    kept: bool = False


@contextmanager
def arriving(
    ws: Workspace, path: Path, file_name: str, options: ReadOptions | None
) -> Iterator[Arrival]:
    """Read ``path`` into a folder of its own, which goes away again unless it is ``kept``.

    Raises:
        InvalidInput: there is no such file, or it is no table.
        StoreError: the disk is full or may not be written to.
    """
    token = secrets.token_hex(8)
    staging, folder = ws.datasets / f"{IMPORTING}{token}", ws.datasets / token
    arrival = None
    try:
        original = _stage(ws, path, staging)
        table = import_file(
            original,
            staging,
            options=options,
            memory_mb=ws.settings.import_memory_mb,
            max_bytes=int(ws.settings.max_upload_gb * 1024**3),
            original_name=file_name,
        )
        values = {
            "folder": token,
            "original_name": file_name,
            "bytes": original.stat().st_size,
            "fingerprint": table.fingerprint,
            "rows": table.rows,
            "column_count": len(table.columns),
            "report": table.report.model_dump(mode="json"),
            "columns": [column.model_dump(mode="json") for column in table.columns],
        }
        staging.replace(folder)
        arrival = Arrival(table=table, table_path=folder / TABLE_FILE, values=values)
        yield arrival
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        if arrival is None or not arrival.kept:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            (folder / UNSAVED_FILE).unlink(missing_ok=True)


def _stage(ws: Workspace, path: Path, staging: Path) -> Path:
    """The original file in the folder where it is read and kept, whatever happens to ``path``."""
    try:
        there = path.is_file()
    except OSError as error:  # a name that is too long, a folder that may not be looked into
        raise InvalidInput(
            _("{file} cannot be read: {reason}.").format(file=path, reason=error.strerror),
            _("Check its name."),
            field="file",
        ) from None
    if not there:
        raise InvalidInput(
            _("There is no file {path}.").format(path=path), _("Check its name."), field="file"
        )
    original = staging / ORIGINAL_FILE
    try:
        staging.mkdir()
        (staging / UNSAVED_FILE).touch()
        if not (is_uploaded(ws, path) and _linked(path, original)):
            shutil.copyfile(path, original)
    except OSError as error:
        raise StoreError(
            _("The file {path} cannot be copied: {reason}.").format(
                path=path, reason=error.strerror
            ),
            _("Check that it may be read and that the disk has room."),
        ) from error
    return original


def is_uploaded(ws: Workspace, path: Path) -> bool:
    """Whether ``path`` came through the browser, so that it is ours to move."""
    return path.resolve().is_relative_to(ws.uploads.resolve())


def _linked(path: Path, original: Path) -> bool:
    """An upload becomes the original by a second name for it; it stays until all is well."""
    try:
        original.hardlink_to(path)
    except OSError:
        return False  # a file system without hard links
    return True


def is_there(path: Path) -> bool:
    """Whether there is such a file, whatever its name."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def look(path: Path, options: ReadOptions | None = None) -> Head | None:
    """How a text file would be read, and its first rows; ``None`` for what is no text.

    Raises:
        InvalidInput: it is empty, or no table.
    """
    return sniff_head(path, options) if is_text(path) else None


def sheets(path: Path) -> tuple[str, ...]:
    """The sheets of a workbook; empty for any other file."""
    return sheet_names(path)


def has_rejects(dataset: Dataset) -> bool:
    """Whether all rows that could not be read are kept; those of older imports are not."""
    return dataset.table_path.with_name(REJECTS_FILE).is_file()


def file_of(ws: Workspace, dataset_id: int, key: str) -> tuple[Dataset, Path, bool]:
    """A file of a dataset: ``csv``, ``parquet``, ``original`` or ``rejects``.

    The third value says that it was made for this call and is the caller's to remove.

    Raises:
        NotFound: there is no such dataset, or it has no such file.
        StoreError: it could not be made.
    """
    with ws.read() as connection:
        dataset = store.find(connection, ws.datasets, dataset_id=dataset_id)
    if dataset is None:
        raise NotFound(
            _("There is no dataset {id}.").format(id=dataset_id), _("It may have been removed.")
        )
    there = {
        "parquet": dataset.table_path,
        "original": dataset.original_path,
        "rejects": dataset.table_path.with_name(REJECTS_FILE),
    }
    if key == "csv":
        made = ws.uploads / f"{secrets.token_hex(16)}.part"
        export(dataset.table_path, dataset.columns, made, form="csv")
        return dataset, made, True
    if key not in there or not there[key].is_file():
        raise NotFound(_("Dataset {id} has no file {key!r}.").format(id=dataset_id, key=key[:40]))
    return dataset, there[key], False
