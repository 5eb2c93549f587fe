"""Admission in the cases that rules do not spell out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mlops_core.scheduling.admission import Admission, Capacity, admit, why_never
from mlops_core.store.work import ActiveRun, QueuedRun

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def queued(number: int, cores: int = 1, memory: float = 1.0, gpus: int = 0) -> QueuedRun:
    return QueuedRun(
        id=number,
        cpu_cores=cores,
        memory_gb=memory,
        gpus=gpus,
        time_limit_hours=1.0,
        created_at=NOW,
    )


def active(number: int, cores: tuple[int, ...], memory: float = 1.0) -> ActiveRun:
    return ActiveRun(
        id=number,
        attempt=1,
        cpu_cores=len(cores),
        memory_gb=memory,
        gpus=0,
        time_limit_hours=1.0,
        cores=cores,
        claimed_at=NOW,
        started_at=None,
        supervisor=None,
    )


FOUR = Capacity(cores=(0, 1, 2, 3), memory_gb=8.0, gpus=0)


def test_a_small_run_does_not_overtake_a_big_one() -> None:
    queue = [queued(1, cores=4), queued(2, cores=1)]
    assert admit(queue, [active(9, (0,))], FOUR) == []


def test_a_run_that_can_never_fit_does_not_hold_up_the_others() -> None:
    assert admit([queued(1, cores=5), queued(2)], [], FOUR) == [Admission(2, (0,))]


def test_free_cores_are_handed_out_around_those_in_use() -> None:
    due = admit([queued(1, cores=2), queued(2)], [active(9, (1,))], FOUR)
    assert due == [Admission(1, (0, 2)), Admission(2, (3,))]


def test_decimal_gigabytes_fill_a_machine_exactly() -> None:
    ten = Capacity(cores=tuple(range(10)), memory_gb=1.0, gpus=0)
    assert len(admit([queued(n, memory=0.1) for n in range(10)], [], ten)) == 10


def test_a_machine_that_lost_cores_waits_until_its_own_are_free() -> None:
    smaller = Capacity(cores=(0, 1), memory_gb=8.0, gpus=0)
    assert admit([queued(1)], [active(9, (2,))], smaller) == [Admission(1, (0,))]
    assert admit([queued(1)], [active(9, (2,)), active(8, (0,))], smaller) == []


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
