"""The HTML that every page address answers with.

It is Streamlit's own index with our name and icon in it, and told where the app lives. Left to
guess, the browser first asks below the page's address (``/run/_stcore/…``) and logs an error.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from ui.links import PAGES

APP_NAME = "MLOps One-App"
_HEAD = (
    "<script>window.__streamlit = { BACKEND_BASE_URL: window.location.origin }</script>"
    '<link rel="icon" href="/app/static/icon.svg" type="image/svg+xml">'
    # While a page is being drawn Streamlit offers to stop the drawing, which leaves it half empty.
    # Here Stop means a run, and nothing else may carry that word.
    "<style>[data-testid=stStatusWidget] button { display: none }</style>"
)


@cache
def _html() -> str:
    source = Path(st.__file__).parent / "static" / "index.html"
    text = source.read_text(encoding="utf-8")
    text = text.replace("<title>Streamlit</title>", f"<title>{APP_NAME}</title>")
    return text.replace("<head>", f"<head>{_HEAD}", 1)


async def _index(_request: Request) -> Response:
    return HTMLResponse(_html(), headers={"Cache-Control": "no-cache"})


def routes() -> list[BaseRoute]:
    """One route for every page, and for the root."""
    paths = ["/", *(f"/{key}" for key in PAGES if key != "home")]
    return [Route(path, _index, methods=["GET"]) for path in paths]
