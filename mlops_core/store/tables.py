"""The tables. Their history is in ``migrations/``; a test keeps the two equal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from mlops_core.domain.states import MOVES, EndReason, RunStatus

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored as seconds since 1970: the same, and sortable, everywhere."""

    impl = Float(53)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> float | None:
        return None if value is None else value.timestamp()

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value, UTC)


def _in(column: str, values: list[str]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _endings() -> str:
    """Status and end reason fit together exactly as the table of moves says."""
    open_ = [str(move.target) for move in MOVES.values() if not move.reasons]
    parts = [f"({_in('status', sorted(set(open_)))} AND end_reason IS NULL)"]
    for status in (RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED):
        reasons = {
            str(reason)
            for move in MOVES.values()
            if move.target is status
            for reason in move.reasons
        }
        # NULL IN (…) is unknown, and a CHECK lets the unknown pass.
        given = f"end_reason IS NOT NULL AND {_in('end_reason', sorted(reasons))}"
        parts.append(f"(status = '{status}' AND {given})")
    return " OR ".join(parts)


dataset = Table(
    "dataset",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("tags", JSON, nullable=False),
    Column("original_name", Text, nullable=False),
    Column("folder", Text, nullable=False),  # below the workspace's datasets folder
    Column("fingerprint", String(64), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("column_count", Integer, nullable=False),
    Column("target", Text),
    Column("task", String(20)),
    Column("positive_class", Text),
    Column("sample", String(60)),
    Column("report", JSON, nullable=False),
    Column("columns", JSON, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("name", "version"),
)

feature_set = Table(
    "feature_set",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("dataset_name", String(200), nullable=False),
    Column("dataset_id", ForeignKey("dataset.id"), nullable=False, index=True),
    Column("config", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("name", "version"),
)

model_version = Table(
    "model_version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("task", String(20), nullable=False),
    Column("algorithm", String(60), nullable=False),
    Column("config", JSON, nullable=False),
    Column("notes", Text, nullable=False, default=""),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("name", "version"),
)

resource_profile = Table(
    "resource_profile",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("version", Integer, nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("allocation", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("name", "version"),
)

experiment = Table(
    "experiment",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("major", Integer, nullable=False),
    Column("minor", Integer, nullable=False),
    Column("patch", Integer, nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("task", String(20), nullable=False),
    Column("config", JSON, nullable=False),
    Column("dataset_id", ForeignKey("dataset.id"), nullable=False, index=True),
    Column("feature_set_id", ForeignKey("feature_set.id"), index=True),
    Column("resource_profile_id", ForeignKey("resource_profile.id"), index=True),
    Column("parent_id", ForeignKey("experiment.id")),
    Column("created_at", Instant, nullable=False, index=True),
    Column("archived_at", Instant),
    UniqueConstraint("name", "major", "minor", "patch"),
)

experiment_tag = Table(
    "experiment_tag",
    metadata,
    Column("experiment_id", ForeignKey("experiment.id", ondelete="CASCADE"), primary_key=True),
    Column("tag", String(100), primary_key=True),
    Index("ix_experiment_tag_tag", "tag", "experiment_id"),
)

experiment_model = Table(
    "experiment_model",
    metadata,
    Column("experiment_id", ForeignKey("experiment.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("algorithm", String(60), nullable=False),
    Column("model_version_id", ForeignKey("model_version.id"), index=True),
)

run = Table(
    "run",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("experiment_id", ForeignKey("experiment.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("model_name", String(200), nullable=False),
    Column("model_version_id", ForeignKey("model_version.id"), index=True),
    Column("algorithm", String(60), nullable=False),
    Column("dataset_id", ForeignKey("dataset.id"), nullable=False),
    Column("task", String(20), nullable=False),
    Column("owner", String(60), nullable=False, server_default=""),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("spec", JSON, nullable=False),
    Column("digest", String(64), nullable=False, index=True),
    Column("status", String(20), nullable=False),
    Column("end_reason", String(20)),
    Column("message", Text, nullable=False, default=""),
    Column("attempt", Integer, nullable=False, default=0),
    Column("retries_left", Integer, nullable=False, server_default="0"),
    Column("progress", Float, nullable=False, default=0.0),
    Column("phase", String(40), nullable=False, default=""),
    Column("fold", Integer, nullable=False, default=0),
    Column("folds", Integer, nullable=False, default=0),
    Column("metric", String(40), nullable=False),
    Column("value", Float),
    Column("std", Float),
    Column("cpu_cores", Integer, nullable=False),
    Column("memory_gb", Float, nullable=False),
    Column("gpus", Integer, nullable=False),
    Column("gpu_memory_gb", Float, nullable=False, server_default="0"),
    Column("gpu_ids", JSON, nullable=False, server_default="[]"),
    Column("time_limit_hours", Float, nullable=False),
    Column("cores", JSON, nullable=False),
    Column("enforcement", JSON, nullable=False),
    Column("peak_memory_mb", Float),
    Column("mean_memory_mb", Float),
    Column("peak_gpu_memory_mb", Float),
    Column("mean_gpu_percent", Float),
    Column("cpu_seconds", Float),
    Column("wall_seconds", Float),
    Column("read_mb", Float),
    Column("write_mb", Float),
    Column("exit_code", Integer),
    Column("signal", Integer),
    Column("supervisor_pid", Integer),
    Column("supervisor_ticks", BigInteger),
    Column("boot_id", String(60)),
    Column("created_at", Instant, nullable=False),
    Column("claimed_at", Instant),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("stop_requested_at", Instant),
    Column("archived_at", Instant),
    CheckConstraint(_in("status", [str(status) for status in RunStatus]), name="status"),
    CheckConstraint(
        f"end_reason IS NULL OR {_in('end_reason', [str(reason) for reason in EndReason])}",
        name="end_reason",
    ),
    CheckConstraint(_endings(), name="ending"),
    CheckConstraint("progress >= 0 AND progress <= 1", name="progress"),
    Index("ix_run_experiment", "experiment_id", "number"),
    # The first two find what waits; with the others, counting needs no row.
    Index("ix_run_status", "status", "created_at", "archived_at", "experiment_id"),
    Index("ix_run_created", "created_at"),
    Index("ix_run_ended", "ended_at"),
    Index("ix_run_dataset", "dataset_id"),
    Index("ix_run_best", "dataset_id", "metric", "value"),
    Index("ix_run_algorithm", "algorithm", "task", "ended_at"),
)

metric_value = Table(
    "metric_value",
    metadata,
    Column("run_id", ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("holdout", Float),
    Column("mean", Float),
    Column("std", Float),
    Column("folds", JSON, nullable=False),
)

metric_point = Table(
    "metric_point",
    metadata,
    Column("run_id", ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("name", String(40), nullable=False),
    Column("split", String(20), nullable=False),
    Column("fold", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("value", Float, nullable=False),
    Column("at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

resource_sample = Table(
    "resource_sample",
    metadata,
    Column("run_id", ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("cpu_percent", Float, nullable=False),
    Column("memory_mb", Float, nullable=False),
    Column("processes", Integer, nullable=False),
    Column("threads", Integer, nullable=False),
    Column("read_mb", Float),
    Column("write_mb", Float),
    Column("gpu_percent", Float),
    Column("gpu_memory_mb", Float),
    sqlite_with_rowid=False,
)

run_event = Table(
    "run_event",
    metadata,
    Column("run_id", ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("message", Text, nullable=False, default=""),
    Column("attempt", Integer, nullable=False),
    sqlite_with_rowid=False,
)

column_set = Table(
    "column_set",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("columns", JSON, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("name"),
)
