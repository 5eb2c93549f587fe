"""Experiments as people look at them: status, counts and best run come from their runs, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Float,
    RowMapping,
    Select,
    String,
    Subquery,
    case,
    cast,
    func,
    literal,
    select,
    type_coerce,
)

from mlops_core.domain.configs import ExperimentConfig
from mlops_core.domain.params import Task
from mlops_core.domain.records import Experiment, ExperimentSummary, Page
from mlops_core.domain.states import ExperimentStatus, RunStatus
from mlops_core.metrics import METRICS
from mlops_core.store import paging
from mlops_core.store.tables import dataset, experiment, experiment_model, experiment_tag, run
from mlops_core.store.views import (
    SEPARATOR,
    TAGS,
    VERSION_KEY,
    has_tag,
    matches,
    tag_list,
    version_text,
)


@dataclass(frozen=True)
class ExperimentFilter:
    """Which experiments; every condition that is set must hold.

    Attributes:
        search: Words that must each be part of the name, the description, the dataset's name or a
            tag.
        dataset: A whole name of a dataset.
        archived: Only those in the archive or only the others; ``None`` means both.
    """

    search: str = ""
    status: ExperimentStatus | None = None
    tag: str | None = None
    dataset: str | None = None
    archived: bool | None = False


def _facts(*, of: Select[Any] | None = None) -> Subquery:
    """One row for each experiment that has runs: how many, in which status, when last.

    The order of the cases is that of ``domain.states.experiment_status``; a test keeps them equal.
    """

    def count(status: RunStatus) -> ColumnElement[int]:
        return func.sum(case((run.c.status == status.value, 1), else_=0))

    order = (
        RunStatus.RUNNING,
        RunStatus.QUEUED,
        RunStatus.COMPLETED,
        RunStatus.FAILED,
        RunStatus.CANCELLED,
    )
    last = func.coalesce(run.c.ended_at, run.c.started_at, run.c.created_at)
    statement = select(
        run.c.experiment_id,
        func.count().label("runs"),
        count(RunStatus.COMPLETED).label("completed"),
        count(RunStatus.FAILED).label("failed"),
        case(*((count(status) > 0, status.value) for status in order)).label("status"),
        func.max(type_coerce(last, Float)).label("last_activity"),
    ).group_by(run.c.experiment_id)
    if of is not None:
        statement = statement.where(run.c.experiment_id.in_(of))
    return statement.subquery("facts")


def _best(of: Select[Any]) -> Subquery:
    """The best completed run of each experiment, by its metric's own direction."""
    rising = [metric.key for metric in METRICS.values() if metric.greater_is_better]
    badness = case((run.c.metric.in_(rising), -run.c.value), else_=run.c.value)
    place = func.row_number().over(partition_by=run.c.experiment_id, order_by=(badness, run.c.id))
    ranked = (
        select(
            run.c.experiment_id,
            run.c.id.label("best_run_id"),
            run.c.metric,
            run.c.value.label("best"),
            place.label("place"),
        )
        .where(
            run.c.experiment_id.in_(of),
            run.c.status == RunStatus.COMPLETED.value,
            run.c.value.is_not(None),
            run.c.archived_at.is_(None),
        )
        .subquery()
    )
    return select(ranked).where(ranked.c.place == 1).subquery("best")


_CREATED = type_coerce(experiment.c.created_at, Float)
_PLAIN_SORTS: dict[str, ColumnElement[Any]] = {
    "id": experiment.c.id,
    "created_at": _CREATED,
    "name": func.lower(experiment.c.name),
    "version": VERSION_KEY,
    "task": experiment.c.task,
    "dataset_name": func.lower(dataset.c.name),
}
_FACT_SORTS = frozenset({"runs", "completed", "failed", "status", "last_activity"})
SORTS = frozenset({*_PLAIN_SORTS, *_FACT_SORTS})


def _status(facts: Subquery) -> ColumnElement[str]:
    return func.coalesce(facts.c.status, literal(ExperimentStatus.PLANNED.value))


def _activity(facts: Subquery) -> ColumnElement[float]:
    return func.coalesce(facts.c.last_activity, _CREATED)


def _key(sort: str, facts: Subquery) -> ColumnElement[Any]:
    if sort in _PLAIN_SORTS:
        return _PLAIN_SORTS[sort]
    if sort == "status":
        return _status(facts)
    if sort == "last_activity":
        return _activity(facts)
    return func.coalesce(facts.c[sort], 0)


