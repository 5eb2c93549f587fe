"""What a crash left behind in the folders of datasets and uploads, and taking it away."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path

from mlops_core.services.reading import IMPORTING, UNSAVED_FILE
from mlops_core.store import datasets as store
from mlops_core.store.locks import is_held
from mlops_core.store.workspace import Workspace

REMOVED = ".removed-"  # how folders begin that nobody needs any more
SWEEP_AGE = timedelta(hours=1)
# A person may look at what was understood of an upload for a while before adding it.
UPLOAD_AGE = timedelta(hours=24)
_UPLOAD = re.compile(r"[0-9a-f]{32}(\.new)?")
_PART = re.compile(r"[0-9a-f]{32}\.part")


def sweep(ws: Workspace) -> int:
    """Remove it; how much it was.

    What is being worked on is locked by who works on it, and stays. Nor is anything else taken
    that this database does not know: another database, or a person, may.
    """
    with ws.read() as connection:
        known = store.folders(connection)
    left = [folder for folder in ws.datasets.iterdir() if _is_left_over(ws, folder, known)]
    left += [one for one in ws.uploads.iterdir() if _is_lost(ws, one)]
    for one in left:
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one, ignore_errors=True)
        else:
            one.unlink(missing_ok=True)
    return len(left)


def _is_left_over(ws: Workspace, folder: Path, known: frozenset[str]) -> bool:
    if folder.name.startswith(REMOVED):
        return True
    unsaved = folder / UNSAVED_FILE
    if unsaved.exists() and folder.name not in known:
        return not is_held(unsaved)
    # Just made, not yet locked; or left by an earlier version of this app.
    return folder.name.startswith(IMPORTING) and _age(ws, folder) > SWEEP_AGE


def _is_lost(ws: Workspace, sent: Path) -> bool:
    if _PART.fullmatch(sent.name):
        return not is_held(sent)
    return _UPLOAD.fullmatch(sent.name) is not None and _age(ws, sent) > UPLOAD_AGE


def _age(ws: Workspace, path: Path) -> timedelta:
    """How long ago anything in ``path`` was written."""
    try:
        times = [one.lstat().st_mtime for one in (path, *path.rglob("*"))]
    except FileNotFoundError:
        return timedelta(0)  # another process has just finished or removed it
    return timedelta(seconds=ws.now().timestamp() - max(times))
