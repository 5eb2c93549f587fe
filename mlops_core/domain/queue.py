"""Who asked for a run and how urgent it is; why a run waits and when it may start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from mlops_core.i18n import N_


class Priority(IntEnum):
    """Every run of a higher priority goes before every run of a lower one."""

    LOW = -1
    NORMAL = 0
    HIGH = 1

    @property
    def word(self) -> str:
        """Its name in a spec file and on the screen, marked for translation."""
        return _WORDS[self]

    @classmethod
    def named(cls, word: str) -> Priority:
        """The priority of this name.

        Raises:
            ValueError: there is none.
        """
        for one, name in _WORDS.items():
            if name == word.strip().lower():
                return one
        raise ValueError(word)


_WORDS = {Priority.LOW: N_("low"), Priority.NORMAL: N_("normal"), Priority.HIGH: N_("high")}
PRIORITY_WORDS = tuple(_WORDS.values())


@dataclass(frozen=True, kw_only=True)
class Submission:
    """By whom a run is asked for, and how urgent it is."""

    owner: str
    priority: Priority = Priority.NORMAL


class Holdup(StrEnum):
    """Why a run does not start now."""

    CORES = "cores"  # fewer are free than it asks for
    MEMORY = "memory"
    GPUS = "gpus"
    TURN = "turn"  # there is room, but the run whose turn it is would start later for it
    NEVER = "never"  # it asks for more than the whole machine has
    SOON = "soon"  # it starts with the scheduler's next look


@dataclass(frozen=True, kw_only=True)
class Wait:
    """A run that waits.

    Attributes:
        place: Its place in the order in which runs are looked at, from 1.
        asked: What it asks for of what holds it up (cores, GB, GPUs).
        free: What of that is free now.
        behind: The run whose turn it is, where that holds it up.
        starts_by: When it starts at the latest if runs use their whole time limits and nothing
            that goes first is submitted; ``None``: never, or too far behind to say.
    """

    run_id: int
    place: int
    holdup: Holdup
    asked: float = 0.0
    free: float = 0.0
    behind: int | None = None
    starts_by: datetime | None = None
