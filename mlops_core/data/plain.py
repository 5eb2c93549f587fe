"""The plain dialect that other formats are made into, and small things of every format."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from mlops_core.errors import InvalidInput
from mlops_core.i18n import _

HEAD = 1 << 16
OPTIONS = {"encoding": "utf-8", "delimiter": ",", "quote": '"', "decimal": "."}


def writer(out: TextIO) -> Any:
    """A writer of rows in the plain dialect; ``out`` was opened with ``newline=""``."""
    return csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")


class Lines:
    """Where each record of a made text came from; kept in a file, eight bytes each."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def written(self) -> Iterator[Callable[[int], object]]:
        """Takes the line of one record after the other."""
        with self._path.open("wb") as file:
            yield lambda line: file.write(line.to_bytes(8, "little"))

    def __call__(self, record: int) -> int:
        with self._path.open("rb") as file:
            file.seek(record * 8)
            return int.from_bytes(file.read(8), "little")


def head_of(path: Path) -> bytes:
    """The first 64 KiB."""
    with path.open("rb") as file:
        return file.read(HEAD)


def refused(message: str, hint: str) -> InvalidInput:
    """The error for a file that cannot be used."""
    return InvalidInput(message, hint, field="file")


def damaged(message: str) -> InvalidInput:
    """The error for a file that is broken."""
    return refused(message, _("Copy or download it again."))
