"""A workspace under fire: kills at random moments, while two shells and a browser go on."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import select

from mlops_core.domain.configs import SpecFile
from mlops_core.domain.states import EndReason, RunStatus
from mlops_core.runners.processes import TAG_VARIABLE, stat
from mlops_core.scheduling.launch import environment_of
from mlops_core.scheduling.reconcile import START_TRIES
from mlops_core.services import datasets, queueing, resources, runs
from mlops_core.store.tables import run as run_table
from mlops_core.store.workspace import Workspace
from tests.support import free_port

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 180
OFTEN = {"app": 1, "scheduler": 2, "supervisor": 3, "trainer": 3}  # how often each is drawn
MODULES = {
    "mlops_core.scheduling": "scheduler",
    "mlops_core.supervision": "supervisor",
    "mlops_core.training": "trainer",
}
SHARED = Path("/dev/shm")  # noqa: S108 - looked at, never written to
NAME = "chaos"


@dataclass(frozen=True)
class Found:
    """A process of the workspace.

    ``run`` is its run, 0 where it has none (yet: who waits may be given one at any moment).
    """

    pid: int
    kind: str
    run: int = 0

    @property
    def supervisor(self) -> int:
        """The process that supervises it, or itself; 0 where there is none."""
        if self.kind == "trainer":
            found = stat(self.pid)
            return found.parent if found else 0
        return self.pid if self.kind == "supervisor" else 0


def spec_for(ws: Workspace, trees: int = 150) -> SpecFile:
    """A training of one to three seconds on a shipped sample; fewer ``trees`` take less."""
    sample = datasets.add_sample(ws, "breast_cancer")
    return SpecFile.model_validate(
        {
            "name": NAME,
            "dataset": {"name": sample.name, "version": sample.version},
            "model": {"algorithm": "random_forest", "params": {"n_estimators": trees}},
            "resources": {"cpu_cores": 1, "memory_gb": 1, "time_limit_hours": 0.1},
        }
    )


def shared_memory() -> set[str]:
    """What lies in the machine's shared memory."""
    return {path.name for path in SHARED.glob("*")} if SHARED.is_dir() else set()


