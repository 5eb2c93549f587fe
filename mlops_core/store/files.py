"""The files of a run's folder, read for people. A file that is not there yet is empty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from mlops_core.domain.events import RunPaths
from mlops_core.domain.results import TrainingError, TrainingResult
from mlops_core.i18n import N_

M = TypeVar("M", bound=BaseModel)
Stream: TypeAlias = Literal["log", "stdout", "stderr"]
STEP = 256 * 1024  # bytes read at once while looking for lines to show

_PHASES = {
    "loading": "Loading the data",
    "holdout": "Judging on the hold-out rows",
    "final": "Fitting the model that is kept",
    "explaining": "Working out what the model relies on",
    "saving": "Saving",
}


@dataclass(frozen=True, kw_only=True)
class LogPart:
    """A piece of a log; ``next_byte`` asks for what follows."""

    text: str
    next_byte: int
    more: bool = False  # there is more than this piece already


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """A file that a run delivered."""

    key: str
    label: str
    path: Path
    bytes: int


def read_result(paths: RunPaths) -> TrainingResult | None:
    return _read(paths.result, TrainingResult)


def read_error(paths: RunPaths) -> TrainingError | None:
    return _read(paths.error, TrainingError)


def _read(path: Path, model: type[M]) -> M | None:
    """The file's content; ``None`` where there is none, or what is there is damaged."""
    try:
        return model.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def read_log(paths: RunPaths, stream: Stream, *, after_byte: int, limit: int) -> LogPart:
    """About ``limit`` bytes of a log from ``after_byte`` on, in whole lines where there are any.

    ``log`` is made of the events: one readable line for each phase and message. The cursor of an
    other stream is none of this one's.
    """
    if stream == "log":
        return _read_events(paths.events, after_byte, limit)
    path = paths.stdout if stream == "stdout" else paths.stderr
    data, size = _read_bytes(path, after_byte, limit)
    if len(data) == limit and after_byte + len(data) < size:
        # Not in the middle of a line, nor of a letter.
        data = data[: data.rfind(b"\n") + 1] or data[: _letters(data)]
    position = after_byte + len(data)
    return LogPart(text=data.decode("utf-8", "replace"), next_byte=position, more=position < size)


def _letters(data: bytes) -> int:
    """The length of ``data`` without a UTF-8 letter that is cut off at its end."""
    for back in range(1, min(4, len(data)) + 1):
        byte = data[-back]
        if byte < 0x80:
            return len(data)
        if byte >= 0xC0:
            whole = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(data) if whole <= back else len(data) - back
    return len(data)


def _read_bytes(path: Path, start: int, limit: int) -> tuple[bytes, int]:
    """At most ``limit`` bytes from ``start`` on, and the size of the file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(min(start, size))
            return file.read(limit), size
    except FileNotFoundError:
        return b"", 0


def _read_events(path: Path, start: int, limit: int) -> LogPart:
    lines: list[str] = []
    length, position, step = 0, start, STEP
    while length < limit:
        data, _size = _read_bytes(path, position, step)
        # The last line may still be being written, or be longer than one step.
        whole = data[: data.rfind(b"\n") + 1]
        if not whole and len(data) < step:
            break
        step = STEP if whole else step * 4
        for raw in whole.splitlines(keepends=True):
            position += len(raw)
            if line := _event_line(raw):
                lines.append(line)
                length += len(line)
            if length >= limit:
                break
    return LogPart(text="".join(lines), next_byte=position, more=length >= limit)


def _event_line(raw: bytes) -> str:
    """One event as a line to read, or nothing: points and progress have their charts."""
    if b'"kind":"metric"' in raw or b'"kind":"progress"' in raw:
        return ""
    try:
        event: dict[str, Any] = orjson.loads(raw)
        moment = datetime.fromtimestamp(event["t"]).astimezone()
        text = _event_text(event)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, OverflowError, OSError):
        return ""  # the line of a trainer that was ended while it wrote
    return f"{moment:%H:%M:%S}  {text}\n" if text else ""


def _event_text(event: dict[str, Any]) -> str:
    if event["kind"] == "phase":
        if event["phase"] == "fold":
            return f"Fold {event['fold']} of {event['of']}"
        return _PHASES.get(event["phase"], str(event["phase"]))
    if event["kind"] == "log":
        level = "" if event["level"] == "info" else f"{event['level'].capitalize()}: "
        return f"{level}{event['message']}"
    return ""


def artifacts(paths: RunPaths) -> tuple[Artifact, ...]:
    """What of a run's deliveries is there. Labels are marked for translation."""
    known = (
        ("model", N_("Model"), paths.model),
        ("predictions", N_("Predictions"), paths.predictions),
        ("result", N_("Result"), paths.result),
        ("error", N_("Error"), paths.error),
        ("events", N_("Events"), paths.events),
        ("stdout", N_("Standard output"), paths.stdout),
        ("stderr", N_("Standard error"), paths.stderr),
    )
    found = []
    for key, label, path in known:
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            continue
        if size:
            found.append(Artifact(key=key, label=label, path=path, bytes=size))
    return tuple(found)
