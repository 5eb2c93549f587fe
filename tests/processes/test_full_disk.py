"""A disk that is really full: what a person is told, and what is left of it all."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

OWN = ("unshare", "--mount", "--map-root-user") if os.getuid() else ("unshare", "--mount")
MOUNTED = 'mount -t tmpfs -o size="$1"m tmpfs "$2" && shift 2 && '


def _can_mount(folder: Path) -> bool:
    if shutil.which("unshare") is None:
        return False
    tried = [*OWN, "sh", "-c", f"{MOUNTED} true", "sh", "1", str(folder)]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


def write(path: Path, rows: int) -> Path:
    """A table that hardly gets smaller by packing it."""
    chance = random.Random(7)
    with path.open("w", encoding="utf-8") as out:
        out.write("a,b,c\n")
        out.writelines(
            f"{chance.getrandbits(60)},{chance.getrandbits(60)},{row}\n" for row in range(rows)
        )
    return path


# Before it is copied; while rows are written; there is no telling at which byte.
@pytest.mark.parametrize(("share", "said"), [(0.7, "There is no room"), (1.2, "the disk is full")])
def test_a_full_disk_is_said_and_nothing_stays(tmp_path: Path, share: float, said: str) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if not _can_mount(small):
        pytest.skip("a small disk cannot be mounted here")
    path = write(tmp_path / "in.csv", rows=400_000)
    size = max(1, int(path.stat().st_size * share) >> 20)
    script = f'{MOUNTED} {{ "$@"; echo code $?; find {small}/home/datasets -mindepth 1; }}'
    command = [sys.executable, "-m", "mlops_core", "dataset", "add", str(path)]
    ended = subprocess.run(
        [*OWN, "sh", "-c", script, "sh", str(size), str(small), *command],
        env={**os.environ, "MLOPS_HOME": str(small / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said in ended.stderr and "Free some space" in ended.stderr
    assert "exception" not in ended.stderr and "Traceback" not in ended.stderr
    assert ended.stdout == "code 1\n"
