"""``queue``: what it prints, and what it changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_core.cli import main
from mlops_core.domain.queue import Priority
from mlops_core.services import runs
from mlops_core.store.workspace import Workspace
from tests.pages.lab import Lab


@pytest.fixture
def lab(idle: Workspace, tmp_path: Path) -> Lab:
    return Lab(idle, tmp_path)


def test_an_empty_queue_is_said(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["queue", "show"]) == 0
    assert capsys.readouterr().out == "Nothing runs or waits.\n"


def test_what_waits_is_shown_in_its_order(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    _made, (first, second) = lab.experiment(lab.dataset(), algorithms=("dummy", "knn"))
    assert main(["queue", "priority", str(second), "high"]) == 0
    assert capsys.readouterr().out == f"Run {second} has high priority now.\n"
    assert runs.get_run(lab.ws, second).priority is Priority.HIGH
    assert main(["queue", "show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[-2:]] == [["1", str(second)], ["2", str(first)]]


def test_a_priority_of_a_run_that_is_not_there_is_refused(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["queue", "priority", "77", "low"]) != 0
    assert "There is no run 77." in capsys.readouterr().err


def test_all_of_an_owner_are_withdrawn(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    _made, (run_id,) = lab.experiment(lab.dataset())
    assert main(["queue", "stop-mine", "--json"]) == 0
    assert runs.get_run(lab.ws, run_id).status == "queued"
    assert main(["queue", "stop-mine", "--owner", "kim"]) == 0
    assert runs.get_run(lab.ws, run_id).status == "cancelled"
    assert "1 runs of kim" in capsys.readouterr().out
