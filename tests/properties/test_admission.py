"""Admission, as rules: capacity is kept, nobody overtakes, nobody starves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mlops_core.scheduling.admission import Admission, Capacity, admit, why_never
from mlops_core.store.work import ActiveRun, QueuedRun

START = datetime(2026, 1, 1, tzinfo=UTC)
ASKED = st.tuples(
    st.integers(1, 9),
    st.floats(0.1, 40, allow_nan=False).map(lambda value: round(value, 1)),
    st.integers(0, 2),
)
CAPACITIES = st.builds(
    Capacity,
    cores=st.sets(st.integers(0, 40), min_size=1, max_size=8).map(lambda ids: tuple(sorted(ids))),
    memory_gb=st.floats(1, 32, allow_nan=False),
    gpus=st.integers(0, 2),
)


def waiting(number: int, asked: tuple[int, float, int]) -> QueuedRun:
    cores, memory, gpus = asked
    return QueuedRun(
        id=number,
        cpu_cores=cores,
        memory_gb=memory,
        gpus=gpus,
        time_limit_hours=1.0,
        created_at=START + timedelta(seconds=number),
    )


QUEUES = st.lists(ASKED, max_size=12).map(
    lambda all_asked: [waiting(number, asked) for number, asked in enumerate(all_asked, 1)]
)


def started(run: QueuedRun, cores: tuple[int, ...]) -> ActiveRun:
    return ActiveRun(
        id=run.id,
        attempt=1,
        cpu_cores=run.cpu_cores,
        memory_gb=run.memory_gb,
        gpus=run.gpus,
        time_limit_hours=1.0,
        cores=cores,
        claimed_at=START,
        started_at=None,
        supervisor=None,
    )


def follow(
    queue: list[QueuedRun], active: list[ActiveRun], due: list[Admission]
) -> tuple[list[QueuedRun], list[ActiveRun]]:
    by_id = {run.id: run for run in queue}
    going = {admission.run_id for admission in due}
    return (
        [run for run in queue if run.id not in going],
        [*active, *(started(by_id[run_id], cores) for run_id, cores in due)],
    )


def check(active: list[ActiveRun], capacity: Capacity) -> None:
    handed_out = [core for run in active for core in run.cores]
    assert len(handed_out) == len(set(handed_out))
    assert set(handed_out) <= set(capacity.cores)
    assert all(len(run.cores) == run.cpu_cores for run in active)
    assert sum(run.memory_gb for run in active) <= capacity.memory_gb + 1e-5
    assert sum(run.gpus for run in active) <= capacity.gpus


@given(QUEUES, CAPACITIES, st.data())
def test_capacity_is_never_exceeded_and_cores_are_never_shared(
    queue: list[QueuedRun], capacity: Capacity, data: st.DataObject
) -> None:
    active: list[ActiveRun] = []
    while queue:
        queue, active = follow(queue, active, admit(queue, active, capacity))
        check(active, capacity)
        if not active:
            break
        gone = data.draw(st.sampled_from(active))
        active = [run for run in active if run is not gone]


@given(QUEUES, CAPACITIES, st.randoms(use_true_random=False))
def test_runs_start_in_the_order_they_came_in_and_none_is_left_out(
    queue: list[QueuedRun], capacity: Capacity, random: object
) -> None:
    possible = [run.id for run in queue if why_never(run, capacity) is None]
    order: list[int] = []
    active: list[ActiveRun] = []
    shuffled = list(queue)
    while True:
        random.shuffle(shuffled)  # type: ignore[attr-defined]
        due = admit(shuffled, active, capacity)
        order += [admission.run_id for admission in due]
        shuffled, active = follow(shuffled, active, due)
        if not active:
            break
        active = active[1:]
    assert order == possible


@given(QUEUES, CAPACITIES)
def test_what_waits_waits_for_room(queue: list[QueuedRun], capacity: Capacity) -> None:
    left, active = follow(queue, [], admit(queue, [], capacity))
    first = next((run for run in left if why_never(run, capacity) is None), None)
    if first is not None:
        assert (
            first.cpu_cores > len(capacity.cores) - sum(run.cpu_cores for run in active)
            or first.memory_gb > capacity.memory_gb - sum(run.memory_gb for run in active)
            or first.gpus > capacity.gpus - sum(run.gpus for run in active)
        )


@given(ASKED, CAPACITIES)
def test_alone_on_an_empty_machine_a_run_starts_or_is_told_why_not(
    asked: tuple[int, float, int], capacity: Capacity
) -> None:
    run = waiting(1, asked)
    due = admit([run], [], capacity)
    reason = why_never(run, capacity)
    assert bool(due) != bool(reason)
    if reason:
        assert reason.endswith("Give it less, or run it on a bigger machine.")
