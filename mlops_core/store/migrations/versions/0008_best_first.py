"""The best runs of a dataset by their metric, without looking at the others."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_index("ix_run_best", "run", ["dataset_id", "metric", "value"])
