"""What a run has used so far, from one look at its processes to the next."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from mlops_core.domain.records import ResourceSample
from mlops_core.domain.results import Usage
from mlops_core.runners.processes import TreeUse

MB = 1024**2
SAMPLE_SECONDS = 0.5
SAMPLES_PER_INTERVAL = 2000


class Gauge:
    """Peaks and sums of a run, and the samples that are kept of it.

    Two samples a second; each time another 2,000 are kept the interval doubles, so that the longest
    run (a week) keeps about 20,000.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._sampled = self._began
        self._sampled_cpu = 0.0
        self._count = 0
        self.peak = 0  # bytes
        self.cpu_seconds = 0.0

    @property
    def seconds(self) -> float:
        """Since the run began, by a clock that nobody sets."""
        return self._clock() - self._began

    @property
    def interval(self) -> float:
        """Seconds between two samples."""
        return float(SAMPLE_SECONDS * 2 ** (self._count // SAMPLES_PER_INTERVAL))

    def note(self, use: TreeUse, at: datetime) -> ResourceSample | None:
        """Take in a look; gives a sample when the next one is due."""
        self.peak = max(self.peak, use.memory)
        # Never less than before: between two looks a process may pass from "running" to "waited
        # for", and one that is killed unwaited takes its time with it.
        self.cpu_seconds = max(self.cpu_seconds, use.cpu_seconds)
        passed = self._clock() - self._sampled
        if passed < self.interval:
            return None
        percent = 100 * (self.cpu_seconds - self._sampled_cpu) / passed
        self._sampled, self._sampled_cpu = self._clock(), self.cpu_seconds
        self._count += 1
        return ResourceSample(
            seq=self._count,
            at=at,
            cpu_percent=percent,
            memory_mb=use.memory / MB,
            processes=use.processes,
            threads=use.threads,
        )

    def usage(self) -> Usage:
        return Usage(
            peak_memory_mb=self.peak / MB,
            cpu_seconds=self.cpu_seconds,
            wall_seconds=self.seconds,
        )
