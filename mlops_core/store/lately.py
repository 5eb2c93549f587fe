"""Runs that ended lately, and the best of those before them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from mlops_core.domain.states import EndReason, RunStatus
from mlops_core.store import views
from mlops_core.store.tables import run


class Ended(NamedTuple):
    """How a run ended, and how well it did by the metric that decides about it."""

    id: int
    dataset_id: int
    status: RunStatus
    reason: EndReason
    metric: str
    value: float | None


def ended(connection: Connection, since: datetime) -> tuple[Ended, ...]:
    """Runs that ended then or later, the latest first; not those in the archive."""
    one = run.c
    # Counted and ordered by the reader: a database would go through all runs to group these few.
    rows = connection.execute(
        select(one.id, one.dataset_id, one.status, one.end_reason, one.metric, one.value)
        .where(*views.conditions(views.RunFilter(ended_since=since)))
        .order_by(one.ended_at.desc(), one.id.desc())
    )
    return tuple(
        Ended(id, dataset_id, RunStatus(status), EndReason(reason), metric, value)
        for id, dataset_id, status, reason, metric, value in rows
    )


def best_ids(
    connection: Connection, wanted: views.RunFilter, *, rising: bool, limit: int
) -> tuple[int, ...]:
    """Runs that match and have a value, the best by their own metric first."""
    order = run.c.value.desc() if rising else run.c.value
    found = connection.execute(
        select(run.c.id)
        .where(run.c.value.is_not(None), *views.conditions(wanted))
        .order_by(order)
        .limit(limit)
    )
    return tuple(found.scalars())
