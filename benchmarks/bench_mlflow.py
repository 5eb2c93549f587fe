"""What an analyst waits for, from our store and from MLflow's, on the same runs.

    python benchmarks/bench_mlflow.py [RUNS …]        (1,000 and 10,000)

The runs are made here and written into a SQLite store of MLflow 3 as well, with the same
parameters, tags and metrics; each side then answers through its own Python interface, in this
process and one after the other. Prints one JSON object: medians in milliseconds and the ratio
MLflow ÷ ours. Neither MLflow's server nor its pages are part of it.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true", GIT_PYTHON_REFRESH="quiet")

from mlflow import MlflowClient
from mlflow import __version__ as mlflow_version

from benchmarks.bench_store import COMPARED, PAGE, POINTS, point, running_run
from benchmarks.fill import fill
from mlops_core.services import comparison, runs
from mlops_core.settings import load_settings
from mlops_core.store import runs as store
from mlops_core.store.workspace import Workspace

REPEATS = 7
EXPERIMENT = "all"
TAG = "tuned"


def median_ms(task: Callable[[], Any]) -> float:
    """The median of ``REPEATS`` calls after one to warm up, in milliseconds."""
    times = []
    for number in range(REPEATS + 1):
        started = time.perf_counter()
        task()
        if number:
            times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def leaves(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every value of a configuration, as parameters are written to MLflow."""
    for key, value in content.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value if isinstance(value, str) else json.dumps(value)


def name_of(run_id: int) -> str:
    return f"{run_id:032x}"


def into_mlflow(ws: Workspace, path: Path, long_run: int) -> MlflowClient:
    """A store of MLflow with everything that ours knows of its runs; rows are written in bulk."""
    client = MlflowClient(tracking_uri=f"sqlite:///{path}")
    home = client.create_experiment(EXPERIMENT, artifact_location=path.parent.as_uri())
    ours = sqlite3.connect(ws.home / "mlops.db")
    theirs = sqlite3.connect(path)
    tagged: dict[int, list[str]] = {}
    for experiment_id, tag in ours.execute("SELECT experiment_id, tag FROM experiment_tag"):
        tagged.setdefault(experiment_id, []).append(tag)
    rows = ours.execute(
        "SELECT r.id, r.experiment_id, r.model_name, r.owner, r.spec, r.created_at, r.ended_at,"
        " r.archived_at IS NULL AND e.archived_at IS NULL FROM run r"
        " JOIN experiment e ON e.id = r.experiment_id"
    ).fetchall()
    insert(
        theirs,
        "runs",
        [
            {
                "run_uuid": name_of(id),
                "name": model,
                "source_type": "LOCAL",
                "source_name": "",
                "entry_point_name": "",
                "user_id": owner,
                "status": "FINISHED",
                "start_time": int(created * 1000),
                "end_time": int((ended or created) * 1000),
                "source_version": "",
                "lifecycle_stage": "active" if active else "deleted",
                "artifact_uri": path.parent.as_uri(),
                "experiment_id": home,
            }
            for id, _experiment, model, owner, _spec, created, ended, active in rows
        ],
    )
    insert(
        theirs,
        "params",
        [
            {"key": key, "value": value, "run_uuid": name_of(row[0])}
            for row in rows
            for key, value in leaves(json.loads(row[4]))
        ],
    )
    insert(
        theirs,
        "tags",
        [
            {"key": f"is_{tag}", "value": "1", "run_uuid": name_of(row[0])}
            for row in rows
            for tag in tagged.get(row[1], [])
        ],
    )
    values = ours.execute(
        "SELECT m.run_id, m.name, coalesce(m.holdout, m.mean) FROM metric_value m"
        " JOIN run r ON r.id = m.run_id WHERE r.status = 'completed'"
    )
    found = [metric(name_of(id), name, value) for id, name, value in values if value is not None]
    points = [
        metric(name_of(long_run), one.name, one.value, one.step, int(one.at.timestamp() * 1000))
        for one in map(point, range(1, POINTS + 1))
    ]
    insert(theirs, "latest_metrics", [*found, points[-1]])
    insert(theirs, "metrics", [*found, *points])
    theirs.commit()
    return client


