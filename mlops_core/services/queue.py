"""The queue: what runs, what waits and why, what the machine was used for, who goes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from mlops_core.domain.queue import Priority, Wait
from mlops_core.domain.records import RunSummary
from mlops_core.domain.states import RunStatus
from mlops_core.errors import Conflict, NotFound
from mlops_core.i18n import _
from mlops_core.runners.machine import read_machine
from mlops_core.scheduling import admission
from mlops_core.scheduling.admission import Capacity
from mlops_core.services import queueing
from mlops_core.store import machine_use, views, work
from mlops_core.store.experiments import Connection
from mlops_core.store.work import ActiveRun, QueuedRun
from mlops_core.store.workspace import Workspace

SHOWN = 100  # runs that wait, a page
MOST_RUNNING = 256
STRETCHES = 120  # points of a chart


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A run that waits, and what is known of its start."""

    run: RunSummary
    wait: Wait


@dataclass(frozen=True, kw_only=True)
class Use:
    """A resource of the machine: what runs hold of it, and what it can give them."""

    held: float
    total: float


@dataclass(frozen=True, kw_only=True)
class Queue:
    """What runs and waits now.

    Attributes:
        waiting: The first ``SHOWN`` in the order in which they are looked at.
        total: How many wait altogether.
        core_hours: What each owner of these runs was given in the last 24 hours.
    """

    running: tuple[RunSummary, ...]
    waiting: tuple[Waiting, ...]
    total: int
    cores: Use
    memory_gb: Use
    gpus: Use
    core_hours: dict[str, float]


class _Seen(NamedTuple):
    """What the scheduler decides from."""

    queue: list[QueuedRun]
    active: list[ActiveRun]
    capacity: Capacity
    now: datetime
    served: dict[str, float]

    def forecast(self) -> tuple[Wait, ...]:
        return admission.forecast(
            self.queue, self.active, self.capacity, now=self.now, served=self.served
        )


def _see(ws: Workspace, connection: Connection) -> _Seen:
    now = ws.now()
    return _Seen(
        queue=work.queue(connection),
        active=work.active(connection),
        capacity=Capacity.of(read_machine(ws.home)),
        now=now,
        served=work.served(connection, since=now - admission.LATELY),
    )


def look(ws: Workspace) -> Queue:
    """The queue as the scheduler sees it now."""
    with ws.read() as connection:
        seen = _see(ws, connection)
        waits = seen.forecast()
        running = _summaries(connection, [run.id for run in seen.active][:MOST_RUNNING])
        waiting = _summaries(connection, [wait.run_id for wait in waits[:SHOWN]])
    active, capacity = seen.active, seen.capacity
    return Queue(
        running=tuple(running.values()),
        waiting=tuple(
            Waiting(run=waiting[wait.run_id], wait=wait)
            for wait in waits[:SHOWN]
            if wait.run_id in waiting
        ),
        total=len(waits),
        cores=Use(held=sum(run.cpu_cores for run in active), total=len(capacity.cores)),
        memory_gb=Use(held=sum(run.memory_gb for run in active), total=capacity.memory_gb),
        gpus=Use(held=sum(run.gpus for run in active), total=len(capacity.gpus)),
        core_hours={owner: seconds / 3600 for owner, seconds in seen.served.items()},
    )


def _summaries(connection: Connection, ids: Sequence[int]) -> dict[int, RunSummary]:
    if not ids:
        return {}
    found = views.run_page(
        connection,
        views.RunFilter(ids=tuple(ids), archived=None),
        sort="id",
        descending=False,
        limit=len(ids),
        cursor=None,
    )
    return {run.id: run for run in found.items}


def next_ones(ws: Workspace, connection: Connection, limit: int) -> tuple[RunSummary, ...]:
    """The first runs that wait, in the order in which the scheduler looks at them."""
    seen = _see(ws, connection)
    order = admission.plan(
        seen.queue, seen.active, seen.capacity, now=seen.now, served=seen.served
    ).order
    ids = [run.id for run in order[:limit]]
    found = _summaries(connection, ids)
    return tuple(found[run_id] for run_id in ids if run_id in found)


