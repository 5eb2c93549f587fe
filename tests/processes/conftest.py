"""Runs of small programs that misbehave, in place of the trainer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from mlops_core.domain.columns import ReadReport
from mlops_core.domain.configs import DatasetConfig, ModelConfig, ResourceAllocation, RunSpec
from mlops_core.domain.events import RunPaths
from mlops_core.domain.params import Task
from mlops_core.domain.queue import Submission
from mlops_core.runners.processes import tagged
from mlops_core.scheduling.launch import environment_of
from mlops_core.store import datasets, runs
from mlops_core.store.tables import experiment, metric_point, resource_sample, run, run_event
from mlops_core.store.workspace import Workspace
from mlops_core.supervision.supervise import run_tag
from tests.support import end_processes, wait_until

ROOT = Path(__file__).parents[2]
# What every program begins with: the folder, and a way to write an event.
PRELUDE = """
import json, os, signal, sys, time
from pathlib import Path
folder = Path(sys.argv[-1])
def event(**what):
    with (folder / "events.jsonl").open("a") as file:
        file.write(json.dumps({"t": time.time(), **what}) + "\\n")
def deliver(value=0.75):
    result = {
        "primary_metric": "accuracy",
        "holdout": {"accuracy": value},
        "cv": {"accuracy": {"mean": 0.5, "std": 0.1, "folds": [0.4, 0.6]}},
    }
    (folder / "result.part").write_text(json.dumps(result))
    (folder / "result.part").rename(folder / "result.json")
def for_ever():
    event(kind="phase", phase="fold", fold=2, of=5)
    while True:
        time.sleep(1)
"""


@dataclass
class Lab:
    """A workspace with one dataset and one experiment, and programs to run in it."""

    ws: Workspace
    folder: Path
    experiment_id: int
    dataset_id: int
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def queue(self, *, retries: int = 0, **resources: Any) -> int:
        """Queue a run."""
        asked = {"memory_gb": 1.0, "time_limit_hours": 0.1, **resources}
        dataset = DatasetConfig(
            name="d", version=1, fingerprint="f" * 64, target="y", task=Task.CLASSIFICATION
        )
        spec = RunSpec(
            dataset=dataset,
            model=ModelConfig(algorithm="dummy"),
            resources=ResourceAllocation(**asked),
        )
        with self.ws.begin() as connection:
            return runs.insert_run(
                connection,
                experiment_id=self.experiment_id,
                dataset_id=self.dataset_id,
                model_name="m",
                model_version_id=None,
                spec=spec,
                metric="accuracy",
                by=Submission(owner="kim"),
                retries=retries,
                at=self.ws.now(),
            )

    def claim(self, run_id: int, gpus: Sequence[str] = ()) -> int:
        with self.ws.begin() as connection:
            attempt = runs.claim(connection, run_id, cores=(0,), gpus=gpus, at=self.ws.now())
        assert attempt is not None
        return attempt

    def program(self, body: str) -> tuple[str, ...]:
        """A program in place of the trainer."""
        path = self.folder / "program.py"
        path.write_text(PRELUDE + textwrap.dedent(body))
        return (sys.executable, str(path))

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.folder / "processes.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                cwd=ROOT,
                env={**os.environ, **environment_of(self.ws.settings)},
                stderr=log,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def supervise(self, run_id: int, attempt: int, body: str) -> subprocess.Popen[bytes]:
        program = self.program(body)
        return self._start("mlops_core.supervision", str(run_id), str(attempt), *program)

    def schedule(self, program: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        return self._start("mlops_core.scheduling", *program)

    def run(self, body: str, on: Sequence[str] = (), **resources: Any) -> Any:
        """Run a program under supervision to its end and give the run's row.

        Args:
            on: The UUIDs of the GPUs that it is given.
        """
        run_id = self.queue(gpus=len(on), **resources)
        supervisor = self.supervise(run_id, self.claim(run_id, on), body)
        assert supervisor.wait(timeout=40) == 0, self.log()
        return self.ended(run_id)

    def ended(self, run_id: int, timeout: float = 20.0) -> Any:
        """The row of a run once it is over, and nothing of it is left."""
        wait_until(lambda: self.row(run_id).ended_at, timeout=timeout, what=f"run {run_id} is over")
        row = self.row(run_id)
        assert self.processes(run_id) == ()
        return row

    def row(self, run_id: int) -> Any:
        with self.ws.read() as connection:
            return connection.execute(select(run).where(run.c.id == run_id)).one()

    def _all(self, table: Any, run_id: int) -> list[Any]:
        with self.ws.read() as connection:
            return list(
                connection.execute(
                    select(table).where(table.c.run_id == run_id).order_by(table.c.seq)
                )
            )

    def points(self, run_id: int) -> list[Any]:
        return self._all(metric_point, run_id)

    def samples(self, run_id: int) -> list[Any]:
        return self._all(resource_sample, run_id)

    def history(self, run_id: int) -> list[Any]:
        return self._all(run_event, run_id)

    def events(self, run_id: int) -> list[str]:
        return [row.kind for row in self.history(run_id)]

    def paths(self, run_id: int) -> RunPaths:
        return self.ws.run_paths(run_id)

    def processes(self, run_id: int) -> tuple[int, ...]:
        """Every process of the run's attempts but its supervisors."""
        return tuple(
            pid
            for attempt in range(1, self.row(run_id).attempt + 1)
            for pid in tagged(run_tag(self.ws.home, run_id, attempt))
        )

    def trains(self, run_id: int) -> int:
        """Wait until the program says that it is in a fold; its process."""
        wait_until(lambda: self.row(run_id).phase == "fold", what=f"run {run_id} is in a fold")
        return self.processes(run_id)[0]

    def stop(self, run_id: int) -> None:
        with self.ws.begin() as connection:
            assert runs.request_stop(connection, run_id, at=self.ws.now())

    def kill(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)

    def log(self) -> str:
        path = self.folder / "processes.log"
        return path.read_text() if path.exists() else ""


@pytest.fixture
def lab(workspace: Workspace, tmp_path: Path) -> Iterator[Lab]:
    report = ReadReport(encoding="utf-8", delimiter=",", quote='"', header=True)
    now = workspace.now()
    with workspace.begin() as connection:
        dataset_id = datasets.add(
            connection,
            {
                "name": "d",
                "tags": [],
                "original_name": "d.csv",
                "folder": "d-1",
                "fingerprint": "f" * 64,
                "bytes": 1,
                "rows": 1,
                "column_count": 1,
                "report": report.model_dump(mode="json"),
                "columns": [{"name": "x", "original": "x", "type": "number", "role": "numeric"}],
                "findings": [],
                "created_at": now,
            },
        )
        experiment_id = connection.execute(
            insert(experiment)
            .values(
                name="e",
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
    made = Lab(workspace, tmp_path, experiment_id, dataset_id)
    yield made
    end_processes(workspace.home)
    for process in made.started:
        process.wait(timeout=10)
