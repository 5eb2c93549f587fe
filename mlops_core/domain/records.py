"""Records: what is known. Frozen, keyword-only, without a database session behind them.

Times are aware datetimes in UTC; ``None`` means "not yet".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from mlops_core.domain.columns import Column, ReadReport
from mlops_core.domain.configs import (
    ExperimentConfig,
    FeatureConfig,
    ModelConfig,
    ResourceAllocation,
    RunSpec,
)
from mlops_core.domain.findings import Finding
from mlops_core.domain.params import Task
from mlops_core.domain.queue import Priority
from mlops_core.domain.results import Usage
from mlops_core.domain.states import EndReason, ExperimentStatus, RunStatus

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """Part of a list. ``cursor`` asks for what follows; ``None`` at the end."""

    items: tuple[T, ...]
    total: int
    cursor: str | None = None


@dataclass(frozen=True, kw_only=True)
class DatasetSummary:
    """A dataset as a list shows it, without its columns."""

    id: int
    name: str
    version: int
    description: str
    tags: tuple[str, ...]
    rows: int
    column_count: int
    bytes: int  # of the original file
    target: str | None
    task: Task | None
    sample: str | None  # key of the shipped sample it came from
    created_at: datetime
    versions: int = 1  # how many versions the name has
    experiments: int = 0  # how many experiments use this version


@dataclass(frozen=True, kw_only=True)
class Dataset(DatasetSummary):
    """One immutable version of a table; target, task, description and tags may be edited."""

    fingerprint: str  # SHA-256 of the original file
    original_name: str
    table_path: Path
    original_path: Path
    report: ReadReport
    columns: tuple[Column, ...]
    findings: tuple[Finding, ...]
    positive_class: str | None = None

    def column(self, name: str) -> Column | None:
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}


@dataclass(frozen=True, kw_only=True)
class FeatureSet:
    id: int
    name: str
    version: int
    dataset_name: str
    dataset_id: int  # the version it was made on
    config: FeatureConfig
    created_at: datetime
    versions: int = 1
    used: bool = False


@dataclass(frozen=True, kw_only=True)
class ModelVersion:
    id: int
    name: str
    version: int
    task: Task
    config: ModelConfig
    notes: str
    created_at: datetime
    versions: int = 1
    used: bool = False


@dataclass(frozen=True, kw_only=True)
class ResourceProfile:
    id: int
    name: str
    version: int
    allocation: ResourceAllocation
    description: str
    created_at: datetime
    used: bool = False


@dataclass(frozen=True, kw_only=True)
class Experiment:
    id: int
    name: str
    version: str  # semantic, without "v"
    description: str
    tags: tuple[str, ...]
    status: ExperimentStatus
    config: ExperimentConfig
    dataset_name: str
    dataset_version: int
    created_at: datetime
    parent_id: int | None = None  # the version it was made from
    archived_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ExperimentSummary:
    """An experiment as a list shows it."""

    id: int
    name: str
    version: str
    tags: tuple[str, ...]
    status: ExperimentStatus
    dataset_id: int
    dataset_name: str
    dataset_version: int
    task: Task
    runs: int
    completed: int
    failed: int
    metric: str | None  # primary metric of the best run
    best: float | None
    best_run_id: int | None
    algorithms: tuple[str, ...]
    created_at: datetime
    last_activity: datetime
    archived_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """A run as a list shows it."""

    id: int
    experiment_id: int
    experiment_name: str
    experiment_version: str
    owner: str  # who asked for it; empty for runs of earlier versions of the app
    priority: Priority
    model_name: str
    algorithm: str
    dataset_id: int
    dataset_name: str
    dataset_version: int
    task: Task
    tags: tuple[str, ...]
    status: RunStatus
    end_reason: EndReason | None
    message: str
    progress: float  # 0 … 1
    phase: str
    metric: str  # primary metric
    value: float | None  # its value: hold-out, else the mean over folds
    std: float | None  # over folds
    cpu_cores: int
    memory_gb: float
    gpus: int
    time_limit_hours: float
    usage: Usage
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    stop_requested_at: datetime | None = None
    archived_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ExperimentRun(RunSummary):
    """One run, whole."""

    spec: RunSpec
    digest: str
    attempt: int
    retries_left: int = 0
    number: int  # of this run within its experiment, from 1
    model_version_id: int | None = None
    fold: int = 0
    folds: int = 0
    cores: tuple[int, ...] = ()
    gpu_ids: tuple[str, ...] = ()  # UUIDs
    exit_code: int | None = None
    signal: int | None = None
    enforcement: dict[str, str] = field(default_factory=dict)
    supervisor_pid: int | None = None
    folder: Path


class MetricPoint(NamedTuple):
    """A tuple, since a run has ten thousand of them: made four times as fast as a dataclass."""

    seq: int
    name: str
    split: str
    fold: int
    step: int
    value: float
    at: datetime


class ResourceSample(NamedTuple):
    """What a run's whole process tree used since the sample before; ``None``: not told."""

    seq: int  # half seconds since the start, where no look came late
    at: datetime
    cpu_percent: float  # 100 = one core fully used
    memory_mb: float  # the most
    processes: int
    threads: int
    read_mb: float | None = None  # since the start, from disks
    write_mb: float | None = None
    gpu_percent: float | None = None  # 100 = one GPU fully used
    gpu_memory_mb: float | None = None  # the most


@dataclass(frozen=True, kw_only=True)
class RunEvent:
    """Something that happened to a run: a move, a claim, a warning."""

    seq: int
    at: datetime
    kind: str
    message: str
    attempt: int


@dataclass(frozen=True, kw_only=True)
class FinalMetric:
    """One metric of one completed run."""

    run_id: int
    name: str
    holdout: float | None
    mean: float | None
    std: float | None
    folds: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class ProcessIdentity:
    """A process that cannot be mistaken for another one that got its number later."""

    pid: int
    start_ticks: int
    boot_id: str
