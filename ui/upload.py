"""Files from the browser to the disk, never through the app's memory.

The uploader sends each file with ``PUT /api/uploads``; here it is counted, hashed and written
beside its place, then renamed. What the page gets back is an id, which only ever names a folder
of ours.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from mlops_core import words
from mlops_core.errors import InvalidInput, StoreError
from mlops_core.i18n import _, current_language
from mlops_core.store.locks import try_lock
from mlops_core.store.workspace import Workspace
from ui.app_state import workspace
from ui.assets import script, style

BATCH = 4 * 1024 * 1024
SPARE_BYTES = 256 * 1024 * 1024  # what stays free on the disk for the database and logs
_ID = re.compile(r"[0-9a-f]{32}")
EXTENSIONS = (
    *(".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"),
    *(".parquet", ".jsonl", ".ndjson", ".json", ".gz", ".zip"),
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Upload:
    """A file that has arrived. ``path`` is ours, ``name`` is what the person called it."""

    id: str
    name: str
    path: Path
    bytes: int
    sha256: str


def file_name(text: str) -> str:
    """The last part of a file's name, without what could confuse a reader or a disk.

    Raises:
        InvalidInput: nothing is left of it.
    """
    name = _CONTROL.sub("", text.replace("\\", "/").rsplit("/", 1)[-1]).strip()
    if name in {"", ".", ".."}:
        raise InvalidInput(_("The file needs a name."), field="name")
    return name[-200:]


class Intake:
    """One file on its way in."""

    def __init__(self, ws: Workspace, name: str) -> None:
        self.name = file_name(name)
        self.id = secrets.token_hex(16)
        self.folder = ws.uploads / self.id
        self.limit = int(ws.settings.max_upload_gb * 1024**3)
        self._part = ws.uploads / f"{self.id}.part"
        self._file = self._part.open("wb")
        self._lock = try_lock(self._part)  # a sweep leaves it alone as long as we live
        self._hash = hashlib.sha256()
        self._batch = bytearray()
        self.bytes = 0

    def expect(self, length: str | None) -> None:
        """Refuse at the start what cannot end well.

        Raises:
            InvalidInput: it is larger than a file may be.
            StoreError: the disk has no room for it.
        """
        if length is None or not length.isdigit():
            return
        self._check(int(length))
        free = shutil.disk_usage(self._part.parent).free
        if int(length) + SPARE_BYTES > free:
            raise StoreError(
                _("The file has {size}, but the disk has only {free} left.").format(
                    size=words.size(int(length)), free=words.size(free)
                ),
                _("Free some space and send it again."),
            )

    def _check(self, size: int) -> None:
        if size > self.limit:
            raise InvalidInput(
                _("The file is larger than {limit}, the most that can be sent.").format(
                    limit=words.gigabytes(self.limit / 1024**3)
                ),
                _("Raise MLOPS_MAX_UPLOAD_GB, or send a part of it."),
                field="file",
            )

    def add(self, chunk: bytes) -> bool:
        """Take a piece; ``True`` when it is time to ``flush``."""
        self.bytes += len(chunk)
        self._check(self.bytes)
        self._batch += chunk
        return len(self._batch) >= BATCH

    def flush(self) -> None:
        self._hash.update(self._batch)
        self._file.write(self._batch)
        self._batch.clear()

    def finish(self) -> dict[str, Any]:
        """Put the file in its place, complete or not at all.

        Raises:
            InvalidInput: it is empty.
        """
        self.flush()
        self._file.close()
        if self.bytes == 0:
            raise InvalidInput(_("The file {name} is empty.").format(name=self.name), field="file")
        facts = {"name": self.name, "bytes": self.bytes, "sha256": self._hash.hexdigest()}
        making = self.folder.with_suffix(".new")
        making.mkdir()
        (making / "facts.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
        self._part.rename(making / "file")
        making.rename(self.folder)
        self._unlock()
        return {"id": self.id, **facts}

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.close()

    def close(self) -> None:
        self._file.close()
        self._unlock()
        self._part.unlink(missing_ok=True)


def find(ws: Workspace, id: str) -> Upload | None:
    """The upload of this id, if it is still there."""
    if not _ID.fullmatch(id):
        return None
    try:
        facts = json.loads((ws.uploads / id / "facts.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Upload(
        id=id,
        name=facts["name"],
        path=ws.uploads / id / "file",
        bytes=facts["bytes"],
        sha256=facts["sha256"],
    )


def forget(ws: Workspace, id: str) -> None:
    if _ID.fullmatch(id):
        shutil.rmtree(ws.uploads / id, ignore_errors=True)


def discard(upload: Upload) -> None:
    """Remove the file; a dataset keeps its own copy."""
    forget(workspace(), upload.id)


_COMPONENT = st.components.v2.component(
    "mlops_uploader",
    html="<div class='up'></div>",
    css=style("upload"),
    js=script("upload"),
)


def uploader(
    label: str,
    *,
    key: str,
    multiple: bool = False,
    extensions: Sequence[str] = EXTENSIONS,
) -> tuple[Upload, ...]:
    """A place to drop files; those that have arrived and are still there."""
    ws = workspace()
    result = _COMPONENT(
        key=key,
        data={
            "label": label,
            "multiple": multiple,
            "accept": ",".join(extensions),
            "limit": int(ws.settings.max_upload_gb * 1024**3),
            "lang": current_language(),
            "words": _words(ws),
        },
        on_files_change=lambda: None,
    )
    files = getattr(result, "files", None) or []
    found = (find(ws, str(item)) for item in files if isinstance(item, str))
    return tuple(upload for upload in found if upload is not None)


def _words(ws: Workspace) -> dict[str, str]:
    kinds = _("CSV, Excel, Parquet or JSON lines, also in gzip or zip")
    limit = words.gigabytes(ws.settings.max_upload_gb)
    return {
        "drop": _("Drop a file here"),
        "browse": _("Choose a file"),
        "note": _("{kinds}, up to {limit}").format(kinds=kinds, limit=limit),
        "sending": _("Sending"),
        "checking": _("Storing"),
        "cancel": _("Cancel"),
        "remove": _("Remove"),
        "too_big": _("This file is larger than {limit}.").format(limit=limit),
        "failed": _("The connection was lost. Send the file again."),
        "left": _("{time} left"),
    }
