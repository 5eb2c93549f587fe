"""What needs care, collected while a run goes on and said once with its result."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from mlops_core.domain.params import Algorithm


class Notes:
    """Sentences without repetition, each with the places it was met in."""

    def __init__(self) -> None:
        self._places: dict[str, list[str]] = {}
        self.place = ""

    def add(self, sentence: str, place: str = "") -> None:
        """``sentence`` without its full stop when it has a place, which is put behind it."""
        places = self._places.setdefault(sentence, [])
        if place and place not in places:
            places.append(place)

    def sentences(self) -> tuple[str, ...]:
        return tuple(
            f"{sentence} ({_joined(places)})." if places else sentence
            for sentence, places in self._places.items()
        )


def _joined(places: list[str]) -> str:
    if len(places) <= 4:
        return ", ".join(places)
    return f"{', '.join(places[:3])} and {len(places) - 3} more"


@contextmanager
def warnings_noted(notes: Notes, algorithm: Algorithm) -> Iterator[None]:
    """Python warnings inside become notes, with ``notes.place`` as their place."""
    from sklearn.exceptions import ConvergenceWarning

    def note(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        notes.add(_sentence(message, category, algorithm, ConvergenceWarning), notes.place)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = note
        yield


def _sentence(
    message: Warning | str,
    category: type[Warning],
    algorithm: Algorithm,
    convergence: type[Warning],
) -> str:
    if issubclass(category, convergence):
        limited = any(param.name == "max_iter" for param in algorithm.params)
        advice = "; allow more iterations" if limited else ""
        return f"{algorithm.label} stopped before it settled{advice}"
    if issubclass(category, RuntimeWarning):
        return "Some numbers grew too large or too small while training"
    return f"Noted while training: {str(message).splitlines()[0].rstrip('.')}"
