"""Whatever a trainer does, its run ends with the truth, and nothing of it is left."""

from __future__ import annotations

import json
import signal

import pytest

from mlops_core.domain.events import TrainerJob
from mlops_core.domain.results import RunOutcome
from mlops_core.domain.states import EndReason
from mlops_core.store import runs, series
from tests.processes.conftest import Lab
from tests.support import wait_until

pytestmark = pytest.mark.process


def test_a_result_completes_the_run_with_its_metrics_points_and_usage(lab: Lab) -> None:
    row = lab.run(
        """
        event(kind="phase", phase="fold", fold=1, of=2)
        event(kind="metric", name="accuracy", split="validation", fold=1, step=1, value=0.5)
        (folder / "events.jsonl").open("a").write("no event\\n{}\\n[1, 2\\n")
        event(kind="metric", name="accuracy", split="validation", fold=2, step=2, value=0.6)
        event(kind="progress", done=0.5)
        end = time.monotonic() + 1.2
        while time.process_time() < 0.8 or time.monotonic() < end:
            sum(range(1000))
        (folder / "cpu").write_text(str(time.process_time()))
        deliver()
        """
    )
    assert (row.status, row.end_reason, row.message) == ("completed", "finished", "")
    assert (row.value, row.std, row.progress, row.exit_code) == (0.75, 0.1, 1.0, 0)
    assert row.peak_memory_mb > 5
    told = float((lab.paths(row.id).folder / "cpu").read_text())
    assert told - 0.02 < row.cpu_seconds < told + 1
    assert row.wall_seconds > 1.2
    assert [(point.fold, point.value) for point in lab.points(row.id)] == [(1, 0.5), (2, 0.6)]
    samples = lab.samples(row.id)
    assert len(samples) >= 2
    assert all(0 < sample.cpu_percent < 130 for sample in samples)
    assert row.enforcement["memory"] == "polled"
    job = TrainerJob.model_validate_json(lab.paths(row.id).spec.read_text())
    assert (job.roles, job.n_jobs) == ({"x": "numeric"}, 1)
    assert job.table == str(lab.ws.datasets / "d-1" / "table.parquet")


def test_what_disks_did_is_counted_also_after_its_process_has_ended(lab: Lab) -> None:
    row = lab.run(
        """
        import subprocess
        write = "import os; f = open('big', 'wb'); f.write(bytes(24 << 20)); os.fsync(f.fileno())"
        subprocess.run([sys.executable, "-c", write], check=True)
        time.sleep(1.2)
        deliver()
        """
    )
    assert row.end_reason == "finished"
    assert 24 <= row.write_mb < 48
    assert row.read_mb >= 0
    assert 0 < row.mean_memory_mb <= row.peak_memory_mb
    assert [one.write_mb for one in lab.samples(row.id)][-1] >= 24


def test_an_error_is_told_in_the_trainers_own_words(lab: Lab) -> None:
    row = lab.run(
        """
        error = {"kind": "InvalidInput", "message": "No rows.", "hint": "Add rows."}
        (folder / "error.json").write_text(json.dumps(error))
        sys.exit(1)
        """
    )
    assert (row.status, row.end_reason, row.exit_code) == ("failed", "error", 1)
    assert row.message == "No rows. Add rows."


def test_leaving_without_a_result_is_no_success(lab: Lab) -> None:
    row = lab.run("os._exit(0)")
    assert (row.status, row.end_reason, row.exit_code) == ("failed", "error", 0)
    assert "exit code 0 and no result" in row.message


def test_a_result_that_cannot_be_read_is_no_success(lab: Lab) -> None:
    row = lab.run('(folder / "result.json").write_text("{}")')
    assert (row.status, row.end_reason) == ("failed", "error")
    assert "a result that cannot be read" in row.message


def test_a_crash_is_named_by_its_signal(lab: Lab) -> None:
    row = lab.run(
        """
        event(kind="phase", phase="fold", fold=3, of=5)
        os.kill(os.getpid(), signal.SIGSEGV)
        """
    )
    assert (row.status, row.end_reason, row.signal) == ("failed", "killed", signal.SIGSEGV)
    assert "SIGSEGV, in fold 3 of 5" in row.message


def test_a_trainer_that_somebody_kills_is_said_to_be_killed(lab: Lab) -> None:
    run_id = lab.queue()
    supervisor = lab.supervise(run_id, lab.claim(run_id), "for_ever()")
    lab.kill(lab.trains(run_id))
    row = lab.ended(run_id)
    assert (row.end_reason, row.signal) == ("killed", signal.SIGKILL)
    assert "SIGKILL, in fold 2 of 5" in row.message
    assert supervisor.wait(timeout=10) == 0


