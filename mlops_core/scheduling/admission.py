"""Which waiting runs start now: a pure function of the queue, what runs, and the capacity.

First come, first served: nobody overtakes, so a big run that waits for the whole machine gets it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mlops_core.runners.machine import Machine
from mlops_core.store.work import ActiveRun, QueuedRun

# Sums of decimal gigabytes are not exact: ten times 0.1 must fit into 1.
ROUNDING_GB = 1e-6


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """What this machine gives to runs, all of them together."""

    cores: tuple[int, ...]  # ids
    memory_gb: float
    gpus: int

    @classmethod
    def of(cls, machine: Machine) -> Capacity:
        return cls(
            cores=machine.core_ids,
            memory_gb=machine.usable_memory_gb,
            gpus=len(machine.gpus),
        )


class Admission(NamedTuple):
    """A run that may start, and the cores that are its own."""

    run_id: int
    cores: tuple[int, ...]


def admit(
    queue: Sequence[QueuedRun], active: Sequence[ActiveRun], capacity: Capacity
) -> list[Admission]:
    """The runs to start now, in their order. Runs that can never fit are passed over."""
    taken = {core for run in active for core in run.cores}
    free = [core for core in capacity.cores if core not in taken]
    cores = len(capacity.cores) - sum(run.cpu_cores for run in active)
    memory = capacity.memory_gb - sum(run.memory_gb for run in active) + ROUNDING_GB
    gpus = capacity.gpus - sum(run.gpus for run in active)
    admitted = []
    for run in sorted(queue, key=lambda run: (run.created_at, run.id)):
        if why_never(run, capacity):
            continue
        # Fewer cores may be free than the sums say when the machine has lost some meanwhile.
        room = min(cores, len(free))
        if run.cpu_cores > room or run.memory_gb > memory or run.gpus > gpus:
            break
        admitted.append(Admission(run.id, tuple(free[: run.cpu_cores])))
        free = free[run.cpu_cores :]
        cores -= run.cpu_cores
        memory -= run.memory_gb
        gpus -= run.gpus
    return admitted


def why_never(run: QueuedRun, capacity: Capacity) -> str | None:
    """Why this machine, even when empty, cannot start the run; ``None``: it can."""
    asked, offered = [], []
    if run.cpu_cores > len(capacity.cores):
        asked.append(f"{run.cpu_cores} CPU cores")
        offered.append(f"{len(capacity.cores)}")
    if run.memory_gb > capacity.memory_gb + ROUNDING_GB:
        asked.append(f"{run.memory_gb:g} GB of memory")
        offered.append(f"{capacity.memory_gb:.1f} GB")
    if run.gpus > capacity.gpus:
        asked.append(f"{run.gpus} GPUs" if run.gpus > 1 else "1 GPU")
        offered.append(f"{capacity.gpus or 'none'}")
    if not asked:
        return None
    return (
        f"It asks for {' and '.join(asked)}; this machine can give {' and '.join(offered)}. "
        "Give it less, or run it on a bigger machine."
    )
