"""A predictor as a child process: started, asked, watched, and what became of it said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from select import select
from threading import Lock
from typing import IO

from mlops_core import errors
from mlops_core.domain.predicting import (
    ANSWER,
    EffectAnswer,
    Question,
    Ready,
    Refusal,
    RowsAnswer,
    Subject,
)
from mlops_core.errors import MlopsError, StoreError
from mlops_core.i18n import _
from mlops_core.runners import processes
from mlops_core.runners.limits import MB, NICENESS, PASSED, ROOT, THREAD_VARIABLES

LOOK_SECONDS = 0.05
ANSWER_SECONDS = 60.0  # nobody who looks at a page waits longer
SHARED_BYTES = 256 * MB  # libraries, which are resident whatever the model


class Predictor:
    """A process that holds the model of one run.

    It lives until it is closed, its caller ends (its input ends then), or nobody asked it for ten
    minutes. Threads may share it; questions wait for each other.

    Args:
        subject: The model.
        memory_mb: The most resident memory that it may use besides its libraries; then it is
            killed.

    Raises:
        MlopsError: it could not be started, or the model not be loaded.
    """

    def __init__(self, subject: Subject, memory_mb: int) -> None:
        self._memory_mb = memory_mb
        self._lock = Lock()
        self._left = b""
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the process)
        try:
            self._process = subprocess.Popen(
                (sys.executable, "-P", "-m", "mlops_core.predicting", str(memory_mb)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                env=_environment(),
                # Not in the caller's group: Ctrl-C is the caller's to deal with.
                start_new_session=True,
                bufsize=0,
            )
        except OSError as error:
            self._log.close()
            raise StoreError(
                _("The process for the model could not be started: {reason}.").format(
                    reason=error.strerror
                ),
                _("Try again."),
            ) from error
        os.setpriority(os.PRIO_PROCESS, self._process.pid, NICENESS)
        ready = False
        try:
            self._exchange(subject.model_dump_json())
            ready = True
        finally:
            if not ready:
                self.close()

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""
        return self._process.poll() is None

    def ask(self, question: Question) -> RowsAnswer | EffectAnswer:
        """What the model says.

        Raises:
            MlopsError: it refuses, needed too much memory or time, or was killed.
            RuntimeError: it met what nobody foresaw; the text is its traceback.
        """
        with self._lock:
            answer = self._exchange(question.model_dump_json())
        if isinstance(answer, Ready):
            raise RuntimeError("a predictor answered out of turn")
        return answer

    def close(self, *, wait: bool = True) -> bool:
        """End it; with ``wait`` false only if nobody is asking it. Says whether it ended."""
        if not wait and not self._lock.acquire(blocking=False):
            return False
        self._end()
        for pipe in (self._process.stdin, self._process.stdout, self._log):
            if pipe is not None:
                pipe.close()
        if not wait:
            self._lock.release()
        return True

    def _exchange(self, line: str) -> Ready | RowsAnswer | EffectAnswer:
        told = self._told(f"{line}\n".encode())
        answer = ANSWER.validate_json(told)
        if isinstance(answer, Refusal):
            kind: type[MlopsError] = getattr(errors, answer.error, StoreError)
            raise kind(answer.message, answer.hint)
        return answer

    def _told(self, line: bytes) -> bytes:
        """Send a line and wait for the next one, with an eye on memory and time."""
        source, sink = self._process.stdout, self._process.stdin
        if source is None or sink is None or source.closed or sink.closed:
            raise _gone("SIGKILL")
        waiting, until = memoryview(line), time.monotonic() + ANSWER_SECONDS
        while b"\n" not in self._left:
            readable, writable, _none = select(
                [source], [sink] if waiting else [], [], LOOK_SECONDS
            )
            try:
                if writable:
                    waiting = waiting[os.write(sink.fileno(), waiting[:4096]) :]
                if readable:
                    part = os.read(source.fileno(), 1 << 20)
                    if not part:
                        raise self._ending()
                    self._left += part
            except BrokenPipeError:
                raise self._ending() from None
            self._look(until)
        answer, _newline, self._left = self._left.partition(b"\n")
        return answer

    def _look(self, until: float) -> None:
        found = processes.stat(self._process.pid)
        if found is not None and found.memory > self._memory_mb * MB + SHARED_BYTES:
            self._end()
            raise StoreError(
                _("Asking the model took more than the {n} MB of memory that its run had.").format(
                    n=self._memory_mb
                ),
                _("Run it again with more memory, and ask the new run."),
            )
        if time.monotonic() > until:
            self._end()
            raise StoreError(
                _("The model did not answer within {n} seconds.").format(n=int(ANSWER_SECONDS)),
                _("A smaller model answers sooner."),
            )

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()

    def _ending(self) -> MlopsError | RuntimeError:
        """What to say of one that left without an answer."""
        code = self._process.wait()
        if code < 0:
            return _gone(signal.Signals(-code).name)
        if code == 0:  # it left after a long silence, just before it was asked
            return StoreError(_("The process for the model has ended."), _("Try again."))
        self._log.seek(0)
        text = self._log.read()[-4000:].decode("utf-8", "replace")
        return RuntimeError(f"the predictor ended with exit code {code}:\n{text}")


def _gone(by: str) -> StoreError:
    return StoreError(
        _("The process for the model was ended by {signal}.").format(signal=by),
        _("The machine may have run out of memory. Try again."),
    )


def _environment() -> dict[str, str]:
    passed = {name: os.environ[name] for name in PASSED if name in os.environ}
    return {
        **passed,
        # A few rows are answered by one thread sooner than several are woken.
        **dict.fromkeys(THREAD_VARIABLES, "1"),
        "CUDA_VISIBLE_DEVICES": "",  # whose GPUs are the runs'
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
    }
