"""What ended runs of an algorithm were, were given and used."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from mlops_core.domain.configs import ResourceAllocation
from mlops_core.domain.params import Task
from mlops_core.domain.states import EndReason
from mlops_core.store.tables import dataset, run

# Others tell nothing of what a run needs: they ended before, or by a fault.
TELLING = (EndReason.FINISHED, EndReason.MEMORY_LIMIT, EndReason.TIME_LIMIT)


class PastUse(NamedTuple):
    """One ended run. ``spec`` is its ``RunSpec`` as it was stored."""

    id: int
    spec: dict[str, Any]
    rows: int
    columns: int
    reason: EndReason
    given: ResourceAllocation
    peak_memory_mb: float
    wall_seconds: float
    cpu_seconds: float | None


def past_use(
    connection: Connection, algorithm: str, task: Task, *, rows: tuple[float, float], limit: int
) -> list[PastUse]:
    """Ended runs of ``algorithm`` on tables with ``rows`` from ... to, the newest first.

    What is in the archive counts too: it used what it used.
    """
    names = ("id", "spec", "end_reason", "cpu_cores", "memory_gb", "gpus", "time_limit_hours")
    used = ("peak_memory_mb", "wall_seconds", "cpu_seconds")
    found = connection.execute(
        select(
            *(run.c[name] for name in (*names, *used)),
            dataset.c.rows.label("rows"),
            dataset.c.column_count.label("columns"),
        )
        .select_from(run.join(dataset, dataset.c.id == run.c.dataset_id))
        .where(
            run.c.algorithm == algorithm,
            run.c.task == task.value,
            run.c.ended_at.is_not(None),
            run.c.end_reason.in_([reason.value for reason in TELLING]),
            run.c.peak_memory_mb.is_not(None),
            run.c.wall_seconds.is_not(None),
            dataset.c.rows.between(*rows),
        )
        .order_by(run.c.ended_at.desc())
        .limit(limit)
    ).mappings()
    return [
        PastUse(
            id=row["id"],
            spec=row["spec"],
            rows=row["rows"],
            columns=row["columns"],
            reason=EndReason(row["end_reason"]),
            given=ResourceAllocation(
                cpu_cores=row["cpu_cores"],
                memory_gb=row["memory_gb"],
                gpus=row["gpus"],
                time_limit_hours=row["time_limit_hours"],
            ),
            **{name: row[name] for name in used},
        )
        for row in found
    ]