@dataclass
class Chaos:
    """One workspace under fire, and what was done to it.

    Attributes:
        waiting: How many runs should be in the queue.
        submitted: Runs whose submission was answered: none of them may be lost.
        stopped: Runs that somebody asked to stop.
        hit: Which kinds of processes were killed, by the process that supervised them.
        complaints: What shells said when they should have had nothing to say.
    """

    ws: Workspace
    spec: SpecFile
    waiting: int = 4
    luck: random.Random = field(default_factory=lambda: random.Random(11))
    port: int = field(default_factory=free_port)
    app: subprocess.Popen[bytes] | None = None
    submitted: list[int] = field(default_factory=list)
    stopped: set[int] = field(default_factory=set)
    killed: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    hit: dict[int, set[str]] = field(default_factory=dict)
    doubled: set[int] = field(default_factory=set)
    exceeded: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    leave: threading.Event = field(default_factory=threading.Event)
    shared_before: set[str] = field(default_factory=shared_memory)

    def processes(self) -> list[Found]:
        """Everything that works for this workspace: it is told so, or works on a run's folder."""
        home = str(self.ws.home)
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                told = (folder / "environ").read_bytes().decode(errors="replace").split("\0")
                words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            tag = next((word for word in told if word.startswith(f"{TAG_VARIABLE}={home}:")), "")
            if not tag and f"MLOPS_HOME={home}" not in told:
                continue
            if words == [""]:  # a zombie has no words and does nothing
                continue
            pid = int(folder.name)
            kind = next((MODULES[word] for word in words if word in MODULES), "other")
            run_id = 0
            if kind == "trainer":  # one that waits for its run has a tag of noughts
                run_id = int(tag.removeprefix(f"{TAG_VARIABLE}={home}:").partition(":")[0])
            elif "streamlit" in words:
                kind = "app"
            found.append(Found(pid, kind, run_id))
        return found

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, **environment_of(self.ws.settings)}

    def start_app(self) -> None:
        """Start the app, or start it again at the same address."""
        arguments = ["-m", "streamlit", "run", "app.py", "--server.port", str(self.port)]
        self.app = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def keep_filled(self) -> None:
        """Submit until enough runs wait."""
        waiting = runs.list_runs(self.ws, runs.RunFilter(status=(RunStatus.QUEUED,)), limit=1).total
        for _number in range(self.waiting - waiting):
            self.submitted.append(runs.submit_spec(self.ws, self.spec, base=self.ws.home))

    def look(self, found: list[Found]) -> None:
        """Two trainers of one run, or more runs than the machine has room for, are too many."""
        trainers = Counter(one.run for one in found if one.kind == "trainer" and one.run)
        self.doubled |= {run_id for run_id, count in trainers.items() if count > 1}
        going = select(run_table.c.cores, run_table.c.memory_gb).where(
            run_table.c.status == RunStatus.RUNNING.value
        )
        with self.ws.read() as connection:
            given = connection.execute(going).all()
        here = resources.machine(self.ws)
        cores = Counter(core for row in given for core in row.cores)
        memory = sum(row.memory_gb for row in given)
        if any(count > 1 for count in cores.values()) or len(cores) > here.cores:
            self.exceeded.append(f"cores {dict(cores)}")
        if memory > here.usable_memory_gb:
            self.exceeded.append(f"{memory} GB of {here.usable_memory_gb}")

    def kill_one(self, found: list[Found]) -> None:
        """Kill a process of a kind drawn at random."""
        kinds = sorted({one.kind for one in found} & OFTEN.keys())
        if not kinds:
            return
        (kind,) = self.luck.choices(kinds, [OFTEN[kind] for kind in kinds])
        victim = self.luck.choice([one for one in found if one.kind == kind])
        supervisor = victim.supervisor
        try:
            os.kill(victim.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.killed[kind] += 1
        if supervisor:
            self.hit.setdefault(supervisor, set()).add(kind)
        if kind == "app" and self.app is not None:
            self.app.wait()
            self.start_app()

    def rage(self, kills: int, *, shells: int = 2, browser: str | None = None) -> None:
        """Kill ``kills`` processes, with pauses of up to two seconds, while others go on.

        Args:
            shells: How many shells submit and stop meanwhile.
            browser: The Chromium that a person stops runs with; nobody does without.
        """
        self.start_app()
        actors: list[threading.Thread] = [
            threading.Thread(target=self._in_a_shell, args=(number,)) for number in range(shells)
        ]
        if browser is not None:
            actors.append(threading.Thread(target=self._in_a_browser, args=(browser,)))
        for actor in actors:
            actor.start()
        try:
            while self.killed.total() < kills:
                self.keep_filled()
                found = self.processes()
                self.look(found)
                self.kill_one(found)
                time.sleep(self.luck.uniform(0.05, 2.0))
        finally:
            self.leave.set()
            for actor in actors:
                actor.join()

    def _in_a_shell(self, number: int) -> None:
        """Submit and stop from a shell, in turns, until it is time to leave."""
        luck = random.Random(number)
        path = self.ws.home / f"shell-{number}.yaml"  # JSON is YAML
        content = self.spec.model_dump(mode="json", exclude_defaults=True)
        path.write_text(json.dumps(content), encoding="utf-8")
        while not self.leave.is_set():
            said = self._shell("run", str(path), "--no-wait", "--json")
            if said.returncode == 0:
                self.submitted.append(json.loads(said.stdout)["run_id"])
                self.done["submitted from a shell"] += 1
            else:
                self.complaints.append(said.stderr)
            self.leave.wait(luck.uniform(0.0, 1.0))
            chosen = luck.choice(self.submitted[-6:] or [0])
            if chosen:
                self.stopped.add(chosen)
                said = self._shell("runs", "stop", str(chosen))
                self.done["stopped from a shell"] += said.returncode == 0
                if "Traceback" in said.stderr:
                    self.complaints.append(said.stderr)
            self.leave.wait(luck.uniform(0.0, 3.0))

    def _shell(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mlops_core", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def _in_a_browser(self, path: str) -> None:
        """Open the newest runs and stop them; an app that is down is asked again."""
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(
                executable_path=path, args=["--no-sandbox", "--disable-gpu"]
            )
            page = chromium.new_page()
            page.set_default_timeout(4000)
            while not self.leave.is_set():
                try:
                    self._stop_one(page)
                except BrowserError:
                    self.leave.wait(0.3)  # the app is down, or the run has ended meanwhile
            chromium.close()

    def _stop_one(self, page: Page) -> None:
        for chosen in reversed(self.submitted[-3:]):
            page.goto(f"http://localhost:{self.port}/run?id={chosen}")
            button = page.get_by_role("button", name="Stop").or_(
                page.get_by_role("button", name="Withdraw")
            )
            self.stopped.add(chosen)
            button.first.click()
            page.get_by_role("dialog").get_by_role("button").last.click()
            self.done["stopped from a browser"] += 1
            self.leave.wait(1.0)

    def settle(self) -> bool:
        """Wait until every run is over; ``False``: one never is."""
        wanted = runs.RunFilter(status=(RunStatus.QUEUED, RunStatus.RUNNING))

        def all_over() -> bool:
            queueing.wake(self.ws)
            self.look(self.processes())
            return not runs.list_runs(self.ws, wanted, limit=1).total

        return _until(all_over)

    def left_over(self) -> list[str]:
        """What works on after the app has gone and the scheduler had time to leave, and what lies
        in shared memory."""
        if self.app is not None:
            self.app.terminate()
            self.app.wait()
        _until(lambda: not self.processes())
        left = [f"{one.kind} {one.pid}" for one in self.processes()]
        return [*left, *sorted(shared_memory() - self.shared_before)]

    def untrue(self) -> list[str]:
        """Records that do not fit what was done to their run."""
        return [said for run_id in self.submitted if (said := self.lie_of(run_id))]

    def lie_of(self, run_id: int) -> str:
        run = runs.get_run(self.ws, run_id)
        hit = self.hit.get(run.supervisor_pid or 0, set())
        match run.end_reason:
            case EndReason.FINISHED:
                whole = runs.result(self.ws, run_id) is not None
                kept = self.ws.run_paths(run_id).model.exists()
                true = whole and kept and run.status is RunStatus.COMPLETED
            case EndReason.KILLED:
                true = "trainer" in hit
            case EndReason.LOST:
                true = "supervisor" in hit if run.supervisor_pid else self.kept_from_starting()
            case EndReason.CANCELLED:
                true = run_id in self.stopped and run.status is RunStatus.CANCELLED
            case _:
                true = False
        done = " and ".join(sorted(hit)) or "nothing"
        if true:
            return ""
        return f"run {run_id}: {run.status}, {run.end_reason} ({run.message}); killed: {done}"

    def kept_from_starting(self) -> bool:
        """Whether so many were killed before they took a run up that one may never have started:
        supervisors that no run names, and schedulers between a claim and a start."""
        with self.ws.read() as connection:
            named = set(connection.execute(select(run_table.c.supervisor_pid)).scalars())
        return len(self.hit.keys() - named) + self.killed["scheduler"] >= START_TRIES

    def endings(self) -> dict[str, int]:
        """How many runs ended why."""
        return dict(Counter(str(runs.get_run(self.ws, one).end_reason) for one in self.submitted))


def _until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True
