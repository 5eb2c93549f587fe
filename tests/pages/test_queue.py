"""The page Queue: what runs and waits and why, priorities, stopping all of one's own."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from mlops_core.domain.queue import Holdup, Priority, Wait
from mlops_core.errors import Conflict, NotFound
from mlops_core.runners.machine import usable_cores
from mlops_core.services import queue, runs
from mlops_core.store.locks import try_lock
from mlops_core.store.tables import run
from mlops_core.store.workspace import Workspace
from tests.pages.lab import Lab, open_page, text_of
from ui import queue_view


def button(at: AppTest, label: str) -> AppTest:
    return next(one for one in at.button if one.label == label)  # type: ignore[return-value]


def two_runs(lab: Lab) -> tuple[int, int]:
    """One that runs on every core, one that waits for it."""
    dataset = lab.dataset()
    _first, (going,) = lab.experiment(dataset, "going")
    _second, (waiting,) = lab.experiment(dataset, "waiting *now*")
    lab.run(going)
    with lab.ws.begin() as connection:
        connection.execute(update(run).values(cpu_cores=len(usable_cores())))
    return going, waiting


def test_an_empty_queue_says_what_it_is_for(ws: Workspace) -> None:
    at = open_page("queue")
    assert not at.exception
    assert "Nothing runs or waits" in text_of(at)
    assert button(at, "Stop all of mine").disabled  # type: ignore[attr-defined]


def test_what_runs_and_what_waits_stands_in_its_order_with_the_reason(lab: Lab) -> None:
    going, waiting = two_runs(lab)
    at = open_page("queue")
    assert not at.exception
    found = queue.look(lab.ws)
    first, second = queue_view.rows(found)
    assert (first["run"], first["place"], second["run"], second["place"]) == (
        going,
        None,
        waiting,
        1,
    )
    cores = len(usable_cores())
    assert second["why"].endswith("; 0 free.")
    assert (found.cores.held, found.cores.total) == (cores, cores)
    assert f"{cores} of {cores}" in text_of(at)


def test_the_page_of_a_waiting_run_says_why_and_until_when(lab: Lab) -> None:
    _going, waiting = two_runs(lab)
    at = open_page("run", id=waiting)
    assert not at.exception
    text = text_of(at)
    assert "Place 1 in the queue." in text
    assert "at the latest, if nothing that goes first is submitted." in text


def test_a_priority_is_changed_only_while_the_run_waits(lab: Lab) -> None:
    going, waiting = two_runs(lab)
    lock = try_lock(lab.ws.scheduler_lock)
    queue.set_priority(lab.ws, waiting, Priority.HIGH, by="lee")
    assert runs.get_run(lab.ws, waiting).priority is Priority.HIGH
    with pytest.raises(Conflict, match="does not wait any more: it is running"):
        queue.set_priority(lab.ws, going, Priority.LOW)
    with pytest.raises(NotFound):
        queue.set_priority(lab.ws, 4711, Priority.LOW)
    assert lock is not None
    lock.close()


def test_every_reason_has_its_sentence() -> None:
    sentences = {
        queue_view.why(Wait(run_id=1, place=1, holdup=one, asked=2, free=1, behind=7))
        for one in Holdup
    }
    assert len(sentences) == len(Holdup)
    assert all(sentence.endswith(".") for sentence in sentences)


def test_stopping_all_of_mine_leaves_the_others_alone(lab: Lab) -> None:
    going, waiting = two_runs(lab)
    lock = try_lock(lab.ws.scheduler_lock)
    with lab.ws.begin() as connection:
        connection.execute(update(run).where(run.c.id == waiting).values(owner="lee"))
    assert queue.stop_all_of(lab.ws, "lee") == 1
    assert runs.get_run(lab.ws, waiting).status == "cancelled"
    assert runs.get_run(lab.ws, going).stop_requested_at is None
    assert queue.stop_all_of(lab.ws, "kim") == 1
    assert queue.stop_all_of(lab.ws, "kim") == 0
    assert runs.get_run(lab.ws, going).stop_requested_at is not None
    assert lock is not None
    lock.close()


def test_use_over_time_never_exceeds_what_was_given_for_that_time(lab: Lab) -> None:
    going, _waiting = two_runs(lab)
    now = lab.ws.now()
    with lab.ws.begin() as connection:
        connection.execute(
            update(run)
            .where(run.c.id == going)
            .values(started_at=now - timedelta(minutes=20), memory_gb=3.0)
        )
    found = queue.machine_use_since(lab.ws, timedelta(hours=1))
    minutes = 60 / queue.STRETCHES
    held = sum(found.memory_held_gb) * minutes
    assert abs(held - 3.0 * 20) < 3.0
    assert max(found.cores_held) <= len(usable_cores()) + 1e-9
    assert min(found.memory_used_gb) >= 0
    assert max(found.memory_used_gb) > 0
