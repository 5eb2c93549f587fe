"""Find the ended runs of an algorithm by an index."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_index("ix_run_algorithm", "run", ["algorithm", "task", "ended_at"])
