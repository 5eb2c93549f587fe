"""What a folder takes of the disk, and what stays of one that took too much."""

from __future__ import annotations

import os
from pathlib import Path

from mlops_core.runners.disk import DiskWatch, folder_bytes, free_bytes, shrink
from tests.support import wait_until

KB, MB = 1024, 1024**2


def fill(path: Path, size: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(size))
    return path


def test_all_files_count_by_what_they_take_and_holes_do_not(tmp_path: Path) -> None:
    fill(tmp_path / "a" / "b" / "deep", 300 * KB)
    fill(tmp_path / "flat", 100 * KB)
    with (tmp_path / "holes").open("wb") as file:
        file.truncate(1024 * MB)
    (tmp_path / "link").symlink_to(tmp_path / "flat")
    (tmp_path / "around").symlink_to(tmp_path)
    assert 400 * KB <= folder_bytes(tmp_path) < 500 * KB
    assert folder_bytes(tmp_path / "gone") == 0
    assert free_bytes(tmp_path / "gone") is None


def test_counting_ends_where_it_is_enough(tmp_path: Path) -> None:
    for number in range(20):
        fill(tmp_path / f"folder-{number}" / "file", 100 * KB)
    assert 300 * KB < folder_bytes(tmp_path, enough=300 * KB) < 1000 * KB


def test_a_watch_sees_a_folder_grow(tmp_path: Path) -> None:
    watch = DiskWatch(tmp_path, limit=MB)
    watch.start()
    wait_until(lambda: watch.free, what="it has looked")
    assert watch.used < 100 * KB
    fill(tmp_path / "big", 2 * MB)
    wait_until(lambda: watch.used > MB, what="it has seen the file")
    watch.stop()
    assert not watch.is_alive()


def test_what_filled_a_folder_goes_and_what_tells_of_it_stays_short(tmp_path: Path) -> None:
    log, told = fill(tmp_path / "log", 3 * MB), fill(tmp_path / "told", KB)
    fill(tmp_path / "more" / "deep", MB)
    fill(tmp_path / "model", MB)
    outside = fill(tmp_path.parent / f"{tmp_path.name}-outside" / "file", KB)
    (tmp_path / "link").symlink_to(outside.parent)
    shrink(tmp_path, keep=(log, told, tmp_path / "never written"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "told"]
    assert (log.stat().st_size, told.stat().st_size) == (MB, KB)
    assert outside.exists()
    shrink(tmp_path / "gone", keep=())
