"""GPUs as NVML tells of them, here by something that speaks like it."""

# ruff: noqa: N801, N802 - the names are those of the library

from __future__ import annotations

import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from mlops_core.runners import gpus
from mlops_core.runners.gpus import GB, GpuUse, GpuWatch
from tests.support import wait_until

NOBODY = 4_194_304  # above the largest process number that there can be


class Nvml:
    """Two GPUs; ``processes``, ``utilization`` and ``used`` say what is on them."""

    class NVMLError(Exception):
        """Whatever the driver refuses."""

    class NVMLError_NotFound(NVMLError):
        """Nothing new."""

    class NVMLError_NotSupported(NVMLError):
        """This GPU cannot tell."""

    def __init__(self) -> None:
        self.total = {"GPU-a": 16 * GB, "GPU-b": 80 * GB}
        self.used = {"GPU-a": GB, "GPU-b": GB}
        self.processes: dict[str, dict[int, int | None]] = {"GPU-a": {}, "GPU-b": {}}
        self.utilization: dict[str, list[tuple[int, int, int]]] = {"GPU-a": [], "GPU-b": []}
        self.tells_processes = True
        self.works = True
        self.broken: int | None = None

    def nvmlSystemGetDriverVersion(self) -> str:
        if not self.works:
            raise self.NVMLError("the GPU is lost")
        return "580.1"

    def nvmlDeviceGetCount(self) -> int:
        return len(self.total)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> str:
        if index == self.broken:
            raise self.NVMLError("the GPU has fallen off the bus")
        return list(self.total)[index]

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:
        return uuid

    def nvmlDeviceGetName(self, handle: str) -> str:
        return f"Card {handle[-1]}"

    def nvmlDeviceGetUUID(self, handle: str) -> str:
        return handle

    def nvmlDeviceGetMemoryInfo(self, handle: str) -> Any:
        return SimpleNamespace(total=self.total[handle], used=self.used[handle])

    def nvmlDeviceGetComputeRunningProcesses(self, handle: str) -> list[Any]:
        if not self.works:
            raise self.NVMLError("the GPU is lost")
        found = self.processes[handle].items()
        return [SimpleNamespace(pid=pid, usedGpuMemory=held) for pid, held in found]

    def nvmlDeviceGetProcessUtilization(self, handle: str, since: int) -> list[Any]:
        if not self.tells_processes:
            raise self.NVMLError_NotSupported
        found = [one for one in self.utilization[handle] if one[1] > since]
        if not found:
            raise self.NVMLError_NotFound
        return [SimpleNamespace(pid=pid, timeStamp=at, smUtil=busy) for pid, at, busy in found]

    def nvmlDeviceGetUtilizationRates(self, _handle: str) -> Any:
        return SimpleNamespace(gpu=33)


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> Iterator[Nvml]:
    found = Nvml()
    monkeypatch.setattr(gpus, "open_nvml", lambda: found)
    gpus.read_gpus.cache_clear()
    yield found
    gpus.read_gpus.cache_clear()


def begun(*uuids: str, pids: tuple[int, ...] = ()) -> GpuWatch:
    """A watch whose first look is over."""
    watch = GpuWatch(uuids)
    watch.pids = pids
    watch.start()
    wait_until(lambda: watch.use is not None, what="a first look")
    return watch


def sees(watch: GpuWatch, use: GpuUse) -> None:
    wait_until(lambda: watch.use == use, what=f"{use}, not {watch.use}")
    watch.stop()


def test_without_the_library_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "LIBRARY", "libthere-is-none.so.1")
    gpus.read_gpus.cache_clear()
    try:
        assert gpus.read_gpus() == ()
        assert gpus.gpu_names(["GPU-a"]) == ()
    finally:
        gpus.read_gpus.cache_clear()
    watch = GpuWatch(["GPU-a"])
    watch.start()
    watch.join(timeout=10)
    assert (watch.use, watch.peak, watch.is_alive()) == (None, 0, False)


def test_gpus_are_told_the_largest_first(nvml: Nvml) -> None:
    large, small = gpus.read_gpus()
    assert (large.name, large.memory_gb, large.uuid, large.driver) == (
        *("Card b", 80.0, "GPU-b"),
        "580.1",
    )
    assert small.uuid == "GPU-a"
    assert gpus.gpu_names(["GPU-a"]) == ("Card a",)


def test_a_driver_in_trouble_means_no_gpu(nvml: Nvml) -> None:
    nvml.works = False
    assert gpus.read_gpus() == ()


def test_one_gpu_in_trouble_leaves_the_others(nvml: Nvml) -> None:
    nvml.broken = 1
    assert [gpu.uuid for gpu in gpus.read_gpus()] == ["GPU-a"]


def test_a_run_without_gpus_is_not_looked_at(nvml: Nvml) -> None:
    watch = GpuWatch(())
    watch.start()
    assert not watch.is_alive()
    watch.stop()
    assert watch.use is None


def test_the_memory_of_the_runs_own_processes_counts(nvml: Nvml) -> None:
    mine, other = os.getpid(), os.getppid()
    nvml.processes["GPU-a"] = {other: 5 * GB}
    watch = begun("GPU-a", "GPU-b", pids=(mine,))
    assert watch.use == GpuUse(memory=0, percent=0.0)
    nvml.utilization["GPU-a"] = [(mine, 1, 90), (mine, 2, 40), (other, 2, 30)]
    nvml.utilization["GPU-b"] = [(mine, 2, 50)]
    nvml.processes["GPU-b"] = {mine: 3 * GB}
    nvml.processes["GPU-a"] = {mine: 2 * GB, other: 9 * GB}
    sees(watch, GpuUse(memory=3 * GB, percent=90.0))
    assert watch.peak == 3 * GB


def test_a_peak_stays_when_the_memory_is_given_back(nvml: Nvml) -> None:
    mine = os.getpid()
    watch = begun("GPU-a", pids=(mine,))
    nvml.processes["GPU-a"] = {mine: 2 * GB}
    wait_until(lambda: watch.peak == 2 * GB, what="2 GB")
    nvml.processes["GPU-a"] = {}
    sees(watch, GpuUse(memory=0, percent=0.0))
    assert watch.peak == 2 * GB


def test_in_a_container_a_number_that_nobody_has_is_the_runs(nvml: Nvml) -> None:
    nvml.processes["GPU-a"] = {NOBODY: GB}  # somebody outside, who was there before
    watch = begun("GPU-a", pids=(os.getpid(),))
    assert watch.use == GpuUse(memory=0, percent=0.0)
    nvml.processes["GPU-a"] = {NOBODY: GB, NOBODY + 1: 2 * GB}
    nvml.utilization["GPU-a"] = [(NOBODY, 5, 70), (NOBODY + 1, 5, 20)]
    sees(watch, GpuUse(memory=2 * GB, percent=20.0))


def test_where_memory_is_not_told_by_process_what_came_counts(nvml: Nvml) -> None:
    nvml.tells_processes = False
    watch = begun("GPU-a", pids=(os.getpid(),))
    nvml.processes["GPU-a"] = {os.getpid(): None}
    nvml.used["GPU-a"] = 4 * GB
    sees(watch, GpuUse(memory=3 * GB, percent=33.0))


def test_a_gpu_that_is_lost_ends_the_looking(nvml: Nvml) -> None:
    watch = begun("GPU-a", pids=(os.getpid(),))
    nvml.works = False
    watch.join(timeout=10)
    assert not watch.is_alive()
    assert watch.use is None
