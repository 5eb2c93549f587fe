"""How often the memory of a run is looked at."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mlops_core.supervision.supervise import (
    FASTEST,
    LOOK_SECONDS,
    NEAR_LOOK_SECONDS,
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