def _conditions(wanted: ExperimentFilter, facts: Subquery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.status is not None:
        found.append(_status(facts) == wanted.status.value)
    if wanted.tag:
        found.append(has_tag(experiment.c.id, wanted.tag))
    if wanted.dataset:
        found.append(dataset.c.name == wanted.dataset)
    if wanted.search.strip():
        words = (experiment.c.name, experiment.c.description, dataset.c.name)
        found.append(matches(wanted.search, *words))
    if wanted.archived is not None:
        put_away = experiment.c.archived_at.is_not(None)
        found.append(put_away if wanted.archived else ~put_away)
    return found


def experiment_page(
    connection: Connection,
    wanted: ExperimentFilter,
    *,
    sort: str = "created_at",
    descending: bool = True,
    limit: int = 100,
    cursor: str | None = None,
) -> Page[ExperimentSummary]:
    """Experiments that match, sorted; ``sort`` is one of ``SORTS``.

    Raises:
        InvalidInput: the cursor is none.
    """
    facts = _facts()
    source = experiment.join(dataset, dataset.c.id == experiment.c.dataset_id)
    # Counting all runs of all experiments is only worth it when a condition or the order needs it.
    if wanted.status is not None or sort in _FACT_SORTS:
        source = source.outerjoin(facts, facts.c.experiment_id == experiment.c.id)
    conditions = _conditions(wanted, facts)
    key = _key(sort, facts)
    total = select(func.count()).select_from(source).where(*conditions).scalar_subquery()
    if cursor is not None:
        conditions.append(paging.after(key, experiment.c.id, cursor, descending=descending))
    page = (
        select(experiment.c.id, key.label("key"), total.label("total"))
        .select_from(source)
        .where(*conditions)
        .order_by(*paging.ordering(key, experiment.c.id, descending=descending, nullable=False))
        .limit(limit + 1)
        .cte("page")
    )
    rows = _fetch(connection, page, descending)
    items = tuple(_summary(row) for row in rows[:limit])
    more = len(rows) > limit
    return Page(
        items=items,
        total=rows[0]["total"] if rows else 0,
        cursor=paging.encode(rows[limit - 1]["key"], items[-1].id) if more else None,
    )


def history(connection: Connection, name: str) -> tuple[ExperimentSummary, ...]:
    """Every version of a name, the highest first."""
    page = (
        select(experiment.c.id, VERSION_KEY.label("key"), literal(0).label("total"))
        .where(experiment.c.name == name)
        .cte("page")
    )
    return tuple(_summary(row) for row in _fetch(connection, page, descending=True))


def _fetch(connection: Connection, page: CTE, descending: bool) -> Sequence[RowMapping]:
    ids = select(page.c.id)
    facts, best = _facts(of=ids), _best(ids)
    pairs = cast(experiment_model.c.position, String) + ":" + experiment_model.c.algorithm
    algorithms = (
        select(func.aggregate_strings(pairs, SEPARATOR))
        .where(experiment_model.c.experiment_id == experiment.c.id)
        .correlate(experiment)
        .scalar_subquery()
    )
    statement = (
        select(
            *_columns(facts),
            best.c.metric,
            best.c.best,
            best.c.best_run_id,
            algorithms.label("algorithms"),
            page.c.key,
            page.c.total,
        )
        .select_from(
            experiment.join(page, page.c.id == experiment.c.id)
            .join(dataset, dataset.c.id == experiment.c.dataset_id)
            .outerjoin(facts, facts.c.experiment_id == experiment.c.id)
            .outerjoin(best, best.c.experiment_id == experiment.c.id)
        )
        .order_by(*paging.ordering(page.c.key, page.c.id, descending=descending))
    )
    return connection.execute(statement).mappings().all()


def _columns(facts: Subquery) -> tuple[ColumnElement[Any], ...]:
    same = ("id", "name", "major", "minor", "patch", "task", "dataset_id")
    return (
        *(experiment.c[name] for name in same),
        experiment.c.created_at,
        experiment.c.archived_at,
        dataset.c.name.label("dataset_name"),
        dataset.c.version.label("dataset_version"),
        TAGS,
        _status(facts).label("status"),
        func.coalesce(facts.c.runs, 0).label("runs"),
        func.coalesce(facts.c.completed, 0).label("completed"),
        func.coalesce(facts.c.failed, 0).label("failed"),
        type_coerce(_activity(facts), experiment.c.created_at.type).label("last_activity"),
    )


def _summary(row: RowMapping) -> ExperimentSummary:
    same = (
        "id name dataset_id dataset_name dataset_version runs completed failed metric best "
        "best_run_id created_at last_activity archived_at"
    )
    return ExperimentSummary(
        **{name: row[name] for name in same.split()},
        version=version_text(row),
        tags=tag_list(row["tags"]),
        status=ExperimentStatus(row["status"]),
        task=Task(row["task"]),
        algorithms=_algorithms(row["algorithms"]),
    )


def _algorithms(joined: str | None) -> tuple[str, ...]:
    """Distinct algorithms in the order of the models."""
    pairs = (pair.partition(":") for pair in (joined or "").split(SEPARATOR) if pair)
    ordered = sorted((int(position), algorithm) for position, _colon, algorithm in pairs)
    return tuple(dict.fromkeys(algorithm for _position, algorithm in ordered))


def find(connection: Connection, experiment_id: int) -> Experiment | None:
    """One experiment, whole."""
    facts = _facts(of=select(literal(experiment_id)))
    row = (
        connection.execute(
            select(
                *_columns(facts),
                experiment.c.description,
                experiment.c.config,
                experiment.c.parent_id,
            )
            .select_from(
                experiment.join(dataset, dataset.c.id == experiment.c.dataset_id).outerjoin(
                    facts, facts.c.experiment_id == experiment.c.id
                )
            )
            .where(experiment.c.id == experiment_id)
        )
        .mappings()
        .first()
    )
    if row is None:
        return None
    same = "id name description dataset_name dataset_version created_at parent_id archived_at"
    return Experiment(
        **{name: row[name] for name in same.split()},
        version=version_text(row),
        tags=tag_list(row["tags"]),
        status=ExperimentStatus(row["status"]),
        config=ExperimentConfig.model_validate(row["config"]),
    )


def all_tags(connection: Connection) -> tuple[str, ...]:
    """Every tag of an experiment that is not in the archive."""
    return tuple(
        connection.execute(
            select(experiment_tag.c.tag)
            .join(experiment, experiment.c.id == experiment_tag.c.experiment_id)
            .where(experiment.c.archived_at.is_(None))
            .distinct()
            .order_by(experiment_tag.c.tag)
        ).scalars()
    )
