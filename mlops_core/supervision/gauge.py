"""What a run has used so far, from one look at its processes to the next."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from mlops_core.domain.records import ResourceSample
from mlops_core.domain.results import Usage
from mlops_core.runners.gpus import GpuUse
from mlops_core.runners.processes import Traffic, TreeUse

MB = 1024**2
SAMPLE_SECONDS = 0.5
MOST_SAMPLES = 2000


class Gauge:
    """Peaks, means and sums of a run, and the samples that are kept of it.

    Two samples a second; whenever there are 2,000, every two of them become one and the interval
    doubles. So however long a run takes, it keeps between 1,000 and 2,000, evenly spread over it.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = self._looked = self._sampled = clock()
        self._sampled_cpu = 0.0
        self._memory_since = 0  # bytes, the most since the last sample
        self._memory_seconds = 0.0  # bytes × seconds
        self._use: TreeUse | None = None
        self._traffic: Traffic | None = None
        self._gpu: GpuUse | None = None
        self._gpu_since = 0  # bytes, the most since the last sample
        self._gpu_percents = _Mean()
        self._gpu_percents_since = _Mean()
        self._gpu_peak = 0  # bytes
        self._stride = 1
        self.samples: list[ResourceSample] = []
        self.peak = 0  # bytes
        self.cpu_seconds = 0.0

    @property
    def seconds(self) -> float:
        """Since the run began, by a clock that nobody sets and that stands still in suspend."""
        return self._clock() - self._began

    @property
    def interval(self) -> float:
        """Seconds between two samples."""
        return SAMPLE_SECONDS * self._stride

    @property
    def due(self) -> bool:
        """Whether it is time for a sample."""
        return self._use is not None and self._clock() - self._sampled >= self.interval

    def note(self, use: TreeUse) -> None:
        """Take in a look at the memory and the processor time."""
        now = self._clock()
        self._memory_seconds += use.memory * (now - self._looked)
        self._looked = now
        self._use = use
        self.peak = max(self.peak, use.memory)
        self._memory_since = max(self._memory_since, use.memory)
        # Never less than before: between two looks a process may pass from "running" to "waited
        # for", and one that is killed unwaited takes its time with it.
        self.cpu_seconds = max(self.cpu_seconds, use.cpu_seconds)

    def note_gpu(self, use: GpuUse | None, peak: int) -> None:
        """Take in a look at the GPUs; ``None``: there is none, or none that can be told.

        Args:
            peak: The most memory so far on one GPU, in bytes, also between two looks.
        """
        if use is None:
            return
        now = self._clock()
        self._gpu = use
        self._gpu_since = max(self._gpu_since, use.memory)
        self._gpu_peak = max(self._gpu_peak, peak, use.memory)
        for mean in (self._gpu_percents, self._gpu_percents_since):
            mean.note(use.percent, now)

    def sample(self, at: datetime, traffic: Traffic | None) -> bool:
        """Sum up the looks since the last sample in ``samples``; call it when one is ``due``.

        Returns:
            Whether the samples were thinned out: all of them differ from those before.
        """
        if self._use is None:
            return False
        self.note_traffic(traffic)
        now = self._clock()
        percent = 100 * (self.cpu_seconds - self._sampled_cpu) / (now - self._sampled)
        last = self.samples[-1].seq if self.samples else 0
        self.samples.append(
            ResourceSample(
                seq=last + self._stride,
                at=at,
                cpu_percent=percent,
                memory_mb=self._memory_since / MB,
                processes=self._use.processes,
                threads=self._use.threads,
                read_mb=self._traffic.read / MB if self._traffic else None,
                write_mb=self._traffic.written / MB if self._traffic else None,
                gpu_percent=self._gpu_percents_since.value,
                gpu_memory_mb=self._gpu_since / MB if self._gpu else None,
            )
        )
        self._gpu_since, self._gpu_percents_since = 0, _Mean(now)
        self._sampled, self._sampled_cpu, self._memory_since = now, self.cpu_seconds, 0
        if len(self.samples) < MOST_SAMPLES:
            return False
        pairs = zip(self.samples[::2], self.samples[1::2], strict=True)
        self.samples = [_merged(first, second) for first, second in pairs]
        self._stride *= 2
        return True

    def note_traffic(self, now: Traffic | None) -> None:
        """Take in what the disks did for the run."""
        # Like the processor time: what a process took with it stays counted.
        before = self._traffic
        if now is None or before is None:
            self._traffic = now or before
        else:
            self._traffic = Traffic(
                read=max(now.read, before.read), written=max(now.written, before.written)
            )

    def note_peak(self, largest: int) -> None:
        """Take in what the system has seen of single processes, also between two looks (bytes)."""
        self.peak = max(self.peak, largest)

    def usage(self) -> Usage:
        watched = self._looked - self._began
        return Usage(
            peak_memory_mb=self.peak / MB,
            mean_memory_mb=self._memory_seconds / watched / MB if watched else None,
            cpu_seconds=self.cpu_seconds,
            wall_seconds=self.seconds,
            read_mb=self._traffic.read / MB if self._traffic else None,
            write_mb=self._traffic.written / MB if self._traffic else None,
            peak_gpu_memory_mb=self._gpu_peak / MB if self._gpu else None,
            mean_gpu_percent=self._gpu_percents.value,
        )


class _Mean:
    """The mean over time of what holds from one look to the next."""

    def __init__(self, since: float | None = None) -> None:
        self._looked = since
        self._sum = self._seconds = 0.0
        self._last: float | None = None

    def note(self, value: float, now: float) -> None:
        if self._looked is not None:
            self._sum += value * (now - self._looked)
            self._seconds += now - self._looked
        self._looked, self._last = now, value

    @property
    def value(self) -> float | None:
        """``None``: nothing was ever seen."""
        return self._sum / self._seconds if self._seconds else self._last


def _merged(first: ResourceSample, second: ResourceSample) -> ResourceSample:
    """Two samples as one of twice the length."""
    return second._replace(
        cpu_percent=(first.cpu_percent + second.cpu_percent) / 2,
        memory_mb=max(first.memory_mb, second.memory_mb),
        processes=max(first.processes, second.processes),
        threads=max(first.threads, second.threads),
        gpu_percent=_of_both(lambda a, b: (a + b) / 2, first.gpu_percent, second.gpu_percent),
        gpu_memory_mb=_of_both(max, first.gpu_memory_mb, second.gpu_memory_mb),
    )


def _of_both(
    join: Callable[[float, float], float], first: float | None, second: float | None
) -> float | None:
    return second if first is None else first if second is None else join(first, second)
