"""Runs: look at them, watch them, stop them, run them again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from mlops_core.domain.queue import Submission
from mlops_core.domain.records import (
    ExperimentRun,
    FinalMetric,
    MetricPoint,
    Page,
    ResourceSample,
    RunEvent,
    RunSummary,
)
from mlops_core.domain.results import TrainingError, TrainingResult
from mlops_core.domain.states import RunStatus
from mlops_core.errors import Conflict, InvalidInput, NotFound, TooBig
from mlops_core.i18n import _
from mlops_core.metrics import METRICS
from mlops_core.services import queueing, resources, run_settings
from mlops_core.services.submission import spec_yaml as spec_yaml
from mlops_core.services.submission import submit_spec as submit_spec
from mlops_core.store import experiments as marks
from mlops_core.store import files, series, views
from mlops_core.store import runs as store
from mlops_core.store.files import Artifact, LogPart, Stream
from mlops_core.store.views import RunFilter as RunFilter
from mlops_core.store.workspace import Workspace

SETTING_SORT = "setting:"
LIVE_POINTS = 5_000  # a poll; the next one gets the rest at once
LIVE_LOG = 64_000
ENOUGH_PROGRESS = 0.03  # below this the time left is a guess
POLL_SECONDS = (0.1, 0.5)  # between two looks of ``wait``: the first, the longest
WAKE_SECONDS = 5.0


def list_runs(
    ws: Workspace,
    filters: RunFilter | None = None,
    *,
    sort: str = "created_at",
    descending: bool = True,
    limit: int = 100,
    cursor: str | None = None,
) -> Page[RunSummary]:
    """Runs that match, a page at a time.

    Args:
        sort: A column of ``RunSummary``, ``metric:<name>`` (hold-out, else mean over folds), or
            ``setting:<name>`` (see ``run_settings``); runs without a value come last.

    Raises:
        InvalidInput: the sort order or the cursor is none.
    """
    metric = sort.startswith(views.METRIC_SORT) and sort.removeprefix(views.METRIC_SORT) in METRICS
    setting = None
    if sort.startswith(SETTING_SORT):
        setting = run_settings.settings().get(sort.removeprefix(SETTING_SORT))
    if sort not in views.SORTS and not metric and setting is None:
        raise InvalidInput(
            _("Runs cannot be sorted by {name!r}.").format(name=sort),
            _("Choose one of: {names}, or metric:<name>.").format(
                names=", ".join(sorted(views.SORTS))
            ),
            field="sort",
        )
    with ws.read() as connection:
        return views.run_page(
            connection,
            filters or RunFilter(),
            sort=sort,
            descending=descending,
            limit=limit,
            cursor=cursor,
            setting=None if setting is None else (setting.path, setting.number),
        )


def get_run(ws: Workspace, run_id: int) -> ExperimentRun:
    """One run, whole.

    Raises:
        NotFound: there is none with this id.
    """
    with ws.read() as connection:
        found = views.find_run(connection, ws.runs, run_id)
    if found is None:
        raise NotFound(queueing.no_such_run(run_id))
    return found


def newest(ws: Workspace) -> int:
    """Id of the run that was asked for last.

    Raises:
        NotFound: there is no run yet.
    """
    found = list_runs(ws, limit=1).items
    if not found:
        raise NotFound(_("There is no run yet."), _("Start one with: run SPEC.yaml."))
    return found[0].id


def only_one_going_on(ws: Workspace) -> int:
    """Id of the one run that waits or runs.

    Raises:
        NotFound: there is none.
        InvalidInput: there are several.
    """
    going_on = RunFilter(status=tuple(one for one in RunStatus if not one.is_final))
    found = list_runs(ws, going_on, limit=10)
    if not found.items:
        raise NotFound(_("No run waits or runs."))
    if found.total > 1:
        ids = [str(run.id) for run in found.items] + ["…"] * (found.total > len(found.items))
        raise InvalidInput(
            _("{count} runs wait or run: {ids}.").format(count=found.total, ids=", ".join(ids)),
            _("Say which one."),
        )
    return found.items[0].id


def stop(ws: Workspace, run_id: int) -> RunStatus:
    """Withdraw a run that waits, ask one that runs to end; its status now.

    Raises:
        NotFound: there is no such run.
        Conflict: it is over.
    """
    get_run(ws, run_id)
    with ws.begin() as connection:
        stopped = queueing.end_or_flag(connection, run_id, at=ws.now())
    run = get_run(ws, run_id)
    if stopped is None and run.status.is_final:
        raise Conflict(
            _("Run {id} is over: it is {status}.").format(id=run_id, status=_(run.status.value))
        )
    # A supervisor may have died without anybody noticing; somebody has to end the run for it.
    queueing.wake(ws)
    return run.status


def rerun(ws: Workspace, run_id: int, *, by: Submission | None = None) -> int:
    """Queue the same spec again in the same experiment; the new run's id.

    ``by``: who asks, and how urgent it is; the workspace's own owner where it is ``None``.

    Raises:
        NotFound: there is no such run.
        TooBig: this machine can never start it.
    """
    run = get_run(ws, run_id)
    queueing.refuse(resources.fits(ws, run.spec.resources), TooBig)
    with ws.begin() as connection:
        new_id = store.insert_run(
            connection,
            experiment_id=run.experiment_id,
            dataset_id=run.dataset_id,
            model_name=run.model_name,
            model_version_id=run.model_version_id,
            spec=run.spec,
            metric=run.metric,
            by=queueing.submission(ws, by),
            at=ws.now(),
        )
    queueing.wake(ws)
    return new_id


def archive(ws: Workspace, run_id: int) -> None:
    """Put a run out of sight.

    Raises:
        NotFound: there is no such run.
        Conflict: it is not over.
    """
    run = get_run(ws, run_id)
    if not run.status.is_final:
        raise Conflict(
            _("Run {id} is not over.").format(id=run_id), _("Wait for its end, or stop it.")
        )
    with ws.begin() as connection:
        marks.set_run_archived(connection, run_id, ws.now())


def unarchive(ws: Workspace, run_id: int) -> None:
    """Bring a run back from the archive.

    Raises:
        NotFound: there is no such run.
    """
    get_run(ws, run_id)
    with ws.begin() as connection:
        marks.set_run_archived(connection, run_id, None)


def result(ws: Workspace, run_id: int) -> TrainingResult | None:
    """What the trainer delivered, if it did."""
    return files.read_result(ws.run_paths(run_id))


def error(ws: Workspace, run_id: int) -> TrainingError | None:
    """What the trainer said went wrong, if it did."""
    return files.read_error(ws.run_paths(run_id))


def final_metrics(ws: Workspace, ids: Sequence[int]) -> tuple[FinalMetric, ...]:
    """What these runs were judged to be, by run and name; nothing of runs that did not complete."""
    with ws.read() as connection:
        return series.final_metrics(connection, ids)


def metrics_so_far(ws: Workspace, run_id: int) -> tuple[FinalMetric, ...]:
    """What one run was judged to be before it ended, however it ended, by name."""
    with ws.read() as connection:
        return series.metrics_so_far(connection, run_id)


def points(
    ws: Workspace, run_id: int, *, after: int = 0, limit: int = 10_000
) -> tuple[MetricPoint, ...]:
    """Measured points with a ``seq`` greater than ``after``, in their order."""
    with ws.read() as connection:
        return series.points(connection, run_id, after=after, limit=limit)


def samples(
    ws: Workspace, run_id: int, *, after: int = 0, limit: int = 10_000
) -> tuple[ResourceSample, ...]:
    """Looks at the process tree with a ``seq`` greater than ``after``, in their order."""
    with ws.read() as connection:
        return series.samples(connection, run_id, after=after, limit=limit)


def events(ws: Workspace, run_id: int) -> tuple[RunEvent, ...]:
    """Everything that happened to a run, in order."""
    with ws.read() as connection:
        return series.events(connection, run_id)


def log(
    ws: Workspace, run_id: int, stream: Stream, *, after_byte: int = 0, limit: int = LIVE_LOG
) -> LogPart:
    """A piece of a run's log from a cursor on; an empty text means that there is no more yet."""
    return files.read_log(ws.run_paths(run_id), stream, after_byte=after_byte, limit=limit)


