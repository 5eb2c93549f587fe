"""What bounds a trainer, before one is started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_core.domain.configs import ResourceAllocation
from mlops_core.domain.events import RunPaths
from mlops_core.runners import processes
from mlops_core.runners.base import Start
from mlops_core.runners.limits import THREAD_VARIABLES, data_limit, trainer_environment
from tests.support import wait_until

MB = 1024**2


def test_the_backstop_is_wider_than_the_limit_by_what_libraries_reserve() -> None:
    allocation = ResourceAllocation(cpu_cores=4, memory_gb=2)
    assert data_limit(allocation) == int(1.1 * 2048 * MB) + (512 + 4 * 96) * MB


def test_only_what_is_listed_passes_to_a_trainer(tmp_path: Path) -> None:
    start = Start(
        paths=RunPaths(tmp_path),
        allocation=ResourceAllocation(cpu_cores=3, gpus=2),
        cores=(0, 1, 2),
        gpus=("GPU-a", "GPU-b"),
        disk_bytes=1024 * MB,
        tag="t",
    )
    found = trainer_environment(start, {"PATH": "/bin", "DATABASE_URL": "x", "AWS_SECRET": "y"})
    assert found["PATH"] == "/bin"
    assert not {"DATABASE_URL", "AWS_SECRET"} & set(found)
    assert {found[name] for name in THREAD_VARIABLES} == {"3"}
    assert found["TMPDIR"] == str(tmp_path / "tmp")
    assert found["CUDA_VISIBLE_DEVICES"] == "GPU-a,GPU-b"
    assert (found["PYTHONHASHSEED"], found["MLOPS_RUN_TAG"]) == ("0", "t")


@pytest.mark.process
def test_a_process_is_known_by_more_than_its_number() -> None:
    own = processes.identify(os.getpid())
    assert own is not None
    assert processes.is_alive(own)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    identity = processes.identify(child.pid)
    assert identity is not None
    assert child.pid in processes.descendants(os.getpid())
    wait_until(lambda: processes.measure([child.pid]).memory > MB, what="it is loaded")
    child.kill()
    # A zombie until it is waited for, and a zombie is not alive.
    wait_until(lambda: not processes.is_alive(identity), what="it is dead")
    child.communicate()
    assert processes.identify(child.pid) is None
    assert processes.measure([child.pid]).processes == 0


@pytest.mark.process
def test_what_carries_a_tag_is_found_and_killed_wherever_it_hangs(tmp_path: Path) -> None:
    tag = f"{tmp_path}:1:1"
    children = [
        subprocess.Popen(
            [sys.executable, "-c", "input()"],
            stdin=subprocess.PIPE,
            env={**os.environ, "MLOPS_RUN_TAG": text},
            start_new_session=True,
        )
        for text in (tag, f"{tag}1")
    ]
    wait_until(lambda: processes.tagged(tag) == (children[0].pid,), what="the tag is seen")
    assert processes.kill_tagged(tag)
    children[0].communicate()
    assert children[1].poll() is None
    children[1].kill()
    children[1].communicate()


def test_memory_of_this_process_is_told_exactly() -> None:
    found = processes.proportional_memory([os.getpid()])
    assert found is not None
    assert found > MB
