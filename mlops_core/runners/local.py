"""Trainers as child processes of this machine."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from mlops_core.runners import processes
from mlops_core.runners.base import Start
from mlops_core.runners.cgroups import Group
from mlops_core.runners.limits import (
    adopt_orphans,
    limit_child,
    temporary,
    trainer_environment,
)
from mlops_core.runners.processes import (
    KILL_SECONDS,
    LINUX,
    PAUSE_SECONDS,
    Traffic,
    TreeUse,
)
from mlops_core.runners.spare import SpareTrainer

# -P: the folder that it is started in is no place to import from.
TRAINER = (sys.executable, "-P", "-m", "mlops_core.training")
LOOK_AGAIN_SECONDS = 0.5
BLOCK_BYTES = 512  # what getrusage(2) counts the traffic of disks in


class LocalRunner:
    """Starts trainers below this process, which belongs to the run alone.

    Every descendant of this process counts as the trainer's, and every child is reaped. Call
    ``start`` once, before any thread.

    Args:
        command: What to start in place of the trainer; the run's folder is appended.
        groups: Whether to hold trainers in control groups where that can be.
    """

    def __init__(self, command: Sequence[str] = TRAINER, *, groups: bool = True) -> None:
        self._command = tuple(command)
        self._spare: SpareTrainer | None = None
        self._group = Group.make() if groups else None

    def holds_memory(self) -> bool:
        """Whether the system itself will keep the trainer inside its memory."""
        return self._group is not None

    def prepare(self, home: str) -> None:
        """Start a trainer that waits for the run of ``start``; nothing where that cannot be.

        Args:
            home: The data folder.
        """
        # Elsewhere no process can be limited after its start.
        if self._command == TRAINER and LINUX:
            adopt_orphans()
            with suppress(OSError):
                self._spare = SpareTrainer(self._command, home, self._group)

    def leave(self) -> None:
        """There will be no run."""
        if self._spare is not None:
            self._spare.end()
        if self._group is not None:
            self._group.remove()

    def start(self, start: Start) -> LocalTrainer:
        """Start a trainer in a session of its own, inside its limits.

        Raises:
            OSError: it could not be started.
        """
        adopt_orphans()
        folder = start.paths.folder
        temporary(folder).mkdir(exist_ok=True)
        if self._group is not None:
            self._group.limit(start.allocation.memory_bytes, start.allocation.cpu_cores)
        if self._spare is not None and (waiting := self._spare.give(start)):
            return LocalTrainer(waiting, start, self._group)
        with start.paths.stdout.open("wb") as out, start.paths.stderr.open("wb") as err:
            try:
                process = subprocess.Popen(
                    [*self._command, str(folder)],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    cwd=folder,
                    env=trainer_environment(start, os.environ),
                    start_new_session=True,
                    preexec_fn=limit_child(start, self._group),
                )
            except subprocess.SubprocessError as error:
                raise OSError(None, "its limits could not be set") from error
        return LocalTrainer(process, start, self._group)


class LocalTrainer:
    """A trainer below this process, with everything that it started."""

    def __init__(self, process: subprocess.Popen[bytes], start: Start, group: Group | None) -> None:
        self._process = process
        self._start = start
        self._group = group
        self._memory = MemoryMeter(start.allocation.memory_bytes)
        # What it did before it had a run is not the run's.
        self._cpu_before = _with_ended(processes.measure(processes.descendants(os.getpid())))
        self._traffic_before = self._moved()

    def poll(self) -> int | None:
        """The exit code, a negative one for a signal, or ``None`` while it runs."""
        # Not Popen.poll: orphans that were adopted must be reaped too, and only one may wait.
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            if pid == self._process.pid:
                self._process.returncode = os.waitstatus_to_exitcode(status)
        return self._process.returncode

    def look(self) -> TreeUse:
        """What the whole tree uses now; CPU time includes processes that have ended."""
        found = processes.measure(processes.descendants(os.getpid()))
        used = _with_ended(found)
        held = self._group.memory_held() if self._group is not None else 0
        return replace(
            found,
            memory=max(self._memory.measure(found), held),
            cpu_seconds=max(used - self._cpu_before, 0.0),
        )

    def traffic(self) -> Traffic | None:
        """What the tree has read and written, with processes that have ended."""
        moved, before = self._moved(), self._traffic_before
        if moved is None or before is None:
            return moved
        return Traffic(
            read=max(moved.read - before.read, 0), written=max(moved.written - before.written, 0)
        )

    def _moved(self) -> Traffic | None:
        found = processes.traffic(processes.descendants(os.getpid()))
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        if found is None and not LINUX:
            return None
        return Traffic(
            read=(found.read if found else 0) + ended.ru_inblock * BLOCK_BYTES,
            written=(found.written if found else 0) + ended.ru_oublock * BLOCK_BYTES,
        )

    def largest(self) -> int:
        """The most memory (resident bytes) that one process of the tree ever had, once all ended.

        The system notes it at every page, so it sees what comes and goes between two looks. 0: it
        does not tell in this unit.
        """
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 if LINUX else 0

    def memory_ran_out(self) -> bool:
        """Whether the kernel ended it at its memory limit; ask before ``end``."""
        return self._group is not None and self._group.memory_kills() > 0

    def end(self, grace: float) -> bool:
        """Ask all to leave, kill after ``grace`` seconds; ``False``: something would not go."""
        if grace and self._left():
            processes.send(self._left(), signal.SIGTERM)
            self._wait(grace)
        # A loop, because what is killed may have been forking.
        deadline = time.monotonic() + KILL_SECONDS
        while (left := self._left()) and time.monotonic() < deadline:
            if self._group is not None:
                self._group.kill()
            processes.send(left, signal.SIGKILL)
            time.sleep(PAUSE_SECONDS)
        swept = processes.kill_tagged(self._start.tag)
        if self._group is not None:
            self._group.remove()
        shutil.rmtree(temporary(self._start.paths.folder), ignore_errors=True)
        return swept and not left

    def _left(self) -> tuple[int, ...]:
        self.poll()
        return processes.descendants(os.getpid())

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self._left() and time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS)


def _with_ended(use: TreeUse) -> float:
    """Processor seconds of what lives below this process and of what it has waited for."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return use.cpu_seconds + ended.ru_utime + ended.ru_stime


