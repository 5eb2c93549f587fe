"""The totals of a workspace, counted by the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    Connection,
    FromClause,
    Select,
    case,
    distinct,
    func,
    literal,
    select,
    union_all,
)

from mlops_core.domain.states import RunStatus
from mlops_core.store.tables import dataset, experiment, model_version, run


def totals(connection: Connection) -> dict[str, int]:
    """How many runs there are by status, and how many experiments, models and datasets (names).

    Keys are the statuses of runs, ``experiments``, ``models`` and ``datasets``; zeros are left out.
    What is in the archive does not count.
    """

    def count(what: str, table: FromClause, name: str = "name") -> Select[str, int]:
        return select(literal(what), func.count(distinct(table.c[name]))).select_from(table)

    open_experiments = experiment.c.archived_at.is_(None)
    archive = select(experiment.c.id).where(~open_experiments)
    by_status = (
        select(run.c.status, func.count())
        .where(run.c.archived_at.is_(None), run.c.experiment_id.not_in(archive))
        .group_by(run.c.status)
    )
    statement = union_all(
        by_status,
        count("experiments", experiment, "id").where(open_experiments),
        count("models", model_version),
        count("datasets", dataset),
    )
    return {name: number for name, number in connection.execute(statement) if number}


def endings(connection: Connection, days: Sequence[datetime]) -> dict[tuple[int, RunStatus], int]:
    """How many runs ended on each day, by the day's place in ``days`` and their status.

    Args:
        days: Beginnings of consecutive days; the last one is open at its end.
    """
    # Compared, not divided: databases round differently.
    place = case(
        *((run.c.ended_at >= day, index) for index, day in reversed(list(enumerate(days))))
    ).label("place")
    rows = connection.execute(
        select(place, run.c.status, func.count())
        .where(run.c.ended_at >= days[0])
        .group_by(place, run.c.status)
    )
    return {(index, RunStatus(status)): number for index, status, number in rows}
