"""Fits in these tests use one thread, as a run that was given one core does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    # The pools exist only once the libraries are loaded.
    import sklearn.ensemble  # noqa: F401

    with threadpool_limits(limits=1):
        yield
