"""Processes that wake each other, and a lock that several share."""

from __future__ import annotations

import stat
import threading
import time
from pathlib import Path

import pytest

from mlops_core.store.bell import LEAVE, NEWS, Bell, ring
from mlops_core.store.locks import is_held, share_lock, try_lock


def test_who_waits_is_woken_at_once(tmp_path: Path) -> None:
    bell = Bell(tmp_path / "bell")
    heard: list[bytes] = []
    waiter = threading.Thread(target=lambda: heard.append(bell.wait(30)))
    waiter.start()
    ring(tmp_path / "bell")
    waiter.join(timeout=20)
    assert heard == [NEWS]
    bell.close()


def test_what_was_rung_before_is_heard_together_and_once(tmp_path: Path) -> None:
    bell = Bell(tmp_path / "bell")
    ring(tmp_path / "bell")
    ring(tmp_path / "bell", LEAVE)
    assert bell.wait(30) == NEWS + LEAVE
    assert bell.wait(0) == b""
    bell.close()


def test_ringing_where_nobody_listens_does_nothing(tmp_path: Path) -> None:
    ring(tmp_path / "bell")
    assert not (tmp_path / "bell").exists()
    bell = Bell(tmp_path / "bell")
    bell.close()
    ring(tmp_path / "bell")
    assert stat.S_ISFIFO((tmp_path / "bell").stat().st_mode)


def test_a_bell_that_cannot_be_hung_only_times_out(tmp_path: Path) -> None:
    bell = Bell(tmp_path / "gone" / "bell")
    assert not bell.works
    began = time.monotonic()
    assert bell.wait(0.01) == b""
    assert time.monotonic() - began >= 0.01
    bell.close()


def test_a_bell_that_nobody_reads_does_not_hold_up_who_rings(tmp_path: Path) -> None:
    bell = Bell(tmp_path / "bell")
    for _number in range(70_000):  # more than a pipe holds
        ring(tmp_path / "bell", b"n" * 2)
    assert bell.wait(0)
    bell.close()


@pytest.mark.parametrize("sharers", [1, 2])
def test_a_shared_lock_is_held_until_the_last_lets_go(tmp_path: Path, sharers: int) -> None:
    path = tmp_path / "app.lock"
    assert not is_held(path)
    locks = [share_lock(path) for _number in range(sharers)]
    for lock in locks:
        assert is_held(path)
        assert try_lock(path) is None
        lock.close()
    assert not is_held(path)
