"""One person's way: first visit, their own file, training watched live, a comparison to send."""

from __future__ import annotations

import csv
import random
import re
import signal
from pathlib import Path

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.e2e.conftest import SLOW, RunningApp, Watched, settled
from tests.support import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.process]


def write_csv(path: Path, rows: int = 400) -> Path:
    """Customers with Korean names and a learnable reason to leave, as an office would save it."""
    chance = random.Random(7)
    with path.open("w", encoding="cp949", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["고객", "age", "plan", "spend", "joined", "churned"])
        for number in range(rows):
            age = chance.randint(18, 80)
            leaves = age + chance.gauss(0, 12) > 55
            joined = f"2024-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
            plan = chance.choice(["basic", "plus", "프리미엄"])
            spend = round(chance.random() * 100, 2)
            writer.writerow([f"K{number:05}", age, plan, spend, joined, "yes" if leaves else "no"])
    return path


def test_from_first_visit_to_a_comparison(
    app: RunningApp, watched: Watched, tmp_path: Path
) -> None:
    page = watched.page

    # The first page offers a sample; the person has a file of their own.
    page.goto(app.url)
    expect(page.get_by_role("button", name="Try it with a sample")).to_be_visible()
    settled(page)
    watched.screenshot("1-first-visit")
    page.get_by_role("button", name="Use my own CSV").click()

    # The file goes up, and what was understood is shown.
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files(write_csv(tmp_path / "고객 이탈.csv"))
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("cp949")).to_be_visible()
    expect(page.get_by_text("Semicolon")).to_be_visible()
    expect(page.get_by_text("400 rows, 6 columns")).to_be_visible()
    settled(page)
    watched.screenshot("2-data")

    # One click trains a baseline of several models.
    page.get_by_role("button", name="Train a baseline now").click()
    page.wait_for_url(re.compile(r"/experiments\?"))
    grid = page.frame_locator("iframe[title*=AgGrid], iframe[title*=aggrid]").first
    # Four trainers start at this moment.
    expect(grid.get_by_text("Random forest")).to_be_visible(timeout=SLOW)
    watched.screenshot("3-training")

    # A run has a page of its own, live while it lasts and full of results when it is over.
    page.goto(f"{app.url}/run?id=4")
    expect(page.get_by_text("Completed").first).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("Confusion matrix")).to_be_visible(timeout=SLOW)
    settled(page)
    watched.screenshot("4-run")
    expect(page.get_by_text("Peak memory")).to_be_visible()

    # The comparison lives in its link: another window that opens it sees the same.
    page.goto(f"{app.url}/experiments?id=1")
    page.get_by_role("button", name="Compare runs").or_(
        page.get_by_role("link", name="Compare runs")
    ).click()
    page.wait_for_url(re.compile(r"/compare\?.*runs="))
    expect(page.get_by_text("Spread over folds")).to_be_visible(timeout=SLOW)
    settled(page)
    watched.screenshot("5-compare")
    assert page.context.browser is not None
    colleague = page.context.browser.new_page()
    colleague.goto(page.url)
    expect(colleague.get_by_text("Random forest").first).to_be_visible(timeout=SLOW)
    expect(colleague.get_by_text("Spread over folds")).to_be_visible(timeout=SLOW)
    colleague.close()


def test_a_page_that_takes_long_offers_no_stop_of_its_own(
    app: RunningApp, watched: Watched
) -> None:
    """Stop means a run; Streamlit's own button of that name would leave the page half drawn."""
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    def never_finished(browser_side: WebSocketRoute) -> None:
        server_side = browser_side.connect_to_server()

        def forward(message: bytes | str) -> None:
            said = ForwardMsg.FromString(message).WhichOneof("type")
            if said not in {"script_finished", "session_status_changed"}:
                browser_side.send(message)

        server_side.on_message(forward)

    page = watched.page
    page.route_web_socket(re.compile("/_stcore/stream"), never_finished)
    page.goto(app.url)
    expect(page.get_by_test_id("stStatusWidget")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)


def test_a_long_fit_is_stopped_from_its_page_and_survives_a_restart(
    app: RunningApp, watched: Watched, tmp_path: Path
) -> None:
    """The app is killed under a running run; the run goes on, and Stop still ends it."""
    from mlops_core.domain.configs import SpecFile
    from mlops_core.domain.states import EndReason, RunStatus
    from mlops_core.services import runs
    from mlops_core.settings import load_settings
    from mlops_core.store.workspace import Workspace

    home = {"MLOPS_HOME": str(app.home), "MLOPS_MIN_TIME_LIMIT_HOURS": "0.001"}
    workspace = Workspace.open(load_settings(home))
    spec = SpecFile.model_validate(
        {
            "name": "long",
            "dataset": {"path": str(write_csv(tmp_path / "long.csv", 20_000)), "target": "churned"},
            "model": {"algorithm": "gradient_boosting", "params": {"n_estimators": 5000}},
            "resources": {"cpu_cores": 1, "memory_gb": 2, "time_limit_hours": 0.2},
        }
    )
    run_id = runs.submit_spec(workspace, spec, base=tmp_path)
    wait_until(
        lambda: runs.get_run(workspace, run_id).phase == "fold",
        timeout=60,
        what="the run is fitting",
    )
    app.end(signal.SIGKILL)
    app.start()
    assert runs.get_run(workspace, run_id).status is RunStatus.RUNNING

    page = watched.page
    page.goto(f"{app.url}/run?id={run_id}")
    page.get_by_role("button", name="Stop").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    watched.screenshot("6-stop")
    dialog.get_by_role("button", name="Stop").click()
    wait_until(
        lambda: runs.get_run(workspace, run_id).status.is_final,
        timeout=10,
        what="the run has ended",
    )
    ended = runs.get_run(workspace, run_id)
    assert (ended.status, ended.end_reason) == (RunStatus.CANCELLED, EndReason.CANCELLED)
    expect(page.get_by_text("Cancelled").first).to_be_visible()
    watched.screenshot("7-stopped")
    workspace.close()
