"""What a run has used, and how many samples of it stay."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from mlops_core.runners.gpus import GpuUse
from mlops_core.runners.processes import Traffic, TreeUse
from mlops_core.supervision.gauge import MB, MOST_SAMPLES, Gauge

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def use(memory_mb: float, cpu: float, threads: int = 2) -> TreeUse:
    return TreeUse(
        pids=(1,), processes=1, threads=threads, memory=int(memory_mb * MB), cpu_seconds=cpu
    )


def traffic(read_mb: int, written_mb: int) -> Traffic:
    return Traffic(read=read_mb * MB, written=written_mb * MB)


def test_a_sample_comes_twice_a_second_and_says_what_was_used_since_the_last() -> None:
    clock = Clock()
    gauge = Gauge(clock)
    clock.now += 0.3
    gauge.note(use(30, 0.1))
    assert not gauge.due
    clock.now += 0.2
    gauge.note(use(20, 0.25))
    assert gauge.due
    assert not gauge.sample(NOW, traffic(5, 1))
    assert not gauge.due
    clock.now += 0.5
    gauge.note(use(20, 1.25))
    gauge.sample(NOW, traffic(9, 1))
    first, second = gauge.samples
    assert (first.seq, first.cpu_percent, first.memory_mb) == (1, pytest.approx(50.0), 30.0)
    assert (second.seq, second.cpu_percent, second.memory_mb) == (2, pytest.approx(200.0), 20.0)
    assert [(one.read_mb, one.write_mb) for one in gauge.samples] == [(5, 1), (9, 1)]


def test_the_peak_is_of_every_look_and_nothing_that_is_summed_goes_back() -> None:
    clock = Clock()
    gauge = Gauge(clock)
    for memory, cpu in ((10, 1.0), (30, 2.0), (20, 1.5)):
        clock.now += 1
        gauge.note(use(memory, cpu))
    gauge.note_traffic(traffic(7, 3))
    gauge.note_traffic(traffic(6, 4))
    clock.now += 1
    usage = gauge.usage()
    assert (usage.peak_memory_mb, usage.mean_memory_mb) == (30.0, 20.0)
    assert (usage.cpu_seconds, usage.wall_seconds) == (2.0, 4.0)
    assert (usage.read_mb, usage.write_mb) == (7, 4)
    assert usage.cpu_efficiency(2) == pytest.approx(0.25)


def test_what_is_not_told_is_not_made_up() -> None:
    usage = Gauge(Clock()).usage()
    assert (usage.read_mb, usage.mean_memory_mb, usage.cpu_efficiency(1)) == (None, None, None)
    assert not Gauge(Clock()).due


@pytest.mark.parametrize("hours", [0.25, 3, 168, 2000])
def test_however_long_a_run_takes_its_samples_are_few_and_evenly_spread(hours: float) -> None:
    clock = Clock()
    gauge = Gauge(clock)
    end, cpu, thinned = clock.now + hours * 3600, 0.0, 0
    while clock.now + gauge.interval < end:
        clock.now += gauge.interval
        cpu += gauge.interval * 1.5
        at_peak = 3600 <= clock.now - 100 < 3600 + gauge.interval
        gauge.note(use(900 if at_peak else 10, cpu))
        thinned += gauge.sample(NOW, None)
    assert len(gauge.samples) < MOST_SAMPLES
    if thinned:
        assert len(gauge.samples) >= MOST_SAMPLES / 2
    ticks = [one.seq for one in gauge.samples]
    steps = {later - earlier for earlier, later in pairwise(ticks)}
    assert steps == {2**thinned}
    assert ticks[-1] * 0.5 == pytest.approx(hours * 3600, abs=2 * gauge.interval)
    assert all(one.cpu_percent == pytest.approx(150) for one in gauge.samples)
    assert max(one.memory_mb for one in gauge.samples) == (900 if hours > 1 else 10)


def test_what_the_system_saw_between_two_looks_raises_the_peak_and_never_lowers_it() -> None:
    clock = Clock()
    gauge = Gauge(clock)
    clock.now += 1
    gauge.note(use(30, 1.0))
    gauge.note_peak(20 * MB)
    assert gauge.usage().peak_memory_mb == 30
    gauge.note_peak(45 * MB)
    assert gauge.usage().peak_memory_mb == 45


def test_gpus_are_summed_up_like_everything_else() -> None:
    clock = Clock()
    gauge = Gauge(clock)
    gauge.note(use(10, 0.1))
    gauge.note_gpu(GpuUse(memory=100 * MB, percent=0.0), peak=400 * MB)
    clock.now += 0.5
    gauge.note_gpu(GpuUse(memory=200 * MB, percent=60.0), peak=400 * MB)
    gauge.sample(NOW, None)
    clock.now += 0.5
    gauge.note_gpu(GpuUse(memory=50 * MB, percent=90.0), peak=400 * MB)
    gauge.sample(NOW, None)

    first, second = gauge.samples
    assert (first.gpu_memory_mb, second.gpu_memory_mb) == (200.0, 50.0)
    assert (first.gpu_percent, second.gpu_percent) == (60.0, 90.0)
    usage = gauge.usage()
    assert usage.peak_gpu_memory_mb == 400.0
    assert usage.mean_gpu_percent == pytest.approx(75.0)


def test_of_a_run_without_gpus_nothing_is_said_of_them() -> None:
    clock = Clock()
    gauge = Gauge(clock)
    gauge.note(use(10, 0.1))
    gauge.note_gpu(None, peak=0)
    clock.now += 0.5
    gauge.sample(NOW, None)
    assert (gauge.samples[0].gpu_percent, gauge.samples[0].gpu_memory_mb) == (None, None)
    usage = gauge.usage()
    assert (usage.peak_gpu_memory_mb, usage.mean_gpu_percent) == (None, None)
