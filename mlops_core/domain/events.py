"""The lines of ``events.jsonl`` and the files around them: what trainer and supervisor share.

One JSON object a line, appended by the trainer, read by the supervisor:

    {"t": 12.345, "kind": "phase", "phase": "fold", "fold": 2, "of": 5}
    {"t": 12.401, "kind": "progress", "done": 0.42}
    {"t": 12.402, "kind": "metric", "name": "roc_auc", "split": "validation", "fold": 2,
     "step": 17, "value": 0.913}
    {"t": 12.5, "kind": "log", "level": "info", "message": "…"}

``t`` is wall-clock seconds since 1970. ``split`` is train, validation or holdout; ``fold`` counts
from 1 and is 0 outside folds; ``step`` is the iteration, or the fold's number for points that exist
once a fold.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from mlops_core.domain.columns import Spelling
from mlops_core.domain.configs import RunSpec


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    t: float


class PhaseEvent(_Event):
    kind: Literal["phase"] = "phase"
    phase: str  # loading, fold, holdout, final, explaining, saving
    fold: int = 0
    of: int = 0


class ProgressEvent(_Event):
    kind: Literal["progress"] = "progress"
    done: float = Field(ge=0, le=1)


class MetricEvent(_Event):
    kind: Literal["metric"] = "metric"
    name: str
    split: Literal["train", "validation", "holdout"] = "validation"
    fold: int = 0
    step: int = 0
    value: float


class LogEvent(_Event):
    kind: Literal["log"] = "log"
    level: Literal["info", "warning", "error"] = "info"
    message: str


Event = Annotated[PhaseEvent | ProgressEvent | MetricEvent | LogEvent, Field(discriminator="kind")]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)


class TrainerJob(BaseModel):
    """``spec.json`` in the run's folder: all that a trainer is told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: int
    attempt: int
    spec: RunSpec
    table: str  # absolute path of the dataset's Parquet file
    roles: dict[str, str]  # suggested role of every column of the dataset
    n_jobs: int
    gpus: tuple[str, ...] = ()  # names of those that are its own
    spelling: Spelling | None = None  # how the file writes the target's truth values


WAITS = "--spare"  # in place of a run's folder: a trainer that waits for its orders


class Orders(BaseModel):
    """One JSON line on the standard input of a trainer that waited: its run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: str
    stdout: str
    stderr: str
    threads: int
    tag: str
    environment: dict[str, str]


class RunPaths:
    """The files of one run: the only place that knows their names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spec = folder / "spec.json"
        self.events = folder / "events.jsonl"
        self.result = folder / "result.json"
        self.error = folder / "error.json"
        self.partial = folder / "partial.json"
        self.model = folder / "model.skops"
        self.predictions = folder / "predictions.parquet"
        self.stdout = folder / "stdout.log"
        self.stderr = folder / "stderr.log"
        self.supervisor_log = folder / "supervisor.log"
        # What tells how an attempt ended, which the next attempt starts without.
        self.told = (self.events, self.result, self.error, self.partial)
        self.logs = (self.stdout, self.stderr, self.supervisor_log)
