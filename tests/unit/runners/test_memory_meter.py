"""The memory of a tree: shared pages count once, and a fork is not growth."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_core.runners.local import MemoryMeter
from mlops_core.runners.processes import TreeUse

GB = 1024**3


def use(memory: float, processes: int = 1) -> TreeUse:
    return TreeUse(
        pids=tuple(range(1, processes + 1)),
        processes=processes,
        threads=processes,
        memory=int(memory * GB),
        cpu_seconds=0.0,
    )


class Exact:
    """What the kernel would say, and how often it was asked."""

    def __init__(self, memory: float | None) -> None:
        self.memory = memory
        self.asked = 0

    def __call__(self, pids: Sequence[int]) -> int | None:
        self.asked += 1
        return None if self.memory is None else int(self.memory * GB)


def test_one_process_is_never_asked_for_shares() -> None:
    exact = Exact(0.1)
    meter = MemoryMeter(2 * GB, exact)
    assert meter.measure(use(1.5)) == int(1.5 * GB)
    assert exact.asked == 0


def test_a_process_that_has_just_forked_does_not_double() -> None:
    exact = Exact(1.0)
    meter = MemoryMeter(8 * GB, exact)
    meter.measure(use(1.0))
    assert meter.measure(use(2.0, processes=2)) == 1.0 * GB
    assert exact.asked == 1


def test_below_the_peak_the_cheap_number_does() -> None:
    exact = Exact(0.2)
    meter = MemoryMeter(8 * GB, exact)
    meter.measure(use(1.0))
    meter.measure(use(0.9, processes=2))
    assert exact.asked == 0


def test_growth_between_two_exact_looks_is_added() -> None:
    exact = Exact(1.0)
    meter = MemoryMeter(8 * GB, exact)
    meter.measure(use(2.0, processes=2))
    assert meter.measure(use(2.5, processes=2)) == 1.5 * GB
    assert exact.asked == 1


def test_what_seems_over_the_limit_is_looked_at_exactly() -> None:
    exact = Exact(1.0)
    meter = MemoryMeter(2 * GB, exact)
    meter.measure(use(1.8, processes=2))
    exact.memory = 1.9
    assert meter.measure(use(3.5, processes=2)) == int(1.9 * GB)
    assert exact.asked == 2


def test_without_an_exact_number_the_sum_counts() -> None:
    meter = MemoryMeter(2 * GB, Exact(None))
    assert meter.measure(use(1.5, processes=2)) == int(1.5 * GB)
