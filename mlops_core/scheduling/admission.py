"""Which waiting runs start now: a pure function of the queue, what runs, and the capacity.

The order: the higher priority; then the owner who has least of the machine right now (dominant
resource fairness, Ghodsi et al. 2011); then the owner who used least of it lately; then who came
first. The first run in that order that does not fit gets a reservation: the moment when enough
has become free even if everything that runs uses its whole time limit. Runs behind it start now
only if that moment does not move (EASY backfill, Lifka 1995). So small runs fill the gaps and no
run, however big, is overtaken for ever.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heapify, heappop, heapreplace
from typing import NamedTuple, Protocol

from mlops_core.domain.queue import Holdup, Wait
from mlops_core.runners.gpus import Gpu
from mlops_core.runners.machine import Machine
from mlops_core.store.work import ActiveRun, QueuedRun

# Sums of decimal gigabytes are not exact: ten times 0.1 must fit into 1.
ROUNDING_GB = 1e-6
# From the end of a time limit to free cores: what runs is asked to leave first, then killed.
SLACK = timedelta(seconds=20)
LATELY = timedelta(hours=24)  # what an owner used before that counts no more
FORECAST = 100  # runs that are told when they may start


class Asking(Protocol):
    """What a run asks for, waiting or running."""

    @property
    def id(self) -> int: ...
    @property
    def owner(self) -> str: ...
    @property
    def cpu_cores(self) -> int: ...
    @property
    def memory_gb(self) -> float: ...
    @property
    def gpus(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """What this machine gives to runs, all of them together."""

    cores: tuple[int, ...]  # ids
    memory_gb: float
    gpus: tuple[Gpu, ...] = ()

    @classmethod
    def of(cls, machine: Machine) -> Capacity:
        return cls(cores=machine.core_ids, memory_gb=machine.usable_memory_gb, gpus=machine.gpus)

    def share(self, run: Asking) -> float:
        """The largest part of any resource that the run takes (its dominant share)."""
        gpus = run.gpus / len(self.gpus) if self.gpus else 0.0
        return max(run.cpu_cores / len(self.cores), run.memory_gb / self.memory_gb, gpus)


class Admission(NamedTuple):
    """A run that may start, and the cores and GPUs (UUIDs) that are its own."""

    run_id: int
    cores: tuple[int, ...]
    gpus: tuple[str, ...] = ()


@dataclass
class Room:
    """What is free: cores by id, memory, GPUs with the smallest first."""

    cores: list[int]
    count: int  # cores by the sums; fewer may be free by id when the machine has lost some
    memory_gb: float
    gpus: list[Gpu]

    @classmethod
    def beside(cls, capacity: Capacity, active: Sequence[ActiveRun]) -> Room:
        taken = {core for run in active for core in run.cores}
        held = {uuid for run in active for uuid in run.gpu_ids}
        return cls(
            cores=[core for core in capacity.cores if core not in taken],
            count=len(capacity.cores) - sum(run.cpu_cores for run in active),
            memory_gb=capacity.memory_gb - sum(run.memory_gb for run in active),
            gpus=sorted(
                (gpu for gpu in capacity.gpus if gpu.uuid not in held),
                key=lambda gpu: gpu.memory_gb,
            ),
        )

    @property
    def free_cores(self) -> int:
        return max(0, min(self.count, len(self.cores)))

    def lacks(self, run: QueuedRun) -> Holdup | None:
        """What there is too little of for ``run``; ``None``: it fits."""
        if run.cpu_cores > self.free_cores:
            return Holdup.CORES
        if run.memory_gb > self.memory_gb + ROUNDING_GB:
            return Holdup.MEMORY
        return Holdup.GPUS if run.gpus > len(self._large_enough(run)) else None

    def _large_enough(self, run: QueuedRun) -> list[Gpu]:
        return [gpu for gpu in self.gpus if gpu.memory_gb + ROUNDING_GB >= run.gpu_memory_gb]

    def take(self, run: QueuedRun) -> Admission:
        """Hand out what ``run`` asks for. It must fit."""
        cores = tuple(self.cores[: run.cpu_cores])
        del self.cores[: run.cpu_cores]
        self.count -= run.cpu_cores
        self.memory_gb -= run.memory_gb
        # The smallest that will do: the large ones stay for who needs them.
        gpus = tuple(gpu.uuid for gpu in self._large_enough(run)[: run.gpus])
        self.gpus = [gpu for gpu in self.gpus if gpu.uuid not in gpus]
        return Admission(run.id, cores, gpus)

    def free(self, asked: Holdup) -> float:
        match asked:
            case Holdup.CORES:
                return self.free_cores
            case Holdup.MEMORY:
                return max(0.0, self.memory_gb)
            case _:
                return len(self.gpus)


class Line:
    """The runs that wait, one after the other, in the order in which they may go.

    The order is not fixed beforehand: who has just got something goes behind who has less.
    """

    def __init__(
        self,
        queue: Sequence[QueuedRun],
        active: Sequence[ActiveRun],
        capacity: Capacity,
        served: Mapping[str, float],
    ) -> None:
        self._capacity, self._served = capacity, served
        self._has: dict[str, float] = {}
        for run in active:
            self.gave(run)
        self._waiting: dict[str, deque[QueuedRun]] = {}
        for waiting in sorted(queue, key=lambda one: (-one.priority, one.created_at, one.id)):
            self._waiting.setdefault(waiting.owner, deque()).append(waiting)
        # The first run of each owner by its rank; a rank is put right when it comes up.
        self._firsts = [self._ranked(owner) for owner in self._waiting]
        heapify(self._firsts)

    def gave(self, run: Asking) -> None:
        """The owner of ``run`` has it now."""
        self._has[run.owner] = self._has.get(run.owner, 0.0) + self._capacity.share(run)

    def __iter__(self) -> Iterator[QueuedRun]:
        while self._firsts:
            ranked = self._firsts[0]
            owner = ranked[-1]
            now = self._ranked(owner)
            if now > ranked:  # it was given something meanwhile
                heapreplace(self._firsts, now)
                continue
            waiting = self._waiting[owner]
            first = waiting.popleft()
            if waiting:
                heapreplace(self._firsts, self._ranked(owner))
            else:
                heappop(self._firsts)
            yield first

    def _ranked(self, owner: str) -> tuple[float, float, float, datetime, int, str]:
        first = self._waiting[owner][0]
        # Rounded, or the order of additions would decide between equals.
        has = round(self._has.get(owner, 0.0), 9)
        lately = round(self._served.get(owner, 0.0), 3)
        return (-first.priority, has, lately, first.created_at, first.id, owner)


@dataclass
class Plan:
    """What is to be done now.

    Attributes:
        due: The runs to start, with what they get.
        order: Every run that waits, ``due`` among them, in the order they were looked at.
        holdups: Why those that are not due wait.
        head: The run that has the reservation.
        head_starts: When it starts at the latest.
        room: What is free once those due have started.
    """

    room: Room
    due: list[Admission] = field(default_factory=list)
    order: list[QueuedRun] = field(default_factory=list)
    holdups: dict[int, Holdup] = field(default_factory=dict)
    head: QueuedRun | None = None
    head_starts: datetime | None = None


def plan(
    queue: Sequence[QueuedRun],
    active: Sequence[ActiveRun],
    capacity: Capacity,
    *,
    now: datetime,
    served: Mapping[str, float] | None = None,
) -> Plan:
    """What starts now, and what holds up the rest.

    Args:
        served: How much of the machine each owner used lately; any unit.
    """
    found = Plan(Room.beside(capacity, active))
    line = Line(queue, active, capacity, served or {})
    going = list(active)
    hopeless: set[tuple[object, ...]] = set()
    for run in line:
        found.order.append(run)
        holdup = _holdup(run, found, going, capacity, now, hopeless)
        if holdup is not None:
            found.holdups[run.id] = holdup
            continue
        admission = found.room.take(run)
        found.due.append(admission)
        going.append(_started(run, admission, now))
        line.gave(run)
    return found


def _holdup(
    run: QueuedRun,
    found: Plan,
    going: Sequence[ActiveRun],
    capacity: Capacity,
    now: datetime,
    hopeless: set[tuple[object, ...]],
) -> Holdup | None:
    """Why ``run`` cannot start now. The first that does not fit becomes the head of ``found``."""
    lack = found.room.lacks(run)
    if lack and why_never(run, capacity):
        return Holdup.NEVER
    if found.head is None:
        if lack:
            found.head, found.head_starts = run, earliest(run, going, capacity, now)
        return lack
    if lack:
        return lack
    # What delayed the head once delays it again: less is free with every run that starts.
    shape = (run.cpu_cores, run.memory_gb, run.gpus, run.gpu_memory_gb, run.time_limit_hours)
    if shape in hopeless:
        return Holdup.TURN
    trial = replace(found.room, cores=[*found.room.cores]).take(run)
    moved = earliest(found.head, [*going, _started(run, trial, now)], capacity, now)
    if found.head_starts is not None and (moved is None or moved > found.head_starts):
        hopeless.add(shape)
        return Holdup.TURN
    return None


def _started(run: QueuedRun, admission: Admission, now: datetime) -> ActiveRun:
    return ActiveRun(
        id=run.id,
        attempt=0,
        owner=run.owner,
        cpu_cores=run.cpu_cores,
        memory_gb=run.memory_gb,
        gpus=run.gpus,
        gpu_ids=admission.gpus,
        time_limit_hours=run.time_limit_hours,
        cores=admission.cores,
        claimed_at=now,
        started_at=now,
        supervisor=None,
    )


def ends_by(run: ActiveRun, now: datetime) -> datetime:
    """When the run has ended at the latest; never before ``now``."""
    limit = timedelta(hours=run.time_limit_hours)
    return max(now, (run.started_at or run.claimed_at) + limit + SLACK)


def earliest(
    run: QueuedRun, active: Sequence[ActiveRun], capacity: Capacity, now: datetime
) -> datetime | None:
    """When ``run`` fits at the latest, if nothing else starts; ``None``: never."""
    left = sorted(active, key=lambda one: ends_by(one, now))
    at = now
    while Room.beside(capacity, left).lacks(run):
        if not left:
            return None
        at = ends_by(left.pop(0), now)
    return at


def forecast(
    queue: Sequence[QueuedRun],
    active: Sequence[ActiveRun],
    capacity: Capacity,
    *,
    now: datetime,
    served: Mapping[str, float] | None = None,
) -> tuple[Wait, ...]:
    """Every run that waits, in its order: what holds it up, and when it starts at the latest."""
    first = plan(queue, active, capacity, now=now, served=served)
    starts = _play(first.order[:FORECAST], active, capacity, now, served)
    return tuple(
        _wait(run, place, first, starts.get(run.id)) for place, run in enumerate(first.order, 1)
    )


def _wait(run: QueuedRun, place: int, found: Plan, starts: datetime | None) -> Wait:
    holdup = found.holdups.get(run.id, Holdup.SOON)
    asked = {
        Holdup.CORES: run.cpu_cores,
        Holdup.MEMORY: run.memory_gb,
        Holdup.GPUS: run.gpus,
    }.get(holdup, 0.0)
    behind = found.head.id if found.head and holdup is Holdup.TURN else None
    return Wait(
        run_id=run.id,
        place=place,
        holdup=holdup,
        asked=asked,
        free=found.room.free(holdup) if asked else 0.0,
        behind=behind,
        starts_by=starts,
    )


def _play(
    queue: Sequence[QueuedRun],
    active: Sequence[ActiveRun],
    capacity: Capacity,
    now: datetime,
    served: Mapping[str, float] | None,
) -> dict[int, datetime]:
    """Let time pass, everything using its whole limit; when each run starts."""
    waiting, going, at = list(queue), list(active), now
    starts: dict[int, datetime] = {}
    while waiting:
        due = {one.run_id: one for one in plan(waiting, going, capacity, now=at, served=served).due}
        going += [_started(run, due[run.id], at) for run in waiting if run.id in due]
        waiting = [run for run in waiting if run.id not in due]
        starts |= dict.fromkeys(due, at)
        if not going:
            break
        at = min(ends_by(run, at) for run in going)
        going = [run for run in going if ends_by(run, at) > at]
    return starts


def why_never(run: QueuedRun, capacity: Capacity) -> str | None:
    """Why this machine, even when empty, cannot start the run; ``None``: it can."""
    asked, offered = [], []
    if run.cpu_cores > len(capacity.cores):
        asked.append(f"{run.cpu_cores} CPU cores")
        offered.append(f"{len(capacity.cores)}")
    if run.memory_gb > capacity.memory_gb + ROUNDING_GB:
        asked.append(f"{run.memory_gb:g} GB of memory")
        offered.append(f"{capacity.memory_gb:.1f} GB")
    large = [gpu for gpu in capacity.gpus if gpu.memory_gb + ROUNDING_GB >= run.gpu_memory_gb]
    if run.gpus > len(large):
        size = f" with {run.gpu_memory_gb:g} GB" if len(large) < len(capacity.gpus) else ""
        asked.append(f"{run.gpus} GPUs{size}" if run.gpus > 1 else f"1 GPU{size}")
        offered.append(f"{len(large) or 'none'}")
    if not asked:
        return None
    return (
        f"It asks for {' and '.join(asked)}; this machine can give {' and '.join(offered)}. "
        "Give it less, or run it on a bigger machine."
    )