def test_a_memory_bomb_is_ended_near_its_limit(lab: Lab) -> None:
    row = lab.run(
        """
        event(kind="phase", phase="fold", fold=3, of=5)
        held = []
        while True:
            held.append(bytearray(b"x") * (8 * 1024**2))
            time.sleep(0.01)
        """,
        memory_gb=0.25,
    )
    assert (row.status, row.end_reason) == ("failed", "memory_limit")
    assert "of the 0.25 GB it was given, in fold 3 of 5" in row.message
    assert 256 < row.peak_memory_mb < 256 * 1.5


def test_memory_that_is_only_had_for_a_moment_is_in_the_peak(lab: Lab) -> None:
    row = lab.run(
        """
        import mmap
        pages = mmap.mmap(-1, 400 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x8000)
        pages.close()
        deliver()
        """
    )
    assert row.status == "completed", row.message
    assert row.peak_memory_mb > 400


def test_memory_counts_over_the_whole_tree(lab: Lab) -> None:
    row = lab.run(
        """
        for _ in range(3):
            if os.fork() == 0:
                held = bytearray(os.urandom(1024)) * (120 * 1024)
                for_ever()
        for_ever()
        """,
        memory_gb=0.25,
    )
    assert row.end_reason == "memory_limit"


def test_memory_that_processes_share_counts_once(lab: Lab) -> None:
    row = lab.run(
        """
        held = bytearray(os.urandom(1024)) * (120 * 1024)
        for _ in range(3):
            if os.fork() == 0:
                time.sleep(1.5)
                os._exit(0)
        for _ in range(3):
            os.wait()
        deliver()
        """,
        memory_gb=0.25,
    )
    assert row.end_reason == "finished", row.message


def test_one_huge_request_fails_at_once(lab: Lab) -> None:
    row = lab.run('bytearray(b"x") * (8 * 1024**3)', memory_gb=0.25)
    assert (row.status, row.end_reason) == ("failed", "memory_limit")
    assert "0.25 GB" in row.message
    assert row.peak_memory_mb < 256


def test_the_time_limit_ends_a_run_that_ignores_being_asked(lab: Lab) -> None:
    row = lab.run(
        """
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        event(kind="progress", done=0.42)
        for_ever()
        """,
        time_limit_hours=1 / 3600,
    )
    assert (row.status, row.end_reason) == ("failed", "time_limit")
    assert "its time limit of 1 second, in fold 2 of 5, with 42% done" in row.message
    assert 1 <= row.wall_seconds < 6


def test_when_the_time_is_up_the_folds_that_were_judged_stay(lab: Lab) -> None:
    row = lab.run(
        """
        event(kind="phase", phase="fold", fold=3, of=5)
        scores = {"accuracy": {"mean": 0.5, "std": 0.1, "folds": [0.4, 0.6]}}
        (folder / "partial.part").write_text(json.dumps({"planned_folds": 5, "cv": scores}))
        (folder / "partial.part").rename(folder / "partial.json")
        while True:
            time.sleep(1)
        """,
        time_limit_hours=2 / 3600,
    )
    assert (row.status, row.end_reason, row.value) == ("failed", "time_limit", None)
    assert row.message.endswith("The scores of 2 of 5 folds are kept.")
    with lab.ws.read() as connection:
        (kept,) = series.metrics_so_far(connection, row.id)
        assert series.final_metrics(connection, [row.id]) == ()
    assert (kept.name, kept.mean, kept.folds) == ("accuracy", 0.5, (0.4, 0.6))
    warning = next(one for one in lab.history(row.id) if one.kind == "warning")
    assert warning.message.startswith("90 % of its 2 seconds have passed, in fold 3 of 5")
    assert lab.events(row.id)[-2:] == ["warning", "fail"]


def test_a_stop_ends_an_endless_fit_in_c_that_ignores_it_within_five_seconds(lab: Lab) -> None:
    """It never comes back to the interpreter, which could handle a signal, and blocks it too."""
    run_id = lab.queue()
    supervisor = lab.supervise(
        run_id,
        lab.claim(run_id),
        """
        from collections import deque
        from itertools import repeat
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
        event(kind="phase", phase="fold", fold=2, of=5)
        deque(repeat(1), maxlen=0)
        """,
    )
    lab.trains(run_id)
    lab.stop(run_id)
    row = lab.ended(run_id, timeout=6)
    assert (row.status, row.end_reason) == ("cancelled", "cancelled")
    assert row.message == "Stopped by request, in fold 2 of 5."
    assert (row.ended_at - row.stop_requested_at).total_seconds() < 5
    assert supervisor.wait(timeout=10) == 0
    assert not list(lab.paths(run_id).folder.glob("tmp/*"))


def test_what_flees_from_the_tree_goes_too(lab: Lab) -> None:
    row = lab.run(
        """
        for _ in range(2):
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    os.setsid()
                    signal.signal(signal.SIGTERM, signal.SIG_IGN)
                    for_ever()
                os._exit(0)
        time.sleep(0.3)
        deliver()
        """
    )
    assert row.end_reason == "finished"


