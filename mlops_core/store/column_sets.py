"""Columns of the run table, saved under a name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from mlops_core.store.tables import column_set


def list_sets(connection: Connection) -> dict[str, tuple[str, ...]]:
    """The columns of every set, by name, in the order of the names."""
    rows = connection.execute(
        select(column_set.c.name, column_set.c.columns).order_by(func.lower(column_set.c.name))
    )
    return {name: tuple(columns) for name, columns in rows}


def save(connection: Connection, name: str, columns: Sequence[str], *, at: datetime) -> None:
    """Keep ``columns`` as ``name``; what had this name before is gone."""
    connection.execute(delete(column_set).where(column_set.c.name == name))
    connection.execute(insert(column_set).values(name=name, columns=list(columns), created_at=at))


def remove(connection: Connection, name: str) -> bool:
    """Forget a set; says whether there was one."""
    return bool(connection.execute(delete(column_set).where(column_set.c.name == name)).rowcount)
