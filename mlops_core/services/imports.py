"""Imports that go on by themselves: a page starts them, sees how far they are, cancels them.

They live in the memory of the process that started them and end with it: what was not finished
leaves nothing behind, and the file can be imported again.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from threading import BoundedSemaphore, Event, Lock, Thread

from mlops_core.domain.columns import ReadOptions
from mlops_core.errors import Cancelled, MlopsError, StoreError
from mlops_core.i18n import _
from mlops_core.services import datasets
from mlops_core.services.reading import Watch
from mlops_core.store.workspace import Workspace

AT_ONCE = 2
ENDED_KEPT = 20
ASK_SECONDS = 0.1  # how often one that waits for its turn looks whether it is still wanted

log = logging.getLogger("mlops.imports")


class Stage(StrEnum):
    """Where an import is."""

    WAITING = "waiting"  # for others to end
    READING = "reading"
    ADDED = "added"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self not in (Stage.WAITING, Stage.READING)


@dataclass(frozen=True, kw_only=True)
class Import:
    """One import as it is now.

    Attributes:
        name: Of the dataset that it becomes.
        step: What is being done, a key of ``data.progress.WEIGHTS``.
        share: How much of everything is done, from 0 to 1.
        dataset_id: The dataset that it became, or was already.
        error: Why it failed.
    """

    id: str
    file_name: str
    name: str
    bytes: int
    started_at: datetime
    stage: Stage = Stage.WAITING
    step: str = ""
    share: float = 0.0
    dataset_id: int | None = None
    error: MlopsError | None = None


@dataclass
class _Entry:
    now: Import
    wanted: bool = True
    ended: Event = field(default_factory=Event)


class Imports:
    """The imports of one process: ``AT_ONCE`` of them read, the others wait for their turn."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self._lock = Lock()
        self._turn = BoundedSemaphore(AT_ONCE)
        self._entries: dict[str, _Entry] = {}

    def start(
        self,
        path: Path,
        *,
        file_name: str,
        name: str,
        tags: Sequence[str] = (),
        options: ReadOptions | None = None,
        after: Callable[[], None] | None = None,
    ) -> str:
        """Begin to import ``path`` and give its id; errors become part of the import.

        Args:
            after: Called once the dataset is there.
        """
        now = Import(
            id=secrets.token_hex(8),
            file_name=file_name,
            name=name,
            bytes=path.stat().st_size if path.is_file() else 0,
            started_at=self._ws.now(),
        )
        entry = _Entry(now)

        def add() -> None:
            dataset = datasets.add_file(
                self._ws,
                path,
                name=name,
                tags=tags,
                original_name=file_name,
                options=options,
                watch=self._watch(entry),
            )
            self._change(entry, stage=Stage.ADDED, dataset_id=dataset.id, share=1.0)
            if after is not None:
                after()

        with self._lock:
            self._entries[now.id] = entry
            self._forget_old()
        context = copy_context()  # the thread speaks the language of who started it
        work = partial(context.run, self._run, entry, add)
        Thread(target=work, name=f"import-{now.id}", daemon=True).start()
        return now.id

    def known(self) -> tuple[Import, ...]:
        """All that go on, and the last ones that ended; those started last come first."""
        with self._lock:
            return tuple(entry.now for entry in reversed(self._entries.values()))

    def get(self, id: str) -> Import | None:
        """The import of this id, unless it was forgotten."""
        entry = self._entries.get(id)
        return entry.now if entry else None

    def wait(self, id: str, seconds: float) -> None:
        """Return when it has ended, at the latest after so many seconds."""
        entry = self._entries.get(id)
        if entry is not None:
            entry.ended.wait(seconds)

    def cancel(self, id: str) -> None:
        """End it as soon as possible; nothing is added. One that has ended stays as it is."""
        entry = self._entries.get(id)
        if entry is not None:
            entry.wanted = False

    def forget(self, id: str) -> None:
        """Do not tell of it any more; one that goes on is kept."""
        with self._lock:
            entry = self._entries.get(id)
            if entry is not None and entry.now.stage.is_final:
                del self._entries[id]

    def _run(self, entry: _Entry, add: Callable[[], None]) -> None:
        turn = False
        try:
            while entry.wanted and not turn:
                turn = self._turn.acquire(timeout=ASK_SECONDS)
            if not entry.wanted:
                raise Cancelled(_("The import was cancelled."), _("Nothing was added."))
            self._change(entry, stage=Stage.READING)
            add()
        except Cancelled as error:
            self._change(entry, stage=Stage.CANCELLED, error=error)
        except MlopsError as error:
            self._change(entry, stage=Stage.FAILED, error=error)
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it
            self._change(entry, stage=Stage.FAILED, error=_unforeseen(error))
        finally:
            if turn:
                self._turn.release()
            entry.ended.set()

    def _watch(self, entry: _Entry) -> Watch:
        return Watch(
            tell=lambda step, share: self._change(entry, step=step, share=share),
            cancelled=lambda: not entry.wanted,
        )

    def _change(self, entry: _Entry, **values: object) -> None:
        with self._lock:
            entry.now = replace(entry.now, **values)  # type: ignore[arg-type]

    def _forget_old(self) -> None:
        ended = [id for id, entry in self._entries.items() if entry.now.stage.is_final]
        for id in ended[:-ENDED_KEPT]:
            del self._entries[id]


def _unforeseen(error: Exception) -> StoreError:
    reference = secrets.token_hex(4)
    log.error("reference %s", reference, exc_info=error)
    return StoreError(
        _("Something went wrong that was not foreseen."),
        _("Nothing was added. Look for {reference} in the app's log.").format(reference=reference),
    )
