"""Whether a request comes from a page of this app: other sites must not act through a visitor."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

POLICY_VIOLATION = 1008  # RFC 6455, section 7.4.1
NOBODY = ("", "localhost")  # what Streamlit takes where no name was given to it


def is_own(headers: Headers) -> bool:
    """Whether a page of this app asks, or something that is no browser.

    Its address is that of the request; behind a proxy that writes another one into ``Host`` it is
    what ``browser.serverAddress`` says.
    """
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        asks = urlsplit(origin)
    except ValueError:
        return False
    name = str(st.get_option("browser.serverAddress") or "")
    return asks.netloc == headers.get("host") or (name not in NOBODY and asks.hostname == name)


class OwnSockets:
    """Plain ASGI: web sockets of other sites' pages are closed before anything is said.

    Streamlit would ask a service on the internet for this machine's address, to compare it with
    theirs. This app sends nothing anywhere.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and not is_own(Headers(scope=scope)):
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        await self.app(scope, receive, send)
