"""Starting processes that outlive whoever starts them: the scheduler, and its supervisors."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from mlops_core.domain.events import WAITS
from mlops_core.errors import StoreError
from mlops_core.i18n import _
from mlops_core.runners.limits import ROOT
from mlops_core.settings import BOUND_VARIABLES, VARIABLES, Settings
from mlops_core.store.bell import LEAVE, ring
from mlops_core.store.locks import is_held, try_lock
from mlops_core.store.workspace import Workspace

LONGEST_LOG = 1024**2
LEAVING_SECONDS = 3.0
LOOK_SECONDS = 0.02


def wake(ws: Workspace) -> None:
    """Make sure that a scheduler works for this workspace. Call it after the commit.

    Costs a tenth of a millisecond when there is one. A scheduler that is about to leave lets go of
    its lock first and looks at the queue once more after that; so whoever finds the lock held can
    rely on the queue being read again.

    Raises:
        StoreError: the system did not start it. What was committed starts with the next waking.
    """
    lock = try_lock(ws.scheduler_lock)
    if lock is None:
        ring(ws.scheduler_bell)
        return
    # Let go before the start, or the new scheduler would find the lock held and leave. Two that
    # wake at once start two schedulers; one of them leaves at once.
    lock.close()
    try:
        process = _start("mlops_core.scheduling", (), ws.settings, ws.logs / "scheduler-errors.log")
    except OSError as error:
        raise StoreError(
            _("The scheduler could not be started: {reason}.").format(reason=error.strerror),
            _("What you submitted is kept; it starts when the app is started again."),
        ) from error
    # Somebody has to wait for it, or it stays in the list of processes when it has left.
    threading.Thread(target=process.wait, name="scheduler-reaper", daemon=True).start()


def renew(ws: Workspace) -> None:
    """Let a scheduler that works already leave for one with the code of this process.

    Runs do not notice. What cannot be reached in a few seconds stays, and is not missed.

    Raises:
        StoreError: see ``wake``.
    """
    deadline = time.monotonic() + LEAVING_SECONDS
    while is_held(ws.scheduler_lock) and time.monotonic() < deadline:
        ring(ws.scheduler_bell, LEAVE)
        time.sleep(LOOK_SECONDS)
    wake(ws)


def start_spare(ws: Workspace, trainer: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a supervisor that waits for its run on its standard input.

    Raises:
        OSError: it could not be started.
    """
    return _start(
        "mlops_core.supervision",
        (WAITS, *trainer),
        ws.settings,
        ws.logs / "scheduler-errors.log",
        stdin=subprocess.PIPE,
    )


def start_supervisor(
    ws: Workspace, run_id: int, attempt: int, trainer: Sequence[str]
) -> subprocess.Popen[bytes]:
    """Start the supervisor of one attempt, in a session of its own.

    Raises:
        OSError: it could not be started.
    """
    paths = ws.run_paths(run_id)
    paths.folder.mkdir(parents=True, exist_ok=True)
    arguments = (str(run_id), str(attempt), *trainer)
    return _start("mlops_core.supervision", arguments, ws.settings, paths.supervisor_log)


def _start(
    module: str,
    arguments: Sequence[str],
    settings: Settings,
    log: Path,
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    if log.exists() and log.stat().st_size > LONGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as errors:
        return subprocess.Popen(
            # -P: the folder that it is started in is no place to import from.
            [sys.executable, "-P", "-m", module, *arguments],
            stdin=stdin,
            stdout=errors,
            stderr=errors,
            env={**os.environ, **environment_of(settings), "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment variables that make another process read the same settings."""
    own = {name: getattr(settings, field) for name, field in VARIABLES.items()}
    bounds = {name: getattr(settings.bounds, field) for name, field in BOUND_VARIABLES.items()}
    return {name: str(value) for name, value in {**own, **bounds}.items()}
