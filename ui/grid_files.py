"""The grid's own files, kept by the browser.

Streamlit serves a component's files without a lifetime, compressing 4.7 MB anew for each table that
is opened. Their names carry a hash, so that they may be kept for ever: opened again, a browser then
has the script compiled already.
"""

from __future__ import annotations

import gzip
import mimetypes
from functools import cache
from importlib.resources import files
from pathlib import Path

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

COMPONENT = "/component/st_aggrid.AgGrid.agGrid/"
PREFIX = COMPONENT + "static/"
FOREVER = "public, max-age=31536000, immutable"


@cache
def _files() -> dict[str, Path]:
    """Every file whose name carries a hash, by its address below the component."""
    build = Path(str(files("st_aggrid"))) / "frontend" / "build"
    found = (path for path in (build / "static").rglob("*") if path.is_file())
    return {path.relative_to(build).as_posix(): path for path in found if path.suffix != ".map"}


@cache
def script_address() -> str:
    """The grid's script, which is nearly all of its weight."""
    (name,) = (
        name for name in _files() if name.startswith("static/js/main.") and name[-3:] == ".js"
    )
    return COMPONENT + name


@cache
def _packed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), 6, mtime=0)


async def _answer(name: str, request: Request) -> Response:
    path = _files().get(name)
    if path is None:
        return Response(status_code=404)
    packed = "gzip" in request.headers.get("accept-encoding", "")
    content = await anyio.to_thread.run_sync(_packed if packed else Path.read_bytes, path)
    headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
    if packed:
        headers["Content-Encoding"] = "gzip"
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Response(content, headers=headers, media_type=kind)


class GridFiles:
    """Answers for the grid's hashed files before Streamlit does: its routes cannot be replaced."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        answer = await _answer(path.removeprefix(COMPONENT), Request(scope))
        await answer(scope, receive, send)
