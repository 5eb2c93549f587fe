"""Addresses of no page: a sentence and a way out; everything else is left to the app."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.responses import PlainTextResponse

from tests.unit.ui.web import Client, serving
from ui.unknown_page import UnknownPages

HTML = "text/html,application/xhtml+xml"


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with serving(UnknownPages(PlainTextResponse("the app"))) as found:
        yield found


@pytest.mark.parametrize("path", ["/nosuch", "/run/5", "/admin/x/y", "/home", "/data/list/"])
def test_an_unknown_address_says_so_and_leads_home(client: Client, path: str) -> None:
    answer = client.send("GET", path, accept=HTML)
    assert answer.status == 404
    assert "This page does not exist" in answer.text
    assert 'href="/"' in answer.text


def test_it_speaks_the_language_of_the_address_or_of_the_browser(client: Client) -> None:
    korean = "없는 페이지입니다"
    asked = client.send("GET", "/nosuch", {"lang": "ko"}, accept=HTML, accept_language="en")
    liked = client.send("GET", "/nosuch", accept=HTML, accept_language="ko-KR,ko;q=0.9")
    assert korean in asked.text and 'href="/?lang=ko"' in asked.text
    assert korean in liked.text
    assert korean not in client.send("GET", "/nosuch", {"lang": "<b>"}, accept=HTML).text


@pytest.mark.parametrize(
    "path",
    ["/", "/run", "/run/", "/data", "/api/runs/1/files/log", "/media/a.csv", "/favicon.png",
     "/_stcore/health", "/component/st_aggrid.AgGrid.agGrid/index.html", "/app/static/icon.svg"],
)  # fmt: skip
def test_pages_and_files_are_left_to_the_app(client: Client, path: str) -> None:
    assert client.send("GET", path, accept=HTML).text == "the app"


def test_only_a_person_who_reads_is_answered(client: Client) -> None:
    assert client.send("GET", "/nosuch", accept="*/*").text == "the app"
    assert client.send("PUT", "/nosuch", accept=HTML).text == "the app"
