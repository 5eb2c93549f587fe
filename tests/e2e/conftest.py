"""The app as a person meets it: its own process, its own data folder, a real Chromium."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.browser import ARGUMENTS, find_chromium
from tests.support import free_port, wait_until

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "artifacts" / "screenshots"


SLOW = 60_000  # milliseconds: training on a busy machine
PATIENT = 20_000  # milliseconds: anything else on a busy machine
expect.set_options(timeout=PATIENT)


def settled(page: Page) -> None:
    """Wait until the page has finished the script run it is in and has drawn all of it."""
    expect(page.locator("[data-test-script-state=running]")).to_have_count(0, timeout=SLOW)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=SLOW)


@dataclass
class RunningApp:
    """One app process on one data folder; it can be killed and started again."""

    home: Path
    log: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        environment = {**os.environ, "MLOPS_HOME": str(self.home)}
        environment["MLOPS_SCHEDULER_IDLE_SECONDS"] = "1"
        environment["MLOPS_MIN_TIME_LIMIT_HOURS"] = "0.001"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "streamlit",
                    "run",
                    "app.py",
                    "--server.port",
                    str(self.port),
                ],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        wait_until(self.answers, timeout=60, what=f"the app answers on {self.url}")

    def answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text(errors="replace")
        health = f"{self.url}/_stcore/health"
        try:
            with urllib.request.urlopen(health, timeout=2) as reply:  # noqa: S310 - our own app
                status: int = reply.status
                return status == 200
        except (urllib.error.URLError, OSError):
            return False

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    folder = tmp_path_factory.mktemp("app")
    running = RunningApp(home=folder / "home", log=folder / "app.log")
    running.start()
    yield running
    running.end()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    assert path, "no Chromium found: run `make browser`"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@dataclass
class Watched:
    """A page and everything its console complained of."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def listen(self) -> None:
        def on_console(message: ConsoleMessage) -> None:
            if message.type == "error":
                self.complaints.append(f"{message.text} ({message.location.get('url')})")

        self.page.on("console", on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def screenshot(self, name: str) -> None:
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"{name}.png")


@pytest.fixture
def locale() -> str:
    """What the browser says it reads; a test may parametrize it."""
    return "en-US"


@pytest.fixture
def watched(browser: Browser, request: pytest.FixtureRequest, locale: str) -> Iterator[Watched]:
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, accept_downloads=True, locale=locale
    )
    context.set_default_timeout(PATIENT)
    found = Watched(context.new_page())
    found.listen()
    yield found
    if not found.page.is_closed():
        found.screenshot(f"end-of-{request.node.name}")
    context.close()
    assert found.complaints == []
