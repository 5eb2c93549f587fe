"""The embedded query engine: connections with a memory limit, and safe quoting."""

from __future__ import annotations

import errno
import glob
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import Event, Thread
from typing import Any, TypeAlias, TypeVar

import duckdb

from mlops_core.errors import StoreError
from mlops_core.i18n import _

Connection: TypeAlias = Any  # DuckDB ships types that do not know half of its methods
T = TypeVar("T")
LOOK_SECONDS = 0.2
NARROW = 200  # columns up to which each may be asked by expressions of its own
WIDE = 1000  # columns up to which all can be written at once
ROOM = 40  # columns for which a megabyte more is counted than is used
_FULL = os.strerror(errno.ENOSPC)  # which the engine puts into a sentence of its own


@contextmanager
def connect(
    memory_mb: int = 512,
    spill: Path | None = None,
    within: Callable[[float], None] | None = None,
) -> Iterator[Connection]:
    """An in-memory database that never takes more than ``memory_mb`` and two threads.

    What does not fit is spilled into the folder ``spill``. Nothing is fetched from anywhere.
    ``within`` is told, by another thread, how far the present query is, from 0 to 1.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{memory_mb}MB",
        "threads": 2,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if spill is not None:
        config["temp_directory"] = str(spill)
    connection = duckdb.connect(config=config)
    try:
        if within is None:
            connection.execute("SET enable_progress_bar = false")
            yield connection
        else:
            connection.execute(
                "SET enable_progress_bar = true; SET enable_progress_bar_print = false"
            )
            with _watched(connection, within):
                yield connection
    except duckdb.OutOfMemoryException as error:
        raise failure(_("The table is too large"), error) from error
    finally:
        connection.close()


@contextmanager
def _watched(connection: Connection, within: Callable[[float], None]) -> Iterator[None]:
    ended = Event()

    def watch() -> None:
        while not ended.wait(LOOK_SECONDS):
            percent = connection.query_progress()
            if percent > 0:
                within(percent / 100)

    watcher = Thread(target=watch, name="query-progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def limit_threads(connection: Connection, width: int) -> None:
    """Use one thread for a table of many columns.

    For each column and thread the engine holds a tenth of a megabyte; two threads would need twice
    the memory and be done no sooner.
    """
    if width > NARROW:
        connection.execute("SET threads = 1")


def make_room(connection: Connection, memory_mb: int, width: int) -> None:
    """Let the engine count more than ``memory_mb`` when it asks about ``width`` columns at once.

    Much of what it then sets aside is never touched.
    """
    limit_threads(connection, width)
    connection.execute(f"SET memory_limit = '{memory_mb + width // ROOM}MB'")


def failure(what: str, error: duckdb.Error | OSError) -> StoreError:
    """The error for ``what`` (a sentence without its end) that the engine or the disk failed at."""
    if isinstance(error, duckdb.OutOfMemoryException):
        return StoreError(
            _("{what}: it needs more memory than it may use.").format(what=what),
            _("Raise MLOPS_IMPORT_MEMORY_MB, or bring a part of the table."),
        )
    if getattr(error, "errno", None) == errno.ENOSPC or _FULL in str(error):
        return StoreError(
            _("{what}: the disk is full.").format(what=what), _("Free some space and try again.")
        )
    reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
    return StoreError(
        _("{what}: {reason}.").format(what=what, reason=reason[:300].rstrip(".")),
        _("Check that the folder may be written to and the disk has room."),
    )


def ident(name: str) -> str:
    """``name`` as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """``text`` as a string constant."""
    return "'" + text.replace("'", "''") + "'"


def source(path: Path) -> str:
    """``path`` as a constant for ``read_csv`` and ``read_parquet``: no character is a wildcard."""
    return literal(glob.escape(str(path)))


def parquet(path: Path) -> str:
    """A FROM clause that reads ``path``."""
    return f"read_parquet({source(path)})"


def batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """``items`` in lists of at most ``size``: very wide tables are asked about in parts."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
