"""The history of the tables (Alembic), applied by ``store.workspace`` when it opens."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

HERE = Path(__file__).parent


def head() -> str:
    """The newest revision: file names sort in their order (``0001_…``, ``0002_…``)."""
    return max(path.stem for path in (HERE / "versions").glob("[0-9]*.py")).split("_")[0]


def current(connection: Connection) -> str | None:
    """The revision that this database has, or ``None`` when it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def upgrade(connection: Connection, to: str = "head") -> None:
    """Bring the database to a revision inside the caller's transaction."""
    # Not at the top: only the first opening after an update needs Alembic (0.3 s to import).
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
