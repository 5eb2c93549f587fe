"""Fixtures of every test: a real workspace in a folder of its own, and no process left behind."""

from __future__ import annotations

import os

# Before anything imports a numeric library: several workers share few cores, and OpenMP threads
# that spin for a core that another one holds take 25 times longer.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", OMP_WAIT_POLICY="PASSIVE")

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from mlops_core.settings import BOUND_VARIABLES, VARIABLES, load_settings
from mlops_core.store.workspace import Workspace
from tests.support import end_processes

# A shell that starts the tests in the background lets them ignore Ctrl-C, and every process that
# they start inherits that; some of these are meant to be interrupted.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Tests do the same on every machine. tests/processes/test_cgroups.py uses groups where there are
# some; MLOPS_CONTROL_GROUPS=1 lets all tests use them.
CONTROL_GROUPS = os.environ.get("MLOPS_CONTROL_GROUPS", "0")

# Data from a slow, shared machine must not fail a test; what a rule says is the same either way.
settings.register_profile(
    "suite",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("suite")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests reaches them."""
    for name in (*VARIABLES, *BOUND_VARIABLES):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty data folder; copying it takes a millisecond."""
    home = tmp_path_factory.mktemp("template") / "home"
    Workspace.open(load_settings({"MLOPS_HOME": str(home)})).close()
    return home


@pytest.fixture
def home(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder, named by MLOPS_HOME; whatever worked for it is gone after the test."""
    folder = tmp_path / "home"
    shutil.copytree(template, folder)
    monkeypatch.setenv("MLOPS_HOME", str(folder))
    monkeypatch.setenv("MLOPS_SCHEDULER_IDLE_SECONDS", "1")
    monkeypatch.setenv("MLOPS_CONTROL_GROUPS", CONTROL_GROUPS)
    yield folder
    end_processes(folder)


@pytest.fixture
def workspace(home: Path) -> Iterator[Workspace]:
    """An opened workspace in ``home``."""
    opened = Workspace.open()
    yield opened
    opened.close()
