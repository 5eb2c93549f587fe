"""Fixtures of the page tests: a real workspace behind the pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_core.store.locks import try_lock
from mlops_core.store.workspace import Workspace
from tests.pages.lab import Lab
from ui.app_state import use_workspace


@pytest.fixture
def ws(workspace: Workspace) -> Iterator[Workspace]:
    """An empty workspace, in use by the pages of this test."""
    use_workspace(workspace)
    yield workspace
    use_workspace(None)


@pytest.fixture
def lab(ws: Workspace, tmp_path: Path) -> Lab:
    """What fills the workspace."""
    return Lab(ws, tmp_path)


@pytest.fixture
def still(lab: Lab) -> Iterator[Lab]:
    """The same; the scheduler's lock is held, so that what a page queues stays in the queue."""
    lock = try_lock(lab.ws.scheduler_lock)
    assert lock is not None
    yield lab
    lock.close()
