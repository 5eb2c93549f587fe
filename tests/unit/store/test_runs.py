"""Runs: one writer of the status, moves only as the table of moves allows, no second ending."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from threading import Thread

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError

from mlops_core.domain.configs import DatasetConfig, ModelConfig, RunSpec
from mlops_core.domain.params import Task
from mlops_core.domain.queue import Submission
from mlops_core.domain.records import MetricPoint, ProcessIdentity, ResourceSample
from mlops_core.domain.results import CrossValidated, RunOutcome, TrainingResult, Usage
from mlops_core.domain.states import MOVES, EndReason, RunStatus
from mlops_core.store import runs, series, work
from mlops_core.store.tables import dataset, experiment, metric_point, metric_value, run, run_event
from mlops_core.store.workspace import Workspace

SPEC = RunSpec(
    dataset=DatasetConfig(
        name="churn", version=1, fingerprint="f" * 64, target="y", task=Task.CLASSIFICATION
    ),
    model=ModelConfig(algorithm="dummy"),
)
SUPERVISOR = ProcessIdentity(pid=4242, start_ticks=7, boot_id="boot")


@pytest.fixture
def experiment_id(workspace: Workspace) -> Iterator[int]:
    now = workspace.now()
    with workspace.begin() as connection:
        dataset_id = connection.execute(
            insert(dataset)
            .values(
                name="churn",
                version=1,
                tags=[],
                original_name="churn.csv",
                folder="x",
                fingerprint="f" * 64,
                bytes=1,
                rows=1,
                column_count=1,
                report={},
                columns=[],
                findings=[],
                created_at=now,
            )
            .returning(dataset.c.id)
        ).scalar_one()
        made = connection.execute(
            insert(experiment)
            .values(
                name="first",
                major=1,
                minor=0,
                patch=0,
                task="classification",
                config={},
                dataset_id=dataset_id,
                created_at=now,
            )
            .returning(experiment.c.id)
        ).scalar_one()
    yield made


def queued(ws: Workspace, experiment_id: int) -> int:
    with ws.begin() as connection:
        return runs.insert_run(
            connection,
            experiment_id=experiment_id,
            dataset_id=1,
            model_name="m",
            model_version_id=None,
            spec=SPEC,
            metric="accuracy",
            by=Submission(owner="kim"),
            at=ws.now(),
        )


def claimed(ws: Workspace, run_id: int) -> int:
    with ws.begin() as connection:
        attempt = runs.claim(connection, run_id, cores=[0, 1], at=ws.now())
    assert attempt is not None
    return attempt


def taken_up(ws: Workspace, run_id: int, attempt: int) -> bool:
    with ws.begin() as connection:
        return runs.take_up(
            connection,
            run_id,
            attempt=attempt,
            supervisor=SUPERVISOR,
            enforcement={"memory": "polled"},
            at=ws.now(),
        )


def ended(ws: Workspace, run_id: int, attempt: int, reason: EndReason) -> bool:
    outcome = RunOutcome(reason=reason, message=f"It ended: {reason}.", usage=Usage(cpu_seconds=1))
    result = None
    if reason is EndReason.FINISHED:
        result = TrainingResult(
            primary_metric="accuracy",
            holdout={"accuracy": 0.75},
            cv={"accuracy": CrossValidated(mean=0.7, std=0.1, folds=(0.6, 0.8))},
        )
    with ws.begin() as connection:
        return runs.end(
            connection, run_id, attempt=attempt, outcome=outcome, result=result, at=ws.now()
        )


def row(ws: Workspace, run_id: int) -> dict[str, object]:
    with ws.read() as connection:
        return dict(connection.execute(select(run).where(run.c.id == run_id)).mappings().one())


def history(ws: Workspace, run_id: int) -> list[str]:
    with ws.read() as connection:
        kinds = select(run_event.c.kind).where(run_event.c.run_id == run_id)
        return list(connection.execute(kinds.order_by(run_event.c.seq)).scalars())


def test_a_run_goes_from_the_queue_to_its_result(workspace: Workspace, experiment_id: int) -> None:
    run_id = queued(workspace, experiment_id)
    attempt = claimed(workspace, run_id)
    assert taken_up(workspace, run_id, attempt)
    assert ended(workspace, run_id, attempt, EndReason.FINISHED)
    found = row(workspace, run_id)
    assert (found["status"], found["end_reason"]) == ("completed", "finished")
    assert (found["metric"], found["value"], found["std"]) == ("accuracy", 0.75, 0.1)
    assert (found["progress"], found["cpu_seconds"]) == (1.0, 1.0)
    assert history(workspace, run_id) == ["queued", "claim", "complete"]
    with workspace.read() as connection:
        (value,) = connection.execute(select(metric_value)).mappings()
    assert (value["holdout"], value["mean"], value["folds"]) == (0.75, 0.7, [0.6, 0.8])


def test_runs_of_an_experiment_are_numbered(workspace: Workspace, experiment_id: int) -> None:
    ids = [queued(workspace, experiment_id) for _run in range(3)]
    assert [row(workspace, run_id)["number"] for run_id in ids] == [1, 2, 3]
    with workspace.read() as connection:
        assert [waiting.id for waiting in work.queue(connection)] == ids


@pytest.mark.parametrize(("first", "second"), list(product(EndReason, EndReason)))
def test_the_first_reason_wins(
    workspace: Workspace, experiment_id: int, first: EndReason, second: EndReason
) -> None:
    run_id = queued(workspace, experiment_id)
    attempt = claimed(workspace, run_id)
    assert ended(workspace, run_id, attempt, first)
    before = row(workspace, run_id)
    assert not ended(workspace, run_id, attempt, second)
    assert row(workspace, run_id) == before
    assert before["end_reason"] == first


def test_a_supervisor_given_up_for_dead_can_write_nothing(
    workspace: Workspace, experiment_id: int
) -> None:
    run_id = queued(workspace, experiment_id)
    old = claimed(workspace, run_id)
    with workspace.begin() as connection:
        assert runs.give_back(connection, run_id, attempt=old, at=workspace.now())
    new = claimed(workspace, run_id)
    assert new > old
    assert not taken_up(workspace, run_id, old)
    assert not ended(workspace, run_id, old, EndReason.FINISHED)
    point = MetricPoint(
        seq=1, name="accuracy", split="validation", fold=1, step=1, value=0.5, at=workspace.now()
    )
    with workspace.begin() as connection:
        assert not runs.write_batch(connection, run_id, attempt=old, points=[point])
        assert runs.stop_state(connection, run_id, attempt=old) is None
        assert runs.stop_state(connection, run_id, attempt=new) is False
        assert connection.execute(select(func.count()).select_from(metric_point)).scalar() == 0
    assert taken_up(workspace, run_id, new)
    assert not taken_up(workspace, run_id, new)


def test_a_run_that_was_taken_up_is_not_given_back(
    workspace: Workspace, experiment_id: int
) -> None:
    run_id = queued(workspace, experiment_id)
    attempt = claimed(workspace, run_id)
    assert taken_up(workspace, run_id, attempt)
    with workspace.begin() as connection:
        assert not runs.give_back(connection, run_id, attempt=attempt, at=workspace.now())
        (active,) = work.active(connection)
    assert (active.id, active.supervisor, active.cores) == (run_id, SUPERVISOR, (0, 1))


def test_no_run_is_claimed_twice(workspace: Workspace, experiment_id: int) -> None:
    ids = [queued(workspace, experiment_id) for _run in range(12)]
    taken: list[int] = []

    def claim_all() -> None:
        for run_id in ids:
            with workspace.begin() as connection:
                if runs.claim(connection, run_id, cores=[], at=workspace.now()) is not None:
                    taken.append(run_id)

    threads = [Thread(target=claim_all) for _thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == ids


def test_what_waits_can_be_withdrawn_or_refused(workspace: Workspace, experiment_id: int) -> None:
    cases = {EndReason.CANCELLED: "cancelled", EndReason.ERROR: "failed"}
    for reason, status in cases.items():
        run_id = queued(workspace, experiment_id)
        with workspace.begin() as connection:
            done = [
                runs.end_waiting(
                    connection, run_id, reason=reason, message="So.", at=workspace.now()
                )
                for _time in range(2)
            ]
        assert done == [True, False]
        assert row(workspace, run_id)["status"] == status
        with workspace.begin() as connection:
            assert runs.claim(connection, run_id, cores=[], at=workspace.now()) is None


def test_stop_is_asked_once_and_only_of_what_runs(workspace: Workspace, experiment_id: int) -> None:
    run_id = queued(workspace, experiment_id)
    with workspace.begin() as connection:
        assert not runs.request_stop(connection, run_id, at=workspace.now())
    attempt = claimed(workspace, run_id)
    with workspace.begin() as connection:
        assert runs.stop_state(connection, run_id, attempt=attempt) is False
        assert runs.request_stop(connection, run_id, at=workspace.now())
        assert not runs.request_stop(connection, run_id, at=workspace.now())
        assert runs.stop_state(connection, run_id, attempt=attempt) is True
    assert row(workspace, run_id)["status"] == "running"
    assert history(workspace, run_id) == ["queued", "claim", "stop_requested"]


def test_what_a_supervisor_learned_is_written_together(
    workspace: Workspace, experiment_id: int
) -> None:
    run_id = queued(workspace, experiment_id)
    attempt = claimed(workspace, run_id)
    at = workspace.now()
    points = [
        MetricPoint(seq=n, name="auc", split="train", fold=1, step=n, value=n / 9, at=at)
        for n in range(1, 9)
    ]
    sample = ResourceSample(seq=1, at=at, cpu_percent=99, memory_mb=120, processes=2, threads=4)
    with workspace.begin() as connection:
        assert runs.write_batch(
            connection,
            run_id,
            attempt=attempt,
            points=points,
            samples=[sample],
            progress={"progress": 0.5, "phase": "fold", "fold": 1},
        )
        assert runs.write_batch(connection, run_id, attempt=attempt)
        assert connection.execute(select(func.count()).select_from(metric_point)).scalar() == 8
    assert row(workspace, run_id)["progress"] == 0.5


def test_samples_that_were_thinned_out_replace_those_before(
    workspace: Workspace, experiment_id: int
) -> None:
    run_id = queued(workspace, experiment_id)
    attempt = claimed(workspace, run_id)

    def write(*ticks: int, afresh: bool = False) -> list[int]:
        samples = [
            ResourceSample(
                seq=tick, at=workspace.now(), cpu_percent=9, memory_mb=1, processes=1, threads=1
            )
            for tick in ticks
        ]
        with workspace.begin() as connection:
            assert runs.write_batch(
                connection, run_id, attempt=attempt, samples=samples, afresh=afresh
            )
            return [one.seq for one in series.samples(connection, run_id, after=0, limit=99)]

    assert write(1, 2, 3) == [1, 2, 3]
    assert write(3, 4) == [1, 2, 3, 4]
    assert write(2, 4, afresh=True) == [2, 4]
    assert write(2, 4, afresh=True) == [2, 4]
    assert write(6) == [2, 4, 6]


@pytest.mark.parametrize(("status", "reason"), list(product(RunStatus, [None, *EndReason])))
def test_the_database_itself_refuses_endings_that_do_not_fit(
    workspace: Workspace, experiment_id: int, status: RunStatus, reason: EndReason | None
) -> None:
    endings = {(move.target, one) for move in MOVES.values() for one in move.reasons or {None}}
    run_id = queued(workspace, experiment_id)
    statement = text("UPDATE run SET status = :status, end_reason = :reason WHERE id = :id")
    values = {"status": status.value, "reason": reason and reason.value, "id": run_id}
    if (status, reason) in endings:
        with workspace.begin() as connection:
            connection.execute(statement, values)
    else:
        with pytest.raises(IntegrityError), workspace.begin() as connection:
            connection.execute(statement, values)
