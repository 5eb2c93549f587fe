"""Files whose names carry a hash: packed once, and kept by the browser for ever.

Streamlit sends its own scripts unpacked (4 MB on a first visit in place of 1.3), and those of the
grid without a lifetime, packing 4.7 MB anew for each table that is opened. Opened again, a browser
then has the scripts compiled already.
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
STREAMLIT = "/static/"
FOREVER = "public, max-age=31536000, immutable"
_PACKED = {".gif", ".png", ".woff2"}  # packed as they are
_KINDS = {".js": "text/javascript", ".css": "text/css"}  # a system's own list may know others


@cache
def _files() -> dict[str, Path]:
    """Every file whose name carries a hash, by its address."""
    grid = Path(str(files("st_aggrid"))) / "frontend" / "build" / "static"
    own = Path(str(files("streamlit"))) / "static" / "static"
    return {
        address + path.relative_to(folder).as_posix(): path
        for address, folder in ((f"{COMPONENT}static/", grid), (STREAMLIT, own))
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".map"
    }


@cache
def grid_script() -> str:
    """The address of the grid's script, which is nearly all of its weight."""
    start = f"{COMPONENT}static/js/main."
    (found,) = (name for name in _files() if name.startswith(start) and name.endswith(".js"))
    return found


@cache
def _packed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), 6, mtime=0)


async def _answer(path: Path, request: Request) -> Response:
    accepted = "gzip" in request.headers.get("accept-encoding", "")
    packed = accepted and path.suffix not in _PACKED
    content = await anyio.to_thread.run_sync(_packed if packed else Path.read_bytes, path)
    headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
    if packed:
        headers["Content-Encoding"] = "gzip"
    kind = _KINDS.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return Response(content, headers=headers, media_type=kind or "application/octet-stream")


class KeptFiles:
    """Answers for such files before Streamlit does: its routes cannot be replaced."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["type"] == "http" and scope["method"] == "GET"
        path = _files().get(scope["path"]) if asked else None
        if path is None:
            await self.app(scope, receive, send)
            return
        answer = await _answer(path, Request(scope))
        await answer(scope, receive, send)
