"""Runs that end truly while every kind of process is killed with -9, again and again.

    python benchmarks/bench_chaos.py [KILLS]

Keeps a queue of short real trainings filled, and kills the app, the scheduler, supervisors and
trainers at random moments (the app is started again, the scheduler by whoever looks at the queue).
Then lets everything end and holds every record against what was done to its run. Prints one JSON
object; the exit code is 1 unless nothing is lost, doubled, left over or untrue.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mlops_core.domain.configs import SpecFile
from mlops_core.domain.states import EndReason, RunStatus
from mlops_core.services import datasets, queueing, runs
from mlops_core.settings import load_settings
from mlops_core.store.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
WAITING = 4  # runs that should be in the queue
PATIENCE_SECONDS = 180
OFTEN = {"app": 1, "scheduler": 2, "supervisor": 3, "trainer": 3}  # how often each is drawn
MODULES = {
    "mlops_core.scheduling": "scheduler",
    "mlops_core.supervision": "supervisor",
    "mlops_core.training": "trainer",
}


@dataclass(frozen=True)
class Found:
    """A process of the workspace; ``run`` is its run, 0 where it has none."""

    pid: int
    kind: str
    run: int = 0


@dataclass
class Chaos:
    """One workspace under fire, and what was done to it."""

    ws: Workspace
    spec: SpecFile
    luck: random.Random = field(default_factory=lambda: random.Random(11))
    app: subprocess.Popen[bytes] | None = None
    submitted: list[int] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    hit: dict[int, set[str]] = field(default_factory=dict)
    doubled: set[int] = field(default_factory=set)

    def processes(self) -> list[Found]:
        """Everything that works for this workspace: it is told so, or works on a run's folder."""
        home = str(self.ws.home)
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                told = (folder / "environ").read_bytes().decode(errors="replace").split("\0")
                words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
                if f"MLOPS_HOME={home}" not in told and not any(home in word for word in words):
                    continue
            except OSError:
                continue
            kind = next((MODULES[word] for word in words if word in MODULES), "")
            run_id = 0
            if kind == "supervisor":
                run_id = int(words[words.index("mlops_core.supervision") + 1])
            elif kind == "trainer":
                run_id = int(Path(words[words.index("mlops_core.training") + 1]).name)
            elif "streamlit" in words:
                kind = "app"
            if words != [""]:  # a zombie has no words and does nothing
                found.append(Found(int(folder.name), kind or "other", run_id))
        return found

    def start_app(self) -> None:
        """Start the app, or start it again."""
        arguments = ["-m", "streamlit", "run", "app.py", "--server.port", "0"]
        self.app = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, "MLOPS_HOME": str(self.ws.home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def keep_filled(self) -> None:
        """Submit until enough runs wait."""
        waiting = runs.list_runs(self.ws, runs.RunFilter(status=(RunStatus.QUEUED,)), limit=1).total
        for _number in range(WAITING - waiting):
            self.submitted.append(runs.submit_spec(self.ws, self.spec, base=self.ws.home))

    def look_for_doubles(self, found: list[Found]) -> None:
        """Two trainers of one run at once would be one too many."""
        trainers = Counter(one.run for one in found if one.kind == "trainer")
        self.doubled |= {run_id for run_id, count in trainers.items() if count > 1}

    def kill_one(self, found: list[Found]) -> None:
        """Kill a process of a kind drawn at random."""
        kinds = sorted({one.kind for one in found} & OFTEN.keys())
        if not kinds:
            return
        (kind,) = self.luck.choices(kinds, [OFTEN[kind] for kind in kinds])
        victim = self.luck.choice([one for one in found if one.kind == kind])
        try:
            os.kill(victim.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.killed[kind] += 1
        if victim.run:
            self.hit.setdefault(victim.run, set()).add(kind)
        if kind == "app" and self.app is not None:
            self.app.wait()
            self.start_app()

    def rage(self, kills: int) -> None:
        """Kill ``kills`` processes, with pauses of up to two seconds."""
        self.start_app()
        while self.killed.total() < kills:
            self.keep_filled()
            found = self.processes()
            self.look_for_doubles(found)
            self.kill_one(found)
            time.sleep(self.luck.uniform(0.05, 2.0))

    def settle(self) -> bool:
        """Wait until every run is over; ``False``: one never is."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        wanted = runs.RunFilter(status=(RunStatus.QUEUED, RunStatus.RUNNING))
        while time.monotonic() < deadline:
            queueing.wake(self.ws)
            self.look_for_doubles(self.processes())
            if not runs.list_runs(self.ws, wanted, limit=1).total:
                return True
            time.sleep(0.2)
        return False

    def left_over(self) -> list[Found]:
        """What still works after the app has gone and the scheduler had time to leave."""
        if self.app is not None:
            self.app.terminate()
            self.app.wait()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.2)
        return left

    def untrue(self) -> list[str]:
        """Records that do not fit what was done to their run."""
        return [said for run_id in self.submitted if (said := self.lie_of(run_id))]

    def lie_of(self, run_id: int) -> str:
        run = runs.get_run(self.ws, run_id)
        hit = self.hit.get(run_id, set())
        match run.end_reason:
            case EndReason.FINISHED:
                whole = runs.result(self.ws, run_id) is not None
                kept = self.ws.run_paths(run_id).model.exists()
                true = whole and kept and run.status is RunStatus.COMPLETED
            case EndReason.KILLED:
                true = "trainer" in hit
            case EndReason.LOST:
                true = "supervisor" in hit
            case _:
                true = False
        done = " and ".join(sorted(hit)) or "nothing"
        return "" if true else f"run {run_id}: {run.status}, {run.end_reason}; killed: {done}"


def spec_for(ws: Workspace) -> SpecFile:
    """A training of one to three seconds on a shipped sample."""
    sample = datasets.add_sample(ws, "breast_cancer")
    return SpecFile.model_validate(
        {
            "name": "chaos",
            "dataset": {"name": sample.name, "version": sample.version},
            "model": {"algorithm": "random_forest", "params": {"n_estimators": 150}},
            "resources": {"cpu_cores": 1, "memory_gb": 1, "time_limit_hours": 0.1},
        }
    )


def main() -> int:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings({"MLOPS_HOME": folder, "MLOPS_SCHEDULER_IDLE_SECONDS": "2"})
        ws = Workspace.open(settings)
        chaos = Chaos(ws, spec_for(ws))
        started = time.monotonic()
        chaos.rage(kills)
        ended = chaos.settle()
        left, lies = chaos.left_over(), chaos.untrue()
        reasons = Counter(str(runs.get_run(ws, run_id).end_reason) for run_id in chaos.submitted)
        ws.close()
    good = ended and not (chaos.doubled or left or lies)
    found = {
        "kills": dict(chaos.killed),
        "runs": len(chaos.submitted),
        "endings": dict(reasons),
        "never ended": not ended,
        "doubled": sorted(chaos.doubled),
        "left over": [f"{one.kind} {one.pid}" for one in left],
        "untrue": lies,
        "seconds": round(time.monotonic() - started),
    }
    print(json.dumps(found, indent=2))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
