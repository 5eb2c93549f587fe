"""The store with 10,000 runs: what pages ask for, against the leanest raw sqlite3.

    python benchmarks/bench_store.py [RUNS]

Prints one JSON object: for each task the median in milliseconds of ours and of the floor, their
ratio, and for points going in how many a second. The floor reads the same file with hand-written
SQL and makes nothing of the rows but tuples.
"""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.fill import fill
from mlops_core.domain.queue import Submission
from mlops_core.domain.records import MetricPoint, ProcessIdentity
from mlops_core.services import comparison, experiments, overview, runs
from mlops_core.settings import load_settings
from mlops_core.store import runs as store
from mlops_core.store.workspace import Workspace

REPEATS = 15
POINTS = 10_000
BEGAN = datetime.now(UTC)
BATCHES = (50, 1000)
PAGE = 100
COMPARED = 50

LIST = """
SELECT r.id, r.status, r.value, r.metric, r.created_at, e.name, d.name FROM run r
JOIN experiment e ON e.id = r.experiment_id JOIN dataset d ON d.id = r.dataset_id
WHERE r.archived_at IS NULL AND e.archived_at IS NULL ORDER BY r.created_at DESC LIMIT 100"""
SEARCH = """
SELECT r.id, r.status, e.name, d.name, coalesce(m.holdout, m.mean) AS v FROM run r
JOIN experiment e ON e.id = r.experiment_id JOIN dataset d ON d.id = r.dataset_id
JOIN metric_value m ON m.run_id = r.id AND m.name = 'roc_auc'
WHERE e.id IN (SELECT experiment_id FROM experiment_tag WHERE tag = 'tuned')
AND r.archived_at IS NULL AND e.archived_at IS NULL ORDER BY v DESC LIMIT 100"""
HISTORY = "SELECT seq, name, split, fold, step, value, at FROM metric_point WHERE run_id = ?"
INSERT = "INSERT INTO metric_point VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


def median_ms(task: Callable[[], Any]) -> float:
    """The median of ``REPEATS`` calls after two to warm up, in milliseconds."""
    times = []
    for number in range(REPEATS + 2):
        started = time.perf_counter()
        task()
        if number >= 2:
            times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def compared(ours: Callable[[], Any], floor: Callable[[], Any]) -> dict[str, float]:
    mine, least = median_ms(ours), median_ms(floor)
    return {"ours_ms": round(mine, 2), "floor_ms": round(least, 2), "ratio": round(mine / least, 1)}


def point(seq: int) -> MetricPoint:
    return MetricPoint(
        seq=seq,
        name="roc_auc",
        split="validation",
        fold=1,
        step=seq,
        value=1 - 0.5 / seq**0.5,
        at=BEGAN + timedelta(seconds=0.05 * seq),
    )


def running_run(ws: Workspace, run_id: int) -> tuple[int, int]:
    """A run like ``run_id`` that is being trained, and its attempt number."""
    like = runs.get_run(ws, run_id)
    with ws.begin() as connection:
        new_id = store.insert_run(
            connection,
            experiment_id=like.experiment_id,
            dataset_id=like.dataset_id,
            model_name="many points",
            model_version_id=None,
            spec=like.spec,
            metric=like.metric,
            by=Submission(owner="kim"),
            at=ws.now(),
        )
        attempt = store.claim(connection, new_id, cores=[0], at=ws.now())
        assert attempt is not None
        us = ProcessIdentity(pid=os.getpid(), start_ticks=1, boot_id="benchmark")
        store.take_up(
            connection, new_id, attempt=attempt, supervisor=us, enforcement={}, at=ws.now()
        )
    return new_id, attempt


def points_in(ws: Workspace, raw: sqlite3.Connection, like: int, batch: int) -> dict[str, float]:
    """Points a second, a transaction for each batch, as a supervisor writes them, and raw."""
    run_id, attempt = running_run(ws, like)
    points = [point(seq) for seq in range(1, POINTS + 1)]
    started = time.perf_counter()
    for begin in range(0, POINTS, batch):
        with ws.begin() as connection:
            assert store.write_batch(
                connection, run_id, attempt=attempt, points=points[begin : begin + batch]
            )
    ours = POINTS / (time.perf_counter() - started)
    raw_run, _attempt = running_run(ws, like)
    rows = [
        (raw_run, one.seq, one.name, one.split, one.fold, one.step, one.value, one.at.timestamp())
        for one in points
    ]
    started = time.perf_counter()
    for begin in range(0, POINTS, batch):
        raw.execute("BEGIN IMMEDIATE")
        raw.executemany(INSERT, rows[begin : begin + batch])
        raw.execute("COMMIT")
    floor = POINTS / (time.perf_counter() - started)
    return {
        "ours_per_second": round(ours),
        "floor_per_second": round(floor),
        "ratio": round(floor / ours, 1),
    }


def compare_raw(raw: sqlite3.Connection, ids: list[int]) -> None:
    marks = ", ".join("?" * len(ids))
    for row in raw.execute(f"SELECT id, spec FROM run WHERE id IN ({marks})", ids):  # noqa: S608
        json.loads(row[1])
    raw.execute(f"SELECT * FROM metric_value WHERE run_id IN ({marks})", ids).fetchall()  # noqa: S608


def measure(ws: Workspace, count: int) -> dict[str, Any]:
    started = time.perf_counter()
    ids = fill(ws, count)
    filled = time.perf_counter() - started
    raw = sqlite3.connect(ws.home / "mlops.db", isolation_level=None)
    raw.execute("PRAGMA synchronous = NORMAL")
    into = {
        f"points in, batches of {batch}": points_in(ws, raw, ids[0], batch) for batch in BATCHES
    }
    long_run = runs.list_runs(ws, limit=1).items[0].id
    some = ids[:: max(count // COMPARED, 1)][:COMPARED]
    tuned = runs.RunFilter(tag="tuned")
    return {
        "runs": count,
        "fill_seconds": round(filled, 1),
        "list 100 newest runs": compared(
            lambda: runs.list_runs(ws, limit=PAGE), lambda: raw.execute(LIST).fetchall()
        ),
        "search 100 runs by tag and metric": compared(
            lambda: runs.list_runs(ws, tuned, sort="metric:roc_auc", limit=PAGE),
            lambda: raw.execute(SEARCH).fetchall(),
        ),
        "history of 10,000 points": compared(
            lambda: runs.points(ws, long_run), lambda: raw.execute(HISTORY, [long_run]).fetchall()
        ),
        "compare 50 runs": compared(
            lambda: comparison.compare(ws, some), lambda: compare_raw(raw, some)
        ),
        **into,
        "list 100 experiments": {
            "ours_ms": round(median_ms(lambda: experiments.list_experiments(ws)), 2)
        },
        "overview": {"ours_ms": round(median_ms(lambda: overview.overview(ws)), 2)},
        "live poll with nothing new": {
            "ours_ms": round(median_ms(lambda: runs.live(ws, long_run, after_point=POINTS)), 2)
        },
    }


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        ws = Workspace.open(load_settings({"MLOPS_HOME": folder}))
        try:
            found = measure(ws, count)
        finally:
            ws.close()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(json.dumps({"machine": machine, "python": platform.python_version(), **found}, indent=2))


if __name__ == "__main__":
    main()
