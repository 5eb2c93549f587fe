"""A bell between processes: who waits for news is woken at once, without asking again and again."""

from __future__ import annotations

import contextlib
import os
import select
import time
from pathlib import Path

NEWS = b"n"
LEAVE = b"l"


class Bell:
    """The end that listens: a named pipe. Where a file system has none it only ever times out."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pipe: int | None = None
        with contextlib.suppress(OSError):
            with contextlib.suppress(FileExistsError):
                os.mkfifo(path, 0o600)
            # Reading and writing: with a writer of its own it never comes to an end.
            self._pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    @property
    def works(self) -> bool:
        return self._pipe is not None

    def wait(self, seconds: float) -> bytes:
        """What was rung meanwhile; empty when ``seconds`` have passed in silence."""
        if self._pipe is None:
            time.sleep(seconds)
            return b""
        if not select.select([self._pipe], [], [], seconds)[0]:
            return b""
        try:
            return os.read(self._pipe, 4096)
        except OSError:
            return b""

    def close(self) -> None:
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None


def ring(path: Path, what: bytes = NEWS) -> None:
    """Wake whoever listens; nothing happens where nobody does."""
    with contextlib.suppress(OSError):
        pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        try:
            os.write(pipe, what)
        finally:
            os.close(pipe)
