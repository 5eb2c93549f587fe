"""Everything is killed at random moments, for a short while; the benchmark does it for long."""

from __future__ import annotations

import pytest

from benchmarks.chaos import Chaos, spec_for
from mlops_core.store.workspace import Workspace
from tests.browser import find_chromium
from tests.support import end_processes

KILLS = 8


@pytest.mark.process
def test_nothing_is_lost_doubled_left_over_or_untrue_when_everything_is_killed(
    workspace: Workspace,
) -> None:
    settings = workspace.settings.model_copy(update={"scheduler_idle_seconds": 1.0})
    ws = Workspace.open(settings)
    chaos = Chaos(ws, spec_for(ws, trees=40), waiting=2)
    try:
        chaos.rage(KILLS, browser=find_chromium())
        assert chaos.settle(), "a run never ended"
        assert chaos.left_over() == []
        assert chaos.untrue() == []
        assert (chaos.doubled, chaos.exceeded, chaos.complaints) == (set(), [], [])
        assert chaos.killed.total() == KILLS
        assert chaos.done["submitted from a shell"]
    finally:
        if chaos.app is not None:
            chaos.app.kill()
            chaos.app.wait()
        end_processes(ws.home)
        ws.close()
