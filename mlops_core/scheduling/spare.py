"""The supervisor that waits with its trainer, so that the next run starts at once."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import time
from collections.abc import Sequence

from mlops_core.scheduling.launch import start_spare
from mlops_core.store.workspace import Workspace

log = logging.getLogger(__name__)
# After a start: the run that has just begun reads its table first.
PAUSE_SECONDS = 1.0
# After one that did not stay: something is wrong with it that another start will not mend.
TROUBLE_SECONDS = 60.0


class Spare:
    """At most one; used once, then replaced.

    Args:
        trainer: What supervisors start in place of the trainer; empty: the trainer.
    """

    def __init__(self, ws: Workspace, trainer: Sequence[str]) -> None:
        self._ws, self._trainer = ws, trainer
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before = time.monotonic() + PAUSE_SECONDS

    def keep(self) -> None:
        """Have one; it is not waited for."""
        if not self._ws.settings.warm_spare or time.monotonic() < self._not_before:
            return
        if self._process is not None:
            if self._process.poll() is None:
                return
            log.warning("the supervisor that waited has gone (exit code %s)", self._process.poll())
            self.drop()
            self._not_before = time.monotonic() + TROUBLE_SECONDS
            return
        try:
            self._process = start_spare(self._ws, self._trainer)
        except OSError as error:
            log.warning("no supervisor can wait: %s", error)
            self._not_before = time.monotonic() + TROUBLE_SECONDS

    def give(self, run_id: int, attempt: int) -> subprocess.Popen[bytes] | None:
        """The one that waited, which has this run now; ``None``: there is none."""
        process = self._process
        self._not_before = time.monotonic() + PAUSE_SECONDS
        if process is None or process.stdin is None or process.poll() is not None:
            return None
        self._process = None
        try:
            process.stdin.write(f"{run_id} {attempt}\n".encode())
            process.stdin.close()
        except OSError:
            return None  # it has gone; the run gets a fresh one
        return process

    def drop(self) -> None:
        """Let it go: what it waits for has an end now."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        process.wait()
