"""The life of a run: its statuses, its allowed moves and the reasons for its end.

``MOVES`` is the only statement of what may follow what. ``store/runs.py`` is its only user that
writes, and the CHECK constraints of the database mirror it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from mlops_core.i18n import N_


class RunStatus(StrEnum):
    QUEUED = N_("queued")
    RUNNING = N_("running")
    COMPLETED = N_("completed")
    FAILED = N_("failed")
    CANCELLED = N_("cancelled")

    @property
    def is_final(self) -> bool:
        return self in FINAL


FINAL = frozenset({RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED})


class ExperimentStatus(StrEnum):
    """Derived from the runs of an experiment, never stored."""

    PLANNED = "planned"
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class EndReason(StrEnum):
    FINISHED = "finished"  # the trainer delivered its result
    ERROR = "error"  # the trainer said what went wrong
    MEMORY_LIMIT = "memory_limit"  # ended by us: the tree used more than it was given
    TIME_LIMIT = "time_limit"  # ended by us: the time was up
    DISK_LIMIT = "disk_limit"  # ended by us: its folder, or the disk, was full
    CANCELLED = "cancelled"  # ended by us: a person asked for it
    KILLED = "killed"  # the trainer died of a signal that was not ours
    LOST = "lost"  # its supervisor or the machine went away


# A run that ends like this may be tried again: the next attempt may fare better. What was asked
# for too little, or cannot work, fails the same way again.
RETRIED = frozenset({EndReason.KILLED, EndReason.LOST})


class Move(NamedTuple):
    source: RunStatus
    target: RunStatus
    reasons: frozenset[EndReason]


_FAILURES = frozenset(
    {
        EndReason.ERROR,
        EndReason.MEMORY_LIMIT,
        EndReason.TIME_LIMIT,
        EndReason.DISK_LIMIT,
        EndReason.KILLED,
        EndReason.LOST,
    }
)


class RunMove(StrEnum):
    """What can happen to a run. The name of the move is the kind of its ``RunEvent``."""

    CLAIM = "claim"
    GIVE_BACK = "give_back"  # claimed, but no supervisor ever took it up
    RETRY = "retry"  # died of something outside of it, and may be tried again
    COMPLETE = "complete"
    FAIL = "fail"
    CANCEL = "cancel"
    WITHDRAW = "withdraw"  # cancelled while it waited
    REFUSE = "refuse"  # waited, but can never start here any more


MOVES: dict[RunMove, Move] = {
    RunMove.CLAIM: Move(RunStatus.QUEUED, RunStatus.RUNNING, frozenset()),
    RunMove.GIVE_BACK: Move(RunStatus.RUNNING, RunStatus.QUEUED, frozenset()),
    RunMove.RETRY: Move(RunStatus.RUNNING, RunStatus.QUEUED, frozenset()),
    RunMove.COMPLETE: Move(RunStatus.RUNNING, RunStatus.COMPLETED, frozenset({EndReason.FINISHED})),
    RunMove.FAIL: Move(RunStatus.RUNNING, RunStatus.FAILED, _FAILURES),
    RunMove.CANCEL: Move(RunStatus.RUNNING, RunStatus.CANCELLED, frozenset({EndReason.CANCELLED})),
    RunMove.WITHDRAW: Move(RunStatus.QUEUED, RunStatus.CANCELLED, frozenset({EndReason.CANCELLED})),
    RunMove.REFUSE: Move(RunStatus.QUEUED, RunStatus.FAILED, frozenset({EndReason.ERROR})),
}


def end_move(reason: EndReason) -> RunMove:
    """The move that ends a running run for ``reason``."""
    for move in (RunMove.COMPLETE, RunMove.FAIL, RunMove.CANCEL):
        if reason in MOVES[move].reasons:
            return move
    raise ValueError(reason)  # unreachable while every reason stands in the table


def experiment_status(runs: list[RunStatus]) -> ExperimentStatus:
    """The status of an experiment whose runs have these statuses.

    Something that is going on outranks what is over; among what is over, one completed run makes
    the experiment completed, because there is a result to look at.
    """
    for status in (
        RunStatus.RUNNING,
        RunStatus.QUEUED,
        RunStatus.COMPLETED,
        RunStatus.FAILED,
        RunStatus.CANCELLED,
    ):
        if status in runs:
            return ExperimentStatus(status.value)
    return ExperimentStatus.PLANNED
