"""Progress of runs and imports on standard error, only where a person sees it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from mlops_core.domain.records import ExperimentRun, RunSummary


def _bars(*, transient: bool = False) -> Progress:
    """Bars with what is done now; nothing at all where standard error is no terminal."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[phase]}", markup=False),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=transient,
    )


@contextmanager
def import_bar(file_name: str) -> Iterator[Callable[[str, float], None]]:
    """A bar for an import; gives what is called with the step and the share that is done."""
    with _bars(transient=True) as progress:
        task = progress.add_task(file_name, total=1.0, phase="starting")

        def tell(step: str, share: float) -> None:
            progress.update(task, completed=share, phase=step)

        yield tell


class Watcher:
    """A bar for each run that it is shown."""

    def __init__(self) -> None:
        self._progress = _bars()
        self._tasks: dict[int, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def look(self, run: RunSummary) -> None:
        """Show how far this run is."""
        if run.id not in self._tasks:
            name = f"Run {run.id} {run.dataset_name} {run.model_name}"
            self._tasks[run.id] = self._progress.add_task(name, total=1.0, phase="")
        done = 1.0 if run.status.is_final else run.progress
        self._progress.update(self._tasks[run.id], completed=done, phase=_phase(run))


def _phase(run: RunSummary) -> str:
    if run.status.value != "running":
        return run.status.value
    if run.phase == "fold" and isinstance(run, ExperimentRun):
        return f"fold {run.fold} of {run.folds}"
    return run.phase or "starting"
