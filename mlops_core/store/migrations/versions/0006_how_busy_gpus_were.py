"""How busy a run kept its GPUs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("run", sa.Column("mean_gpu_percent", sa.Float(), nullable=True))
