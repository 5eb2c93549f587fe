"""The scheduler: reconcile, admit, launch, four times a second, until there is nothing to do."""

from __future__ import annotations

import logging
import os
import subprocess
import time
from collections.abc import Sequence
from typing import IO

from mlops_core.domain.states import EndReason
from mlops_core.errors import StoreError
from mlops_core.runners import cgroups
from mlops_core.runners.machine import read_machine
from mlops_core.scheduling.admission import LATELY, Admission, Capacity, plan, why_never
from mlops_core.scheduling.launch import start_supervisor
from mlops_core.scheduling.reconcile import reconcile
from mlops_core.scheduling.spare import Spare
from mlops_core.store import runs, work
from mlops_core.store.bell import LEAVE, Bell
from mlops_core.store.locks import is_held, try_lock
from mlops_core.store.work import ActiveRun, QueuedRun
from mlops_core.store.workspace import Workspace

log = logging.getLogger(__name__)
TICK_SECONDS = 0.2
QUIET_SECONDS = 2.0  # between two looks while nothing waits or runs; a submit rings the bell
TROUBLE_SECONDS = 1.0
LOOK_AGAIN_SECONDS = 10.0
PATIENCE_SECONDS = 600.0  # without an answer from the database


class Scheduler:
    """The one scheduler of a workspace.

    Args:
        trainer: What supervisors start in place of the trainer; empty: the trainer.
    """

    def __init__(self, ws: Workspace, trainer: Sequence[str] = ()) -> None:
        self._ws = ws
        self._trainer = tuple(trainer)
        self._children: dict[tuple[int, int], subprocess.Popen[bytes]] = {}  # (run, attempt)
        self._spare = Spare(ws, self._trainer)
        self._nothing_due: tuple[object, ...] = ()
        self._looked = 0.0
        self._waits = False
        self.leave = False

    def serve(self) -> bool:
        """Work until there is nothing to do or ``leave`` is set; ``False``: another one works.

        Leaving must not lose a run. Who submits commits first and then looks whether the lock is
        held. So the lock is let go first and the queue is read once more after that: a submit that
        still saw the lock is in that queue; a later one starts another scheduler.
        """
        lock = try_lock(self._ws.scheduler_lock)
        if lock is None:
            return False
        log.info("scheduler at work for %s", self._ws.home)
        if self._ws.settings.control_groups:
            cgroups.settle(f"mlops-{os.getpid()}-{time.time():.0f}")
        bell = Bell(self._ws.scheduler_bell)
        while lock is not None:
            self._work(lock, bell)
            gone = not self._is_ours(lock)
            lock.close()
            if self.leave or gone or not self._is_busy():
                break
            lock = try_lock(self._ws.scheduler_lock)
        self._spare.drop()
        bell.close()
        log.info("scheduler leaves")
        return True

    def _work(self, lock: IO[bytes], bell: Bell) -> None:
        """Tick until idle for long enough, told to leave, or the workspace is gone."""
        idle = self._ws.settings.scheduler_idle_seconds
        last_busy = last_answer = time.monotonic()
        while not self.leave and self._is_ours(lock):
            pause = TICK_SECONDS
            try:
                busy = self.tick()
                last_answer = time.monotonic()
                watched = self._is_watched()
                if busy or watched:
                    last_busy = time.monotonic()
                if self._waits or watched:
                    self._spare.keep()
                if not busy and bell.works:
                    pause = max(min(QUIET_SECONDS, idle / 2), TICK_SECONDS)
            except StoreError as error:
                log.warning("%s", error)
                pause, last_busy = TROUBLE_SECONDS, time.monotonic()
            now = time.monotonic()
            if now - last_busy > idle or now - last_answer > PATIENCE_SECONDS:
                return
            if LEAVE in bell.wait(pause):
                self.leave = True

    def _is_watched(self) -> bool:
        """An app shows this workspace: somebody may submit at any moment."""
        return is_held(self._ws.app_lock)

    def _is_ours(self, lock: IO[bytes]) -> bool:
        """``False`` when the data folder was removed or replaced: then the lock locks nothing."""
        try:
            there = self._ws.scheduler_lock.stat()
        except OSError:
            return False
        return os.path.samestat(there, os.fstat(lock.fileno()))

    def _is_busy(self) -> bool:
        try:
            with self._ws.read() as connection:
                return bool(work.queue(connection) or work.active(connection))
        except StoreError as error:
            log.warning("%s", error)
            return False

    def tick(self) -> bool:
        """One round; ``True``: something waits or runs.

        Raises:
            StoreError: the database did not do its part.
        """
        alive = self._reap()
        with self._ws.read() as connection:
            queue, active = work.queue(connection), work.active(connection)
        self._waits = bool(queue)
        for run in active:
            launched = (run.id, run.attempt) in alive
            known = launched or (run.id, run.attempt) in self._children
            reconcile(self._ws, run, launched=launched if known else None)
        self._forget(active)
        if queue:
            self._start_due(queue, active)
        return bool(queue or active)

    def _reap(self) -> set[tuple[int, int]]:
        return {key for key, child in self._children.items() if child.poll() is None}

    def _forget(self, active: list[ActiveRun]) -> None:
        """Keep a dead child while its run may still have to be given back."""
        current = {(run.id, run.attempt) for run in active}
        for key in [key for key, child in self._children.items() if child.returncode is not None]:
            if key not in current:
                del self._children[key]

    def _start_due(self, queue: list[QueuedRun], active: list[ActiveRun]) -> None:
        capacity = Capacity.of(read_machine(self._ws.home))
        # Time alone lets nothing start: with ten thousand in the queue a look costs a tenth of a
        # second. Now and then all the same: what owners used lately may turn the order.
        state = (
            capacity,
            tuple((run.id, run.priority) for run in queue),
            tuple((run.id, run.attempt) for run in active),
        )
        if state == self._nothing_due and time.monotonic() - self._looked < LOOK_AGAIN_SECONDS:
            return
        for run in queue:
            if reason := why_never(run, capacity):
                self._refuse(run, reason)
        # The write lock is taken only when there seems to be something to claim.
        served = self._served(queue)
        if not plan(queue, active, capacity, now=self._ws.now(), served=served).due:
            self._nothing_due, self._looked = state, time.monotonic()
            return
        for admission, attempt in self._claim(capacity, served):
            self._launch(admission.run_id, attempt)

    def _refuse(self, run: QueuedRun, reason: str) -> None:
        log.info("run %d is refused: %s", run.id, reason)
        with self._ws.begin() as connection:
            runs.end_waiting(
                connection, run.id, reason=EndReason.ERROR, message=reason, at=self._ws.now()
            )

    def _served(self, queue: list[QueuedRun]) -> dict[str, float]:
        """What each owner used lately; nothing where only one waits."""
        if len({run.owner for run in queue}) < 2:
            return {}
        with self._ws.read() as connection:
            return work.served(connection, since=self._ws.now() - LATELY)

    def _claim(self, capacity: Capacity, served: dict[str, float]) -> list[tuple[Admission, int]]:
        """Look at the capacity and claim in one transaction: nothing can come between."""
        claimed = []
        with self._ws.begin() as connection:
            queue, active = work.queue(connection), work.active(connection)
            now = self._ws.now()
            for admission in plan(queue, active, capacity, now=now, served=served).due:
                attempt = runs.claim(
                    connection,
                    admission.run_id,
                    cores=admission.cores,
                    gpus=admission.gpus,
                    at=now,
                )
                if attempt is not None:
                    claimed.append((admission, attempt))
        return claimed

    def _launch(self, run_id: int, attempt: int) -> None:
        try:
            child = self._spare.give(run_id, attempt) or start_supervisor(
                self._ws, run_id, attempt, self._trainer
            )
        except OSError as error:
            # It is given back when it is overdue; at once would try again five times a second.
            log.error("run %d: its supervisor could not be started: %s", run_id, error)
            return
        self._children[run_id, attempt] = child
        log.info("run %d: attempt %d under supervision of process %d", run_id, attempt, child.pid)