def artifacts(ws: Workspace, run_id: int) -> tuple[Artifact, ...]:
    """The files that a run delivered."""
    return files.artifacts(ws.run_paths(run_id))


def live(
    ws: Workspace,
    run_id: int,
    *,
    after_point: int = 0,
    after_sample: int = 0,
    after_byte: int = 0,
) -> dict[str, Any]:
    """What is new of a run since these cursors, ready for JSON; times in seconds since 1970.

    ``final``: the run is over. ``more``: ask again at once, this was not everything.

    Raises:
        NotFound: there is no such run.
    """
    with ws.read() as connection:
        run = views.find_run(connection, ws.runs, run_id)
        if run is None:
            raise NotFound(queueing.no_such_run(run_id))
        new_points = series.live_points(connection, run_id, after=after_point, limit=LIVE_POINTS)
        new_samples = series.live_samples(connection, run_id, after=after_sample, limit=LIVE_POINTS)
    part = files.read_log(ws.run_paths(run_id), "log", after_byte=after_byte, limit=LIVE_LOG)
    elapsed = _elapsed(ws, run)
    return {
        "status": run.status.value,
        "reason": run.end_reason.value if run.end_reason else None,
        "message": run.message,
        "progress": run.progress,
        "phase": run.phase,
        "fold": run.fold,
        "folds": run.folds,
        "started_at": run.started_at.timestamp() if run.started_at else None,
        "elapsed_seconds": elapsed,
        "left_seconds": _left(run, elapsed),
        "limits": {
            "cpu_cores": run.cpu_cores,
            "memory_gb": run.memory_gb,
            "gpus": run.gpus,
            "gpu_memory_gb": run.spec.resources.gpu_memory_gb if run.gpus else None,
            "time_seconds": run.time_limit_hours * 3600.0,
        },
        "points": new_points,
        "samples": new_samples,
        "log": part.text,
        "cursors": {
            "point": new_points[-1]["seq"] if new_points else after_point,
            "sample": new_samples[-1]["seq"] if new_samples else after_sample,
            "byte": part.next_byte,
        },
        "more": part.more or LIVE_POINTS in (len(new_points), len(new_samples)),
        "final": run.status.is_final,
    }


