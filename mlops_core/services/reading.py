"""Work of readers, asked for from here: small things at once, everything else in a process."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from mlops_core.data.formats import is_text
from mlops_core.data.plain import head_of
from mlops_core.data.progress import Tell
from mlops_core.domain.reading import JOB, Job, ReadingPaths
from mlops_core.errors import StoreError
from mlops_core.i18n import _
from mlops_core.reading.work import RESULTS, perform
from mlops_core.runners.readers import run_reader
from mlops_core.store.locks import try_lock
from mlops_core.store.workspace import Workspace

IMPORTING = ".import-"  # how folders begin in which a reader works
UNSAVED_FILE = "unsaved"  # in a folder that the database does not know; locked by who works there
# Starting a process takes longer than reading so little; what it is must be plain to see, too.
SMALL_BYTES = 1 << 20
SMALL_LINE = 4096  # of the first line: thousands of columns are not small
SMALL_COLUMNS = 100
INSIDE_MB = 128  # memory of the engine inside the caller's own process
OWN_MB = 160  # of a reader, besides its engine's


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What a caller wants to hear of long work, and whether it is still wanted."""

    tell: Tell | None = None
    cancelled: Callable[[], bool] | None = None


@contextmanager
def desk(ws: Workspace) -> Iterator[Path]:
    """A folder to work in, gone afterwards unless it was moved away.

    Its lock ends with this process, however that ends, and then a sweep takes the folder.

    Raises:
        StoreError: it cannot be made.
    """
    folder = ws.datasets / f"{IMPORTING}{secrets.token_hex(8)}"
    try:
        lock = _made(folder)
    except OSError as error:
        raise StoreError(
            _("The data folder cannot be written to: {reason}.").format(reason=error.strerror),
            _("Check that it may be written to and that the disk has room."),
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.close()


def _made(folder: Path) -> IO[bytes]:
    folder.mkdir()
    lock = try_lock(folder / UNSAVED_FILE)
    if lock is None:
        raise OSError(None, "its lock cannot be had")
    return lock


def engine_mb(ws: Workspace, *, small: bool) -> int:
    """Memory for the engine: of an import's, what the reader itself does not need."""
    return INSIDE_MB if small else max(64, ws.settings.import_memory_mb - OWN_MB)


def is_small_file(path: Path) -> bool:
    """Text that is read faster than a process starts."""
    if path.stat().st_size > SMALL_BYTES or not is_text(path):
        return False
    return len(head_of(path).partition(b"\n")[0]) <= SMALL_LINE


def is_small_table(path: Path, columns: int) -> bool:
    """A stored table about which everything is known faster than a process starts."""
    return columns <= SMALL_COLUMNS and path.stat().st_size <= SMALL_BYTES


def work(ws: Workspace, job: Job, folder: Path, *, small: bool, watch: Watch | None = None) -> Any:
    """Have ``job`` done in ``folder``: here when it is ``small``, else by a reader.

    Raises:
        InvalidInput: the file cannot be used.
        StoreError: the disk is full, the memory was not enough, or the reader was killed.
        Cancelled: the caller did not want it any more.
    """
    watch = watch or Watch()
    if small:
        return perform(job, folder, watch.tell)
    paths = ReadingPaths(folder)
    paths.clear()
    paths.job.write_bytes(JOB.dump_json(job))
    run_reader(folder, ws.settings.import_memory_mb, watch.tell, watch.cancelled)
    found = RESULTS[job.kind].validate_json(paths.result.read_bytes())
    paths.clear()
    return found
