"""Pages of other sites reach nothing, and nothing is asked of the internet to find that out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from tests.unit.ui.web import Client, serving
from ui.origins import OwnSockets, is_own

HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


async def greet(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


@pytest.fixture
def client() -> Iterator[Client]:
    with serving(OwnSockets(Starlette(routes=[WebSocketRoute("/stream", greet)]))) as found:
        yield found


@pytest.fixture
def named() -> Iterator[str]:
    """The app stands behind a proxy under this name."""
    before = st.get_option("browser.serverAddress")
    st.config.set_option("browser.serverAddress", "mlops.example.org")
    yield "mlops.example.org"
    st.config.set_option("browser.serverAddress", before)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8501", None),  # no browser
        ("localhost:8501", "http://localhost:8501"),
        ("bigbox:8501", "http://bigbox:8501"),
        ("192.168.1.7:8501", "http://192.168.1.7:8501"),
        ("mlops.example.org", "https://mlops.example.org"),
    ],
)
def test_its_own_pages_may_ask_under_any_name(host: str, origin: str | None) -> None:
    headers = {"host": host} | ({"origin": origin} if origin else {})
    assert is_own(Headers(headers))


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://localhost:9999", "https://localhost", "http://["],
)
def test_other_pages_may_not(origin: str) -> None:
    assert not is_own(Headers({"host": "localhost:8501", "origin": origin}))


def test_behind_a_proxy_the_name_that_was_given_counts(named: str) -> None:
    assert is_own(Headers({"host": "localhost:8501", "origin": f"https://{named}"}))
    assert not is_own(Headers({"host": "localhost:8501", "origin": "https://evil.example"}))


def test_a_web_socket_of_another_site_is_refused(client: Client) -> None:
    for origin, status in ((f"http://localhost:{client.port}", 101), ("http://evil.example", 403)):
        answer = client.send("GET", "/stream", **HANDSHAKE, Origin=origin)
        assert answer.status == status