def _elapsed(ws: Workspace, run: ExperimentRun) -> float | None:
    if run.started_at is None:
        return None
    return max(((run.ended_at or ws.now()) - run.started_at).total_seconds(), 0.0)


def _left(run: ExperimentRun, elapsed: float | None) -> float | None:
    """Seconds until the end if it goes on as it went, but no longer than the time limit."""
    if elapsed is None or run.status.is_final or run.progress < ENOUGH_PROGRESS:
        return None
    expected = elapsed * (1.0 - run.progress) / run.progress
    return min(expected, max(run.time_limit_hours * 3600.0 - elapsed, 0.0))


def wait(
    ws: Workspace,
    run_id: int,
    *,
    timeout: float | None = None,
    on_tick: Callable[[ExperimentRun], None] | None = None,
) -> ExperimentRun:
    """Wait until a run is over, or ``timeout`` seconds have passed; the run as it is then.

    Args:
        on_tick: Called with the run after every look.

    Raises:
        NotFound: there is no such run.
    """
    started = woken = time.monotonic()
    pause, longest = POLL_SECONDS
    while True:
        run = get_run(ws, run_id)
        if on_tick is not None:
            on_tick(run)
        now = time.monotonic()
        if run.status.is_final or (timeout is not None and now - started >= timeout):
            return run
        if now - woken >= WAKE_SECONDS:
            # The scheduler may have been ended meanwhile; only it notices a lost supervisor.
            queueing.wake(ws)
            woken = now
        time.sleep(pause)
        pause = min(pause * 1.2, longest)