class MemoryMeter:
    """Memory of a tree, exact where it matters.

    Resident memory counts a shared page once for each process that shares it (four workers on one
    array: 2.9 GB instead of 1.5 GB; a process that has just forked: all of it twice), but costs
    0.1 ms. The exact number (PSS) may cost 60 ms. So it is asked for only where several processes
    seem to use more than ever before; between two exact looks the growth of resident memory is
    added to it.
    """

    def __init__(
        self, limit: int, exact: Callable[[Sequence[int]], int | None] | None = None
    ) -> None:
        self._limit = limit
        self._exact = exact or processes.proportional_memory
        self._peak = 0
        self._last_exact = 0
        self._last_resident = 0
        self._last_at = -LOOK_AGAIN_SECONDS

    def measure(self, use: TreeUse) -> int:
        """Bytes that the tree uses."""
        memory = use.memory
        if use.processes > 1 and memory > self._peak:
            memory = self._shared(use)
        self._peak = max(self._peak, memory)
        return memory

    def _shared(self, use: TreeUse) -> int:
        grown = use.memory - self._last_resident
        stale = time.monotonic() - self._last_at >= LOOK_AGAIN_SECONDS
        if stale or self._last_exact + grown > self._limit:
            exact = self._exact(use.pids)
            if exact is None:
                return use.memory
            self._last_exact, self._last_resident = exact, use.memory
            self._last_at = time.monotonic()
            return exact
        return self._last_exact + max(grown, 0)
