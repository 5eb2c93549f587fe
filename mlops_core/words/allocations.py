"""What a run may use, in words: one wording for every page."""

from __future__ import annotations

from typing import Protocol

from mlops_core import words
from mlops_core.i18n import ngettext


class Allocated(Protocol):
    """A run, or an allocation that is asked for."""

    @property
    def cpu_cores(self) -> int: ...
    @property
    def memory_gb(self) -> float: ...
    @property
    def gpus(self) -> int: ...
    @property
    def time_limit_hours(self) -> float: ...


def needs(one: Allocated) -> str:
    """2 cores, 4 GB, and GPUs where there are any."""
    parts = [cores(one.cpu_cores), words.gigabytes(one.memory_gb)]
    return ", ".join([*parts, *([gpus(one.gpus)] if one.gpus else [])])


def limits(one: Allocated) -> str:
    """2 cores, 4 GB, 1 h: what it needs, and how long it may last."""
    return f"{needs(one)}, {words.duration(one.time_limit_hours * 3600)}"


def cores(count: int) -> str:
    return ngettext("{n} core", "{n} cores", count).format(n=count)


def gpus(count: int) -> str:
    return ngettext("{n} GPU", "{n} GPUs", count).format(n=count)
