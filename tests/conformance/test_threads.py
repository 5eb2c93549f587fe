"""A run never works with more threads than it was given cores."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_core.algorithms import ALGORITHMS
from mlops_core.domain.configs import ResourceAllocation
from mlops_core.domain.events import RunPaths
from mlops_core.runners.base import Start
from mlops_core.runners.limits import ROOT, trainer_environment
from tests.conformance.tables import mixed_frame, write_table


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core cannot show two threads")
def test_every_algorithm_keeps_to_one_thread_when_it_was_given_one_core(tmp_path: Path) -> None:
    """The process is not bound to a core here: its threads alone are what is counted."""
    table = write_table(mixed_frame(rows=300), tmp_path)
    start = Start(
        paths=RunPaths(tmp_path / "run"),
        allocation=ResourceAllocation(cpu_cores=1),
        cores=(),
        gpus=(),
        disk_bytes=0,
        tag="threads",
    )
    (tmp_path / "run" / "tmp").mkdir(parents=True)
    program = subprocess.run(
        [sys.executable, "-m", "tests.conformance.hot_threads", str(table), str(tmp_path)],
        cwd=ROOT,
        env=trainer_environment(start, os.environ),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert program.returncode == 0, program.stderr[-2000:]
    most = json.loads(program.stdout)
    # Two are kept busy; where the machine is, the one that waits for them may count as well.
    assert most.pop("control") >= 2, "the count does not see two threads"
    assert {name.rpartition("-")[0] for name in most} == set(ALGORITHMS)
    assert {name: count for name, count in most.items() if count > 1} == {}