def metric(run: str, name: str, value: float, step: int = 0, at: int = 0) -> dict[str, Any]:
    return {
        "key": name, "value": value, "timestamp": at, "step": step, "is_nan": 0, "run_uuid": run,
    }  # fmt: skip


def insert(connection: sqlite3.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    columns = ", ".join(f'"{name}"' for name in rows[0])
    marks = ", ".join("?" * len(rows[0]))
    connection.executemany(
        f"INSERT INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608
        [tuple(row.values()) for row in rows],
    )


def compared(ours: Callable[[], Any], theirs: Callable[[], Any]) -> dict[str, float]:
    mine, other = median_ms(ours), median_ms(theirs)
    return {
        "ours_ms": round(mine, 2), "mlflow_ms": round(other, 2), "ratio": round(other / mine, 1),
    }  # fmt: skip


def measure(ws: Workspace, folder: Path, count: int) -> dict[str, Any]:
    ids = fill(ws, count, points=0, samples=0)
    long_run, attempt = running_run(ws, ids[0])
    with ws.begin() as connection:
        assert store.write_batch(
            connection, long_run, attempt=attempt, points=[point(n) for n in range(1, POINTS + 1)]
        )
    client = into_mlflow(ws, folder / "mlflow.db", long_run)
    home = [client.get_experiment_by_name(EXPERIMENT).experiment_id]
    some = ids[:: max(count // COMPARED, 1)][:COMPARED]
    tuned = runs.RunFilter(tag=TAG)

    def theirs(filter: str, order: str) -> list[Any]:
        found: list[Any] = client.search_runs(home, filter, order_by=[order], max_results=PAGE)
        return found

    # Both sides find the same, or there is nothing to compare.
    mine = runs.list_runs(ws, tuned, sort="metric:roc_auc", limit=PAGE).items
    listed = theirs(f"tags.is_{TAG} = '1'", "metrics.roc_auc DESC")
    assert [name_of(run.id) for run in mine][:1] == [run.info.run_id for run in listed][:1]
    assert len(mine) == len(listed)
    newest = runs.list_runs(ws, limit=PAGE).items
    assert len(newest) == len(theirs("", "attributes.start_time DESC"))
    return {
        "list 100 newest runs": compared(
            lambda: runs.list_runs(ws, limit=PAGE),
            lambda: theirs("", "attributes.start_time DESC"),
        ),
        "search 100 runs by tag, sorted by metric": compared(
            lambda: runs.list_runs(ws, tuned, sort="metric:roc_auc", limit=PAGE),
            lambda: theirs(f"tags.is_{TAG} = '1'", "metrics.roc_auc DESC"),
        ),
        "sort by a parameter": compared(
            lambda: runs.list_runs(ws, sort="setting:params.n_estimators", limit=PAGE),
            lambda: theirs("", "params.`model.params.n_estimators` DESC"),
        ),
        "history of 10,000 points": compared(
            lambda: runs.points(ws, long_run),
            lambda: client.get_metric_history(name_of(long_run), "roc_auc"),
        ),
        "compare 50 runs": compared(
            lambda: comparison.compare(ws, some),
            lambda: [client.get_run(name_of(id)) for id in some],
        ),
    }


def main() -> None:
    logging.disable(logging.WARNING)
    counts = [int(text) for text in sys.argv[1:]] or [1_000, 10_000]
    found = {}
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            ws = Workspace.open(load_settings({"MLOPS_HOME": f"{folder}/home"}))
            try:
                found[f"{count} runs"] = measure(ws, Path(folder), count)
            finally:
                ws.close()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    about = {"machine": machine, "python": platform.python_version(), "mlflow": mlflow_version}
    print(json.dumps({**about, **found}, indent=2))


if __name__ == "__main__":
    main()
