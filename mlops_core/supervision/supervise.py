"""One run under supervision, from taking it up to its ending.

The main thread looks at the trainer twenty times a second and at nothing else: it never waits for
the database while a trainer runs, or a memory bomb would win. ``Recorder`` writes beside it.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from mlops_core.domain.events import Event, MetricEvent, RunPaths, TrainerJob
from mlops_core.domain.results import RunOutcome
from mlops_core.domain.states import EndReason
from mlops_core.runners import processes
from mlops_core.runners.base import Runner, Start, Trainer
from mlops_core.runners.disk import DiskWatch, shrink
from mlops_core.runners.gpus import GpuWatch, gpu_names
from mlops_core.runners.machine import enforcement_layers
from mlops_core.store import runs, work
from mlops_core.store.datasets import TABLE_FILE
from mlops_core.store.work import Assignment
from mlops_core.store.workspace import Workspace
from mlops_core.supervision import endings
from mlops_core.supervision.endings import Ending, Place
from mlops_core.supervision.gauge import Gauge
from mlops_core.supervision.recorder import Recorder, patiently
from mlops_core.supervision.tail import Points, Tail

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.05
NEAR_LOOK_SECONDS = 0.003
FASTEST = 8 * endings.GB  # bytes a second: about what a machine can hand out to one run
FOLLOW_SECONDS = 0.2
WARN_SHARE = 0.9  # of the time limit
# Room that is kept on the disk for the database, and what a run must hold of it to be to blame.
LAST_BYTES = 64 * 1024**2
NO_ROOM_BYTES = 1024**2
VMSTAT = Path("/proc/vmstat")


def run_tag(home: Path, run_id: int, attempt: int) -> str:
    """What every process of this attempt carries in its environment."""
    return f"{home}:{run_id}:{attempt}"


def supervise(ws: Workspace, run_id: int, attempt: int, runner: Runner) -> bool:
    """Take the run up and see it through; ``False``: it was not (or no longer) this attempt's.

    Call it in a process of its own, from the main thread.

    Raises:
        StoreError: the database was away for too long; the run is found and ended later.
    """
    leave = _Leave()
    layers = enforcement_layers(groups=runner.holds_memory())
    task = patiently(lambda: _take_up(ws, run_id, attempt, layers))
    if task is None:
        log.info("run %d: attempt %d is over", run_id, attempt)
        return False
    gauge = Gauge()
    recorder = Recorder(ws, run_id, attempt)
    paths = ws.run_paths(run_id)
    tag = run_tag(ws.home, run_id, attempt)
    try:
        prepare(ws, paths, task, run_id, attempt)
        start = Start(
            paths=paths,
            allocation=task.spec.resources,
            cores=task.cores,
            gpus=task.gpu_ids,
            disk_bytes=disk_bytes(ws),
            tag=tag,
        )
        trainer = runner.start(start)
    except OSError as error:
        ending = endings.not_started(error.strerror or str(error))
        return recorder.end(_outcome(ending, gauge, None), ending)
    watch = Watch(ws, task, paths, trainer, recorder, gauge, leave)
    return watch.see_through()


def disk_bytes(ws: Workspace) -> int:
    """What the folder of a run may take of the disk."""
    return int(ws.settings.run_disk_gb * endings.GB)


def look_seconds(memory: int, limit: int) -> float:
    """How long to wait before the next look: the nearer the limit, the shorter.

    At the rate at which memory can be had at most, the limit is not reached before the next look.

    Args:
        memory: What the run uses, in bytes.
        limit: What it may use, in bytes.
    """
    return min(max((limit - memory) / FASTEST, NEAR_LOOK_SECONDS), LOOK_SECONDS)


def _take_up(ws: Workspace, run_id: int, attempt: int, layers: dict[str, str]) -> Assignment | None:
    identity = processes.identify(os.getpid())
    with ws.begin() as connection:
        task = work.assignment(connection, run_id, attempt=attempt)
        if task is None or identity is None:
            return None
        taken = runs.take_up(
            connection,
            run_id,
            attempt=attempt,
            supervisor=identity,
            enforcement=layers,
            at=ws.now(),
        )
    return task if taken else None


def prepare(ws: Workspace, paths: RunPaths, task: Assignment, run_id: int, attempt: int) -> None:
    """Make the run's folder with nothing in it but what the trainer is told.

    Raises:
        OSError: the disk did not do its part.
    """
    paths.folder.mkdir(parents=True, exist_ok=True)
    for old in (*paths.told, paths.model, paths.predictions):
        old.unlink(missing_ok=True)
    job = TrainerJob(
        run_id=run_id,
        attempt=attempt,
        spec=task.spec,
        table=str(ws.datasets / task.dataset_folder / TABLE_FILE),
        roles=task.roles,
        spelling=task.spelling,
        n_jobs=task.spec.resources.cpu_cores,
        gpus=gpu_names(task.gpu_ids),
    )
    paths.spec.write_text(job.model_dump_json(indent=2), encoding="utf-8")


class _Leave:
    """Whether the system has asked this process to leave (SIGTERM)."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGTERM, self._ask)
        signal.signal(signal.SIGINT, self._ask)

    def _ask(self, _number: int, _frame: object) -> None:
        self.asked = True


