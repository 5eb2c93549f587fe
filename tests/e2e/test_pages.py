"""Every page, filled: dark and wide, then light, on a phone and in Korean."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from mlops_core.services import baselines, datasets, runs
from mlops_core.settings import load_settings
from mlops_core.store.workspace import Workspace
from tests.e2e.conftest import SLOW, RunningApp, Watched, settled
from tests.support import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.process]


@pytest.fixture(scope="module")
def filled(app: RunningApp) -> Iterator[RunningApp]:
    """The app after a sample was trained by four models."""
    workspace = Workspace.open(load_settings({"MLOPS_HOME": str(app.home)}))
    sample = datasets.add_sample(workspace, "penguins")
    _made, ids = baselines.train(workspace, sample.id)
    wait_until(
        lambda: all(runs.get_run(workspace, run_id).status.is_final for run_id in ids),
        timeout=120,
        what="every run of the baseline has ended",
    )
    assert {runs.get_run(workspace, run_id).status.value for run_id in ids} == {"completed"}
    workspace.close()
    yield app


@pytest.mark.parametrize(
    ("name", "path", "words"),
    [
        ("home", "/", "Recent experiments"),
        ("data", "/data?dataset=1", "What was understood"),
        ("features", "/features?dataset=1", "Features"),
        ("models", "/models", "Random forest"),
        ("resources", "/resources", "This machine"),
        ("experiments", "/experiments", "Experiments"),
        ("queue", "/queue", "Nothing runs or waits"),
        ("run", "/run?id=1", "Confusion matrix"),
        ("what-if", "/run?id=4&view=what_if", "How the answer moves with one column"),
        ("leaderboard", "/leaderboard?dataset=1", "Rank"),
        ("compare", "/compare?runs=1,2,3,4", "Spread over folds"),
    ],
)
def test_every_page_opens_in_the_dark_on_a_phone_and_in_korean(
    filled: RunningApp, watched: Watched, name: str, path: str, words: str
) -> None:
    page = watched.page
    page.emulate_media(color_scheme="dark")
    page.goto(f"{filled.url}{path}")
    expect(page.get_by_text(words).first).to_be_visible(timeout=SLOW)
    settled(page)
    watched.screenshot(f"{name}-dark")

    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="light")
    mark = "&" if "?" in path else "?"
    page.goto(f"{filled.url}{path}{mark}lang=ko")
    expect(page.get_by_text("홈").first).to_be_attached(timeout=SLOW)
    settled(page)
    watched.screenshot(f"{name}-phone-korean")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390, "the page scrolls sideways"


def test_charts_are_drawn_by_the_small_plotly_and_keep_what_was_zoomed(
    filled: RunningApp, watched: Watched
) -> None:
    page = watched.page
    scripts: list[str] = []
    page.on("request", lambda request: scripts.append(request.url))
    page.goto(f"{filled.url}/compare?runs=2,3,4")
    curve = page.get_by_role("img", name="ROC curves of 3 runs")
    curve.scroll_into_view_if_needed()
    expect(curve.locator(".main-svg").first).to_be_visible(timeout=SLOW)
    plot = curve.locator(".js-plotly-plot")
    settled(page)
    plot.evaluate("plot => Plotly.relayout(plot, { 'xaxis.range': [0.2, 0.4] })")

    page.get_by_role("radio", name="Folds").click()
    expect(page.get_by_text(re.compile("Judged by .* of the folds"))).to_be_visible()
    settled(page)
    assert plot.evaluate("plot => plot.layout.xaxis.range") == [0.2, 0.4]
    assert [url for url in scripts if "PlotlyChart" in url] == []
    assert len([url for url in scripts if "/assets/plotly" in url]) <= 2, "hinted at, and asked for"

    page.goto(f"{filled.url}/compare?runs=2,3,4&lang=ko")
    first = page.locator(".js-plotly-plot").first
    first.hover(timeout=SLOW)
    expect(page.locator('.modebar-btn[data-title="이미지로 내려받기"]').first).to_be_attached()
    said = {button.get_attribute("data-title") for button in first.locator(".modebar-btn").all()}
    assert said == {
        "이미지로 내려받기",
        "확대 영역 선택",
        "이동",
        "확대",
        "축소",
        "전체 보기",
        "전체 화면",
    }


def test_the_name_of_a_language_does_not_load_all_letters_of_it(
    app: RunningApp, watched: Watched
) -> None:
    page = watched.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{app.url}/models")
    expect(page.get_by_text("Random forest").first).to_be_visible(timeout=SLOW)
    settled(page)
    page.evaluate("document.fonts.ready")
    fonts = [url.rpartition("/")[2] for url in asked if url.endswith(".woff2")]
    assert "noto-sans-kr-name.woff2" in fonts and "inter.woff2" in fonts
    assert not {"noto-sans-kr-400.woff2", "noto-sans-kr-600.woff2"} & set(fonts)


@pytest.mark.parametrize("locale", ["ko-KR"])
def test_a_korean_browser_is_greeted_in_korean_and_may_choose_english(
    app: RunningApp, watched: Watched
) -> None:
    page = watched.page
    page.goto(app.url)
    side = page.get_by_test_id("stSidebarNav")
    expect(side.get_by_role("link", name="실험")).to_be_visible(timeout=SLOW)
    assert "lang" not in page.url
    page.get_by_role("radio", name="English").click()
    side.get_by_role("link", name="Experiments").click()
    expect(page.get_by_role("heading", name="Experiments", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile("lang=en"))
    page.reload()
    expect(page.get_by_role("heading", name="Experiments", exact=True)).to_be_visible()
