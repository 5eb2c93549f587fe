"""Engines and transactions: one writing engine, one that can only read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from mlops_core.errors import InvalidInput, StoreError
from mlops_core.i18n import _

BUSY_TIMEOUT_MS = 30_000


def _dump(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def open_engine(url: str, *, read_only: bool = False) -> Engine:
    """An engine for ``url``; on SQLite with the pragmas that let many processes share one file.

    Raises:
        InvalidInput: the URL is none, or its driver is not installed.
    """
    try:
        parsed = make_url(url)
        engine = create_engine(parsed, json_serializer=_dump, json_deserializer=orjson.loads)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise InvalidInput(
            _("The database address in DATABASE_URL cannot be used: {reason}.").format(
                reason=type(error).__name__
            ),
            _("Remove DATABASE_URL to use the built-in SQLite database."),
            field="DATABASE_URL",
        ) from error
    if parsed.get_backend_name() == "sqlite":
        _prepare_sqlite(engine, read_only)
    return engine


def _prepare_sqlite(engine: Engine, read_only: bool) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        # We say BEGIN ourselves: the driver's own begin is deferred, and a deferred transaction
        # that reads first and writes later fails at once when another writer came between.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        if read_only:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction, committed at the end, with the database's own errors translated.

    Raises:
        StoreError: the database is busy, full, damaged or unreachable.
        InvalidInput: it was asked for a number or a text that it cannot hold.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except OperationalError as error:
        reason = str(error.orig)
        if "locked" in reason or "busy" in reason:
            message = _("The database is busy.")
            hint = _("Another process has held it for half a minute; try again.")
        elif "full" in reason:
            message, hint = _("The disk is full."), _("Free some space and try again.")
        else:
            message = _("The database did not answer: {reason}.").format(reason=reason)
            hint = _("Check that its file or server is there and may be written to.")
        raise StoreError(message, hint) from error
    except DBAPIError as error:
        reason = str(error.orig)
        if error.connection_invalidated or "malformed" in reason or "not a database" in reason:
            raise StoreError(
                _("The database cannot be read: {reason}.").format(reason=reason),
                _("Restore it from a backup or start with an empty data folder."),
            ) from error
        raise
    except (OverflowError, UnicodeEncodeError) as error:
        raise InvalidInput(
            _("This number or text cannot be looked up: no database can hold it."),
            _("Type it again."),
        ) from error
