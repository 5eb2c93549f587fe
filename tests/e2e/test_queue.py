"""The queue in a browser: a name that stays, a priority that changes, all of mine stopped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from mlops_core.domain.queue import Priority, Submission
from mlops_core.services import baselines, datasets, runs
from mlops_core.settings import load_settings
from mlops_core.store.bell import LEAVE, ring
from mlops_core.store.locks import is_held, try_lock
from mlops_core.store.workspace import Workspace
from tests.e2e.conftest import SLOW, RunningApp, Watched, settled
from tests.support import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.process]


@pytest.fixture
def workspace(app: RunningApp) -> Iterator[Workspace]:
    """What the app works on, where no scheduler can start: what is queued stays queued."""
    opened = Workspace.open(load_settings({"MLOPS_HOME": str(app.home)}))

    def gone() -> bool:
        ring(opened.scheduler_bell, LEAVE)  # while the app is up it would stay
        return not is_held(opened.scheduler_lock)

    wait_until(gone, what="no scheduler works")
    lock = try_lock(opened.scheduler_lock)
    assert lock is not None
    with lock:
        yield opened
    opened.close()


def test_a_name_is_kept_a_priority_changed_and_all_of_mine_withdrawn(
    app: RunningApp, watched: Watched, workspace: Workspace
) -> None:
    sample = datasets.add_sample(workspace, "penguins")
    _made, mine = baselines.train(workspace, sample.id, by=Submission(owner="이수진"))
    _other, others = baselines.train(workspace, sample.id, by=Submission(owner="kim"))

    page = watched.page
    page.goto(f"{app.url}/queue")
    page.get_by_role("button", name="Stop all of mine").wait_for(timeout=SLOW)
    page.locator("[class*=st-key-queue_me] button").first.click()
    page.get_by_role("dialog").get_by_label("Name").fill("이수진")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="이수진")).to_be_visible()
    settled(page)
    wait_until(
        lambda: quote("이수진") in str(page.context.cookies()), what="the browser keeps the name"
    )
    page.reload()
    expect(page.get_by_role("button", name="이수진")).to_be_visible(timeout=SLOW)

    frame = page.frame_locator("iframe[title*=AgGrid], iframe[title*=agGrid]").first
    row = frame.locator(f"[row-id='{others[-1]}'] .ag-selection-checkbox").first
    row.click(timeout=SLOW)
    page.get_by_role("button", name="High priority").click()
    wait_until(
        lambda: runs.get_run(workspace, others[-1]).priority is Priority.HIGH,
        what="the priority is high",
    )

    settled(page)
    page.get_by_role("button", name="Stop all of mine").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("Stop all")).click()
    wait_until(
        lambda: all(runs.get_run(workspace, one).status == "cancelled" for one in mine),
        what="all of mine are withdrawn",
    )
    assert {runs.get_run(workspace, one).status.value for one in others} == {"queued"}
    for one in others:
        runs.stop(workspace, one)
