"""Readers as child processes: started, watched, stopped, and what became of them said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from mlops_core import errors
from mlops_core.domain.reading import Progress, ReadingError, ReadingPaths
from mlops_core.errors import Cancelled, MlopsError, StoreError
from mlops_core.i18n import _
from mlops_core.runners import processes
from mlops_core.runners.limits import MB, NICENESS, PASSED, ROOT

LOOK_SECONDS = 0.05
SHARED_BYTES = 64 * MB  # program text and libraries, which are resident but nobody's own
_NO_MEMORY = "memory allocation of"  # what native code says before it aborts


def data_limit(memory_mb: int) -> int:
    """Bytes of RLIMIT_DATA: a backstop for one huge request between two looks at the memory.

    Very wide, because it counts what is set aside and not what is used: the engine asks for 3 GB
    to check 5,000 columns and touches 0.4.
    """
    return 16 * memory_mb * MB


def run_reader(
    folder: Path,
    memory_mb: int,
    tell: Callable[[str, float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> None:
    """Start a reader on ``folder``, which has a ``job.json``, and wait until it has its result.

    The calling thread must live as long as the reader, which dies with it.

    Args:
        memory_mb: The most resident memory that it may use; then it is killed.
        tell: Called with what is done and how far it is.
        cancelled: Asked now and then; once true, the reader is killed.

    Raises:
        MlopsError: what the reader said, ``Cancelled``, or a ``StoreError`` for how it ended.
        RuntimeError: it met what nobody foresaw; the text is its traceback.
    """
    paths = ReadingPaths(folder)
    command = (sys.executable, "-P", "-m", "mlops_core.reading", str(folder))
    try:
        with paths.log.open("wb") as log:
            process = subprocess.Popen(
                [*command, str(os.getpid()), str(memory_mb)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(),
                # Not in the caller's group: Ctrl-C is the caller's to deal with.
                start_new_session=True,
            )
    except OSError as error:
        raise StoreError(
            _("The reader could not be started: {reason}.").format(reason=error.strerror),
            _("Try again."),
        ) from error
    try:
        _watch(process, paths, memory_mb, tell, cancelled)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if process.returncode != 0 or not paths.result.exists():
        raise _ending(process.returncode, paths, memory_mb)


def _environment() -> dict[str, str]:
    passed = {name: os.environ[name] for name in PASSED if name in os.environ}
    return {**passed, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}


def _watch(
    process: subprocess.Popen[bytes],
    paths: ReadingPaths,
    memory_mb: int,
    tell: Callable[[str, float], None] | None,
    cancelled: Callable[[], bool] | None,
) -> None:
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
    seen = Progress()
    while process.poll() is None:
        if cancelled is not None and cancelled():
            raise Cancelled(_("The import was cancelled."), _("Nothing was added."))
        found = processes.stat(process.pid)
        if found is not None and found.memory > memory_mb * MB + SHARED_BYTES:
            raise too_much_memory(memory_mb)
        if tell is not None and (now := _progress(paths)) != seen:
            seen = now
            tell(now.step, now.share)
        time.sleep(LOOK_SECONDS)


def _progress(paths: ReadingPaths) -> Progress:
    try:
        return Progress.model_validate_json(paths.progress.read_bytes())
    except (FileNotFoundError, ValidationError):
        return Progress()


def too_much_memory(memory_mb: int) -> StoreError:
    """The error for what needs more memory than it may use."""
    return StoreError(
        _("Reading it needs more than the {n} MB of memory that an import may use.").format(
            n=memory_mb
        ),
        _("Raise MLOPS_IMPORT_MEMORY_MB, or save the table as CSV and import that."),
    )


def _ending(code: int, paths: ReadingPaths, memory_mb: int) -> MlopsError | RuntimeError:
    """What to say of a reader that left no result."""
    try:
        told = ReadingError.model_validate_json(paths.error.read_bytes())
    except (FileNotFoundError, ValidationError):
        pass
    else:
        kind: type[MlopsError] = getattr(errors, told.kind, StoreError)
        return kind(told.message, told.hint, told.field)
    log = paths.log.read_text(encoding="utf-8", errors="replace")[-4000:]
    if _NO_MEMORY in log or "MemoryError" in log:
        return too_much_memory(memory_mb)
    if code < 0:
        return StoreError(
            _("Reading stopped: its process was ended by {signal}.").format(
                signal=signal.Signals(-code).name
            ),
            _("The machine may have run out of memory. Try again."),
        )
    return RuntimeError(f"the reader ended with exit code {code}:\n{log}")
