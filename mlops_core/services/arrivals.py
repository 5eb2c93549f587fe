"""A file on its way into the workspace: read into a folder of its own that is kept or goes away."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops_core.data.formats import is_text
from mlops_core.data.heads import Head, sniff_head
from mlops_core.data.plain import head_of
from mlops_core.data.read import REJECTS_FILE, ImportedTable
from mlops_core.data.workbooks import is_workbook
from mlops_core.domain.columns import Column, ReadOptions, ReadReport
from mlops_core.domain.params import Task
from mlops_core.domain.reading import Checked, CheckJob, ExportJob, ImportJob, LookJob
from mlops_core.domain.records import Dataset
from mlops_core.errors import InvalidInput, NotFound
from mlops_core.i18n import _, current_language
from mlops_core.services.reading import (
    UNSAVED_FILE,
    Watch,
    desk,
    engine_mb,
    is_small_file,
    is_small_table,
    work,
)
from mlops_core.store import datasets as store
from mlops_core.store.datasets import TABLE_FILE
from mlops_core.store.workspace import Workspace


@dataclass(kw_only=True)
class Arrival:
    """A table that was read but is not yet known to the database."""

    table: ImportedTable
    table_path: Path  # where it lies now
    values: dict[str, Any]  # the columns of its row that the file decides
    kept: bool = False


@contextmanager
def arriving(
    ws: Workspace,
    path: Path,
    file_name: str,
    options: ReadOptions | None,
    watch: Watch | None = None,
) -> Iterator[Arrival]:
    """Read ``path`` into a folder of its own, which goes away again unless it is ``kept``.

    Raises:
        InvalidInput: there is no such file, or it is no table.
        StoreError: the disk is full or may not be written to, or the memory was not enough.
        Cancelled: ``watch`` said so.
    """
    _refuse_missing(path)
    token = secrets.token_hex(8)
    folder = ws.datasets / token
    arrival = None
    try:
        with desk(ws) as staging:
            small = is_small_file(path)
            job = ImportJob(
                source=path.resolve(),
                original_name=file_name,
                options=options or ReadOptions(),
                max_bytes=most_bytes(ws),
                linked=is_uploaded(ws, path),
                memory_mb=engine_mb(ws, small=small),
                language=current_language(),
            )
            table: ImportedTable = work(ws, job, staging, small=small, watch=watch)
            staging.replace(folder)
            arrival = _arrived(folder, table, file_name)
            yield arrival
    finally:
        if arrival is None or not arrival.kept:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            (folder / UNSAVED_FILE).unlink(missing_ok=True)


def _arrived(folder: Path, table: ImportedTable, file_name: str) -> Arrival:
    values = {
        "folder": folder.name,
        "original_name": file_name,
        "bytes": (folder / store.ORIGINAL_FILE).stat().st_size,
        "fingerprint": table.fingerprint,
        "rows": table.rows,
        "column_count": len(table.columns),
        "report": table.report.model_dump(mode="json"),
        "columns": [column.model_dump(mode="json") for column in table.columns],
    }
    return Arrival(table=table, table_path=folder / TABLE_FILE, values=values)


def most_bytes(ws: Workspace) -> int:
    """The largest that a file, or what is in an archive, may be."""
    return int(ws.settings.max_upload_gb * 1024**3)


def _refuse_missing(path: Path) -> None:
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


def is_uploaded(ws: Workspace, path: Path) -> bool:
    """Whether ``path`` came through the browser, so that it is ours to move."""
    return path.resolve().is_relative_to(ws.uploads.resolve())


def is_there(path: Path) -> bool:
    """Whether there is such a file, whatever its name."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def look(ws: Workspace, path: Path, options: ReadOptions | None = None) -> Head:
    """How a file would be read, and its first rows.

    Raises:
        InvalidInput: it is empty, damaged, or no table.
        StoreError: looking into it needs more memory than it may use.
    """
    if is_text(path):
        return sniff_head(path, options)
    job = LookJob(
        source=path.resolve(),
        options=options or ReadOptions(),
        max_bytes=most_bytes(ws),
        memory_mb=engine_mb(ws, small=False),
        language=current_language(),
    )
    with desk(ws) as folder:
        found: Head = work(ws, job, folder, small=False)
        return found


def is_quick(path: Path) -> bool:
    """Whether ``look`` answers at once: it is text, of which only the beginning is read."""
    return is_there(path) and is_text(path)


def has_sheets(path: Path) -> bool:
    """Whether it is a workbook, by its first bytes."""
    return is_there(path) and is_workbook(path, head_of(path))


def check(
    ws: Workspace,
    table: Path,
    columns: Sequence[Column],
    report: ReadReport,
    target: str | None = None,
    task: Task | None = None,
    watch: Watch | None = None,
) -> Checked:
    """What a person should know about a table before a model sees it.

    With a target also how each column relates to it.

    Raises:
        StoreError: the memory was not enough.
        Cancelled: ``watch`` said so.
    """
    small = is_small_table(table, len(columns))
    job = CheckJob(
        table=table,
        columns=tuple(columns),
        target=target,
        task=task,
        report=report,
        memory_mb=engine_mb(ws, small=small),
        language=current_language(),
    )
    with desk(ws) as folder:
        found: Checked = work(ws, job, folder, small=small, watch=watch)
        return found


def export(ws: Workspace, dataset: Dataset, target: Path, form: str | None = None) -> None:
    """Write a dataset as it was read to ``target``; ``form`` is csv or parquet, else its ending.

    Raises:
        InvalidInput: the file's ending or folder cannot be used.
        StoreError: it could not be written.
    """
    small = is_small_table(dataset.table_path, dataset.column_count)
    job = ExportJob(
        table=dataset.table_path,
        columns=dataset.columns,
        target=target.absolute(),
        form=form,
        memory_mb=engine_mb(ws, small=small),
        language=current_language(),
    )
    with desk(ws) as folder:
        work(ws, job, folder, small=small)


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
        export(ws, dataset, made, form="csv")
        return dataset, made, True
    if key not in there or not there[key].is_file():
        raise NotFound(_("Dataset {id} has no file {key!r}.").format(id=dataset_id, key=key[:40]))
    return dataset, there[key], False
