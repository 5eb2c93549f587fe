"""The embedded query engine: connections with a memory limit, and safe quoting."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import duckdb

Connection: TypeAlias = Any  # DuckDB ships types that do not know half of its methods
T = TypeVar("T")


@contextmanager
def connect(memory_mb: int = 512, spill: Path | None = None) -> Iterator[Connection]:
    """An in-memory database that never takes more than ``memory_mb`` and two threads.

    What does not fit is spilled into the folder ``spill``. Nothing is fetched from anywhere.
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
        connection.execute("SET enable_progress_bar = false")
        yield connection
    finally:
        connection.close()


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
