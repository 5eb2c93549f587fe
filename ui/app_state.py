"""The one workspace of this process.

Streamlit runs a page as a script again and again, in many threads; modules stay. So the workspace
is a module's: opened by the start-up hook (or by the first page, in tests), shared by all sessions.
"""

from __future__ import annotations

from threading import Lock

from mlops_core.services.imports import Imports
from mlops_core.settings import load_settings
from mlops_core.store.workspace import Workspace

_lock = Lock()
_open: Workspace | None = None
_imports: Imports | None = None


def workspace() -> Workspace:
    """The workspace that ``MLOPS_HOME`` names.

    Raises:
        StoreError: it cannot be opened.
        InvalidInput: a setting cannot be used.
    """
    global _open
    with _lock:
        if _open is None:
            _open = Workspace.open(load_settings())
        return _open


def imports() -> Imports:
    """What is being imported into the workspace, by any session."""
    global _imports
    ws = workspace()
    with _lock:
        if _imports is None:
            _imports = Imports(ws)
        return _imports


def use_workspace(workspace: Workspace | None) -> None:
    """Put ``workspace`` in the place of the open one; ``None`` opens anew at the next call."""
    global _open, _imports
    with _lock:
        _open, _imports = workspace, None
