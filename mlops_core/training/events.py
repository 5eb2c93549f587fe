"""Writing ``events.jsonl``: what is going on, one JSON object a line, readable at any instant."""

from __future__ import annotations

import math
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from mlops_core.domain.events import Event, LogEvent, MetricEvent, PhaseEvent, ProgressEvent

Where = Literal["train", "validation", "holdout"]
SMALLEST_STEP = 0.002


class EventWriter:
    """Appends events to a file, one write a line, from any thread.

    ``phase_name`` is the phase that was last begun, for the error file.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._lock = threading.Lock()
        self._done = 0.0
        self.phase_name = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def phase(self, phase: str, fold: int = 0, of: int = 0) -> None:
        self.phase_name = f"{phase} {fold} of {of}" if fold else phase
        self._write(PhaseEvent(t=time.time(), phase=phase, fold=fold, of=of))

    def progress(self, done: float) -> None:
        """Say how much is done, 0 to 1; less than was said before is not said."""
        done = min(done, 1.0)
        if done - self._done >= SMALLEST_STEP or (done == 1.0 > self._done):
            self._done = done
            self._write(ProgressEvent(t=time.time(), done=done))

    def metric(self, name: str, value: float, *, split: Where, fold: int, step: int) -> None:
        """Say one point; one that is no finite number cannot be drawn and is not said."""
        if not math.isfinite(value):
            return
        self._write(
            MetricEvent(t=time.time(), name=name, value=value, split=split, fold=fold, step=step)
        )

    def log(self, message: str, level: Literal["info", "warning", "error"] = "info") -> None:
        self._write(LogEvent(t=time.time(), level=level, message=message))

    def _write(self, event: Event) -> None:
        with self._lock:
            self._file.write(event.model_dump_json() + "\n")
