"""What this machine has for runs, and how each limit is enforced on it, said honestly."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import psutil

from mlops_core.i18n import N_
from mlops_core.runners.gpus import Gpu, read_gpus
from mlops_core.runners.processes import LINUX

SYSTEM_SHARE = 0.1  # of memory, kept for the system and for the app
CGROUP = Path("/sys/fs/cgroup")
GB = 1024**3

Layer = Literal["hard", "polled", "none"]


@dataclass(frozen=True, kw_only=True)
class Enforcement:
    """How one limit holds here.

    ``hard``: it cannot be exceeded. ``polled``: it is looked at often and the run is ended when it
    is exceeded. ``none``: it is not held.
    """

    resource: Literal["memory", "cpu", "time", "gpu", "disk"]
    layer: Layer
    how: str  # a sentence, marked for translation


@dataclass(frozen=True, kw_only=True)
class Machine:
    """This machine, as far as runs may use it."""

    cores: int
    core_ids: tuple[int, ...]  # what affinity can name; as many as ``cores``
    memory_gb: float
    memory_free_gb: float
    gpus: tuple[Gpu, ...]
    platform: str
    cpu_model: str
    cpu_percent: float | None  # since the last look, 100 = all cores; None at the first look
    disk_free_gb: float
    enforcement: tuple[Enforcement, ...]

    @property
    def usable_memory_gb(self) -> float:
        """Memory that runs may share: what is left when the system has kept its part."""
        return self.memory_gb * (1 - SYSTEM_SHARE)


def read_machine(home: Path, *, groups: bool = False) -> Machine:
    """Look at this machine. Costs under a millisecond.

    Args:
        home: The folder whose disk counts.
        groups: Whether the kernel holds runs in control groups here.
    """
    memory = psutil.virtual_memory()
    limit = memory_limit_bytes()
    total = min(memory.total, limit) if limit else memory.total
    ids = usable_cores()
    return Machine(
        cores=len(ids),
        core_ids=ids,
        memory_gb=total / GB,
        memory_free_gb=min(memory.available, total) / GB,
        gpus=read_gpus(),
        platform=f"{platform.system()} {platform.machine()}",
        cpu_model=cpu_model(),
        cpu_percent=_cpu_percent(),
        disk_free_gb=_disk_free(home) / GB,
        enforcement=enforcement(groups=groups),
    )


_looked = False


def _cpu_percent() -> float | None:
    global _looked  # psutil's first answer is 0.0 and means nothing
    percent = psutil.cpu_percent(interval=None)
    first, _looked = not _looked, True
    return None if first else percent


def _disk_free(home: Path) -> int:
    # The folder may not be there yet; its disk is that of the first parent that is.
    existing = next(path for path in (home.absolute(), *home.absolute().parents) if path.exists())
    return psutil.disk_usage(str(existing)).free


def usable_cores() -> tuple[int, ...]:
    """The cores that this process may use, by affinity and by the container's CPU quota."""
    if hasattr(os, "sched_getaffinity"):
        ids = tuple(sorted(os.sched_getaffinity(0)))
    else:
        ids = tuple(range(os.cpu_count() or 1))
    quota = cpu_quota()
    return ids if quota is None else ids[: max(1, int(quota))]


def _own_cgroups() -> dict[str, Path]:
    """Controller to this process's group; the unified hierarchy (v2) stands under ``""``."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return {}
    groups = {}
    for line in lines:
        _number, controllers, group = line.split(":", 2)
        for controller in controllers.split(","):
            groups[controller] = CGROUP / controller / group.lstrip("/")
    return groups


def _numbers(path: Path) -> list[float]:
    """The numbers of a cgroup file; ``max`` and what is not there give none."""
    try:
        return [float(word) for word in path.read_text().split() if word != "max"]
    except (OSError, ValueError):
        return []


def _up_to_root(group: Path) -> list[Path]:
    # Every group above limits too. In a container its own group is mounted as the root.
    return [path for path in (group, *group.parents) if path.is_relative_to(CGROUP)]


def cpu_quota() -> float | None:
    """Cores' worth of CPU time that the container is given, or ``None`` without a quota."""
    groups = _own_cgroups()
    quotas = []
    for path in _up_to_root(groups.get("", CGROUP)):
        numbers = _numbers(path / "cpu.max")
        if len(numbers) == 2:
            quotas.append(numbers[0] / numbers[1])
    for path in _up_to_root(groups.get("cpu", CGROUP / "cpu")):
        quota, period = _numbers(path / "cpu.cfs_quota_us"), _numbers(path / "cpu.cfs_period_us")
        if quota and period and quota[0] > 0:
            quotas.append(quota[0] / period[0])
    return min(quotas, default=None)


def memory_limit_bytes() -> int | None:
    """What the container may use, or ``None`` without a limit."""
    groups = _own_cgroups()
    limits = [_numbers(path / "memory.max") for path in _up_to_root(groups.get("", CGROUP))]
    limits += [
        _numbers(path / "memory.limit_in_bytes")
        for path in _up_to_root(groups.get("memory", CGROUP / "memory"))
    ]
    return min((int(found[0]) for found in limits if found), default=None)


@cache
def cpu_model() -> str:
    """The processor's name as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def enforcement(*, groups: bool = False) -> tuple[Enforcement, ...]:
    """How each limit is enforced on this platform.

    Args:
        groups: Whether the kernel holds runs in control groups here.
    """
    if LINUX:
        cpu: Layer = "hard"
        how = N_("Runs get cores of their own and cannot use others.")
    else:
        cpu = "none"
        how = N_("Runs are told how many threads to use; this system cannot bind them to cores.")
    disk = N_(
        "No file of a run can be larger than a run's part of the disk; what all its files take is "
        "looked at twice a second, and above that part the run is ended."
    )
    clock = N_("A run is ended when its time is up, also while the app is closed.")
    if read_gpus():
        gpu: Layer = "polled"
        gpu_how = N_(
            "Runs see only GPUs that no other run has. What they hold of the GPU memory is looked "
            "at ten times a second; above what they asked for the run is ended."
        )
    else:
        gpu, gpu_how = "none", N_("This machine has no GPU that can be used.")
    return (
        _memory(groups),
        Enforcement(resource="cpu", layer=cpu, how=how),
        Enforcement(resource="time", layer="hard", how=clock),
        Enforcement(resource="gpu", layer=gpu, how=gpu_how),
        Enforcement(resource="disk", layer="polled", how=disk),
    )


def _memory(groups: bool) -> Enforcement:
    if groups:
        how = N_(
            "The system itself keeps the run and everything it starts inside its memory and out of "
            "the swap; when that memory is used up the run is ended."
        )
    elif LINUX:
        how = N_(
            "The memory of the run and of everything it starts is looked at twenty times a "
            "second, and more often near the limit; above it the run is ended. A request far above "
            "the limit fails at once."
        )
    else:
        how = N_(
            "The memory of the run and of everything it starts is looked at twenty times a "
            "second, and more often near the limit; above it the run is ended."
        )
    return Enforcement(resource="memory", layer="hard" if groups else "polled", how=how)


def enforcement_layers(*, groups: bool) -> dict[str, str]:
    """Resource to layer, as a run keeps it."""
    return {rule.resource: rule.layer for rule in enforcement(groups=groups)}