def test_a_trainer_knows_its_limits_and_no_secrets(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "hush")
    row = lab.run(
        """
        import resource
        told = {
            "environ": dict(os.environ),
            "cores": sorted(os.sched_getaffinity(0)),
            "core": resource.getrlimit(resource.RLIMIT_CORE)[0],
            "session": os.getsid(0) == os.getpid(),
            "oom": int(Path("/proc/self/oom_score_adj").read_text()),
        }
        (folder / "told.json").write_text(json.dumps(told))
        deliver()
        """
    )
    told = json.loads((lab.paths(row.id).folder / "told.json").read_text())
    environ = told["environ"]
    assert told["cores"] == [0]
    assert (told["core"], told["session"], told["oom"]) == (0, True, 500)
    assert environ["OMP_NUM_THREADS"] == environ["LOKY_MAX_CPU_COUNT"] == "1"
    assert (environ["OMP_WAIT_POLICY"], environ["CUDA_VISIBLE_DEVICES"]) == ("PASSIVE", "")
    assert not {"DATABASE_URL", "DATABASE_PASSWORD", "MLOPS_HOME"} & set(environ)


def test_a_supervisor_that_is_asked_to_leave_tells_the_truth(lab: Lab) -> None:
    run_id = lab.queue()
    supervisor = lab.supervise(run_id, lab.claim(run_id), "for_ever()")
    lab.trains(run_id)
    supervisor.send_signal(signal.SIGTERM)
    row = lab.ended(run_id)
    assert (row.status, row.end_reason) == ("failed", "lost")
    assert "asked its supervisor to leave, in fold 2 of 5" in row.message


def test_a_run_ends_even_when_its_folder_has_vanished(lab: Lab) -> None:
    row = lab.run(
        """
        import shutil
        shutil.rmtree(folder)
        """
    )
    assert (row.status, row.end_reason) == ("failed", "error")
    assert "no result" in row.message


def test_a_run_whose_folder_is_taken_away_is_ended_with_a_sentence(lab: Lab) -> None:
    row = lab.run(
        """
        import shutil
        event(kind="phase", phase="fold", fold=2, of=5)
        time.sleep(0.5)
        shutil.rmtree(folder)
        time.sleep(600)
        """
    )
    assert (row.status, row.end_reason) == ("failed", "lost")
    assert row.message.startswith("Its folder was moved or removed while it ran, in fold 2 of 5.")


def test_a_folder_that_cannot_be_made_ends_the_run(lab: Lab) -> None:
    run_id = lab.queue()
    lab.paths(run_id).folder.write_text("in the way")
    supervisor = lab.supervise(run_id, lab.claim(run_id), "deliver()")
    assert supervisor.wait(timeout=20) == 0, lab.log()
    row = lab.ended(run_id)
    assert row.end_reason == "error"
    assert "could not be started" in row.message


def test_a_busy_database_does_not_end_a_run(lab: Lab) -> None:
    run_id = lab.queue()
    supervisor = lab.supervise(
        run_id,
        lab.claim(run_id),
        """
        event(kind="phase", phase="fold", fold=2, of=5)
        while not (folder / "go").exists():
            time.sleep(0.02)
        for step in range(1, 6):
            event(kind="metric", name="accuracy", step=step, value=step / 10)
        deliver()
        """,
    )
    lab.trains(run_id)
    with lab.ws.begin():  # holds the one write lock of the database
        (lab.paths(run_id).folder / "go").touch()
        wait_until(lambda: not lab.processes(run_id), what="the trainer has left")
        assert supervisor.poll() is None
    row = lab.ended(run_id)
    assert row.end_reason == "finished"
    assert [point.step for point in lab.points(run_id)] == [1, 2, 3, 4, 5]


def test_an_attempt_that_is_over_starts_nothing(lab: Lab) -> None:
    run_id = lab.queue()
    attempt = lab.claim(run_id)
    first = lab.supervise(run_id, attempt, "for_ever()")
    lab.trains(run_id)
    for late in (attempt - 1, attempt):
        assert lab.supervise(run_id, late, "deliver()").wait(timeout=20) == 1
    assert first.poll() is None
    assert len(lab.processes(run_id)) == 1


def test_a_supervisor_whose_run_was_given_away_ends_its_trainer_without_a_word(lab: Lab) -> None:
    run_id = lab.queue()
    attempt = lab.claim(run_id)
    supervisor = lab.supervise(run_id, attempt, "for_ever()")
    lab.trains(run_id)
    outcome = RunOutcome(reason=EndReason.LOST, message="Given up.")
    with lab.ws.begin() as connection:
        runs.end(connection, run_id, attempt=attempt, outcome=outcome, at=lab.ws.now())
    assert supervisor.wait(timeout=10) == 1
    assert lab.ended(run_id).message == "Given up."
