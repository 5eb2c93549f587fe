"""What runs measured: final values, points, samples of the process tree, and their events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Float, Select, Table, select, type_coerce

from mlops_core.domain.records import FinalMetric, MetricPoint, ResourceSample, RunEvent
from mlops_core.store.tables import metric_point, metric_value, resource_sample, run_event


def final_metrics(connection: Connection, ids: Sequence[int]) -> tuple[FinalMetric, ...]:
    """What these runs were judged to be, by run and name."""
    rows = connection.execute(
        select(metric_value)
        .where(metric_value.c.run_id.in_(ids))
        .order_by(metric_value.c.run_id, metric_value.c.name)
    ).mappings()
    return tuple(FinalMetric(**{**row, "folds": tuple(row["folds"])}) for row in rows)


def points(
    connection: Connection, run_id: int, *, after: int, limit: int
) -> tuple[MetricPoint, ...]:
    """Measured points with a ``seq`` greater than ``after``, in their order."""
    one = metric_point.c
    columns = (one.seq, one.name, one.split, one.fold, one.step, one.value, one.at)
    rows = connection.execute(_series(metric_point, columns, run_id, after, limit)).all()
    # Named one by one, not as a mapping: there may be ten thousand of them.
    return tuple(
        MetricPoint(seq=seq, name=name, split=split, fold=fold, step=step, value=value, at=at)
        for seq, name, split, fold, step, value, at in rows
    )


def samples(
    connection: Connection, run_id: int, *, after: int, limit: int
) -> tuple[ResourceSample, ...]:
    """Looks at the process tree with a ``seq`` greater than ``after``, in their order."""
    columns = [column for column in resource_sample.c if column.name != "run_id"]
    statement = _series(resource_sample, columns, run_id, after, limit)
    return tuple(ResourceSample(**row) for row in connection.execute(statement).mappings())


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
