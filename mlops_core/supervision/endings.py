"""How a run ended, in a sentence. What was decided by a limit or a person comes before what an
exit code says; the sentences are stored with the run and stay English."""

from __future__ import annotations

import errno
import math
import os
import signal
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from mlops_core.domain.configs import ResourceAllocation
from mlops_core.domain.events import Event, PhaseEvent, ProgressEvent, RunPaths
from mlops_core.domain.results import PartialResult, TrainingError, TrainingResult
from mlops_core.domain.states import EndReason

T = TypeVar("T", bound=BaseModel)
GB = 1024**3
MB = 1024**2
LAST_WORDS = 4096  # bytes of stderr in which a fault names itself
PLACES = {
    "loading": "while loading the data",
    "fold": "in fold {fold} of {folds}",
    "holdout": "while judging the hold-out rows",
    "final": "in the final fit",
    "explaining": "while explaining the model",
    "saving": "while saving the results",
}
MORE_MEMORY = "Give it more memory or a simpler model."
LESS_DISK = "Let it write less, or set MLOPS_RUN_DISK_GB higher and restart the app."
FILE_TOO_LARGE = os.strerror(errno.EFBIG)
OUT_OF_MEMORY = (
    "MemoryError",
    "std::bad_alloc",
    "Memory allocation still failed",
    "mmap failed",
    os.strerror(errno.ENOMEM),
)


class Ending(NamedTuple):
    """Why a run ended; ``result`` is there when it finished, ``partial`` when folds had."""

    reason: EndReason
    message: str
    result: TrainingResult | None = None
    partial: PartialResult | None = None

    def with_folds(self, paths: RunPaths) -> Ending:
        """The same with what the trainer had judged by then, if it did not finish."""
        partial = None if self.result else _read(paths.partial, PartialResult)
        if partial is None or not partial.folds:
            return self._replace(partial=partial)
        if partial.folds == partial.planned_folds:
            kept = "The scores of all folds are kept."
        else:
            kept = f"The scores of {partial.folds} of {partial.planned_folds} folds are kept."
        return self._replace(partial=partial, message=f"{self.message} {kept}")


class Place:
    """How far a run has got, as its events tell."""

    def __init__(self) -> None:
        self.done = 0.0
        self.phase = ""
        self.fold = 0
        self.folds = 0

    def move(self, event: Event) -> None:
        if isinstance(event, ProgressEvent):
            self.done = max(self.done, event.done)
        elif isinstance(event, PhaseEvent):
            self.phase = event.phase[:40]
            self.fold = event.fold
            self.folds = event.of or self.folds

    def __str__(self) -> str:
        if not self.phase:
            return "while it was starting"
        place = PLACES.get(self.phase, f"in the phase {self.phase}")
        return place.format(fold=self.fold, folds=self.folds)


def amount(gigabytes: float) -> str:
    """``2 GB``, ``2.14 GB``."""
    return f"{gigabytes:.2f}".rstrip("0").rstrip(".") + " GB"


def duration(seconds: float) -> str:
    """``36 seconds``, ``6 minutes``, ``1.5 hours``."""
    for size, unit in ((3600.0, "hour"), (60.0, "minute")):
        if seconds >= size:
            return _counted(seconds / size, unit)
    return _counted(seconds, "second")


def _counted(number: float, unit: str) -> str:
    text = f"{number:.1f}".removesuffix(".0")
    return f"{text} {unit}" if text == "1" else f"{text} {unit}s"


def out_of_memory(peak: int, given: ResourceAllocation, place: Place) -> Ending:
    """The tree used more than it was given. ``peak`` is in bytes."""
    used = math.ceil(100 * peak / GB) / 100  # up: "1 GB of the 1 GB" would explain nothing
    return Ending(
        EndReason.MEMORY_LIMIT,
        f"Stopped: it used {amount(used)} of the {amount(given.memory_gb)} it was given, "
        f"{place}. {MORE_MEMORY}",
    )


def ran_out_of_memory(given: ResourceAllocation, place: Place) -> Ending:
    """The kernel ended it at its limit: it had used all of it, and asked for more."""
    return Ending(
        EndReason.MEMORY_LIMIT,
        f"Stopped: it used up the {amount(given.memory_gb)} it was given and asked for more, "
        f"{place}. {MORE_MEMORY}",
    )


def out_of_gpu_memory(peak: int, given: ResourceAllocation, place: Place) -> Ending:
    """It held more of a GPU's memory than it was given. ``peak`` is in bytes."""
    used = math.ceil(100 * peak / GB) / 100
    return Ending(
        EndReason.MEMORY_LIMIT,
        f"Stopped: it used {amount(used)} of the {amount(given.gpu_memory_gb)} of GPU memory it "
        f"was given, {place}. Give it more GPU memory or a simpler model.",
    )