@dataclass
class _Decision:
    """An ending, and how long who is still there may take to go."""

    ending: Ending | None
    grace: float = 0.0


class Watch:
    """The time between the start of a trainer and the ending of its run."""

    def __init__(
        self,
        ws: Workspace,
        task: Assignment,
        paths: RunPaths,
        trainer: Trainer,
        recorder: Recorder,
        gauge: Gauge,
        leave: _Leave,
    ) -> None:
        self._ws, self._given, self._paths = ws, task.spec.resources, paths
        self._trainer, self._recorder, self._gauge, self._leave = trainer, recorder, gauge, leave
        self._tail, self._points, self._place = Tail(paths.events), Points(), Place()
        self._disk = DiskWatch(paths.folder, disk_bytes(ws))
        self._gpus = GpuWatch(task.gpu_ids)
        self._followed = 0.0
        self._warned = False
        self._kills_before = oom_kills()

    def see_through(self) -> bool:
        """Watch until the end, clear up, write the ending; ``False``: it was not ours to write."""
        self._recorder.start()
        self._disk.start()
        self._gpus.start()
        decision = _Decision(None)
        try:
            decision = self._watch()
        finally:
            if not self._trainer.end(decision.grace):
                log.error("a process of this run could not be ended")
            self._disk.stop()
            self._gpus.stop()
        if decision.ending is None:
            log.info("the run has been given to another; left without a word")
            return False
        self._note(self._tail.read_all())
        self._gauge.note_traffic(self._trainer.traffic())
        self._gauge.note_peak(self._trainer.largest())
        ending = decision.ending.with_folds(self._paths)
        if ending.reason is EndReason.DISK_LIMIT:
            shrink(
                self._paths.folder, keep=(*self._paths.told, *self._paths.logs, self._paths.spec)
            )
        outcome = _outcome(ending, self._gauge, self._trainer.poll())
        log.info("%s: %s", outcome.reason, outcome.message)
        return self._recorder.end(outcome, ending)

    def _watch(self) -> _Decision:
        while True:
            code = self._trainer.poll()
            self._gauge.note(use := self._trainer.look())
            self._gpus.pids = use.pids
            self._gauge.note_gpu(self._gpus.use, self._gpus.peak)
            self._sample()
            if code is not None:
                return _Decision(self._exited(code))
            decision = self._decide(use.memory)
            if decision:
                return decision
            self._warn()
            if time.monotonic() - self._followed >= FOLLOW_SECONDS:
                self._note(self._tail.read())
            time.sleep(look_seconds(use.memory, self._given.memory_bytes))

    def _sample(self) -> None:
        if not self._gauge.due:
            return
        if self._gauge.sample(self._ws.now(), self._trainer.traffic()):
            self._recorder.replace_samples(self._gauge.samples)
        else:
            self._recorder.add(sample=self._gauge.samples[-1])

    def _decide(self, memory: int) -> _Decision | None:
        """Whether to end the run now; the first reason counts."""
        given, grace = self._given, self._ws.settings.stop_grace_seconds
        if memory > given.memory_bytes:
            # No grace: what grows this fast takes the machine with it.
            self._note(self._tail.read())
            return _Decision(endings.out_of_memory(self._gauge.peak, given, self._place))
        if 0 < given.gpu_memory_bytes < self._gpus.peak:
            self._note(self._tail.read())
            return _Decision(endings.out_of_gpu_memory(self._gpus.peak, given, self._place))
        if self._gauge.seconds > given.time_limit_seconds:
            self._note(self._tail.read())
            return _Decision(endings.out_of_time(given, self._place), grace)
        if full := self._disk_full():
            self._note(self._tail.read())
            return _Decision(full)
        if self._disk.gone:
            return _Decision(endings.folder_gone(self._place))
        if self._recorder.fenced:
            return _Decision(None)
        if self._recorder.stop_requested:
            self._note(self._tail.read())
            return _Decision(endings.cancelled(self._place), grace)
        if self._leave.asked:
            self._note(self._tail.read())
            return _Decision(endings.shut_down(self._place), min(grace, 1.0))
        if not self._recorder.is_alive():
            raise RuntimeError("the thread that writes has ended")
        return None

    def _disk_full(self) -> Ending | None:
        limit, disk = disk_bytes(self._ws), self._disk
        if disk.used > limit:
            return endings.out_of_quota(limit, self._place)
        # A run that has written next to nothing is not the one that fills the disk.
        if disk.free is not None and disk.free < LAST_BYTES < disk.used:
            return endings.out_of_disk(disk.free, disk.used, self._place)
        return None

    def _without_room(self, before: int | None) -> Ending | None:
        """It ended without a word on a disk that had room for none, now or ``before``."""
        looks = [free for free in (before, self._disk.free) if free is not None]
        free = min(looks, default=NO_ROOM_BYTES)
        if free >= NO_ROOM_BYTES or endings.delivered(self._paths):
            return None
        return endings.out_of_disk(free, self._disk.used, self._place)

    def _warn(self) -> None:
        if not self._warned and self._gauge.seconds > WARN_SHARE * self._given.time_limit_seconds:
            self._warned = True
            self._recorder.add(warning=endings.time_is_short(self._given, self._place))

    def _exited(self, code: int) -> Ending:
        self._note(self._tail.read_all())
        if code and self._trainer.memory_ran_out():
            self._gauge.note_peak(self._given.memory_bytes)
            return endings.ran_out_of_memory(self._given, self._place)
        ending = endings.exited(
            self._paths,
            code,
            place=self._place,
            given=self._given,
            peak=self._gauge.peak,
            machine_full=oom_kills() > self._kills_before,
            disk_limit=disk_bytes(self._ws),
        )
        if ending.reason is not EndReason.ERROR:
            return ending  # it is known why
        before = self._disk.free
        self._disk.look()
        return self._disk_full() or self._without_room(before) or ending

    def _note(self, events: list[Event]) -> None:
        self._followed = time.monotonic()
        points = []
        for event in events:
            if isinstance(event, MetricEvent):
                point = self._points.keep(event)
                points += [point] if point else []
            else:
                self._place.move(event)
        self._recorder.add(points=points, progress=self._progress())

    def _progress(self) -> dict[str, object]:
        place = self._place
        found: dict[str, object] = {"progress": place.done, "phase": place.phase}
        found |= {"fold": place.fold, **self._gauge.usage().model_dump(exclude_none=True)}
        return found | ({"folds": place.folds} if place.folds else {})


def _outcome(ending: Ending, gauge: Gauge, code: int | None) -> RunOutcome:
    return RunOutcome(
        reason=ending.reason,
        message=ending.message,
        exit_code=code if code is not None and code >= 0 else None,
        signal=-code if code is not None and code < 0 else None,
        usage=gauge.usage(),
    )


def oom_kills() -> int:
    """How many processes this machine has ended for want of memory since it was started."""
    try:
        lines = VMSTAT.read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
