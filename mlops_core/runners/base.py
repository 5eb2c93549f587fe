"""What a supervisor asks of whatever runs its trainer. A new back-end implements these two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mlops_core.domain.configs import ResourceAllocation
from mlops_core.domain.events import RunPaths
from mlops_core.runners.processes import Traffic, TreeUse


@dataclass(frozen=True, kw_only=True)
class Start:
    """What a trainer is started with.

    Attributes:
        paths: The run's folder; ``spec.json`` is in it.
        allocation: What it may use.
        cores: The ids of the cores that are its own.
        gpus: The UUIDs of the GPUs that are its own.
        disk_bytes: What its folder may take of the disk.
        tag: Marks every process of the run, so that none can hide.
    """

    paths: RunPaths
    allocation: ResourceAllocation
    cores: Sequence[int]
    gpus: Sequence[str]
    disk_bytes: int
    tag: str


class Trainer(Protocol):
    """A trainer that was started, and everything that it started."""

    def memory_ran_out(self) -> bool:
        """Whether the system itself ended it at its memory limit; ask before ``end``."""
        ...

    def poll(self) -> int | None:
        """The exit code, a negative one for a signal, or ``None`` while it runs."""
        ...

    def look(self) -> TreeUse:
        """What the whole tree uses now; CPU time includes processes that have ended."""
        ...

    def traffic(self) -> Traffic | None:
        """What the tree has read and written, with processes that have ended.

        ``None``: this system does not tell.
        """
        ...

    def largest(self) -> int:
        """The most memory that one process of the tree ever had, in bytes; ask after ``end``.

        0: this system does not tell.
        """
        ...

    def end(self, grace: float) -> bool:
        """Ask all to leave, kill after ``grace`` seconds; ``False``: something would not go."""
        ...


class Runner(Protocol):
    """Starts trainers."""

    def holds_memory(self) -> bool:
        """Whether the system itself will keep the trainer inside its memory."""
        ...

    def start(self, start: Start) -> Trainer:
        """Start a trainer inside its limits.

        Raises:
            OSError: it could not be started.
        """
        ...
