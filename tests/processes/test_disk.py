"""A disk or a part of it that is full: what a person is told, and what is left of it all."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_core.runners.disk import folder_bytes
from mlops_core.runners.limits import ROOT
from mlops_core.store.workspace import Workspace
from tests.processes.conftest import Lab

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


def test_a_disk_that_fills_up_ends_a_run_with_the_reason_and_harms_no_record(
    tmp_path: Path,
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if not _can_mount(small):
        pytest.skip("a small disk cannot be mounted here")
    command = [sys.executable, "-m", "tests.processes.fill_disk"]
    ended = subprocess.run(
        [*OWN, "sh", "-c", f'{MOUNTED} "$@"', "sh", "24", str(small), *command],
        env={
            **os.environ,
            "MLOPS_HOME": str(small / "home"),
            "MLOPS_SCHEDULER_IDLE_SECONDS": "1",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert found["refused"].startswith("The disk is full. Free some space")
    assert (found["status"], found["reason"]) == ("failed", "disk_limit")
    assert "the disk had only 0 MB left" in found["message"]
    assert "folds are kept" in found["message"]
    assert found["database"] == "ok"
    assert found["next"] == "completed"


@pytest.mark.parametrize("how", ["many", "one", "log"])
def test_a_run_that_fills_its_part_of_the_disk_is_ended(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setenv("MLOPS_RUN_DISK_GB", "0.03")
    lab.ws = Workspace.open()
    write = {
        "many": "(folder / f'tmp/{time.monotonic_ns()}').write_bytes(os.urandom(1 << 18))",
        "one": "(folder / 'big').open('ab').write(os.urandom(1 << 20))",
        "log": "print('x' * (1 << 18))",
    }[how]
    row = lab.run(
        f"""
        event(kind="phase", phase="fold", fold=2, of=5)
        while True:
            {write}
        """
    )
    lab.ws.close()
    assert (row.status, row.end_reason) == ("failed", "disk_limit"), row.message
    assert "more than the 0.03 GB of disk that a run may use, in fold 2 of 5" in row.message
    assert folder_bytes(lab.paths(row.id).folder) < 4 * 1024**2


def test_who_was_killed_was_killed_also_with_a_folder_that_is_too_large(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLOPS_RUN_DISK_GB", "0.001")
    lab.ws = Workspace.open()
    row = lab.run(
        """
        for name in ("one", "two"):
            (folder / name).write_bytes(os.urandom(700_000))
        os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    lab.ws.close()
    assert (row.status, row.end_reason) == ("failed", "killed"), row.message
