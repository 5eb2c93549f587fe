"""How long a person waits in a browser for our pages and for MLflow's, on the same runs.

    make peer && python benchmarks/bench_pages.py [RUNS …]        (1,000 and 10,000)

Both servers are started here, on localhost, over the same runs (`bench_mlflow.py` writes them into
MLflow's store). A headless Chromium goes to each address and the clock runs from the navigation to
the first row, chart or value that was asked for being visible. *first* is a visit of somebody who
was never there (a new profile, nothing cached), *again* the third one: from then on a browser keeps
what it has compiled. Bytes are what came
over the wire, answers as the browser counts them plus what its websockets received, before any
compression of theirs. Memory is what the server's whole process tree holds afterwards (PSS);
*pages* is without the supervisor and the trainer that wait for the next run, which is nothing that
a tracker has.

MLflow's server lives in an environment of its own, since it asks for an older Arrow than this app.
Where that is missing, ours is measured alone, and `ratio` says nothing. Prints one JSON object.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import psutil
from playwright.sync_api import BrowserContext, BrowserType, Locator, Page, sync_playwright

from benchmarks.bench_mlflow import EXPERIMENT, TAG, into_mlflow, name_of
from benchmarks.bench_store import COMPARED, POINTS, point, running_run
from benchmarks.fill import fill
from mlops_core.domain.events import WAITS
from mlops_core.settings import load_settings
from mlops_core.store import runs as store
from mlops_core.store.workspace import Workspace
from tests.browser import ARGUMENTS, find_chromium
from tests.support import free_port

ROOT = Path(__file__).resolve().parents[1]
PEER = ROOT / ".venv" / "mlflow-server" / "bin" / "mlflow"
REPEATS = 3
READING = 1_500  # milliseconds that a person looks at a page
PATIENT = 120_000  # milliseconds; MLflow's table of 10,000 runs has taken 6 s, its start 31
VIEW = {"width": 1440, "height": 900}


@dataclass(frozen=True)
class View:
    """One thing that a person goes to, and the sign that it is there."""

    path: str
    sign: Callable[[Page], Locator]


@dataclass
class Visit:
    """What one navigation took."""

    ms: float
    kilobytes: float


@dataclass
class Server:
    """A running server, its views, and what they took."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    start_seconds: float
    views: dict[str, View]
    first: dict[str, list[Visit]] = field(default_factory=dict)
    again: dict[str, list[Visit]] = field(default_factory=dict)

    def memory_mb(self, *, waiting: bool = True) -> float:
        root = psutil.Process(self.process.pid)
        tree = [root, *root.children(recursive=True)]
        counted = [one for one in tree if waiting or WAITS not in one.cmdline()]
        return sum(one.memory_full_info().pss for one in counted) / 2**20


def our_views(some: list[int], long_run: int) -> dict[str, View]:
    def row(page: Page) -> Locator:
        return page.frame_locator("iframe").first.locator(".ag-center-cols-container .ag-row").first

    listed = ",".join(map(str, some))
    return {
        "run table": View("/experiments?tab=runs", row),
        "run table by tag, sorted by metric": View(
            f"/experiments?tab=runs&label={TAG}&by=-metric:roc_auc", row
        ),
        "one run": View(f"/run?id={long_run}", lambda page: page.locator(".js-plotly-plot").first),
        "compare 50 runs": View(
            f"/compare?runs={listed}",
            lambda page: page.locator(".js-plotly-plot").first,
        ),
    }


def their_views(some: list[int], long_run: int, experiment: str) -> dict[str, View]:
    def row(page: Page) -> Locator:
        return page.locator(".ag-center-cols-container .ag-row").first

    runs = json.dumps([name_of(run) for run in some])
    table = f"/#/experiments/{experiment}/runs"
    return {
        "run table": View(table, row),
        "run table by tag, sorted by metric": View(
            f"{table}?searchFilter=tags.is_{TAG}%20%3D%20%271%27"
            "&orderByKey=metrics.%60roc_auc%60&orderByAsc=false",
            row,
        ),
        "one run": View(
            f"{table}/{name_of(long_run)}/model-metrics",
            lambda page: page.locator(".js-plotly-plot").first,
        ),
        "compare 50 runs": View(
            f'/#/compare-runs?runs={runs}&experiments=["{experiment}"]',
            lambda page: page.locator(".js-plotly-plot").first,
        ),
    }


@contextmanager
def serving(command: list[str], environment: dict[str, str], url: str, log: Path) -> Iterator[Any]:
    """The server, from its start until it answers; it and its children end with the block."""
    began = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while not answers(url):
            if process.poll() is not None or time.perf_counter() - began > PATIENT / 1000:
                raise RuntimeError(log.read_text(errors="replace")[-2000:])
            time.sleep(0.05)
        yield process, time.perf_counter() - began
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:  # noqa: S310 - our own server
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def go(context: BrowserContext, url: str, view: View) -> Visit:
    """One navigation in a page of its own, from the address to the sign."""
    page = context.new_page()
    moved = [0.0]
    wire = context.new_cdp_session(page)
    wire.on("Network.loadingFinished", lambda event: add(moved, event["encodedDataLength"]))
    wire.on(
        "Network.webSocketFrameReceived",
        lambda event: add(moved, size_of(event["response"])),
    )
    wire.send("Network.enable")
    began = time.perf_counter()
    page.goto(f"{url}{view.path}", wait_until="commit")
    view.sign(page).wait_for(state="visible", timeout=PATIENT)
    took = (time.perf_counter() - began) * 1000
    page.wait_for_timeout(READING)  # meanwhile a browser puts away what it has compiled
    page.close()
    return Visit(took, moved[0] / 1024)


