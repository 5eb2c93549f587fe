"""Admission, as rules: capacity is kept, nobody is passed over for ever, priorities count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mlops_core.domain.queue import Priority
from mlops_core.runners.gpus import Gpu
from mlops_core.scheduling.admission import (
    Admission,
    Capacity,
    Room,
    earliest,
    ends_by,
    forecast,
    plan,
    why_never,
)
from mlops_core.store.work import ActiveRun, QueuedRun

START = datetime(2026, 1, 1, tzinfo=UTC)
GPUS = tuple(Gpu(name="g", memory_gb=size, uuid=f"GPU-{n}") for n, size in enumerate((24.0, 80.0)))
CAPACITIES = st.builds(
    Capacity,
    cores=st.sets(st.integers(0, 40), min_size=1, max_size=8).map(lambda ids: tuple(sorted(ids))),
    memory_gb=st.floats(1, 32, allow_nan=False),
    gpus=st.integers(0, 2).map(lambda count: GPUS[:count]),
)
RUNS = st.builds(
    QueuedRun,
    id=st.just(0),
    cpu_cores=st.integers(1, 9),
    memory_gb=st.floats(0.1, 40, allow_nan=False).map(lambda value: round(value, 1)),
    gpus=st.sampled_from((0, 0, 0, 1, 2)),
    gpu_memory_gb=st.sampled_from((0.0, 40.0)),
    time_limit_hours=st.sampled_from((0.1, 1.0, 5.0)),
    owner=st.sampled_from(("kim", "lee", "park")),
    priority=st.sampled_from(Priority),
    created_at=st.just(START),
)


def numbered(runs: list[QueuedRun]) -> list[QueuedRun]:
    return [
        QueuedRun(**{**vars(run), "id": number, "created_at": START + timedelta(seconds=number)})
        for number, run in enumerate(runs, 1)
    ]


QUEUES = st.lists(RUNS, max_size=12).map(numbered)


def started(run: QueuedRun, given_to: Admission, at: datetime) -> ActiveRun:
    return ActiveRun(
        id=run.id,
        attempt=1,
        owner=run.owner,
        cpu_cores=run.cpu_cores,
        memory_gb=run.memory_gb,
        gpus=run.gpus,
        gpu_ids=given_to.gpus,
        time_limit_hours=run.time_limit_hours,
        cores=given_to.cores,
        claimed_at=at,
        started_at=at,
        supervisor=None,
    )


def follow(
    queue: list[QueuedRun], going: list[ActiveRun], due: list[Admission], at: datetime
) -> tuple[list[QueuedRun], list[ActiveRun]]:
    by_id = {run.id: run for run in queue}
    starting = {one.run_id for one in due}
    return (
        [run for run in queue if run.id not in starting],
        [*going, *(started(by_id[one.run_id], one, at) for one in due)],
    )


def check(going: list[ActiveRun], capacity: Capacity) -> None:
    cores = [core for run in going for core in run.cores]
    gpus = [uuid for run in going for uuid in run.gpu_ids]
    assert len(cores) == len(set(cores))
    assert len(gpus) == len(set(gpus))
    assert set(cores) <= set(capacity.cores)
    assert set(gpus) <= {gpu.uuid for gpu in capacity.gpus}
    assert all((len(run.cores), len(run.gpu_ids)) == (run.cpu_cores, run.gpus) for run in going)
    assert sum(run.memory_gb for run in going) <= capacity.memory_gb + 1e-5


@given(QUEUES, CAPACITIES, st.data())
def test_capacity_is_kept_and_nothing_is_shared(
    queue: list[QueuedRun], capacity: Capacity, data: st.DataObject
) -> None:
    going: list[ActiveRun] = []
    while queue:
        queue, going = follow(queue, going, plan(queue, going, capacity, now=START).due, START)
        check(going, capacity)
        if not going:
            break
        gone = data.draw(st.sampled_from(going))
        going = [run for run in going if run is not gone]


@given(QUEUES, CAPACITIES)
def test_every_run_that_can_run_does_and_each_once(
    queue: list[QueuedRun], capacity: Capacity
) -> None:
    possible = {run.id for run in queue if why_never(run, capacity) is None}
    order: list[int] = []
    going: list[ActiveRun] = []
    at = START
    while True:
        due = plan(queue, going, capacity, now=at).due
        order += [one.run_id for one in due]
        queue, going = follow(queue, going, due, at)
        if not going:
            break
        at = min(ends_by(run, at) for run in going)
        going = [run for run in going if ends_by(run, at) > at]
    assert sorted(order) == sorted(possible)


@given(QUEUES, QUEUES, CAPACITIES)
def test_nothing_that_starts_delays_the_run_whose_turn_it_is(
    before: list[QueuedRun], queue: list[QueuedRun], capacity: Capacity
) -> None:
    _left, going = follow(before, [], plan(before, [], capacity, now=START).due, START)
    at = START + timedelta(minutes=3)
    found = plan(queue, going, capacity, now=at)
    if found.head is None:
        return
    ahead = {run.id for run in found.order[: found.order.index(found.head)]}
    first = [one for one in found.due if one.run_id in ahead]
    _left, without = follow(queue, going, first, at)
    _left, with_all = follow(queue, going, found.due, at)
    assert earliest(found.head, with_all, capacity, at) == found.head_starts
    assert earliest(found.head, without, capacity, at) == found.head_starts


@given(QUEUES, CAPACITIES)
def test_a_lower_priority_never_takes_the_place_of_a_higher_one(
    queue: list[QueuedRun], capacity: Capacity
) -> None:
    found = plan(queue, [], capacity, now=START)
    priorities = [run.priority for run in found.order]
    assert priorities == sorted(priorities, reverse=True)
    due = {one.run_id for one in found.due}
    ahead = [run for run in queue if found.head is None or run.priority > found.head.priority]
    assert {run.id for run in ahead if why_never(run, capacity) is None} <= due


@given(QUEUES, CAPACITIES)
def test_what_waits_though_nothing_holds_a_place_waits_for_room(
    queue: list[QueuedRun], capacity: Capacity
) -> None:
    found = plan(queue, [], capacity, now=START)
    left, going = follow(queue, [], found.due, START)
    for run in left:
        if why_never(run, capacity) is None and found.holdups[run.id].value != "turn":
            assert Room.beside(capacity, going).lacks(run)


@given(QUEUES, CAPACITIES, st.randoms(use_true_random=False))
def test_the_order_of_the_list_does_not_matter(
    queue: list[QueuedRun], capacity: Capacity, random: object
) -> None:
    shuffled = list(queue)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert plan(shuffled, [], capacity, now=START).due == plan(queue, [], capacity, now=START).due


@given(QUEUES, CAPACITIES)
def test_the_forecast_is_kept_when_everything_uses_its_whole_time(
    queue: list[QueuedRun], capacity: Capacity
) -> None:
    told = {wait.run_id: wait for wait in forecast(queue, [], capacity, now=START)}
    assert set(told) == {run.id for run in queue}
    for run in queue:
        wait = told[run.id]
        assert (wait.starts_by is None) == (wait.holdup.value == "never")
        assert wait.starts_by is None or wait.starts_by >= START


@given(RUNS, CAPACITIES)
def test_alone_on_an_empty_machine_a_run_starts_or_is_told_why_not(
    run: QueuedRun, capacity: Capacity
) -> None:
    reason = why_never(run, capacity)
    assert bool(plan([run], [], capacity, now=START).due) != bool(reason)
    if reason:
        assert reason.endswith("Give it less, or run it on a bigger machine.")
