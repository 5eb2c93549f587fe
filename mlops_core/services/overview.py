"""Overview: everything that the first page shows, in one call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from mlops_core.domain.records import ExperimentSummary, RunSummary
from mlops_core.domain.states import RunStatus
from mlops_core.services import queue
from mlops_core.store import experiment_views, views
from mlops_core.store import overview as store
from mlops_core.store.workspace import Workspace

DAYS = 14
RECENT = 8
SHOWN_RUNS = 50


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the first-run checklist: dataset, experiment, completed or compared."""

    key: str
    done: bool


@dataclass(frozen=True, kw_only=True)
class DayCount:
    """How many runs ended on one day (UTC)."""

    day: date
    completed: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The totals, what goes on, what happened lately. What is in the archive is left out.

    Attributes:
        queued: Runs that wait; so are running, completed, failed and cancelled.
        models: Saved model configurations, by name; so are datasets.
        queue: The next runs that wait, in the order in which they may start.
        activity: One entry a day, oldest first, today last.
    """

    experiments: int
    queued: int
    running: int
    completed: int
    failed: int
    cancelled: int
    models: int
    datasets: int
    running_runs: tuple[RunSummary, ...]
    queue: tuple[RunSummary, ...]
    recent: tuple[ExperimentSummary, ...]
    checklist: tuple[Step, ...]
    activity: tuple[DayCount, ...]


def overview(ws: Workspace) -> Overview:
    """The state of the workspace now."""
    midnight = ws.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [midnight - timedelta(days=back) for back in reversed(range(DAYS))]
    with ws.read() as connection:
        totals = store.totals(connection)
        endings = store.endings(connection, days)
        running = views.run_page(
            connection,
            views.RunFilter(status=(RunStatus.RUNNING,)),
            sort="created_at",
            descending=False,
            limit=SHOWN_RUNS,
            cursor=None,
        ).items
        waits = totals.get(RunStatus.QUEUED.value, 0) > 0
        waiting = queue.next_ones(ws, connection, SHOWN_RUNS) if waits else ()
        recent = experiment_views.experiment_page(
            connection, experiment_views.ExperimentFilter(), limit=RECENT
        ).items
    counts = {name: totals.get(name, 0) for name in ("experiments", "models", "datasets")}
    counts |= {status.value: totals.get(status.value, 0) for status in RunStatus}
    return Overview(
        **counts,
        running_runs=running,
        queue=waiting,
        recent=recent,
        checklist=_checklist(ws, counts),
        activity=tuple(_day(days[place], place, endings) for place in range(DAYS)),
    )


def _day(day: datetime, place: int, endings: dict[tuple[int, RunStatus], int]) -> DayCount:
    return DayCount(
        day=day.date(),
        completed=endings.get((place, RunStatus.COMPLETED), 0),
        failed=endings.get((place, RunStatus.FAILED), 0),
    )


def _checklist(ws: Workspace, counts: dict[str, int]) -> tuple[Step, ...]:
    compared = _compared(ws).exists()
    has_result = counts["completed"] > 0
    return (
        Step(key="dataset", done=counts["datasets"] > 0),
        Step(key="experiment", done=counts["experiments"] > 0),
        Step(key="completed", done=has_result or compared),
        Step(key="compared", done=compared),
    )


def _compared(ws: Workspace) -> Path:
    return ws.home / "compared"


def mark_compared(ws: Workspace) -> None:
    """Remember that somebody has compared runs here: the checklist is complete."""
    flag = _compared(ws)
    if not flag.exists():
        flag.touch()
