"""What scheduler and supervisor read of the runs: what waits, what goes on, what is to be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select

from mlops_core.domain.columns import JsonDict, Spelling
from mlops_core.domain.configs import RunSpec
from mlops_core.domain.records import ProcessIdentity
from mlops_core.domain.states import RunStatus
from mlops_core.store.tables import dataset, run


@dataclass(frozen=True, kw_only=True)
class QueuedRun:
    """What the scheduler must know of a run that waits."""

    id: int
    cpu_cores: int
    memory_gb: float
    gpus: int
    time_limit_hours: float
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class ActiveRun:
    """What the scheduler must know of a run that is claimed or running."""

    id: int
    attempt: int
    cpu_cores: int
    memory_gb: float
    gpus: int
    time_limit_hours: float
    cores: tuple[int, ...]
    claimed_at: datetime
    started_at: datetime | None
    supervisor: ProcessIdentity | None


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """What a supervisor must know of the run that it takes up."""

    spec: RunSpec
    cores: tuple[int, ...]
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
            run.c.time_limit_hours,
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
        time_limit_hours=row["time_limit_hours"],
        cores=tuple(row["cores"]),
        claimed_at=row["claimed_at"],
        started_at=row["started_at"],
        supervisor=supervisor,
    )


def assignment(connection: Connection, run_id: int, *, attempt: int) -> Assignment | None:
    """What is to be done in this attempt; ``None``: the run does not wait for it (any more)."""
    row = connection.execute(
        select(run.c.spec, run.c.cores, dataset.c.folder, dataset.c["columns"])
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
    spec, cores, folder, columns = row
    asked = RunSpec.model_validate(spec)
    target: JsonDict = next(
        (column for column in columns if column["name"] == asked.dataset.target), {}
    )
    return Assignment(
        spec=asked,
        cores=tuple(cores),
        dataset_folder=folder,
        roles={column["name"]: column["role"] for column in columns},
        # Datasets of earlier versions of the app do not know it.
        spelling=Spelling(**found) if (found := target.get("spelling")) else None,
    )
