"""Mean memory, disk traffic and GPU use of runs, at the end and over time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for name in ("mean_memory_mb", "peak_gpu_memory_mb", "read_mb", "write_mb"):
        op.add_column("run", sa.Column(name, sa.Float(), nullable=True))
    for name in ("read_mb", "write_mb", "gpu_percent", "gpu_memory_mb"):
        op.add_column("resource_sample", sa.Column(name, sa.Float(), nullable=True))