def wait_of(ws: Workspace, run_id: int) -> Wait | None:
    """Why a run waits and when it may start; ``None``: it does not wait."""
    with ws.read() as connection:
        seen = _see(ws, connection)
    return next((wait for wait in seen.forecast() if wait.run_id == run_id), None)


def set_priority(ws: Workspace, run_id: int, priority: Priority, *, by: str | None = None) -> None:
    """Change the priority of a run that waits; the change and who made it stay in its history.

    Raises:
        NotFound: there is no such run.
        Conflict: it does not wait any more.
    """
    with ws.begin() as connection:
        work.set_priority(connection, run_id, priority, by=by or ws.settings.owner, at=ws.now())
        status = work.status_of(connection, run_id)
    if status is None:
        raise NotFound(queueing.no_such_run(run_id))
    if status is not RunStatus.QUEUED:
        raise Conflict(
            _("Run {id} does not wait any more: it is {status}.").format(
                id=run_id, status=_(status.value)
            ),
            _("Only a run that waits can change its place."),
        )
    queueing.wake(ws)


def stop_all_of(ws: Workspace, owner: str) -> int:
    """Withdraw every run of ``owner`` that waits, ask those that run to end; how many."""
    with ws.begin() as connection:
        ids = work.open_runs_of(connection, owner)
        stopped = [
            run_id for run_id in ids if queueing.end_or_flag(connection, run_id, at=ws.now())
        ]
    if stopped:
        queueing.wake(ws)
    return len(stopped)


@dataclass(frozen=True, kw_only=True)
class MachineUse:
    """What runs used and what they were given, in even stretches of time; cores and GB."""

    at: tuple[datetime, ...]  # the middle of each stretch
    cores_used: tuple[float, ...]
    cores_held: tuple[float, ...]
    memory_used_gb: tuple[float, ...]
    memory_held_gb: tuple[float, ...]


def machine_use_since(ws: Workspace, ago: timedelta) -> MachineUse:
    """The use of the machine from ``ago`` until now: means of ``STRETCHES`` stretches."""
    until = ws.now()
    since = until - ago
    seconds = ago.total_seconds() / STRETCHES
    with ws.read() as connection:
        used = list(machine_use.used(connection, since=since, until=until, seconds=seconds))
        held = machine_use.held(connection, since=since, until=until)
    parts = {one.run_id: _parts(one, since, until, seconds) for one in held}
    cores_used, memory_used = [0.0] * STRETCHES, [0.0] * STRETCHES
    for one in used:
        # Samples say how much while it ran; a run of a second is not there for the whole stretch.
        part = parts.get(one.run_id, {}).get(one.stretch, 0.0)
        cores_used[one.stretch % STRETCHES] += part * one.cores
        memory_used[one.stretch % STRETCHES] += part * one.memory_gb
    cores_held, memory_held = [0.0] * STRETCHES, [0.0] * STRETCHES
    for given in held:
        for stretch, part in parts[given.run_id].items():
            cores_held[stretch] += part * given.cores
            memory_held[stretch] += part * given.memory_gb
    return MachineUse(
        at=tuple(since + timedelta(seconds=(place + 0.5) * seconds) for place in range(STRETCHES)),
        cores_used=tuple(cores_used),
        cores_held=tuple(cores_held),
        memory_used_gb=tuple(memory_used),
        memory_held_gb=tuple(memory_held),
    )


def _parts(
    held: machine_use.Held, since: datetime, until: datetime, seconds: float
) -> dict[int, float]:
    """For each stretch in which the run was there: for how much of it, 0 … 1."""
    first = max(0.0, (held.start - since).total_seconds() / seconds)
    last = min(float(STRETCHES), ((held.end or until) - since).total_seconds() / seconds)
    return {
        stretch: min(last, stretch + 1) - max(first, stretch)
        for stretch in range(int(first), min(STRETCHES, int(last) + 1))
        if min(last, stretch + 1) > max(first, stretch)
    }
