"""A workspace in which what is queued stays queued."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mlops_core.store.locks import try_lock
from mlops_core.store.workspace import Workspace


@pytest.fixture
def idle(workspace: Workspace) -> Iterator[Workspace]:
    """The scheduler's lock is held, so that waking it starts none."""
    lock = try_lock(workspace.scheduler_lock)
    assert lock is not None
    yield workspace
    lock.close()
