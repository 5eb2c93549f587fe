"""Writing what a supervisor learns, in batches, without ever stopping the look at the limits."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from mlops_core.domain.records import MetricPoint, ResourceSample
from mlops_core.domain.results import RunOutcome
from mlops_core.errors import StoreError
from mlops_core.store import runs
from mlops_core.store.workspace import Workspace
from mlops_core.supervision.endings import Ending

T = TypeVar("T")
log = logging.getLogger(__name__)
PERIOD_SECONDS = 0.2
PATIENCE_SECONDS = 600.0
PATIENCE_MOVED_SECONDS = 2.0  # a database that was moved away does not come back
LONGEST_PAUSE_SECONDS = 5.0


class Recorder(threading.Thread):
    """A thread that writes batches and looks for the stop flag, five times a second.

    A database that is busy or away for a while keeps it waiting and loses nothing: what could not
    be written is written with the next batch.

    Attributes:
        stop_requested: A person wants the run to stop.
        fenced: The run is no longer this supervisor's; nothing more may be written.
    """

    def __init__(self, ws: Workspace, run_id: int, attempt: int) -> None:
        super().__init__(name="recorder", daemon=True)
        self._ws, self._run_id, self._attempt = ws, run_id, attempt
        self._lock = threading.Lock()
        self._leave = threading.Event()
        self._points: list[MetricPoint] = []
        self._samples: list[ResourceSample] = []
        self._afresh = False  # the samples are all there are, in place of those written
        self._progress: dict[str, Any] = {}
        self._warnings: list[str] = []
        self._troubled = False
        self.stop_requested = False
        self.fenced = False

    def add(
        self,
        *,
        points: list[MetricPoint] | None = None,
        sample: ResourceSample | None = None,
        progress: dict[str, Any] | None = None,
        warning: str = "",
    ) -> None:
        """Take note of something; it is written with the next batch."""
        with self._lock:
            self._points += points or []
            self._samples += [sample] if sample else []
            self._progress |= progress or {}
            self._warnings += [warning] if warning else []

    def replace_samples(self, samples: list[ResourceSample]) -> None:
        """These are all the samples now; what was written of them before is replaced."""
        with self._lock:
            self._samples, self._afresh = list(samples), True

    def run(self) -> None:
        while not self._leave.wait(PERIOD_SECONDS):
            try:
                self._look()
                self._write()
            except StoreError as error:
                if not self._troubled:
                    log.warning("run %d: %s", self._run_id, error)
                self._troubled = True
            else:
                self._troubled = False

    def _look(self) -> None:
        with self._ws.read() as connection:
            stop = runs.stop_state(connection, self._run_id, attempt=self._attempt)
        self.fenced = self.fenced or stop is None
        self.stop_requested = self.stop_requested or bool(stop)

    def _write(self) -> None:
        with self._lock:
            points, self._points = self._points, []
            samples, self._samples = self._samples, []
            afresh, self._afresh = self._afresh, False
            progress, self._progress = self._progress, {}
            warnings, self._warnings = self._warnings, []
        if not (points or samples or progress or warnings):
            return
        try:
            with self._ws.begin() as connection:
                own = runs.write_batch(
                    connection,
                    self._run_id,
                    attempt=self._attempt,
                    points=points,
                    samples=samples,
                    afresh=afresh,
                    progress=progress,
                )
                for warning in warnings if own else ():
                    runs.add_event(
                        connection,
                        self._run_id,
                        kind="warning",
                        message=warning,
                        attempt=self._attempt,
                        at=self._ws.now(),
                    )
        except StoreError:
            with self._lock:
                self._points = points + self._points
                if not self._afresh:  # else newer ones replace these too
                    self._samples, self._afresh = samples + self._samples, afresh
                self._progress = progress | self._progress
                self._warnings = warnings + self._warnings
            raise
        self.fenced = self.fenced or not own

    def end(self, outcome: RunOutcome, ending: Ending) -> bool:
        """Write what is left and the ending; ``False``: the run had ended before.

        Raises:
            StoreError: the database was away for ten minutes, or went with the data folder. The
                scheduler finds the run later.
        """
        self._leave.set()
        if self.is_alive():
            self.join()

        def write() -> bool:
            self._write()
            with self._ws.begin() as connection:
                return runs.end(
                    connection,
                    self._run_id,
                    attempt=self._attempt,
                    outcome=outcome,
                    result=ending.result,
                    partial=ending.partial,
                    at=self._ws.now(),
                )

        moved = not self._ws.home.is_dir()
        return patiently(write, PATIENCE_MOVED_SECONDS if moved else PATIENCE_SECONDS)


def patiently(action: Callable[[], T], patience: float = PATIENCE_SECONDS) -> T:
    """Do ``action``, again and again while the database does not do its part.

    Raises:
        StoreError: it did not for ``patience`` seconds.
    """
    deadline = time.monotonic() + patience
    pause = 0.1
    while True:
        try:
            return action()
        except StoreError as error:
            if time.monotonic() + pause > deadline:
                raise
            log.warning("%s Trying again.", error)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
