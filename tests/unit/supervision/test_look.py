"""How often a run is looked at, and what is decided by what is seen."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_core.domain.configs import ResourceAllocation
from mlops_core.domain.events import RunPaths
from mlops_core.domain.states import EndReason
from mlops_core.store.workspace import Workspace
from mlops_core.supervision.gauge import Gauge
from mlops_core.supervision.supervise import (
    FASTEST,
    LOOK_SECONDS,
    NEAR_LOOK_SECONDS,
    Watch,
    look_seconds,
)

GB = 1024**3


def test_the_nearer_its_limit_the_more_often_a_run_is_looked_at() -> None:
    assert look_seconds(0, 4 * GB) == LOOK_SECONDS
    assert look_seconds(GB - GB // 100, GB) < 0.005
    assert look_seconds(2 * GB, GB) == NEAR_LOOK_SECONDS


@given(st.integers(0, 2**40), st.integers(1, 2**40))
def test_at_the_fastest_a_limit_is_passed_by_no_more_than_one_short_look(
    memory: int, limit: int
) -> None:
    reached = memory + FASTEST * look_seconds(memory, limit)
    assert reached <= max(limit, memory) + FASTEST * NEAR_LOOK_SECONDS


@pytest.mark.parametrize(
    ("asked_gb", "peak", "over"), [(2, 3, True), (2, 2, False), (0, 70, False)]
)
def test_gpu_memory_above_what_was_asked_for_is_decided_upon(
    workspace: Workspace, tmp_path: Path, asked_gb: int, peak: int, over: bool
) -> None:
    resources = ResourceAllocation(gpus=1, gpu_memory_gb=asked_gb)
    task: Any = SimpleNamespace(spec=SimpleNamespace(resources=resources), gpu_ids=("GPU-a",))
    recorder: Any = SimpleNamespace(
        add=lambda **_told: None, fenced=False, stop_requested=False, is_alive=lambda: True
    )
    nobody: Any = SimpleNamespace(asked=False)
    watch = Watch(workspace, task, RunPaths(tmp_path), nobody, recorder, Gauge(), nobody)
    watch._gpus.peak = peak * GB
    decision = watch._decide(memory=0)
    assert (decision is not None) == over
    if decision is not None and decision.ending is not None:
        assert decision.ending.reason is EndReason.MEMORY_LIMIT
        assert "GPU memory" in decision.ending.message
