"""What a run has used, and how many samples of it stay."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mlops_core.runners.processes import TreeUse
from mlops_core.supervision.gauge import MB, Gauge

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def use(memory_mb: float, cpu: float) -> TreeUse:
    return TreeUse(pids=(1,), processes=1, threads=2, memory=int(memory_mb * MB), cpu_seconds=cpu)


def test_a_sample_comes_twice_a_second_and_says_what_was_used_since_the_last() -> None:
    clock = Clock()
    gauge = Gauge(clock)
    clock.now += 0.3
    assert gauge.note(use(10, 0.1), NOW) is None
    clock.now += 0.2
    sample = gauge.note(use(20, 0.25), NOW)
    assert sample is not None
    assert (sample.seq, sample.cpu_percent, sample.memory_mb) == (1, pytest.approx(50.0), 20.0)
    clock.now += 0.5
    sample = gauge.note(use(20, 1.25), NOW)
    assert sample is not None
    assert (sample.seq, sample.cpu_percent) == (2, pytest.approx(200.0))


def test_the_peak_is_of_every_look_and_cpu_time_never_goes_back() -> None:
    clock = Clock()
    gauge = Gauge(clock)
    for memory, cpu in ((10, 1.0), (30, 2.0), (20, 1.5)):
        gauge.note(use(memory, cpu), NOW)
    clock.now += 4
    usage = gauge.usage()
    assert (usage.peak_memory_mb, usage.cpu_seconds, usage.wall_seconds) == (30.0, 2.0, 4.0)


def test_a_week_keeps_about_twenty_thousand_samples() -> None:
    clock = Clock()
    gauge = Gauge(clock)
    kept = 0
    end = clock.now + 168 * 3600
    while clock.now < end:
        clock.now += gauge.interval
        kept += gauge.note(use(1, 0), NOW) is not None
    assert 15_000 < kept < 21_000
