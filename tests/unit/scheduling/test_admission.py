"""Admission in the cases that rules do not spell out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mlops_core.domain.queue import Holdup, Priority
from mlops_core.runners.gpus import Gpu
from mlops_core.scheduling.admission import (
    SLACK,
    Admission,
    Capacity,
    forecast,
    plan,
    why_never,
)
from mlops_core.store.work import ActiveRun, QueuedRun

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def queued(number: int, cores: int = 1, memory: float = 1.0, **other: Any) -> QueuedRun:
    usual = {
        "gpus": 0,
        "gpu_memory_gb": 0.0,
        "time_limit_hours": 1.0,
        "owner": "kim",
        "priority": Priority.NORMAL,
    }
    return QueuedRun(
        id=number,
        cpu_cores=cores,
        memory_gb=memory,
        created_at=NOW + timedelta(seconds=number),
        **{**usual, **other},
    )


def active(number: int, cores: tuple[int, ...], memory: float = 1.0, **other: Any) -> ActiveRun:
    usual = {"gpus": 0, "gpu_ids": (), "time_limit_hours": 1.0, "owner": "kim"}
    return ActiveRun(
        id=number,
        attempt=1,
        cpu_cores=len(cores),
        memory_gb=memory,
        cores=cores,
        claimed_at=NOW,
        started_at=NOW,
        supervisor=None,
        **{**usual, **other},
    )


FOUR = Capacity(cores=(0, 1, 2, 3), memory_gb=8.0)


def due(queue: list[QueuedRun], going: list[ActiveRun], capacity: Capacity = FOUR) -> list[int]:
    return [one.run_id for one in plan(queue, going, capacity, now=NOW).due]


def test_a_run_that_would_end_too_late_does_not_overtake() -> None:
    queue = [queued(1, cores=4), queued(2, time_limit_hours=2.0)]
    found = plan(queue, [active(9, (0,))], FOUR, now=NOW)
    assert found.due == []
    assert found.holdups == {1: Holdup.CORES, 2: Holdup.TURN}
    assert found.head_starts == NOW + HOUR + SLACK


def test_a_run_that_ends_before_the_reserved_moment_fills_the_gap() -> None:
    queue = [queued(1, cores=4), queued(2, time_limit_hours=0.5), queued(3, time_limit_hours=2.0)]
    assert due(queue, [active(9, (0,))]) == [2]


def test_a_long_run_fills_a_gap_that_the_reserved_run_does_not_need() -> None:
    queue = [queued(1, cores=3), queued(2, time_limit_hours=50.0), queued(3, time_limit_hours=50.0)]
    assert due(queue, [active(9, (0, 1))]) == [2]


def test_a_run_that_can_never_fit_does_not_hold_up_the_others() -> None:
    found = plan([queued(1, cores=5), queued(2)], [], FOUR, now=NOW)
    assert found.due == [Admission(2, (0,))]
    assert found.holdups == {1: Holdup.NEVER}


def test_a_higher_priority_goes_first() -> None:
    queue = [queued(1, cores=4), queued(2, cores=4, priority=Priority.HIGH)]
    assert due(queue, []) == [2]
    queue = [queued(1, cores=4, priority=Priority.LOW), queued(2, cores=4)]
    assert due(queue, []) == [2]


def test_who_has_least_of_the_machine_goes_first() -> None:
    many = [queued(number) for number in range(1, 7)]
    found = due([*many, queued(7, owner="lee"), queued(8, owner="lee")], [])
    assert found == [1, 7, 2, 8]


def test_who_used_least_lately_goes_first_where_nobody_has_anything() -> None:
    queue = [queued(1, cores=4), queued(2, cores=4, owner="lee")]
    found = plan(queue, [], FOUR, now=NOW, served={"kim": 3600.0})
    assert [one.run_id for one in found.due] == [2]


def test_free_cores_are_handed_out_around_those_in_use() -> None:
    found = plan([queued(1, cores=2), queued(2)], [active(9, (1,))], FOUR, now=NOW)
    assert found.due == [Admission(1, (0, 2)), Admission(2, (3,))]


def test_decimal_gigabytes_fill_a_machine_exactly() -> None:
    ten = Capacity(cores=tuple(range(10)), memory_gb=1.0)
    assert len(due([queued(n, memory=0.1) for n in range(10)], [], ten)) == 10


def test_a_machine_that_lost_cores_waits_until_its_own_are_free() -> None:
    smaller = Capacity(cores=(0, 1), memory_gb=8.0)
    assert due([queued(1)], [active(9, (2,))], smaller) == [1]
    assert due([queued(1)], [active(9, (2,)), active(8, (0,))], smaller) == []


def test_the_smallest_gpu_that_will_do_is_given() -> None:
    large, small = (
        Gpu(name="L", memory_gb=80.0, uuid="GPU-l"),
        Gpu(name="S", memory_gb=24.0, uuid="GPU-s"),
    )
    both = Capacity(cores=(0, 1, 2, 3), memory_gb=8.0, gpus=(large, small))
    queue = [queued(1, gpus=1, gpu_memory_gb=10.0), queued(2, gpus=1, gpu_memory_gb=40.0)]
    found = plan(queue, [], both, now=NOW)
    assert [one.gpus for one in found.due] == [("GPU-s",), ("GPU-l",)]
    held = active(9, (0,), gpus=1, gpu_ids=("GPU-l",))
    assert due([queue[1]], [held], both) == []
    words = why_never(queued(1, gpus=2, gpu_memory_gb=40.0), both)
    assert (words or "").startswith("It asks for 2 GPUs with 40 GB; this machine can give 1.")


def test_what_waits_is_told_why_and_until_when() -> None:
    queue = [queued(1, cores=4), queued(2, cores=4), queued(3, time_limit_hours=30.0)]
    first, second, third = forecast(queue, [active(9, (0,))], FOUR, now=NOW)
    assert (first.place, first.holdup, first.asked, first.free) == (1, Holdup.CORES, 4, 3)
    assert first.starts_by == NOW + HOUR + SLACK
    assert second.starts_by == NOW + 2 * (HOUR + SLACK)
    assert (third.holdup, third.behind) == (Holdup.TURN, 1)
    assert third.starts_by == NOW + 3 * (HOUR + SLACK)


def test_what_starts_now_or_never_is_told_so() -> None:
    soon, never = forecast([queued(1), queued(2, cores=5)], [], FOUR, now=NOW)
    assert (soon.holdup, soon.starts_by) == (Holdup.SOON, NOW)
    assert (never.holdup, never.starts_by) == (Holdup.NEVER, None)


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (queued(1, cores=8), "It asks for 8 CPU cores; this machine can give 4."),
        (queued(1, memory=9), "It asks for 9 GB of memory; this machine can give 8.0 GB."),
        (queued(1, gpus=1), "It asks for 1 GPU; this machine can give none."),
        (
            queued(1, cores=8, memory=9),
            "It asks for 8 CPU cores and 9 GB of memory; this machine can give 4 and 8.0 GB.",
        ),
    ],
)
def test_what_can_never_fit_is_said_with_both_numbers(run: QueuedRun, words: str) -> None:
    assert (why_never(run, FOUR) or "").startswith(words)
