"""What a reader does, in its own process or, for small things, in that of its caller."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from mlops_core.data.checks import check
from mlops_core.data.drift import spreads
from mlops_core.data.heads import Head, look_into
from mlops_core.data.progress import Steps, Tell
from mlops_core.data.read import ImportedTable, import_file
from mlops_core.data.table import export
from mlops_core.data.target_relations import relate
from mlops_core.domain.drift import Spreads
from mlops_core.domain.reading import (
    Checked,
    CheckJob,
    CompareJob,
    ExportJob,
    ImportJob,
    Job,
    LookJob,
)
from mlops_core.errors import StoreError
from mlops_core.i18n import _

COPIED_AT_ONCE = 8 << 20
ORIGINAL_FILE = "original"

RESULTS: dict[str, TypeAdapter[Any]] = {
    "import": TypeAdapter(ImportedTable),
    "look": TypeAdapter(Head),
    "check": TypeAdapter(Checked),
    "compare": TypeAdapter(Spreads),
    "export": TypeAdapter(None),
}


def perform(job: Job, folder: Path, tell: Tell | None = None) -> Any:
    """Do what ``job`` asks for, in ``folder``; gives what ``RESULTS`` says for its kind.

    Raises:
        InvalidInput: the file cannot be used.
        StoreError: the disk is full, or the memory was not enough.
    """
    match job:
        case ImportJob():
            return _import(job, folder, tell)
        case LookJob():
            return look_into(job.source, folder, job.options, job.max_bytes)
        case CheckJob():
            return _checked(job)
        case CompareJob():
            return spreads(job.before, job.after, memory_mb=job.memory_mb)
        case ExportJob():
            export(job.table, job.columns, job.target, form=job.form, memory_mb=job.memory_mb)
            return None


def _checked(job: CheckJob) -> Checked:
    findings = check(
        job.table,
        job.columns,
        job.target,
        job.task,
        memory_mb=job.memory_mb,
        report=job.report,
    )
    target = next((column for column in job.columns if column.name == job.target), None)
    if target is None or job.task is None:
        return Checked(findings=findings)
    others = [column for column in job.columns if column is not target]
    relations = relate(job.table, others, target, job.task, memory_mb=job.memory_mb)
    return Checked(findings=findings, relations=relations)


def _import(job: ImportJob, folder: Path, tell: Tell | None) -> ImportedTable:
    original = folder / ORIGINAL_FILE
    if not (job.linked and _linked(job.source, original)):
        _copy(job.source, original, Steps(tell))
    return import_file(
        original,
        folder,
        options=job.options,
        memory_mb=job.memory_mb,
        max_bytes=job.max_bytes,
        original_name=job.original_name,
        tell=tell,
        checked=False,
    )


def _linked(path: Path, original: Path) -> bool:
    """An upload becomes the original by a second name for it; it stays until all is well."""
    try:
        original.hardlink_to(path)
    except OSError:
        return False  # a file system without hard links
    return True


def _copy(source: Path, target: Path, steps: Steps) -> None:
    """The original in the folder where it is read and kept, whatever happens to ``source``."""
    steps.begin("copying")
    try:
        size = source.stat().st_size
        _refuse_full(source, size, target.parent)
        with source.open("rb") as file, target.open("wb") as out:
            while chunk := file.read(COPIED_AT_ONCE):
                out.write(chunk)
                steps.within(file.tell() / size if size else 1.0)
    except OSError as error:
        raise StoreError(
            _("The file {path} cannot be copied: {reason}.").format(
                path=source, reason=error.strerror
            ),
            _("Check that it may be read and that the disk has room."),
        ) from error


def _refuse_full(source: Path, size: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if size > free:
        raise StoreError(
            _("There is no room for {path}: it has {size} MB, the disk {free} MB left.").format(
                path=source, size=size >> 20, free=free >> 20
            ),
            _("Free some space and try again."),
        )
