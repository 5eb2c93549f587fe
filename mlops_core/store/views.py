"""Runs as people look at them: one query a screen, nothing that a list does not show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    FromClause,
    RowMapping,
    Select,
    and_,
    func,
    not_,
    or_,
    select,
    type_coerce,
)

from mlops_core.domain.configs import RunSpec
from mlops_core.domain.params import Task
from mlops_core.domain.queue import Priority
from mlops_core.domain.records import (
    ExperimentRun,
    Page,
    RunSummary,
)
from mlops_core.domain.results import Usage
from mlops_core.domain.states import EndReason, RunStatus
from mlops_core.store import paging
from mlops_core.store.tables import (
    dataset,
    experiment,
    experiment_tag,
    metric_value,
    run,
)

METRIC_SORT = "metric:"
SEPARATOR = "\x1f"  # stands in no tag: characters that cannot be seen are refused


@dataclass(frozen=True)
class RunFilter:
    """Which runs; every condition that is set must hold.

    Attributes:
        search: Words that must each be part of the experiment's, model's or dataset's name, of a
            tag, or be the run's id.
        archived: Only those in the archive or only the others; ``None`` means both. The runs of
            an archived experiment are in the archive.
        metric: The metric that decides about the run.
        ended_since: Only runs that ended then or later.
        ended_before: Only runs that ended earlier.
    """

    search: str = ""
    status: tuple[RunStatus, ...] = ()
    tag: str | None = None
    dataset_name: str | None = None
    dataset_id: int | None = None
    algorithm: str | None = None
    experiment_id: int | None = None
    task: Task | None = None
    archived: bool | None = False
    ids: tuple[int, ...] = ()
    metric: str | None = None
    ended_since: datetime | None = None
    ended_before: datetime | None = None


VERSION_KEY = (experiment.c.major * 1_000_000 + experiment.c.minor) * 1_000_000 + experiment.c.patch
SORTS: dict[str, ColumnElement[Any]] = {
    **{
        name: run.c[name]
        for name in (
            "id",
            "progress",
            "value",
            "std",
            "cpu_cores",
            "memory_gb",
            "gpus",
            "time_limit_hours",
            "priority",
            *Usage.model_fields,
        )
    },
    **{
        name: type_coerce(run.c[name], Float)
        for name in ("created_at", "started_at", "ended_at", "stop_requested_at", "archived_at")
    },
    **{
        name: func.lower(run.c[name])
        for name in (
            "owner",
            "model_name",
            "algorithm",
            "task",
            "status",
            "end_reason",
            "phase",
            "metric",
        )
    },
    "experiment_name": func.lower(experiment.c.name),
    "experiment_version": VERSION_KEY,
    "dataset_name": func.lower(dataset.c.name),
    "dataset_version": dataset.c.version,
}
NEVER_NULL = frozenset({"id", "created_at", "progress", "cpu_cores", "memory_gb"})
_JOINED = run.join(experiment, experiment.c.id == run.c.experiment_id).join(
    dataset, dataset.c.id == run.c.dataset_id
)
TAGS = (
    select(func.aggregate_strings(experiment_tag.c.tag, SEPARATOR))
    .where(experiment_tag.c.experiment_id == experiment.c.id)
    .correlate(experiment)
    .scalar_subquery()
    .label("tags")
)
_SUMMARY: tuple[ColumnElement[Any], ...] = (
    *(
        run.c[name]
        for name in (
            "id",
            "experiment_id",
            "owner",
            "priority",
            "model_name",
            "algorithm",
            "dataset_id",
            "task",
            "status",
            "end_reason",
            "message",
            "progress",
            "phase",
            "metric",
            "value",
            "std",
            "cpu_cores",
            "memory_gb",
            "gpus",
            "time_limit_hours",
            *Usage.model_fields,
            "created_at",
            "started_at",
            "ended_at",
            "stop_requested_at",
            "archived_at",
        )
    ),
    experiment.c.name.label("experiment_name"),
    experiment.c.major,
    experiment.c.minor,
    experiment.c.patch,
    dataset.c.name.label("dataset_name"),
    dataset.c.version.label("dataset_version"),
    TAGS,
)
_DETAILS = (
    run.c.spec,
    run.c.digest,
    run.c.attempt,
    run.c.number,
    run.c.model_version_id,
    run.c.fold,
    run.c.folds,
    run.c.cores,
    run.c.gpu_ids,
    run.c.retries_left,
    run.c.exit_code,
    run.c.signal,
    run.c.enforcement,
    run.c.supervisor_pid,
)


def matches(
    search: str, *columns: ColumnElement[str], number: ColumnElement[int] | None = None
) -> ColumnElement[bool]:
    """Every word of ``search`` is part of a column or of a tag, or is the ``number`` (``#12``)."""
    tagged = select(experiment_tag.c.experiment_id)

    def found(word: str) -> ColumnElement[bool]:
        ways = [column.icontains(word, autoescape=True) for column in columns]
        tag = tagged.where(experiment_tag.c.tag.icontains(word, autoescape=True))
        ways.append(experiment.c.id.in_(tag))
        digits = word.removeprefix("#")
        if number is not None and digits.isascii() and digits.isdigit() and len(digits) < 10:
            ways.append(number == int(digits))
        return or_(*ways)

    return and_(*(found(word) for word in search.split()))


def has_tag(experiment_id: ColumnElement[int], tag: str) -> ColumnElement[bool]:
    return experiment_id.in_(
        select(experiment_tag.c.experiment_id).where(experiment_tag.c.tag == tag)
    )


def conditions(wanted: RunFilter) -> list[ColumnElement[bool]]:
    """What a query on runs asks for. With ``search``, experiments and datasets are joined."""
    found: list[ColumnElement[bool]] = []
    if wanted.ids:
        found.append(run.c.id.in_(wanted.ids))
    if wanted.status:
        found.append(run.c.status.in_([status.value for status in wanted.status]))
    if wanted.experiment_id is not None:
        found.append(run.c.experiment_id == wanted.experiment_id)
    if wanted.algorithm:
        found.append(run.c.algorithm == wanted.algorithm)
    if wanted.task:
        found.append(run.c.task == wanted.task.value)
    if wanted.dataset_id is not None:
        found.append(run.c.dataset_id == wanted.dataset_id)
    if wanted.dataset_name:
        named = select(dataset.c.id).where(dataset.c.name == wanted.dataset_name)
        found.append(run.c.dataset_id.in_(named))
    if wanted.metric:
        found.append(run.c.metric == wanted.metric)
    if wanted.ended_since is not None:
        found.append(run.c.ended_at >= wanted.ended_since)
    if wanted.ended_before is not None:
        found.append(run.c.ended_at < wanted.ended_before)
    if wanted.tag:
        found.append(has_tag(run.c.experiment_id, wanted.tag))
    if wanted.search.strip():
        words = (experiment.c.name, run.c.model_name, run.c.algorithm, dataset.c.name)
        found.append(matches(wanted.search, *words, number=run.c.id))
    if wanted.archived is not None:
        archive = select(experiment.c.id).where(experiment.c.archived_at.is_not(None))
        put_away = or_(run.c.archived_at.is_not(None), run.c.experiment_id.in_(archive))
        found.append(put_away if wanted.archived else not_(put_away))
    return found


def run_page(
    connection: Connection,
    wanted: RunFilter,
    *,
    sort: str,
    descending: bool,
    limit: int,
    cursor: str | None,
    setting: tuple[tuple[str, ...], bool] | None = None,
) -> Page[RunSummary]:
    """Runs that match, sorted; ``sort`` is a key of ``SORTS`` or ``metric:<name>``.

    Args:
        setting: Sort by this part of the configuration instead: its path, and whether it holds
            numbers.

    Raises:
        InvalidInput: the cursor is none.
    """
    matching = conditions(wanted)
    # Names are only joined where they decide: the rows of a page get theirs afterwards.
    named = wanted.search.strip() or sort.startswith(("experiment_", "dataset_"))
    source: FromClause = _JOINED if named else run
    total = select(func.count()).select_from(source).where(*matching).scalar_subquery()
    source, key = _sorted_by(source, sort, setting)
    chosen = select(run.c.id, key.label("key"), total.label("total")).select_from(source)
    if cursor is not None:
        matching = [*matching, paging.after(key, run.c.id, cursor, descending=descending)]
    # One more than asked for tells whether anything follows.
    page = (
        chosen.where(*matching)
        .order_by(
            *paging.ordering(key, run.c.id, descending=descending, nullable=sort not in NEVER_NULL)
        )
        .limit(limit + 1)
        .subquery("page")
    )
    rows = _fetch(connection, page, descending)
    items = tuple(_summary(row) for row in rows[:limit])
    more = len(rows) > limit
    return Page(
        items=items,
        total=rows[0]["total"] if rows else 0,
        cursor=paging.encode(rows[limit - 1]["key"], items[-1].id) if more else None,
    )


def _sorted_by(
    source: FromClause, sort: str, setting: tuple[tuple[str, ...], bool] | None
) -> tuple[FromClause, ColumnElement[Any]]:
    """What to sort by, and where it comes from."""
    if setting is not None:
        path, number = setting
        inside = run.c.spec[path]
        return source, inside.as_float() if number else inside.as_string()
    if not sort.startswith(METRIC_SORT):
        return source, SORTS[sort]
    of_run = and_(
        metric_value.c.run_id == run.c.id,
        metric_value.c.name == sort.removeprefix(METRIC_SORT),
        run.c.status == RunStatus.COMPLETED.value,  # others keep what their folds gave
    )
    value = func.coalesce(metric_value.c.holdout, metric_value.c.mean)
    return source.outerjoin(metric_value, of_run), value


def _fetch(connection: Connection, page: FromClause, descending: bool) -> Sequence[RowMapping]:
    statement = (
        select(*_SUMMARY, page.c.key, page.c.total)
        .select_from(_JOINED.join(page, page.c.id == run.c.id))
        .order_by(*paging.ordering(page.c.key, page.c.id, descending=descending))
    )
    return connection.execute(statement).mappings().all()


def tag_list(joined: str | None) -> tuple[str, ...]:
    return tuple(sorted(joined.split(SEPARATOR))) if joined else ()


def version_text(row: RowMapping) -> str:
    return f"{row['major']}.{row['minor']}.{row['patch']}"


def _summary_values(row: RowMapping) -> dict[str, Any]:
    same = (
        "id experiment_id owner experiment_name model_name algorithm dataset_id dataset_name "
        "dataset_version message progress phase metric value std cpu_cores memory_gb gpus "
        "time_limit_hours created_at started_at ended_at stop_requested_at archived_at"
    )
    return {name: row[name] for name in same.split()} | {
        "experiment_version": version_text(row),
        "priority": Priority(row["priority"]),
        "task": Task(row["task"]),
        "tags": tag_list(row["tags"]),
        "status": RunStatus(row["status"]),
        "end_reason": EndReason(row["end_reason"]) if row["end_reason"] else None,
        "usage": Usage.model_construct(**{name: row[name] for name in Usage.model_fields}),
    }


def _summary(row: RowMapping) -> RunSummary:
    return RunSummary(**_summary_values(row))


def specs(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What these runs were asked for, as it is stored."""
    rows = connection.execute(select(run.c.id, run.c.spec).where(run.c.id.in_(ids)))
    return {row.id: row.spec for row in rows}


def find_run(connection: Connection, root: Path, run_id: int) -> ExperimentRun | None:
    """One run, whole; ``root`` is the folder of all runs' folders."""
    found = find_runs(connection, root, [run_id])
    return found[0] if found else None


def find_runs(connection: Connection, root: Path, ids: Sequence[int]) -> tuple[ExperimentRun, ...]:
    """Those of these runs that there are, whole, in the order of ``ids``."""
    rows = connection.execute(_whole().where(run.c.id.in_(ids))).mappings()
    found = {row["id"]: _whole_run(row, root) for row in rows}
    return tuple(found[run_id] for run_id in dict.fromkeys(ids) if run_id in found)


def _whole() -> Select[Any]:
    return select(*_SUMMARY, *_DETAILS).select_from(_JOINED)


def _whole_run(row: RowMapping, root: Path) -> ExperimentRun:
    same = (
        "digest attempt retries_left number model_version_id fold folds exit_code signal "
        "supervisor_pid"
    )
    return ExperimentRun(
        **_summary_values(row),
        **{name: row[name] for name in same.split()},
        spec=RunSpec.model_validate(row["spec"]),
        cores=tuple(row["cores"]),
        gpu_ids=tuple(row["gpu_ids"]),
        enforcement=row["enforcement"],
        folder=root / str(row["id"]),
    )
