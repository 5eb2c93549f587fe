"""Following ``events.jsonl`` while it grows, and keeping what it says within bounds."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from mlops_core.domain.events import EVENT, Event, MetricEvent
from mlops_core.domain.records import MetricPoint

READ_BYTES = 1024**2  # at most so much at a time: a flood must not stop the look at the memory
LONGEST_LINE = 64 * 1024
MAX_NAME = 40  # as wide as the column
MAX_COUNT = 2**31 - 1
LATEST_TIME = 2**33


class Tail:
    """New whole lines of a file that another process writes; the file may not be there yet.

    Half a line waits for its other half. Lines that are no events are left out.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._half = b""

    def read(self) -> list[Event]:
        """The events that came since the last time, up to one megabyte of them."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                new = file.read(READ_BYTES)
        except OSError:
            return []
        self._offset += len(new)
        *lines, self._half = (self._half + new).split(b"\n")
        if len(self._half) > LONGEST_LINE:
            self._half = self._half[:LONGEST_LINE]  # it has become garbage; stay small
        return [event for line in lines if (event := parse(line))]

    def read_all(self) -> list[Event]:
        """Everything that is left, once the writer has gone."""
        found: list[Event] = []
        before = -1
        while self._offset > before:
            before = self._offset
            found.extend(self.read())
        return found


def parse(line: bytes) -> Event | None:
    """The event of one line, or ``None``: it is none, or its numbers cannot be."""
    try:
        event = EVENT.validate_json(line)
    except ValidationError:
        return None
    counts = (getattr(event, name, 0) for name in ("fold", "of", "step"))
    if not 0 <= event.t < LATEST_TIME or not all(0 <= count <= MAX_COUNT for count in counts):
        return None
    if isinstance(event, MetricEvent) and not (
        math.isfinite(event.value) and len(event.name) <= MAX_NAME
    ):
        return None
    return event


class Points:
    """Metric events to the points that are kept, numbered from 1.

    Of each series (name, split, fold) the first 500 points are kept, then every second up to
    another 250, then every fourth, and so on: a series of a million points keeps about 3,300. A run
    keeps at most 100,000 points.
    """

    SERIES = 500
    RUN = 100_000

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, str, int]] = Counter()
        self.kept = 0

    def keep(self, event: MetricEvent) -> MetricPoint | None:
        """The point of this event, or ``None`` when there are enough of its kind."""
        series = (event.name, event.split, event.fold)
        place = self._seen[series]
        if self.kept >= self.RUN or place % self._stride(place):
            self._seen[series] += 1
            return None
        self._seen[series] += 1
        self.kept += 1
        return MetricPoint(
            seq=self.kept,
            name=event.name,
            split=event.split,
            fold=event.fold,
            step=event.step,
            value=event.value,
            at=datetime.fromtimestamp(event.t, UTC),
        )

    def _stride(self, place: int) -> int:
        stride = 1
        while place >= self.SERIES * stride:
            stride *= 2
        return stride
