"""A workspace: an opened data folder. The first argument of every service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from mlops_core.domain.events import RunPaths
from mlops_core.errors import StoreError
from mlops_core.i18n import _
from mlops_core.settings import Settings, load_settings
from mlops_core.store import migrations
from mlops_core.store.session import open_engine, transaction


def utc_now() -> datetime:
    return datetime.now(UTC)


class Workspace:
    """Engines, folders, settings and clock of one data folder. Safe to share between threads."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = utc_now) -> None:
        self.settings = settings
        self.home: Path = settings.home
        self.now = clock
        self._writer: Engine = open_engine(settings.database_url)
        self._reader: Engine = open_engine(settings.database_url, read_only=True)

    @classmethod
    def open(cls, settings: Settings | None = None) -> Workspace:
        """Open the data folder: make what is missing, bring the database up to date.

        Raises:
            StoreError: the folder cannot be made or the database cannot be used.
            InvalidInput: a setting cannot be used.
        """
        workspace = cls(settings or load_settings())
        try:
            for folder in workspace.folders:
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                _("The data folder {folder} cannot be made: {reason}.").format(
                    folder=workspace.home, reason=error.strerror
                ),
                _("Point MLOPS_HOME to a folder that may be written to."),
            ) from error
        workspace._migrate()
        return workspace

    def _migrate(self) -> None:
        head = migrations.head()
        with self.read() as connection:
            found = migrations.current(connection)
        if found == head:
            return
        if found is not None and found > head:
            raise StoreError(
                _("The database was made by a newer version of this app."),
                _("Update the app, or point MLOPS_HOME to another folder."),
            )
        with self.begin() as connection:
            # Another process may have been faster between the look and the transaction.
            if migrations.current(connection) != head:
                migrations.upgrade(connection)

    @property
    def folders(self) -> tuple[Path, ...]:
        return (self.home, self.uploads, self.datasets, self.runs, self.logs)

    @property
    def uploads(self) -> Path:
        return self.home / "uploads"

    @property
    def datasets(self) -> Path:
        return self.home / "datasets"

    @property
    def runs(self) -> Path:
        return self.home / "runs"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def scheduler_lock(self) -> Path:
        return self.home / "scheduler.lock"

    @property
    def scheduler_bell(self) -> Path:
        return self.home / "scheduler.bell"

    @property
    def app_lock(self) -> Path:
        """Shared by the apps that show this folder."""
        return self.home / "app.lock"

    def run_paths(self, run_id: int) -> RunPaths:
        return RunPaths(self.runs / str(run_id))

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A writing transaction; on SQLite it holds the one write lock from its first line."""
        with transaction(self._writer) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one consistent state and cannot write."""
        with transaction(self._reader) as connection:
            yield connection

    def close(self) -> None:
        self._writer.dispose()
        self._reader.dispose()