def refused_memory(peak: int, given: ResourceAllocation, place: Place) -> Ending:
    """One request for memory was so large that the system refused it. ``peak`` is in bytes."""
    return Ending(
        EndReason.MEMORY_LIMIT,
        f"Stopped: it held {amount(peak / GB)} and asked for more at once than the "
        f"{amount(given.memory_gb)} it was given allow, {place}. {MORE_MEMORY}",
    )


def out_of_time(given: ResourceAllocation, place: Place) -> Ending:
    return Ending(
        EndReason.TIME_LIMIT,
        f"Stopped: it reached its time limit of {duration(given.time_limit_seconds)}, {place}, "
        f"with {place.done:.0%} done. Give it more time or a simpler model.",
    )


def out_of_quota(limit: int, place: Place) -> Ending:
    """Its folder takes more of the disk than a run may. ``limit`` is in bytes."""
    return Ending(
        EndReason.DISK_LIMIT,
        f"Stopped: its files took more than the {amount(limit / GB)} of disk that a run may use, "
        f"{place}. {LESS_DISK}",
    )


def out_of_disk(free: int, used: int, place: Place) -> Ending:
    """The disk has no room left, and this run holds a part of it. Both are in bytes."""
    return Ending(
        EndReason.DISK_LIMIT,
        f"Stopped: the disk had only {free // MB} MB left and its files took {used // MB} MB, "
        f"{place}. Free some space and run it again.",
    )


def time_is_short(given: ResourceAllocation, place: Place) -> str:
    """What is said when 90 % of the time have passed; not an ending yet."""
    return (
        f"90 % of its {duration(given.time_limit_seconds)} have passed, {place}, with "
        f"{place.done:.0%} done."
    )


def folder_gone(place: Place) -> Ending:
    """The run's folder, or the whole data folder, is not where it was."""
    return Ending(
        EndReason.LOST,
        f"Its folder was moved or removed while it ran, {place}. Run it again.",
    )


def cancelled(place: Place) -> Ending:
    return Ending(EndReason.CANCELLED, f"Stopped by request, {place}.")


def shut_down(place: Place) -> Ending:
    return Ending(
        EndReason.LOST,
        f"The system asked its supervisor to leave, {place}; this happens when the machine is "
        "shut down, or when its user logs out. Run it again.",
    )


def not_started(reason: str) -> Ending:
    return Ending(
        EndReason.ERROR,
        f"The training could not be started: {reason}. Check that the disk has room and that the "
        "data folder may be written to.",
    )


def supervisor_gone(rebooted: bool) -> Ending:
    """Its supervisor ended without a word, and left no result."""
    what = (
        "The machine was restarted while it was running."
        if rebooted
        else "The process that supervised it is gone: it was killed, the data folder was moved, or "
        "this database is a backup from while it was at work."
    )
    return Ending(EndReason.LOST, f"{what} Run it again.")


def delivered(paths: RunPaths) -> Ending | None:
    """What the trainer left in the folder: a whole result, or what went wrong."""
    error = _read(paths.error, TrainingError)
    if error is not None:
        return Ending(EndReason.ERROR, f"{error.message} {error.hint}".strip())
    result = _read(paths.result, TrainingResult)
    if result is not None:
        return Ending(EndReason.FINISHED, "", result)
    return None


def exited(
    paths: RunPaths,
    code: int,
    *,
    place: Place,
    given: ResourceAllocation,
    peak: int,
    machine_full: bool,
    disk_limit: int,
) -> Ending:
    """The trainer ended by itself.

    Args:
        code: Its exit code; negative for a signal.
        peak: The most memory that it was seen to use, in bytes.
        machine_full: The kernel has ended processes for want of memory meanwhile.
        disk_limit: Bytes that its files may take of the disk, each of them and all together.
    """
    error = _read(paths.error, TrainingError)
    said = f"{error.kind} {error.message}" if error else _last_words(paths.stderr) if code else ""
    if any(word in said for word in OUT_OF_MEMORY):
        return refused_memory(peak, given, place)
    if code == -signal.SIGXFSZ or FILE_TOO_LARGE in said:
        return out_of_quota(disk_limit, place)
    left = delivered(paths)
    if left is not None:
        return left
    if code < 0:
        return Ending(EndReason.KILLED, _killed(-code, place, machine_full))
    what = "a result that cannot be read" if paths.result.exists() else "no result"
    return Ending(
        EndReason.ERROR,
        f"The training process ended with exit code {code} and {what}, {place}. The log of this "
        "run may say why.",
    )


def _killed(number: int, place: Place, machine_full: bool) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    message = f"The training process was ended by {name}, {place}."
    if number != signal.SIGKILL:
        return f"{message} The log of this run may say why."
    if machine_full:
        return f"{message} The machine had no memory left. Run fewer things at once."
    return f"{message} Something outside this app ended it."


def _last_words(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - LAST_WORDS))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return kind.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
