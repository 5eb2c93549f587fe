"""The HTML that every page address answers with.

It is Streamlit's own index with our name and icon in it, and told where the app lives. Left to
guess, the browser first asks below the page's address (``/run/_stcore/…``) and logs an error. It
names the large script that its page will ask for at the end, so that it comes meanwhile, and no
longer Streamlit's own font, which no page here uses.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from ui import kept_files
from ui.assets import plotly_address
from ui.links import PAGES

APP_NAME = "MLOps One-App"
_FONT = re.compile(r'<link\s+rel="preload"[^>]+as="font"[^>]*>')
CHARTED = {"", "run", "compare"}  # the root is Home
GRIDDED = {"experiments"}
_HEAD = (
    "<script>window.__streamlit = { BACKEND_BASE_URL: window.location.origin }</script>"
    '<link rel="icon" href="/app/static/icon.svg" type="image/svg+xml">'
    # While a page is being drawn Streamlit offers to stop the drawing, which leaves it half empty.
    # Here Stop means a run, and nothing else may carry that word.
    "<style>[data-testid=stStatusWidget] button { display: none }</style>"
)


@cache
def _html(page: str) -> str:
    source = Path(st.__file__).parent / "static" / "index.html"
    text = source.read_text(encoding="utf-8")
    text = text.replace("<title>Streamlit</title>", f"<title>{APP_NAME}</title>")
    text = _FONT.sub("", text)
    return text.replace("<head>", f"<head>{_HEAD}{_script_of(page)}", 1)


def _script_of(page: str) -> str:
    if page in CHARTED:
        return f'<link rel="preload" as="script" href="{plotly_address()}">'
    if page in GRIDDED:  # in a frame, which looks for it where the browser keeps its files
        return f'<link rel="prefetch" as="script" href="{kept_files.grid_script()}">'
    return ""


async def _index(request: Request) -> Response:
    text = _html(request.url.path.strip("/"))
    return HTMLResponse(text, headers={"Cache-Control": "no-cache"})


def routes() -> list[BaseRoute]:
    """One route for every page, and for the root."""
    paths = ["/", *(f"/{key}" for key in PAGES if key != "home")]
    return [Route(path, _index, methods=["GET"]) for path in paths]
