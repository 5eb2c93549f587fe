"""The GPUs of this machine and what a run uses of them, as NVIDIA's own library (NVML) tells.

Everything here answers without a GPU, too: there is none, and nothing was used.
"""

from __future__ import annotations

import ctypes
import logging
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)
GB = 1024**3
LIBRARY = "libnvidia-ml.so.1"
LOOK_SECONDS = 0.1
LEAVE_SECONDS = 2.0  # a driver in trouble may never answer
PROC = Path("/proc")


@dataclass(frozen=True, kw_only=True)
class Gpu:
    name: str
    memory_gb: float
    uuid: str
    driver: str = ""  # version


@cache
def read_gpus() -> tuple[Gpu, ...]:
    """The GPUs, those with the most memory first; none where NVML is not there or does not work."""
    nvml = open_nvml()
    if nvml is None:
        return ()
    try:
        driver = str(nvml.nvmlSystemGetDriverVersion())
        count = int(nvml.nvmlDeviceGetCount())
    except nvml.NVMLError as error:
        log.warning("the GPUs cannot be used: %s", error)
        return ()
    found = (_read_gpu(nvml, index, driver) for index in range(count))
    return tuple(sorted((gpu for gpu in found if gpu), key=lambda gpu: -gpu.memory_gb))


def _read_gpu(nvml: Any, index: int, driver: str) -> Gpu | None:
    """One GPU; ``None``: it is in trouble, which is no reason to do without the others."""
    try:
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        return Gpu(
            name=str(nvml.nvmlDeviceGetName(handle)),
            memory_gb=nvml.nvmlDeviceGetMemoryInfo(handle).total / GB,
            uuid=str(nvml.nvmlDeviceGetUUID(handle)),
            driver=driver,
        )
    except nvml.NVMLError as error:
        log.warning("GPU %d cannot be used: %s", index, error)
        return None


def gpu_names(uuids: Collection[str]) -> tuple[str, ...]:
    """The names of these GPUs, as far as they are here."""
    return tuple(gpu.name for gpu in read_gpus() if gpu.uuid in uuids) if uuids else ()


def open_nvml() -> Any:
    """NVIDIA's library, ready to be asked; ``None`` where it is not there or does not work."""
    try:
        ctypes.CDLL(LIBRARY)  # its Python face takes 20 ms to load, for nothing where this fails
    except OSError:
        return None
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        log.warning("the GPUs cannot be asked: %s", error)
        return None
    return pynvml


@dataclass(frozen=True, kw_only=True)
class GpuUse:
    """What a run uses of its GPUs now.

    Attributes:
        memory: Bytes on that GPU on which it holds the most.
        percent: How busy it keeps them, all together: 100 is one GPU fully used.
    """

    memory: int
    percent: float


class GpuWatch(threading.Thread):
    """Looks ten times a second at what a run's processes use of its GPUs.

    A thread of its own, because a driver may take its time to answer. Without GPUs it does nothing.

    Attributes:
        pids: The processes of the run; to be kept up to date by who started this.
        use: What they use; ``None`` before the first look and where it cannot be told.
        peak: The most memory they have had on one GPU, in bytes.
    """

    def __init__(self, uuids: Sequence[str], nvml: Any = None) -> None:
        super().__init__(name="gpu-watch", daemon=True)
        self._uuids, self._nvml = tuple(uuids), nvml
        self._leave = threading.Event()
        self.pids: Collection[int] = ()
        self.use: GpuUse | None = None
        self.peak = 0

    def start(self) -> None:
        """Begin to look; nothing where there is no GPU to look at."""
        if self._uuids:
            super().start()

    def stop(self) -> None:
        """Look no more."""
        self._leave.set()
        if self.is_alive():
            self.join(LEAVE_SECONDS)

    def run(self) -> None:
        nvml = self._nvml or open_nvml()
        if nvml is None:
            return
        try:
            watched = [_Watched(nvml, uuid) for uuid in self._uuids]
            while not self._leave.is_set():
                self.look(watched)
                self._leave.wait(LOOK_SECONDS)
        except nvml.NVMLError as error:
            self.use = None
            log.warning("the GPUs of this run cannot be looked at any more: %s", error)

    def look(self, watched: Sequence[_Watched]) -> None:
        """Look once."""
        pids = frozenset(self.pids)
        memory = max(one.memory(pids) for one in watched)
        self.use = GpuUse(memory=memory, percent=sum(one.percent(pids) for one in watched))
        self.peak = max(self.peak, memory)


class _Watched:
    """One GPU of a run, and who else was on it when the run came."""

    def __init__(self, nvml: Any, uuid: str) -> None:
        self._nvml = nvml
        self._handle = nvml.nvmlDeviceGetHandleByUUID(uuid)
        self._others = frozenset(process.pid for process in self._processes())
        self._used_before = self._used()
        self._seen_until = 0  # microseconds, by the clock of the driver
        self._percent = 0.0

    def memory(self, pids: Collection[int]) -> int:
        """Bytes that the processes ``pids`` hold on it."""
        mine = [one for one in self._processes() if self._is_mine(one.pid, pids)]
        if any(one.usedGpuMemory is None for one in mine):
            # Some drivers do not tell it by process. The GPU is this run's, so what came is, too.
            return max(self._used() - self._used_before, 0)
        return sum(int(one.usedGpuMemory) for one in mine)

    def percent(self, pids: Collection[int]) -> float:
        """How busy they keep it, up to 100; the last that is known."""
        try:
            found = self._nvml.nvmlDeviceGetProcessUtilization(self._handle, self._seen_until)
        except self._nvml.NVMLError_NotFound:  # nothing new
            found = ()
        except self._nvml.NVMLError_NotSupported:
            return float(self._nvml.nvmlDeviceGetUtilizationRates(self._handle).gpu)
        latest = {one.pid: one for one in sorted(found, key=lambda one: one.timeStamp)}
        if latest:
            self._seen_until = max(one.timeStamp for one in latest.values())
            mine = [one for pid, one in latest.items() if self._is_mine(pid, pids)]
            self._percent = min(float(sum(one.smUtil for one in mine)), 100.0)
        return self._percent

    def _is_mine(self, pid: int, pids: Collection[int]) -> bool:
        """Whether it is of this run.

        In a container the driver may name processes by numbers of the machine around it. Such a
        one is this run's if it was not there before: no other run has this GPU.
        """
        return pid in pids or (pid not in self._others and not (PROC / str(pid)).exists())

    def _processes(self) -> Sequence[Any]:
        found: Sequence[Any] = self._nvml.nvmlDeviceGetComputeRunningProcesses(self._handle)
        return found

    def _used(self) -> int:
        return int(self._nvml.nvmlDeviceGetMemoryInfo(self._handle).used)
