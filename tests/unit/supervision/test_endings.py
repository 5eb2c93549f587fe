"""Endings in words."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from mlops_core.domain.configs import ResourceAllocation
from mlops_core.domain.events import PhaseEvent, ProgressEvent, RunPaths
from mlops_core.domain.results import TrainingError, TrainingResult
from mlops_core.domain.states import EndReason
from mlops_core.supervision import endings
from mlops_core.supervision.endings import Ending, Place

GIVEN = ResourceAllocation(memory_gb=2, time_limit_hours=0.1)
GB = 1024**3


@pytest.fixture
def paths(tmp_path: Path) -> RunPaths:
    return RunPaths(tmp_path)


@pytest.fixture
def place() -> Place:
    found = Place()
    found.move(PhaseEvent(t=1, phase="fold", fold=3, of=5))
    found.move(ProgressEvent(t=1, done=0.42))
    return found


def exited(paths: RunPaths, code: int, place: Place, *, machine_full: bool = False) -> Ending:
    return endings.exited(
        paths, code, place=place, given=GIVEN, peak=GB // 2, machine_full=machine_full
    )


def test_the_memory_limit_is_told_with_peak_allocation_and_place(place: Place) -> None:
    ending = endings.out_of_memory(int(2.1 * GB), GIVEN, place)
    assert ending == (
        EndReason.MEMORY_LIMIT,
        "Stopped: it used 2.1 GB of the 2 GB it was given, in fold 3 of 5. Give it more memory or "
        "a simpler model.",
        None,
    )


def test_a_limit_passed_by_a_hair_is_still_seen_to_be_passed(place: Place) -> None:
    assert "used 2.01 GB of the 2 GB" in endings.out_of_memory(2 * GB + 1, GIVEN, place).message


def test_the_time_limit_is_told_with_limit_and_progress(place: Place) -> None:
    ending = endings.out_of_time(GIVEN, place)
    assert ending.reason is EndReason.TIME_LIMIT
    assert "time limit of 6 minutes, in fold 3 of 5, with 42% done." in ending.message


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (36, "36 seconds"),
        (90, "1.5 minutes"),
        (3600, "1 hour"),
        (0.4, "0.4 seconds"),
    ],
)
def test_durations_are_told_in_the_unit_that_fits(seconds: float, words: str) -> None:
    assert endings.duration(seconds) == words


@pytest.mark.parametrize("kind", ["MemoryError", "_ArrayMemoryError", "ArrowMemoryError"])
def test_a_refused_request_is_the_memory_limit(paths: RunPaths, place: Place, kind: str) -> None:
    paths.error.write_text(TrainingError(kind=kind, message="No memory.").model_dump_json())
    ending = exited(paths, 1, place)
    assert ending.reason is EndReason.MEMORY_LIMIT
    assert "held 0.5 GB and asked for more at once than the 2 GB" in ending.message


def test_a_crash_for_want_of_memory_is_the_memory_limit(paths: RunPaths, place: Place) -> None:
    paths.stderr.write_text("x" * 10_000 + "terminate called after throwing 'std::bad_alloc'\n")
    assert exited(paths, -signal.SIGABRT, place).reason is EndReason.MEMORY_LIMIT


def test_a_result_counts_though_the_process_died_after_it(paths: RunPaths, place: Place) -> None:
    result = TrainingResult(primary_metric="r2", holdout={"r2": 0.5})
    paths.result.write_text(result.model_dump_json())
    assert exited(paths, -signal.SIGSEGV, place) == (EndReason.FINISHED, "", result)


def test_a_kill_by_a_machine_without_memory_is_said_to_be_one(
    paths: RunPaths, place: Place
) -> None:
    full = exited(paths, -signal.SIGKILL, place, machine_full=True)
    assert full.reason is EndReason.KILLED
    assert "The machine had no memory left." in full.message
    assert "Something outside this app" in exited(paths, -signal.SIGKILL, place).message
    assert "ended by signal 99" in exited(paths, -99, place).message


def test_a_place_is_told_for_every_phase_and_for_none() -> None:
    place = Place()
    assert str(place) == "while it was starting"
    for phase, words in (("final", "in the final fit"), ("dreaming", "in the phase dreaming")):
        place.move(PhaseEvent(t=1, phase=phase))
        assert str(place) == words


def test_progress_never_goes_back(place: Place) -> None:
    place.move(ProgressEvent(t=2, done=0.1))
    assert place.done == 0.42


def test_a_gone_supervisor_is_told_apart_from_a_restarted_machine() -> None:
    assert "was killed" in endings.supervisor_gone(rebooted=False).message
    assert "machine was restarted" in endings.supervisor_gone(rebooted=True).message
