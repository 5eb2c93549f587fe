"""How much a run is likely to need, told from runs like it, and what to ask for then.

Nothing here reads anything: runs that ended come in, an estimate with its evidence goes out.

A run *like* another has the same algorithm and a table of about its size. What it used above the
bare process is taken to grow with the cells of the table, its time with cells × fits. Both are
rough, which is why an estimate says what it rests on, and why what it suggests has room above it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from mlops_core.domain.configs import ResourceAllocation
from mlops_core.domain.states import EndReason
from mlops_core.settings import Bounds

BASE_MB = 260.0  # what a run uses before it has read a row: the interpreter and scikit-learn
START_SECONDS = 3.0  # what it takes before the first row, whatever follows
NEAR = 4.0  # tables of a size within this factor tell something of each other
HEADROOM = 1.3  # suggested memory ÷ expected peak
TIME_HEADROOM = 2.0  # suggested time limit ÷ expected time; a machine may be busy
# What a limit stopped needed more than the limit: nobody knows how much, least of all where no run
# like it came to its end.
STOPPED_SHORT = 1.1
NEVER_ENDED = 1.5
EVIDENCE = 20  # runs that are looked at, the newest first
LONG_ENOUGH = 10.0  # seconds; the cores that a shorter run used tell of its start
IDLE_CORE = 0.15  # less of a core than this is not worth a core of its own
HOURS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 24.0, 48.0, 96.0, 168.0)


TABLE_COPIES = 2.0  # as it is read, and the rows that are learned from
DESIGN_COPIES = 3.0  # what is learned from, what is judged, and one that the estimator makes


class Basis(StrEnum):
    """What an estimate rests on: the same configuration, runs like it, or the table alone."""

    SAME = "same"
    ALIKE = "alike"
    FIRST = "first"


class Fit(StrEnum):
    """How what was asked for stands to what is likely to be needed."""

    SHORT = "short"
    RIGHT = "right"
    AMPLE = "ample"


@dataclass(frozen=True, kw_only=True)
class Size:
    """What makes a run large: rows with a target, feature columns, and models that are fitted."""

    rows: int
    columns: int
    fits: int

    @property
    def cells(self) -> int:
        return max(self.rows * self.columns, 1)


@dataclass(frozen=True, kw_only=True)
class PastRun:
    """A run of the same algorithm that ended: what it was, what it had, what it used."""

    id: int
    size: Size
    same: bool  # in data, features, parameters and evaluation
    same_params: bool
    reason: EndReason
    given: ResourceAllocation
    peak_memory_mb: float
    wall_seconds: float
    cpu_seconds: float | None


@dataclass(frozen=True, kw_only=True)
class Need:
    """What a run is likely to need.

    Attributes:
        basis: What it rests on.
        runs: The ids of the runs that it was told from, the newest first.
        stopped: Those of them that were ended by the memory limit or the time limit.
        peak_mb: The memory that it is likely to use at most.
        seconds: How long it is likely to take; ``None`` when nothing is known.
        cores: The cores that it would keep busy at most; ``None`` when nothing is known.
    """

    basis: Basis
    runs: tuple[int, ...]
    stopped: tuple[int, ...]
    peak_mb: float
    seconds: float | None
    cores: float | None


def need(size: Size, cores: int, past: Sequence[PastRun], first_peak_mb: float) -> Need:
    """What a run of this size with this many cores needs, judged by ``past``.

    Args:
        past: Ended runs of its algorithm, the newest first.
        first_peak_mb: The estimate from the table alone, for when no run says better.
    """
    basis, told = _evidence(size, past)
    whole = [run for run in told if run.reason is EndReason.FINISHED]
    beyond = STOPPED_SHORT if whole else NEVER_ENDED
    peaks = [_peak(run, size, beyond) for run in told]
    if not whole:
        peaks.append(first_peak_mb)
    # No shorter than what a limit has cut short, whatever others took.
    times = [_seconds(run, size, cores, beyond) for run in told if _out_of_time(run)]
    if whole:
        times.append(median(_seconds(run, size, cores, beyond) for run in whole))
    return Need(
        basis=basis,
        runs=tuple(run.id for run in told),
        stopped=tuple(run.id for run in told if _out_of_memory(run) or _out_of_time(run)),
        peak_mb=max(peaks),
        seconds=max(times, default=None),
        cores=_cores(whole, cores),
    )


def first_peak_mb(table: float, design: float, fit: float) -> float:
    """The estimate before any run: bytes of the columns, of the design matrix, of the fit."""
    return BASE_MB + (TABLE_COPIES * table + DESIGN_COPIES * design + fit) / 1024**2


def _evidence(size: Size, past: Sequence[PastRun]) -> tuple[Basis, list[PastRun]]:
    near = [run for run in past if 1 / NEAR <= run.size.cells / size.cells <= NEAR]
    circles = (
        (Basis.SAME, [run for run in near if run.same]),
        (Basis.ALIKE, [run for run in near if run.same_params]),
        # With other parameters, what a limit stopped says nothing of this one.
        (Basis.ALIKE, [r for r in near if r.same_params or r.reason is EndReason.FINISHED]),
    )
    for basis, runs in circles:
        if any(run.reason is EndReason.FINISHED for run in runs):
            return basis, runs[:EVIDENCE]
    # Nobody came to the end: each still tells that it needed more than it got.
    return Basis.FIRST, [run for run in near if run.same_params][:EVIDENCE]


def _out_of_memory(run: PastRun) -> bool:
    return run.reason is EndReason.MEMORY_LIMIT


def _out_of_time(run: PastRun) -> bool:
    return run.reason is EndReason.TIME_LIMIT


def _peak(run: PastRun, size: Size, beyond: float) -> float:
    seen = run.peak_memory_mb
    if _out_of_memory(run):
        seen = max(seen, run.given.memory_gb * 1024) * beyond
    grows = max(seen - BASE_MB, 0.0) * size.cells / run.size.cells
    return min(seen, BASE_MB) + grows


def _seconds(run: PastRun, size: Size, cores: int, beyond: float) -> float:
    took = run.wall_seconds * (beyond if _out_of_time(run) else 1.0)
    work = size.cells * size.fits / (run.size.cells * run.size.fits)
    # More cores than it had may not help; fewer may hurt as much.
    fewer = max(run.given.cpu_cores / cores, 1.0)
    return START_SECONDS + max(took - START_SECONDS, 0.0) * work * fewer


def _cores(whole: Sequence[PastRun], asked: int) -> float | None:
    """The most cores that such a run kept busy, where none of them could have used more."""
    long = [run for run in whole if run.cpu_seconds is not None and run.wall_seconds >= LONG_ENOUGH]
    if not long:
        return None
    busy = []
    for run in long:
        used = (run.cpu_seconds or 0.0) / run.wall_seconds
        if run.given.cpu_cores < asked and used > run.given.cpu_cores - 2 * IDLE_CORE:
            return None  # it used all it had: nobody knows what it does with more
        busy.append(used)
    return max(busy)


# What to ask for ----------------------------------------------------------------------------------


def suggested(found: Need, asked: ResourceAllocation, bounds: Bounds) -> ResourceAllocation:
    """``asked`` with memory, time limit and cores that suit what is needed, within the bounds.

    Time stays as asked where nothing is known of it; cores only ever become fewer.
    """
    changes: dict[str, float] = {"memory_gb": _memory_gb(found.peak_mb, bounds)}
    if found.seconds is not None:
        changes["time_limit_hours"] = _hours(found.seconds, bounds)
    if found.cores is not None:
        busy = max(math.ceil(found.cores - IDLE_CORE), bounds.min_cpu_cores)
        changes["cpu_cores"] = min(asked.cpu_cores, busy)
    return asked.model_copy(update=changes)


def _memory_gb(peak_mb: float, bounds: Bounds) -> float:
    """In quarters of a gigabyte up to two, halves up to eight, whole ones above."""
    wanted = peak_mb * HEADROOM / 1024
    step = 0.25 if wanted <= 2 else 0.5 if wanted <= 8 else 1.0
    rounded = math.ceil(wanted / step) * step
    return min(max(rounded, bounds.min_memory_gb), bounds.max_memory_gb)


def _hours(seconds: float, bounds: Bounds) -> float:
    wanted = seconds * TIME_HEADROOM / 3600
    rounded = next((hours for hours in HOURS if hours >= wanted), HOURS[-1])
    return min(max(rounded, bounds.min_time_limit_hours), bounds.max_time_limit_hours)


def memory_fit(found: Need, asked: ResourceAllocation, suggestion: ResourceAllocation) -> Fit:
    """Short when the expected peak is above what was asked for; ample from twice the suggestion."""
    if found.peak_mb / 1024 > asked.memory_gb:
        return Fit.SHORT
    spare = asked.memory_gb - suggestion.memory_gb
    return Fit.AMPLE if spare >= max(suggestion.memory_gb, 1.0) else Fit.RIGHT


def time_fit(found: Need, asked: ResourceAllocation, suggestion: ResourceAllocation) -> Fit:
    """Short when it is likely to take longer; ample from four times the suggestion."""
    if found.seconds is None:
        return Fit.RIGHT
    if found.seconds > asked.time_limit_seconds:
        return Fit.SHORT
    ample = asked.time_limit_hours >= 4 * suggestion.time_limit_hours
    return Fit.AMPLE if ample else Fit.RIGHT