def add(moved: list[float], more: float) -> None:
    moved[0] += more


def size_of(frame: dict[str, Any]) -> float:
    """Bytes of a websocket frame; a binary one (opcode 2) is handed over as base64."""
    length = len(frame["payloadData"])
    return length * 3 / 4 if frame["opcode"] == 2 else length


@contextmanager
def person(chromium: BrowserType) -> Iterator[BrowserContext]:
    """A browser with a profile of its own on the disk, as people have."""
    with tempfile.TemporaryDirectory() as folder:
        context = chromium.launch_persistent_context(
            folder, executable_path=find_chromium(), args=list(ARGUMENTS), viewport=VIEW
        )
        yield context
        context.close()


def visit_all(chromium: BrowserType, servers: Sequence[Server]) -> None:
    """Every view of every server; they take turns, so that a slow minute is shared."""
    for name in servers[0].views:
        for _number in range(REPEATS):
            for server in servers:
                view = server.views[name]
                with person(chromium) as context:
                    first, _second, again = (go(context, server.url, view) for _visit in range(3))
                server.first.setdefault(name, []).append(first)
                server.again.setdefault(name, []).append(again)
                print(f"{server.name}, {name}: {first.ms:.0f}, {again.ms:.0f}", file=sys.stderr)


@contextmanager
def our_server(ws: Workspace, views: dict[str, View], folder: Path) -> Iterator[Server]:
    port = free_port()
    url = f"http://localhost:{port}"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    home = {"MLOPS_HOME": str(ws.home)}
    with serving(command, home, f"{url}/_stcore/health", folder / "ours.log") as (process, took):
        yield Server("ours", url, process, took, views)


@contextmanager
def their_server(folder: Path, views: dict[str, View]) -> Iterator[Server]:
    port = free_port()
    url = f"http://localhost:{port}"
    command = [
        str(PEER), "server", "--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}",
        "--artifacts-destination", str(folder), "--port", str(port), "--workers", "1",
    ]  # fmt: skip
    with serving(command, {}, f"{url}/health", folder / "theirs.log") as (process, took):
        yield Server("mlflow", url, process, took, views)


def summary(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = {"start_seconds": round(server.start_seconds, 1)}
    for name in server.views:
        found[name] = {
            f"{when}_{what}": round(statistics.median(getattr(one, what) for one in visits[name]))
            for when, visits in (("first", server.first), ("again", server.again))
            for what in ("ms", "kilobytes")
        }
    found["memory_mb"] = round(server.memory_mb())
    found["memory_pages_mb"] = round(server.memory_mb(waiting=False))
    return found


def measure(ws: Workspace, folder: Path, count: int, chromium: BrowserType) -> dict[str, Any]:
    ids = fill(ws, count)
    long_run, attempt = running_run(ws, ids[0])
    with ws.begin() as connection:
        assert store.write_batch(
            connection, long_run, attempt=attempt, points=[point(n) for n in range(1, POINTS + 1)]
        )
    client = into_mlflow(ws, folder / "mlflow.db", long_run)
    experiment = client.get_experiment_by_name(EXPERIMENT).experiment_id
    some = ids[:: max(count // COMPARED, 1)][:COMPARED]
    with ExitStack() as stack:
        servers = [stack.enter_context(our_server(ws, our_views(some, long_run), folder))]
        if PEER.is_file():
            views = their_views(some, long_run, experiment)
            servers.append(stack.enter_context(their_server(folder, views)))
        visit_all(chromium, servers)
        found = {server.name: summary(server) for server in servers}
    if len(servers) == 1:
        return {**found, "mlflow": "not installed: make peer"}
    return {**found, "ratio": ratios(found["mlflow"], found["ours"])}


def ratios(above: dict[str, Any], below: dict[str, Any]) -> dict[str, Any]:
    """MLflow ÷ ours, of every figure."""
    return {
        name: ratios(value, below[name])
        if isinstance(value, dict)
        else round(value / below[name], 1)
        for name, value in above.items()
    }


def main() -> None:
    logging.disable(logging.WARNING)
    counts = [int(text) for text in sys.argv[1:]] or [1_000, 10_000]
    found = {}
    with sync_playwright() as playwright:
        for count in counts:
            with tempfile.TemporaryDirectory() as folder:
                ws = Workspace.open(load_settings({"MLOPS_HOME": f"{folder}/home"}))
                try:
                    found[f"{count} runs"] = measure(ws, Path(folder), count, playwright.chromium)
                finally:
                    ws.close()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(json.dumps({"machine": machine, "python": platform.python_version(), **found}, indent=2))


if __name__ == "__main__":
    main()
