"""What a run's folder takes of the disk, looked at beside everything else."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Collection
from pathlib import Path

LOOK_SECONDS = 0.5
GONE_LOOKS = 4  # a network drive may blink
BLOCK_BYTES = 512  # the unit of st_blocks, see stat(2)


def folder_bytes(folder: Path, enough: int | None = None) -> int:
    """What the files below ``folder`` take of the disk, holes not counted.

    Args:
        enough: Stop counting above it; a folder may hold a million files.
    """
    total = 0
    todo = [os.fspath(folder)]
    while todo and (enough is None or total <= enough):
        try:
            with os.scandir(todo.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                    else:
                        total += _bytes_of(entry)
        except OSError:
            continue  # it went away meanwhile
    return total


def _bytes_of(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_blocks * BLOCK_BYTES
    except OSError:
        return 0  # it went away meanwhile; its neighbours count all the same


def shrink(folder: Path, keep: Collection[Path], longest: int = 1024**2) -> None:
    """Take away what a run that filled its folder has left there.

    Args:
        keep: Files that stay, cut to their first ``longest`` bytes.
    """
    for path in list(folder.iterdir()) if folder.is_dir() else ():
        try:
            if path in keep:
                if path.stat().st_size > longest:
                    os.truncate(path, longest)
            elif path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
        except OSError:
            continue


def free_bytes(folder: Path) -> int | None:
    """Room on the disk of ``folder``; ``None`` where it cannot be told."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


class DiskWatch(threading.Thread):
    """Looks twice a second at a folder and at its disk, so that no other look has to wait.

    Attributes:
        used: Bytes that the folder takes; above ``limit`` they are only known to be more.
        free: Bytes that are left on its disk; ``None`` before the first look.
        gone: The folder is not where it was any more, in several looks.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        super().__init__(name="disk-watch", daemon=True)
        self._folder, self._limit = folder, limit
        self._leave = threading.Event()
        self.used = 0
        self.free: int | None = None
        self._missed = 0

    @property
    def gone(self) -> bool:
        return self._missed >= GONE_LOOKS

    def run(self) -> None:
        while True:
            self.look()
            if self._leave.wait(LOOK_SECONDS):
                return

    def look(self) -> None:
        """Look now."""
        self.used = folder_bytes(self._folder, enough=self._limit)
        self.free = free_bytes(self._folder)
        self._missed = 0 if self._folder.is_dir() else self._missed + 1

    def stop(self) -> None:
        self._leave.set()
        if self.is_alive():
            self.join()
