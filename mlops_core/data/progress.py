"""How far an import is: its steps, weighted by how long each usually takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Tell: TypeAlias = Callable[[str, float], None]  # what is done now, share of everything from 0 to 1

# Measured on files of mixed types from 100 MB to 1 GB; what a file does not need takes no time.
WEIGHTS: dict[str, float] = {
    "copying": 0.02,
    "unpacking": 0.02,
    "scanning": 0.04,
    "reading": 0.12,
    "deciding": 0.28,
    "writing": 0.18,
    "profiling": 0.20,
    "checking": 0.14,
}


class Steps:
    """Tells of the steps of an import as they begin, and of how far the present one is."""

    def __init__(self, tell: Tell | None) -> None:
        self._tell = tell
        self._name = ""
        self._share = 0.0

    def begin(self, name: str) -> None:
        """From here on ``name``, one of ``WEIGHTS``, is being done."""
        self._name = name
        self.within(0.0)

    def within(self, done: float) -> None:
        """So much of the present step is done, from 0 to 1; it never goes back."""
        if self._tell is None or not self._name:
            return
        names = list(WEIGHTS)
        before = sum(WEIGHTS[name] for name in names[: names.index(self._name)])
        share = before + WEIGHTS[self._name] * min(max(done, 0.0), 1.0)
        self._share = max(self._share, min(share, 1.0))
        self._tell(self._name, self._share)
