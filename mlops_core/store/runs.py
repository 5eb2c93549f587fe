"""Runs in the database: the only writer of a run's status.

Every change of status is one conditional UPDATE by id, expected status and attempt number, and a
``RunEvent`` in the same transaction. A supervisor that was given up for dead holds an old attempt
number, so nothing it still writes takes hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from mlops_core.domain.configs import ResourceAllocation, RunSpec
from mlops_core.domain.queue import Submission
from mlops_core.domain.records import MetricPoint, ProcessIdentity, ResourceSample
from mlops_core.domain.results import PartialResult, RunOutcome, TrainingResult, Usage
from mlops_core.domain.states import MOVES, RETRIED, EndReason, RunMove, RunStatus, end_move
from mlops_core.store import series
from mlops_core.store.tables import run, run_event

_NOTHING_YET: dict[str, Any] = {"cores": [], "gpu_ids": [], "enforcement": {}}


def insert_run(
    connection: Connection,
    *,
    experiment_id: int,
    dataset_id: int,
    model_name: str,
    model_version_id: int | None,
    spec: RunSpec,
    metric: str,
    by: Submission,
    retries: int = 0,
    at: datetime,
) -> int:
    """Queue a run and return its id.

    Args:
        metric: The key of its primary metric.
        by: Who asks for it, and how urgent it is.
        retries: How often it is tried again after an end that was not its own fault.
    """
    number = connection.execute(
        select(func.coalesce(func.max(run.c.number), 0) + 1).where(
            run.c.experiment_id == experiment_id
        )
    ).scalar_one()
    run_id: int = connection.execute(
        insert(run)
        .values(
            experiment_id=experiment_id,
            number=number,
            model_name=model_name,
            model_version_id=model_version_id,
            algorithm=spec.model.algorithm,
            dataset_id=dataset_id,
            task=spec.dataset.task.value,
            spec=spec.model_dump(mode="json"),
            digest=spec.digest,
            status=RunStatus.QUEUED.value,
            metric=metric,
            folds=spec.evaluation.folds,
            **_asked_of_the_machine(spec.resources),
            owner=by.owner,
            priority=by.priority.value,
            retries_left=retries,
            **_NOTHING_YET,
            created_at=at,
        )
        .returning(run.c.id)
    ).scalar_one()
    add_event(connection, run_id, kind="queued", message="", attempt=0, at=at)
    return run_id


def _asked_of_the_machine(asked: ResourceAllocation) -> dict[str, Any]:
    return {
        "cpu_cores": asked.cpu_cores,
        "memory_gb": asked.memory_gb,
        "gpus": asked.gpus,
        "gpu_memory_gb": asked.gpu_memory_gb if asked.gpus else 0.0,
        "time_limit_hours": asked.time_limit_hours,
    }


def add_event(
    connection: Connection, run_id: int, *, kind: str, message: str, attempt: int, at: datetime
) -> None:
    """Append to the history of a run."""
    seq = (
        select(func.coalesce(func.max(run_event.c.seq), 0) + 1)
        .where(run_event.c.run_id == run_id)
        .scalar_subquery()
    )
    connection.execute(
        insert(run_event).values(
            run_id=run_id, seq=seq, at=at, kind=kind, message=message, attempt=attempt
        )
    )


def _move(
    connection: Connection,
    run_id: int,
    move: RunMove,
    *,
    at: datetime,
    attempt: int | None,
    message: str = "",
    values: Mapping[str, Any] | None = None,
) -> int | None:
    """Make one move and return the attempt number it holds now, or ``None`` if it was not due."""
    rule = MOVES[move]
    statement = update(run).where(run.c.id == run_id, run.c.status == rule.source.value)
    if attempt is not None:
        statement = statement.where(run.c.attempt == attempt)
    moved: int | None = connection.execute(
        statement.values(status=rule.target.value, message=message, **(values or {})).returning(
            run.c.attempt
        )
    ).scalar_one_or_none()
    if moved is not None:
        add_event(connection, run_id, kind=move.value, message=message, attempt=moved, at=at)
    return moved


def claim(
    connection: Connection,
    run_id: int,
    *,
    cores: Sequence[int],
    gpus: Sequence[str] = (),
    at: datetime,
) -> int | None:
    """Give a queued run these cores and GPUs (UUIDs); its new attempt number, or ``None``."""
    return _move(
        connection,
        run_id,
        RunMove.CLAIM,
        at=at,
        attempt=None,
        values={
            "attempt": run.c.attempt + 1,
            "claimed_at": at,
            "cores": list(cores),
            "gpu_ids": list(gpus),
        },
    )


def give_back(connection: Connection, run_id: int, *, attempt: int, at: datetime) -> bool:
    """Return a claimed run to the queue. Only one that no supervisor took up goes back."""
    untouched = connection.execute(
        select(run.c.id).where(run.c.id == run_id, run.c.supervisor_pid.is_(None))
    ).first()
    if untouched is None:
        return False
    # The attempt number moves on: a supervisor that starts late finds its own gone.
    moved = _move(
        connection,
        run_id,
        RunMove.GIVE_BACK,
        at=at,
        attempt=attempt,
        message="Nothing had started it yet.",
        values={"attempt": run.c.attempt + 1, "claimed_at": None, "cores": [], "gpu_ids": []},
    )
    return moved is not None


def take_up(
    connection: Connection,
    run_id: int,
    *,
    attempt: int,
    supervisor: ProcessIdentity,
    enforcement: Mapping[str, str],
    at: datetime,
) -> bool:
    """A supervisor takes a claimed run up; ``False``: the run is no longer its own."""
    taken = connection.execute(
        update(run)
        .where(
            run.c.id == run_id,
            run.c.status == RunStatus.RUNNING.value,
            run.c.attempt == attempt,
            run.c.supervisor_pid.is_(None),
        )
        .values(
            supervisor_pid=supervisor.pid,
            supervisor_ticks=supervisor.start_ticks,
            boot_id=supervisor.boot_id,
            enforcement=dict(enforcement),
            started_at=at,
        )
    ).rowcount
    return bool(taken)


def end(
    connection: Connection,
    run_id: int,
    *,
    attempt: int,
    outcome: RunOutcome,
    result: TrainingResult | None = None,
    partial: PartialResult | None = None,
    at: datetime,
) -> bool:
    """End a running run, or put it back into the queue where its retries say so.

    ``False``: it had ended before, the first reason stays. ``partial`` is what stays of a run that
    has no ``result``; such values are never final.
    """
    if outcome.reason in RETRIED and _retry(connection, run_id, attempt, outcome.message, at):
        return True
    values: dict[str, Any] = {
        "end_reason": outcome.reason.value,
        "ended_at": at,
        "exit_code": outcome.exit_code,
        "signal": outcome.signal,
    }
    usage = outcome.usage.model_dump(exclude_none=True)
    if outcome.enforcement:
        values["enforcement"] = dict(outcome.enforcement)
    if result is not None:
        values.update(_primary(result), progress=1.0)
    moved = _move(
        connection,
        run_id,
        end_move(outcome.reason),
        at=at,
        attempt=attempt,
        message=outcome.message,
        values={**values, **usage},
    )
    if moved is not None and (found := result or partial) is not None:
        series.insert_metrics(connection, run_id, holdout=found.holdout, cv=found.cv)
    return moved is not None


def _retry(connection: Connection, run_id: int, attempt: int, message: str, at: datetime) -> bool:
    """Queue a running run again at its old place; what its last attempt measured is removed."""
    left = connection.execute(
        select(run.c.retries_left).where(
            run.c.id == run_id, run.c.attempt == attempt, run.c.stop_requested_at.is_(None)
        )
    ).scalar_one_or_none()
    if not left:
        return False
    moved = _move(
        connection,
        run_id,
        RunMove.RETRY,
        at=at,
        attempt=attempt,
        message=f"Tried again, {left - 1} more {'try' if left == 2 else 'tries'} left. {message}",
        values={
            **dict.fromkeys(_OF_AN_ATTEMPT),
            "attempt": run.c.attempt + 1,
            "retries_left": left - 1,
            **_NOTHING_YET,
            "progress": 0.0,
            "phase": "",
            "fold": 0,
        },
    )
    if moved is None:
        return False
    series.remove_points(connection, run_id)
    series.remove_samples(connection, run_id)
    return True


# What an attempt leaves on the row of its run, and the next one starts without.
_OF_AN_ATTEMPT = (
    *("claimed_at", "started_at", "supervisor_pid", "supervisor_ticks", "boot_id"),
    *Usage.model_fields,
)


def _primary(result: TrainingResult) -> dict[str, Any]:
    name = result.primary_metric
    folds = result.cv.get(name)
    value = result.holdout.get(name, folds.mean if folds else None)
    return {"metric": name, "value": value, "std": folds.std if folds else None}


def end_waiting(
    connection: Connection, run_id: int, *, reason: EndReason, message: str, at: datetime
) -> bool:
    """End a run that still waits: cancelled by a person, or impossible here from now on."""
    move = RunMove.WITHDRAW if reason is EndReason.CANCELLED else RunMove.REFUSE
    values = {"end_reason": reason.value, "ended_at": at}
    moved = _move(connection, run_id, move, at=at, attempt=None, message=message, values=values)
    return moved is not None


def request_stop(connection: Connection, run_id: int, *, at: datetime) -> bool:
    """Raise the stop flag of a running run; ``False``: it does not run, or was asked before."""
    raised = connection.execute(
        update(run)
        .where(
            run.c.id == run_id,
            run.c.status == RunStatus.RUNNING.value,
            run.c.stop_requested_at.is_(None),
        )
        .values(stop_requested_at=at)
        .returning(run.c.attempt)
    ).scalar_one_or_none()
    if raised is not None:
        add_event(connection, run_id, kind="stop_requested", message="", attempt=raised, at=at)
    return raised is not None


def stop_state(connection: Connection, run_id: int, *, attempt: int) -> bool | None:
    """Whether a person wants the run to stop; ``None``: it is not this attempt's any more."""
    row = connection.execute(
        select(run.c.stop_requested_at).where(
            run.c.id == run_id,
            run.c.attempt == attempt,
            run.c.status == RunStatus.RUNNING.value,
        )
    ).first()
    return None if row is None else row.stop_requested_at is not None


def write_batch(
    connection: Connection,
    run_id: int,
    *,
    attempt: int,
    points: Iterable[MetricPoint] = (),
    samples: Iterable[ResourceSample] = (),
    afresh: bool = False,
    progress: Mapping[str, Any] | None = None,
) -> bool:
    """What a supervisor learned since the last time. ``False``: the run is no longer its own.

    Writing the same again is harmless: a supervisor whose commit was cut off cannot know whether
    it took hold.

    Args:
        points: New points; ``seq`` is the supervisor's own count.
        samples: New samples, likewise.
        afresh: The samples are all there are, in place of those that were written before.
        progress: Any of progress, phase, fold, folds and the fields of ``Usage``.
    """
    own = connection.execute(
        update(run)
        .where(
            run.c.id == run_id,
            run.c.attempt == attempt,
            run.c.status == RunStatus.RUNNING.value,
        )
        .values(**(progress or {"attempt": attempt}))
    ).rowcount
    if not own:
        return False
    if afresh:
        series.remove_samples(connection, run_id)
    series.append_points(connection, run_id, points)
    series.append_samples(connection, run_id, samples)
    return True
