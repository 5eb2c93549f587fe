"""Admission simulated: what backfill with fair share buys over its two plain alternatives.

    python benchmarks/bench_admission.py [RUNS]

A machine of 16 cores and 64 GB; one owner submits nine of ten runs, in bursts. Each run asks for a
time limit of one to five times what it takes. The same arrivals go through our ``plan`` and through
two floors: FIFO (first come, first served, nobody overtakes) and greedy (whatever fits starts).
Prints one JSON object with, for each: the share of the cores in use while anything waits, mean and
longest wait in minutes, the longest wait of a run that needs the whole machine, and the mean wait
of the small owner's runs.
"""

from __future__ import annotations

import heapq
import json
import random
import statistics
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mlops_core.scheduling.admission import Admission, Capacity, Room, plan
from mlops_core.store.work import ActiveRun, QueuedRun

START = datetime(2026, 1, 1, tzinfo=UTC)
CAPACITY = Capacity(cores=tuple(range(16)), memory_gb=64.0)
Policy = Callable[
    [Sequence[QueuedRun], Sequence[ActiveRun], datetime, dict[str, float]], list[Admission]
]


def arrivals(count: int) -> list[tuple[QueuedRun, timedelta]]:
    """Runs in the order they come, each with how long it really takes."""
    luck = random.Random(5)
    at, found = START, []
    for number in range(1, count + 1):
        # Bursts of a sweep, then a pause: the load is about nine tenths of the machine.
        at += timedelta(
            minutes=luck.expovariate(1 / 2) if luck.random() < 0.9 else luck.uniform(60, 240)
        )
        takes = min(luck.lognormvariate(3.2, 1.0), 600.0)  # minutes, median about 25
        cores = luck.choices((1, 2, 4, 8, 16), (35, 25, 22, 12, 6))[0]
        run = QueuedRun(
            id=number,
            cpu_cores=cores,
            memory_gb=min(60.0, cores * luck.choice((1.0, 2.0, 3.5))),
            gpus=0,
            gpu_memory_gb=0.0,
            time_limit_hours=takes * luck.uniform(1.0, 5.0) / 60,
            owner="small" if luck.random() < 0.1 else "large",
            priority=0,
            created_at=at,
        )
        found.append((run, timedelta(minutes=takes)))
    return found


def ours(
    queue: Sequence[QueuedRun],
    active: Sequence[ActiveRun],
    now: datetime,
    served: dict[str, float],
) -> list[Admission]:
    return plan(queue, active, CAPACITY, now=now, served=served).due


def in_order(stop: bool) -> Policy:
    """First come first; ``stop``: one that does not fit holds up the others (FIFO)."""

    def admit(
        queue: Sequence[QueuedRun],
        active: Sequence[ActiveRun],
        now: datetime,
        served: dict[str, float],
    ) -> list[Admission]:
        room, due = Room.beside(CAPACITY, active), []
        for run in queue:
            if room.lacks(run):
                if stop:
                    break
                continue
            due.append(room.take(run))
        return due

    return admit


def simulate(policy: Policy, coming: list[tuple[QueuedRun, timedelta]]) -> dict[str, float]:
    """Let the runs go through ``policy`` and measure."""
    takes = {run.id: length for run, length in coming}
    asked = {run.id: run for run, _length in coming}
    waiting: list[QueuedRun] = []
    active: dict[int, ActiveRun] = {}
    ends: list[tuple[datetime, int]] = []
    served: dict[str, float] = {}
    waits: dict[int, float] = {}
    busy, contended, next_one, now = 0.0, 0.0, 0, START
    while next_one < len(coming) or waiting or ends:
        moments = [coming[next_one][0].created_at] if next_one < len(coming) else []
        moments += [ends[0][0]] if ends else []
        passed = (min(moments) - now).total_seconds() if waiting else 0.0
        busy += passed * sum(run.cpu_cores for run in active.values())
        contended += passed * len(CAPACITY.cores)
        now = min(moments)
        while next_one < len(coming) and coming[next_one][0].created_at <= now:
            waiting.append(coming[next_one][0])
            next_one += 1
        while ends and ends[0][0] <= now:
            gone = active.pop(heapq.heappop(ends)[1])
            seconds = takes[gone.id].total_seconds() * gone.cpu_cores
            served[gone.owner] = served.get(gone.owner, 0.0) + seconds
        due = {one.run_id: one for one in policy(waiting, list(active.values()), now, served)}
        for run_id, given in due.items():
            run = asked[run_id]
            active[run_id] = ActiveRun(
                id=run_id, attempt=1, owner=run.owner, cpu_cores=run.cpu_cores,
                memory_gb=run.memory_gb, gpus=0, gpu_ids=(), cores=given.cores,
                time_limit_hours=run.time_limit_hours, claimed_at=now, started_at=now,
                supervisor=None,
            )  # fmt: skip
            heapq.heappush(ends, (now + takes[run_id], run_id))
            waits[run_id] = (now - run.created_at).total_seconds() / 60
        waiting = [run for run in waiting if run.id not in due]
    whole = [waits[run.id] for run in asked.values() if run.cpu_cores == 16]
    small = [waits[run.id] for run in asked.values() if run.owner == "small"]
    return {
        "cores_in_use_while_runs_wait": round(busy / contended, 3),
        "mean_wait_min": round(statistics.mean(waits.values()), 1),
        "longest_wait_min": round(max(waits.values()), 1),
        "longest_wait_of_a_whole_machine_run_min": round(max(whole), 1),
        "mean_wait_of_the_small_owner_min": round(statistics.mean(small), 1),
    }


def main(count: int) -> None:
    """Print the three policies side by side, and ours as a ratio to each."""
    coming = arrivals(count)
    found = {
        "ours": simulate(ours, coming),
        "fifo": simulate(in_order(stop=True), coming),
        "greedy": simulate(in_order(stop=False), coming),
    }
    mine = found["ours"]
    ratios = {
        other: {
            name: round(mine[name] / value, 3) if value else None
            for name, value in found[other].items()
        }
        for other in ("fifo", "greedy")
    }
    print(json.dumps({"runs": count, **found, "ours_to": ratios}, indent=2))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
