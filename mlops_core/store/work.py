"""The queue: what waits, what goes on, what is to be done, and who goes first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, or_, select, update

from mlops_core.domain.columns import JsonDict, Spelling
from mlops_core.domain.configs import RunSpec
from mlops_core.domain.queue import Priority
from mlops_core.domain.records import ProcessIdentity
from mlops_core.domain.states import RunMove, RunStatus
from mlops_core.store.runs import add_event
from mlops_core.store.tables import dataset, run, run_event


@dataclass(frozen=True, kw_only=True)
class QueuedRun:
    """What the scheduler must know of a run that waits."""

    id: int
    cpu_cores: int
    memory_gb: float
    gpus: int
    gpu_memory_gb: float
    time_limit_hours: float
    owner: str
    priority: int
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class ActiveRun:
    """What the scheduler must know of a run that is claimed or running."""

    id: int
    attempt: int
    cpu_cores: int
    memory_gb: float
    gpus: int
    gpu_ids: tuple[str, ...]
    time_limit_hours: float
    owner: str
    cores: tuple[int, ...]
    claimed_at: datetime
    started_at: datetime | None
    supervisor: ProcessIdentity | None


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """What a supervisor must know of the run that it takes up."""

    spec: RunSpec
    cores: tuple[int, ...]
    gpu_ids: tuple[str, ...]
    dataset_folder: str  # below the workspace's datasets folder
    roles: dict[str, str]  # suggested role of every column of the dataset
    spelling: Spelling | None  # how the file writes the target's truth values


def queue(connection: Connection) -> list[QueuedRun]:
    """The runs that wait, oldest first."""
    rows = connection.execute(
        select(
            run.c.id,
            run.c.cpu_cores,
            run.c.memory_gb,
            run.c.gpus,
            run.c.gpu_memory_gb,
            run.c.time_limit_hours,
            run.c.owner,
            run.c.priority,
            run.c.created_at,
        )
        .where(run.c.status == RunStatus.QUEUED.value)
        .order_by(run.c.created_at, run.c.id)
    ).mappings()
    return [QueuedRun(**row) for row in rows]


def active(connection: Connection) -> list[ActiveRun]:
    """The runs that are claimed or running."""
    rows = connection.execute(
        select(run).where(run.c.status == RunStatus.RUNNING.value).order_by(run.c.id)
    ).mappings()
    return [_active(row) for row in rows]


def _active(row: RowMapping) -> ActiveRun:
    supervisor = None
    if row["supervisor_pid"] is not None:
        supervisor = ProcessIdentity(
            pid=row["supervisor_pid"], start_ticks=row["supervisor_ticks"], boot_id=row["boot_id"]
        )
    return ActiveRun(
        id=row["id"],
        attempt=row["attempt"],
        cpu_cores=row["cpu_cores"],
        memory_gb=row["memory_gb"],
        gpus=row["gpus"],
        gpu_ids=tuple(row["gpu_ids"]),
        owner=row["owner"],
        time_limit_hours=row["time_limit_hours"],
        cores=tuple(row["cores"]),
        claimed_at=row["claimed_at"],
        started_at=row["started_at"],
        supervisor=supervisor,
    )


def assignment(connection: Connection, run_id: int, *, attempt: int) -> Assignment | None:
    """What is to be done in this attempt; ``None``: the run does not wait for it (any more)."""
    row = connection.execute(
        select(run.c.spec, run.c.cores, run.c.gpu_ids, dataset.c.folder, dataset.c["columns"])
        .join(dataset, dataset.c.id == run.c.dataset_id)
        .where(
            run.c.id == run_id,
            run.c.attempt == attempt,
            run.c.status == RunStatus.RUNNING.value,
            run.c.supervisor_pid.is_(None),
        )
    ).first()
    if row is None:
        return None
    spec, cores, gpu_ids, folder, columns = row
    asked = RunSpec.model_validate(spec)
    target: JsonDict = next(
        (column for column in columns if column["name"] == asked.dataset.target), {}
    )
    return Assignment(
        spec=asked,
        cores=tuple(cores),
        gpu_ids=tuple(gpu_ids),
        dataset_folder=folder,
        roles={column["name"]: column["role"] for column in columns},
        # Datasets of earlier versions of the app do not know it.
        spelling=Spelling(**found) if (found := target.get("spelling")) else None,
    )


def served(connection: Connection, *, since: datetime) -> dict[str, float]:
    """Core-seconds that each owner was given since then, runs that go on among them."""
    used = func.sum(func.coalesce(run.c.wall_seconds, 0.0) * run.c.cpu_cores)
    rows = connection.execute(
        select(run.c.owner, used)
        .where(or_(run.c.ended_at >= since, run.c.status == RunStatus.RUNNING.value))
        .group_by(run.c.owner)
    )
    return {owner: float(seconds or 0.0) for owner, seconds in rows}


def set_priority(
    connection: Connection, run_id: int, priority: Priority, *, by: str, at: datetime
) -> bool:
    """Change the priority of a run that waits; ``False``: it does not wait, or has it already."""
    attempt = connection.execute(
        update(run)
        .where(
            run.c.id == run_id,
            run.c.status == RunStatus.QUEUED.value,
            run.c.priority != priority.value,
        )
        .values(priority=priority.value)
        .returning(run.c.attempt)
    ).scalar_one_or_none()
    if attempt is None:
        return False
    message = f"Priority {priority.word}, by {by}."
    add_event(connection, run_id, kind="priority", message=message, attempt=attempt, at=at)
    return True


def status_of(connection: Connection, run_id: int) -> RunStatus | None:
    """The status of a run; ``None``: there is no such run."""
    found = connection.execute(select(run.c.status).where(run.c.id == run_id)).scalar_one_or_none()
    return None if found is None else RunStatus(found)


def open_runs_of(connection: Connection, owner: str) -> list[int]:
    """The runs of ``owner`` that wait or run, oldest first."""
    open_ = [one.value for one in RunStatus if not one.is_final]
    statement = select(run.c.id).where(run.c.owner == owner, run.c.status.in_(open_))
    return list(connection.execute(statement.order_by(run.c.id)).scalars())


def times_given_back(connection: Connection, run_id: int) -> int:
    """How often in a row the run was claimed and nothing took it up."""
    kinds = connection.execute(
        select(run_event.c.kind).where(run_event.c.run_id == run_id).order_by(run_event.c.seq)
    ).scalars()
    count = 0
    for kind in kinds:
        if kind == RunMove.GIVE_BACK.value:
            count += 1
        elif kind == RunMove.RETRY.value:
            count = 0
    return count
