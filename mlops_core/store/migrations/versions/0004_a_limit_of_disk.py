"""A run may end because it filled its part of the disk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

REASON = "end_reason IS NULL OR end_reason IN ({})"
ENDING = (
    "(status IN ('queued', 'running') AND end_reason IS NULL)"
    " OR (status = 'completed' AND end_reason IS NOT NULL AND end_reason IN ('finished'))"
    " OR (status = 'failed' AND end_reason IS NOT NULL AND end_reason IN ({}))"
    " OR (status = 'cancelled' AND end_reason IS NOT NULL AND end_reason IN ('cancelled'))"
)
REASONS = (
    "'finished', 'error', 'memory_limit', 'time_limit', 'cancelled', 'killed', 'lost'",
    "'finished', 'error', 'memory_limit', 'time_limit', 'disk_limit', 'cancelled', 'killed', 'lost'",
)
FAILURES = (
    "'error', 'killed', 'lost', 'memory_limit', 'time_limit'",
    "'disk_limit', 'error', 'killed', 'lost', 'memory_limit', 'time_limit'",
)


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        _rewrite(connection)
        return
    for name, text, values in (("end_reason", REASON, REASONS), ("ending", ENDING, FAILURES)):
        op.drop_constraint(op.f(f"ck_run_{name}"), "run", type_="check")
        op.create_check_constraint(op.f(f"ck_run_{name}"), "run", text.format(values[1]))


def _rewrite(connection: sa.Connection) -> None:
    """Widen the constraints in place.

    Copying the table instead would drop it, and with it, by their foreign keys, everything that
    was measured. For a constraint that only lets more pass SQLite documents this way:
    https://www.sqlite.org/lang_altertable.html#otheralter
    """
    find = sa.text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'run'")
    before = connection.execute(find).scalar_one()
    after = before
    for text, values in ((REASON, REASONS), (ENDING, FAILURES)):
        old = text.format(values[0])
        if after.count(old) != 1:
            raise RuntimeError("the table of runs is not the one that this migration knows")
        after = after.replace(old, text.format(values[1]))
    version = connection.execute(sa.text("PRAGMA schema_version")).scalar_one()
    connection.execute(sa.text("PRAGMA writable_schema = ON"))
    connection.execute(
        sa.text("UPDATE sqlite_schema SET sql = :sql WHERE type = 'table' AND name = 'run'"),
        {"sql": after},
    )
    connection.execute(sa.text(f"PRAGMA schema_version = {int(version) + 1}"))
    connection.execute(sa.text("PRAGMA writable_schema = RESET"))
