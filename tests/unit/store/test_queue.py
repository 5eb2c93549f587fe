"""Owners, priorities, GPUs and retries in the database."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text, update

from mlops_core.domain.queue import Priority
from mlops_core.domain.records import MetricPoint
from mlops_core.domain.results import RunOutcome
from mlops_core.domain.states import RETRIED, EndReason
from mlops_core.store import migrations, runs, series, work
from mlops_core.store.session import open_engine
from mlops_core.store.tables import run
from mlops_core.store.workspace import Workspace
from tests.pages.lab import Lab


@pytest.fixture
def lab(idle: Workspace, tmp_path: Path) -> Lab:
    return Lab(idle, tmp_path)


def queued(lab: Lab, *, owner: str = "kim", retries: int = 0, name: str = "first") -> int:
    dataset = lab.dataset(name)
    _experiment, (run_id,) = lab.experiment(dataset, name)
    with lab.ws.begin() as connection:
        connection.execute(
            update(run).where(run.c.id == run_id).values(owner=owner, retries_left=retries)
        )
    return run_id


def ended(lab: Lab, run_id: int, attempt: int, reason: EndReason) -> bool:
    outcome = RunOutcome(reason=reason, message="It died.")
    with lab.ws.begin() as connection:
        return runs.end(connection, run_id, attempt=attempt, outcome=outcome, at=lab.ws.now())


@pytest.mark.parametrize("reason", list(EndReason))
def test_only_what_was_not_its_own_fault_is_tried_again(lab: Lab, reason: EndReason) -> None:
    run_id = queued(lab, retries=1)
    attempt = lab.run(run_id)
    assert ended(lab, run_id, attempt, reason)
    with lab.ws.read() as connection:
        again = work.status_of(connection, run_id)
        points = series.points(connection, run_id, after=0, limit=9)
        samples = series.samples(connection, run_id, after=0, limit=9)
        events = [event.kind for event in series.events(connection, run_id)]
    assert (again == "queued") == (reason in RETRIED)
    if reason in RETRIED:
        assert (points, samples) == ((), ())
        assert events[-1] == "retry"
    else:
        assert points


def test_a_late_writer_of_the_attempt_before_writes_nothing(lab: Lab) -> None:
    run_id = queued(lab, retries=2)
    first = lab.run(run_id)
    assert ended(lab, run_id, first, EndReason.LOST)
    assert not ended(lab, run_id, first, EndReason.FINISHED)
    second = lab.run(run_id)
    assert second > first
    point = MetricPoint(
        seq=999, name="loss", split="train", fold=1, step=1, value=1.0, at=lab.ws.now()
    )
    with lab.ws.begin() as connection:
        assert not runs.write_batch(connection, run_id, attempt=first, points=[point])
    assert ended(lab, run_id, second, EndReason.KILLED)
    third = lab.run(run_id)
    assert ended(lab, run_id, third, EndReason.KILLED)
    with lab.ws.read() as connection:
        assert work.status_of(connection, run_id) == "failed"


def test_a_run_that_was_asked_to_stop_is_not_tried_again(lab: Lab) -> None:
    run_id = queued(lab, retries=1)
    attempt = lab.run(run_id)
    with lab.ws.begin() as connection:
        assert runs.request_stop(connection, run_id, at=lab.ws.now())
    assert ended(lab, run_id, attempt, EndReason.LOST)
    with lab.ws.read() as connection:
        assert work.status_of(connection, run_id) == "failed"


def test_giving_back_is_counted_anew_after_a_retry(lab: Lab) -> None:
    run_id = queued(lab, retries=1)
    for time in range(1, 3):
        with lab.ws.begin() as connection:
            attempt = runs.claim(connection, run_id, cores=[0], at=lab.ws.now())
            assert attempt is not None
            assert runs.give_back(connection, run_id, attempt=attempt, at=lab.ws.now())
            assert work.times_given_back(connection, run_id) == time
    ended(lab, run_id, lab.run(run_id), EndReason.LOST)
    with lab.ws.read() as connection:
        assert work.times_given_back(connection, run_id) == 0


def test_a_claim_keeps_its_gpus_and_gives_them_up_with_the_run(lab: Lab) -> None:
    run_id = queued(lab, retries=1)
    with lab.ws.begin() as connection:
        runs.claim(connection, run_id, cores=[0], gpus=["GPU-1"], at=lab.ws.now())
        (active,) = work.active(connection)
        assert active.gpu_ids == ("GPU-1",)
        assert runs.give_back(connection, run_id, attempt=active.attempt, at=lab.ws.now())
        runs.claim(connection, run_id, cores=[0], at=lab.ws.now())
        (active,) = work.active(connection)
    assert active.gpu_ids == ()


def test_what_owners_were_given_is_counted_in_core_seconds(lab: Lab) -> None:
    first, second = queued(lab, owner="kim"), queued(lab, owner="lee", name="second")
    ended(lab, first, lab.run(first), EndReason.FINISHED)
    lab.run(second)
    now = lab.ws.now()
    with lab.ws.begin() as connection:
        connection.execute(update(run).values(wall_seconds=60.0, cpu_cores=2))
    with lab.ws.read() as connection:
        assert work.served(connection, since=now - timedelta(hours=1)) == {"kim": 120, "lee": 120}
        later = work.served(connection, since=now + timedelta(hours=1))
    assert later == {"lee": 120}  # what runs now counts whenever it began


def test_a_priority_is_changed_once_and_only_while_it_waits(lab: Lab) -> None:
    run_id = queued(lab)
    with lab.ws.begin() as connection:
        at = lab.ws.now()
        assert work.set_priority(connection, run_id, Priority.HIGH, by="lee", at=at)
        assert not work.set_priority(connection, run_id, Priority.HIGH, by="lee", at=at)
        events = series.events(connection, run_id)
    assert (events[-1].kind, events[-1].message) == ("priority", "Priority high, by lee.")
    lab.run(run_id)
    with lab.ws.begin() as connection:
        assert not work.set_priority(connection, run_id, Priority.LOW, by="lee", at=at)


def test_a_run_of_the_first_tables_reads_after_the_migration(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'old.db'}")
    with engine.connect() as connection:  # never committed: the run has no experiment
        migrations.upgrade(connection, "0001")
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        connection.execute(
            text(
                "INSERT INTO run (experiment_id, number, model_name, algorithm, dataset_id, task,"
                " spec, digest, status, message, attempt, progress, phase, fold, folds, metric,"
                " cpu_cores, memory_gb, gpus, time_limit_hours, cores, enforcement, created_at)"
                " VALUES (1, 1, 'm', 'dummy', 1, 'classification', '{}', 'd', 'queued', '', 0, 0,"
                " '', 0, 0, 'accuracy', 1, 1, 0, 1, '[]', '{}', 0)"
            )
        )
        migrations.upgrade(connection)
        (waiting,) = work.queue(connection)
    assert (waiting.owner, waiting.priority, waiting.gpu_memory_gb) == ("", 0, 0.0)
    engine.dispose()


def test_names_of_priorities_go_both_ways() -> None:
    assert [Priority.named(one.word) for one in Priority] == list(Priority)
    with pytest.raises(ValueError, match="urgent"):
        Priority.named("urgent")
