"""Locks on files, which end with whoever holds them: by closing, by leaving, by being killed."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO


def try_lock(path: Path) -> IO[bytes] | None:
    """The lock of ``path``, held until it is closed or this process ends.

    ``None``: somebody holds it, or its folder is not there any more.
    """
    try:
        lock = path.open("ab")
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def share_lock(path: Path) -> IO[bytes]:
    """The lock of ``path`` together with others who share it; while one does, it is held.

    Raises:
        OSError: the file cannot be made.
    """
    lock = path.open("ab")
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock of the file ``path``; it is not made for the question."""
    if not path.exists():
        return False
    lock = try_lock(path)
    if lock is not None:
        lock.close()
    return lock is None
