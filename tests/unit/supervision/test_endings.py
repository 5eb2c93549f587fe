"""Endings in words."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from mlops_core.domain.configs import ResourceAllocation
from mlops_core.domain.events import PhaseEvent, ProgressEvent, RunPaths
from mlops_core.domain.results import (
    CrossValidated,
    PartialResult,
    TrainingError,
    TrainingResult,
)
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
        paths,
        code,
        place=place,
        given=GIVEN,
        peak=GB // 2,
        machine_full=machine_full,
        disk_limit=2 * GB,
    )


def test_the_memory_limit_is_told_with_peak_allocation_and_place(place: Place) -> None:
    ending = endings.out_of_memory(int(2.1 * GB), GIVEN, place)
    assert ending == Ending(
        EndReason.MEMORY_LIMIT,
        "Stopped: it used 2.1 GB of the 2 GB it was given, in fold 3 of 5. Give it more memory or "
        "a simpler model.",
    )


def test_what_the_kernel_ended_has_used_all_it_was_given(place: Place) -> None:
    assert endings.ran_out_of_memory(GIVEN, place) == Ending(
        EndReason.MEMORY_LIMIT,
        "Stopped: it used up the 2 GB it was given and asked for more, in fold 3 of 5. Give it "
        "more memory or a simpler model.",
    )


@pytest.mark.parametrize("how", ["signal", "error", "stderr"])
def test_a_file_that_outgrew_the_disk_of_a_run_is_the_disk_limit(
    paths: RunPaths, place: Place, how: str
) -> None:
    if how == "error":
        error = TrainingError(
            kind="OSError", message="A file could not be read or written: File too large."
        )
        paths.error.write_text(error.model_dump_json())
    elif how == "stderr":
        paths.stderr.write_text("OSError: [Errno 27] File too large")
    ending = exited(paths, -signal.SIGXFSZ if how == "signal" else 1, place)
    assert ending.reason is EndReason.DISK_LIMIT
    assert "more than the 2 GB of disk" in ending.message
    assert "in fold 3 of 5" in ending.message


def test_folds_that_were_judged_are_kept_and_said(paths: RunPaths, place: Place) -> None:
    ended = endings.cancelled(place)
    assert ended.with_folds(paths) == ended
    scores = CrossValidated(mean=0.5, std=0.1, folds=(0.4, 0.6))
    partial = PartialResult(planned_folds=5, cv={"accuracy": scores})
    paths.partial.write_text(partial.model_dump_json())
    found = ended.with_folds(paths)
    assert found.message.endswith("The scores of 2 of 5 folds are kept.")
    assert found.partial == partial
    paths.partial.write_text(partial.model_copy(update={"planned_folds": 2}).model_dump_json())
    assert ended.with_folds(paths).message.endswith("The scores of all folds are kept.")
    finished = Ending(EndReason.FINISHED, "", TrainingResult(primary_metric="accuracy"))
    assert finished.with_folds(paths) == finished
    paths.partial.write_text("{half")
    assert ended.with_folds(paths) == ended


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
    assert exited(paths, -signal.SIGSEGV, place) == Ending(EndReason.FINISHED, "", result)


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


def test_too_much_gpu_memory_is_told_apart_from_too_much_memory(place: Place) -> None:
    given = ResourceAllocation(gpus=1, gpu_memory_gb=4)
    ending = endings.out_of_gpu_memory(4 * GB + 1, given, place)
    assert ending.reason is EndReason.MEMORY_LIMIT
    assert ending.message == (
        "Stopped: it used 4.01 GB of the 4 GB of GPU memory it was given, in fold 3 of 5. "
        "Give it more GPU memory or a simpler model."
    )
