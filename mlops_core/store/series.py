"""What runs measured: final values, points, samples of the process tree, and their events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Select,
    Table,
    delete,
    func,
    insert,
    select,
    type_coerce,
)

from mlops_core.domain.records import FinalMetric, MetricPoint, ResourceSample, RunEvent
from mlops_core.domain.results import CrossValidated
from mlops_core.store.tables import metric_point, metric_value, resource_sample, run, run_event


def insert_metrics(
    connection: Connection,
    run_id: int,
    *,
    holdout: Mapping[str, float],
    cv: Mapping[str, CrossValidated],
) -> None:
    """Keep what a run was judged to be, by metric."""
    rows = []
    for name in {**holdout, **cv}:
        folds = cv.get(name)
        rows.append(
            {
                "run_id": run_id,
                "name": name,
                "holdout": holdout.get(name),
                "mean": folds.mean if folds else None,
                "std": folds.std if folds else None,
                "folds": list(folds.folds) if folds else [],
            }
        )
    if rows:
        connection.execute(insert(metric_value), rows)


def append_points(connection: Connection, run_id: int, points: Iterable[MetricPoint]) -> None:
    """Write points after those that are there; what was written before is left out."""
    _append(connection, metric_point, run_id, points)


def append_samples(connection: Connection, run_id: int, samples: Iterable[ResourceSample]) -> None:
    """Write samples after those that are there; what was written before is left out."""
    _append(connection, resource_sample, run_id, samples)


def _append(
    connection: Connection,
    table: Table,
    run_id: int,
    rows: Iterable[MetricPoint] | Iterable[ResourceSample],
) -> None:
    values = [{"run_id": run_id, **row._asdict()} for row in rows]
    if not values:
        return
    last = connection.execute(
        select(func.coalesce(func.max(table.c.seq), 0)).where(table.c.run_id == run_id)
    ).scalar_one()
    values = [value for value in values if value["seq"] > last]
    if values:
        connection.execute(insert(table), values)


def remove_points(connection: Connection, run_id: int) -> None:
    connection.execute(delete(metric_point).where(metric_point.c.run_id == run_id))


def remove_samples(connection: Connection, run_id: int) -> None:
    connection.execute(delete(resource_sample).where(resource_sample.c.run_id == run_id))


def final_metrics(connection: Connection, ids: Sequence[int]) -> tuple[FinalMetric, ...]:
    """What these runs were judged to be, by run and name; nothing of runs that did not complete."""
    completed = select(run.c.id).where(run.c.id.in_(ids), run.c.status == "completed")
    return _metrics(connection, metric_value.c.run_id.in_(completed))


def metrics_so_far(connection: Connection, run_id: int) -> tuple[FinalMetric, ...]:
    """What one run was judged to be before it ended, however it ended, by name."""
    return _metrics(connection, metric_value.c.run_id == run_id)


def _metrics(connection: Connection, which: ColumnElement[bool]) -> tuple[FinalMetric, ...]:
    rows = connection.execute(
        select(metric_value).where(which).order_by(metric_value.c.run_id, metric_value.c.name)
    ).mappings()
    return tuple(FinalMetric(**{**row, "folds": tuple(row["folds"])}) for row in rows)


def points(
    connection: Connection, run_id: int, *, after: int, limit: int
) -> tuple[MetricPoint, ...]:
    """Measured points with a ``seq`` greater than ``after``, in their order."""
    columns = [metric_point.c[name] for name in MetricPoint._fields]
    rows = connection.execute(_series(metric_point, columns, run_id, after, limit))
    return tuple(map(MetricPoint._make, rows))


def samples(
    connection: Connection, run_id: int, *, after: int, limit: int
) -> tuple[ResourceSample, ...]:
    """Looks at the process tree with a ``seq`` greater than ``after``, in their order."""
    columns = [resource_sample.c[name] for name in ResourceSample._fields]
    rows = connection.execute(_series(resource_sample, columns, run_id, after, limit))
    return tuple(map(ResourceSample._make, rows))


class UsageBin(NamedTuple):
    """What a run used in a short stretch of its time."""

    run_id: int
    seconds: float  # since its start, at the end of the stretch
    cores: float  # mean
    memory_gb: float  # the most


def usage_bins(connection: Connection, ids: Sequence[int], *, bins: int) -> tuple[UsageBin, ...]:
    """What these runs used over time, each in at most ``bins`` stretches, by run and time."""
    one = resource_sample.c
    last = (
        select(one.run_id, func.max(one.seq).label("seq"))
        .where(one.run_id.in_(ids))
        .group_by(one.run_id)
        .subquery()
    )
    stretch = ((one.seq - 1) * bins // last.c.seq).label("stretch")
    started = type_coerce(run.c.started_at, Float)
    rows = connection.execute(
        select(
            one.run_id,
            func.max(type_coerce(one.at, Float)) - started,
            func.avg(one.cpu_percent) / 100,
            func.max(one.memory_mb) / 1024,
        )
        .join(last, last.c.run_id == one.run_id)
        .join(run, run.c.id == one.run_id)
        .group_by(one.run_id, stretch, run.c.started_at)
        .order_by(one.run_id, stretch)
    )
    return tuple(UsageBin(*row) for row in rows)


def live_points(
    connection: Connection, run_id: int, *, after: int, limit: int
) -> list[dict[str, Any]]:
    """``points`` ready for JSON, times in seconds, without making a record of each."""
    return _plain(connection, metric_point, run_id, after, limit)


def live_samples(
    connection: Connection, run_id: int, *, after: int, limit: int
) -> list[dict[str, Any]]:
    """``samples`` ready for JSON, times in seconds, without making a record of each."""
    return _plain(connection, resource_sample, run_id, after, limit)


def _plain(
    connection: Connection, table: Table, run_id: int, after: int, limit: int
) -> list[dict[str, Any]]:
    columns = [column for column in table.c if column.name not in ("run_id", "at")]
    at = type_coerce(table.c.at, Float).label("t")
    statement = _series(table, [*columns, at], run_id, after, limit)
    return [dict(row) for row in connection.execute(statement).mappings()]


def _series(
    table: Table, columns: Sequence[ColumnElement[Any]], run_id: int, after: int, limit: int
) -> Select[*tuple[Any, ...]]:
    return (
        select(*columns)
        .where(table.c.run_id == run_id, table.c.seq > after)
        .order_by(table.c.seq)
        .limit(limit)
    )


def events(connection: Connection, run_id: int) -> tuple[RunEvent, ...]:
    """Everything that happened to a run, in order."""
    rows = connection.execute(
        select(*(column for column in run_event.c if column.name != "run_id"))
        .where(run_event.c.run_id == run_id)
        .order_by(run_event.c.seq)
    ).mappings()
    return tuple(RunEvent(**row) for row in rows)
