"""What all runs together used of the machine, over time, from the samples that each left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Integer,
    cast,
    func,
    or_,
    select,
    type_coerce,
)

from mlops_core.store.tables import resource_sample, run


class Used(NamedTuple):
    """One run in one stretch of time: the mean of its samples."""

    stretch: int  # from 0
    run_id: int
    cores: float
    memory_gb: float


class Held(NamedTuple):
    """What a run was given, and from when to when; ``end`` is ``None`` while it runs."""

    run_id: int
    cores: int
    memory_gb: float
    start: datetime
    end: datetime | None


def used(
    connection: Connection, *, since: datetime, until: datetime, seconds: float
) -> Iterator[Used]:
    """What runs used in each stretch of ``seconds`` from ``since`` on."""
    began = since.timestamp()
    stretch = cast((type_coerce(resource_sample.c.at, Float) - began) / seconds, Integer)
    rows = connection.execute(
        select(
            stretch.label("stretch"),
            resource_sample.c.run_id,
            func.avg(resource_sample.c.cpu_percent) / 100,
            func.avg(resource_sample.c.memory_mb) / 1024,
        )
        .where(
            resource_sample.c.run_id.in_(select(run.c.id).where(*_between(since, until))),
            resource_sample.c.at >= since,
            resource_sample.c.at < until,
        )
        .group_by("stretch", resource_sample.c.run_id)
    )
    return (Used(*row) for row in rows)


def held(connection: Connection, *, since: datetime, until: datetime) -> list[Held]:
    """What the runs of that time were given."""
    rows = connection.execute(
        select(run.c.id, run.c.cpu_cores, run.c.memory_gb, run.c.started_at, run.c.ended_at).where(
            *_between(since, until)
        )
    )
    return [Held(*row) for row in rows]


def _between(since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    going = run.c.status == "running"
    return (run.c.started_at < until, or_(run.c.ended_at >= since, going))
