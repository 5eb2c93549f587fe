"""How much a run is likely to need, by runs like it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_core.analysis.sizing import (
    BASE_MB,
    HOURS,
    START_SECONDS,
    Basis,
    Fit,
    Need,
    PastRun,
    Size,
    first_peak_mb,
    memory_fit,
    need,
    suggested,
    time_fit,
)
from mlops_core.domain.configs import ResourceAllocation
from mlops_core.domain.states import EndReason
from mlops_core.settings import Bounds

BOUNDS = Bounds()
SIZE = Size(rows=1000, columns=10, fits=6)
ASKED = ResourceAllocation(cpu_cores=4, memory_gb=16, time_limit_hours=4)


def past(**changes: object) -> PastRun:
    run = PastRun(
        id=1,
        size=SIZE,
        same=False,
        same_params=True,
        reason=EndReason.FINISHED,
        given=ASKED,
        peak_memory_mb=1260.0,
        wall_seconds=63.0,
        cpu_seconds=63.0,
    )
    return replace(run, **changes)  # type: ignore[arg-type]


def test_without_any_run_the_table_alone_tells_and_nothing_is_said_of_time() -> None:
    found = need(SIZE, 4, [], 500.0)
    assert found == Need(
        basis=Basis.FIRST, runs=(), stopped=(), peak_mb=500.0, seconds=None, cores=None
    )


def test_the_same_configuration_counts_before_runs_that_are_only_like_it() -> None:
    runs = [past(id=2, peak_memory_mb=9000.0), past(id=1, same=True)]
    found = need(SIZE, 4, runs, 500.0)
    assert (found.basis, found.runs, found.peak_mb) == (Basis.SAME, (1,), 1260.0)


def test_the_same_parameters_count_before_others() -> None:
    runs = [past(id=2, same_params=False, peak_memory_mb=9000.0), past(id=1)]
    assert need(SIZE, 4, runs, 500.0).runs == (1,)
    assert need(SIZE, 4, runs[:1], 500.0).runs == (2,)


def test_what_is_above_the_bare_process_grows_with_the_table() -> None:
    larger = replace(SIZE, rows=2000)
    assert need(larger, 4, [past()], 0.0).peak_mb == pytest.approx(BASE_MB + 2 * 1000)
    assert need(replace(SIZE, columns=5), 4, [past()], 0.0).peak_mb == pytest.approx(BASE_MB + 500)


def test_a_table_of_another_size_tells_nothing() -> None:
    assert need(replace(SIZE, rows=5000), 4, [past()], 700.0).basis is Basis.FIRST
    assert need(replace(SIZE, rows=200), 4, [past()], 700.0).basis is Basis.FIRST
    assert need(replace(SIZE, rows=4000), 4, [past()], 700.0).basis is Basis.ALIKE


def test_time_grows_with_fits_and_with_fewer_cores_but_not_less_with_more() -> None:
    twice = replace(SIZE, fits=12)
    assert need(SIZE, 4, [past()], 0.0).seconds == pytest.approx(63)
    assert need(twice, 4, [past()], 0.0).seconds == pytest.approx(START_SECONDS + 120)
    assert need(SIZE, 1, [past()], 0.0).seconds == pytest.approx(START_SECONDS + 240)
    assert need(SIZE, 8, [past()], 0.0).seconds == pytest.approx(63)


def test_the_worst_peak_and_the_middle_time_count() -> None:
    runs = [
        past(id=3, peak_memory_mb=900.0, wall_seconds=100.0),
        past(id=2, peak_memory_mb=2000.0, wall_seconds=20.0),
        past(id=1, peak_memory_mb=1000.0, wall_seconds=30.0),
    ]
    found = need(SIZE, 4, runs, 0.0)
    assert found.runs == (3, 2, 1)
    assert found.peak_mb == pytest.approx(2000)
    assert found.seconds == pytest.approx(30)


def test_a_run_that_was_stopped_needed_more_than_it_had() -> None:
    small = ASKED.model_copy(update={"memory_gb": 2.0})
    stopped = past(reason=EndReason.MEMORY_LIMIT, given=small, peak_memory_mb=2050.0)
    found = need(SIZE, 4, [stopped], 500.0)
    assert found.basis is Basis.FIRST
    assert found.stopped == (1,)
    assert found.peak_mb > 1.4 * 2048
    assert memory_fit(found, small, suggested(found, small, BOUNDS)) is Fit.SHORT


def test_once_one_has_ended_by_itself_the_stopped_ones_only_say_more_than_their_limit() -> None:
    small = ASKED.model_copy(update={"memory_gb": 1.0})
    stopped = past(id=1, reason=EndReason.MEMORY_LIMIT, given=small, peak_memory_mb=1024.0)
    found = need(SIZE, 4, [past(id=2), stopped], 0.0)
    assert found.peak_mb == pytest.approx(1260)
    assert found.stopped == (1,)


def test_a_run_that_ran_out_of_time_needs_more_time() -> None:
    short = ASKED.model_copy(update={"time_limit_hours": 0.1})
    stopped = past(reason=EndReason.TIME_LIMIT, given=short, wall_seconds=360.0)
    found = need(SIZE, 4, [stopped], 0.0)
    assert found.seconds is not None
    assert found.seconds > 1.4 * 360
    assert time_fit(found, short, suggested(found, short, BOUNDS)) is Fit.SHORT


@pytest.mark.parametrize("reason", [EndReason.TIME_LIMIT, EndReason.MEMORY_LIMIT])
def test_that_others_ended_with_other_parameters_does_not_unsay_a_limit_that_stopped_these(
    reason: EndReason,
) -> None:
    small = ASKED.model_copy(update={"memory_gb": 2.0, "time_limit_hours": 0.1})
    stopped = past(id=9, reason=reason, given=small, peak_memory_mb=2048.0, wall_seconds=360.0)
    others = [past(id=number, same_params=False) for number in range(1, 6)]
    found = need(SIZE, 4, [stopped, *others], 0.0)
    assert found.stopped == (9,)
    suits = suggested(found, small, BOUNDS)
    fits = memory_fit(found, small, suits), time_fit(found, small, suits)
    assert fits[reason is EndReason.TIME_LIMIT] is Fit.SHORT


def test_cores_that_stay_idle_are_taken_away() -> None:
    found = need(SIZE, 4, [past(cpu_seconds=70.0)], 0.0)
    assert found.cores == pytest.approx(70 / 63)
    assert suggested(found, ASKED, BOUNDS).cpu_cores == 1
    busy = need(SIZE, 4, [past(cpu_seconds=3.3 * 63)], 0.0)
    assert suggested(busy, ASKED, BOUNDS).cpu_cores == 4


def test_a_run_that_used_all_of_one_core_says_nothing_of_four() -> None:
    one = ASKED.model_copy(update={"cpu_cores": 1})
    found = need(SIZE, 4, [past(given=one, cpu_seconds=62.0)], 0.0)
    assert found.cores is None
    assert suggested(found, ASKED, BOUNDS).cpu_cores == 4


def test_a_short_run_says_nothing_of_cores() -> None:
    assert need(SIZE, 4, [past(wall_seconds=5.0, cpu_seconds=5.0)], 0.0).cores is None


def test_what_is_asked_for_is_ample_from_twice_what_suits() -> None:
    found = need(SIZE, 4, [past()], 0.0)  # 1.26 GB
    suits = suggested(found, ASKED, BOUNDS)
    assert suits.memory_gb == 1.75
    assert memory_fit(found, ASKED, suits) is Fit.AMPLE
    three = ASKED.model_copy(update={"memory_gb": 3.0})
    assert memory_fit(found, three, suits) is Fit.RIGHT
    less = ASKED.model_copy(update={"memory_gb": 1.0})
    assert memory_fit(found, less, suits) is Fit.SHORT


def test_the_first_estimate_has_the_table_its_copies_and_the_fit() -> None:
    mb = 1024**2
    assert first_peak_mb(0, 0, 0) == BASE_MB
    assert first_peak_mb(10 * mb, 20 * mb, 5 * mb) == pytest.approx(BASE_MB + 20 + 60 + 5)


allocations = st.builds(
    ResourceAllocation,
    cpu_cores=st.integers(1, 32),
    memory_gb=st.floats(1.0, 128.0),
    time_limit_hours=st.floats(0.1, 168.0),
)
sizes = st.builds(
    Size, rows=st.integers(0, 10**9), columns=st.integers(0, 10**5), fits=st.integers(1, 51)
)
pasts = st.builds(
    PastRun,
    id=st.integers(1, 10**6),
    size=sizes,
    same=st.booleans(),
    same_params=st.booleans(),
    reason=st.sampled_from([EndReason.FINISHED, EndReason.MEMORY_LIMIT, EndReason.TIME_LIMIT]),
    given=allocations,
    peak_memory_mb=st.floats(0.0, 1e6),
    wall_seconds=st.floats(0.0, 1e6),
    cpu_seconds=st.none() | st.floats(0.0, 1e7),
)


@given(sizes, allocations, st.lists(pasts, max_size=6), st.floats(BASE_MB, 1e6))
def test_a_suggestion_is_within_bounds_and_has_room_above_what_is_expected(
    size: Size, asked: ResourceAllocation, runs: list[PastRun], first: float
) -> None:
    found = need(size, asked.cpu_cores, runs, first)
    suits = suggested(found, asked, BOUNDS)
    assert BOUNDS.min_memory_gb <= suits.memory_gb <= BOUNDS.max_memory_gb
    assert BOUNDS.min_time_limit_hours <= suits.time_limit_hours <= BOUNDS.max_time_limit_hours
    assert 1 <= suits.cpu_cores <= asked.cpu_cores
    if suits.memory_gb < BOUNDS.max_memory_gb:
        assert suits.memory_gb * 1024 >= found.peak_mb
        assert memory_fit(found, suits, suits) is Fit.RIGHT
    if found.seconds is not None and suits.time_limit_hours < HOURS[-1]:
        assert suits.time_limit_seconds >= found.seconds
        assert time_fit(found, suits, suits) is Fit.RIGHT


@given(sizes, allocations, st.lists(pasts, min_size=1, max_size=6, unique_by=lambda run: run.id))
def test_an_estimate_names_only_runs_that_there_were(
    size: Size, asked: ResourceAllocation, runs: list[PastRun]
) -> None:
    found = need(size, asked.cpu_cores, runs, BASE_MB)
    assert set(found.runs) <= {run.id for run in runs}
    assert set(found.stopped) <= set(found.runs)
    assert (found.basis is Basis.FIRST) == (not set(found.runs) - set(found.stopped))
