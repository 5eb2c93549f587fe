"""Who asked for a run and how urgent it is, which GPUs it has, and how often it may be retried."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # One by one and with defaults, so that SQLite need not copy the table.
    for column in (
        sa.Column("owner", sa.String(length=60), nullable=False, server_default=""),
        sa.Column("priority", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("gpu_memory_gb", sa.Float(), nullable=False, server_default="0"),
        sa.Column("gpu_ids", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("retries_left", sa.Integer(), nullable=False, server_default="0"),
    ):
        op.add_column("run", column)
