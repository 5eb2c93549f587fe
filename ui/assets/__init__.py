"""The scripts and styles of our own components, read once a process.

``plotly-basic`` is plotly.js with lines, dots and bars only, as published: a quarter of the whole
that Streamlit brings, which takes three times as long to start as everything else on a page. Every
chart of the app is drawn with it. Its version is that in the Python package.
"""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
PLOTLY = "plotly-basic/plotly-basic.min.js"


@cache
def script(name: str) -> str:
    return (FOLDER / f"{name}.js").read_text(encoding="utf-8")


@cache
def plotly_version() -> str:
    """The version of plotly.js; its file says it."""
    with (FOLDER / PLOTLY).open(encoding="utf-8") as file:
        head = "".join(next(file) for _line in range(3))
    return head.partition(" v")[2].split()[0]


@cache
def plotly_address() -> str:
    """Where the browser finds it, to be kept for ever."""
    return f"/api/assets/plotly-{plotly_version()}.js"


@cache
def plotly_gz() -> bytes:
    """plotly.js, as it goes over the wire."""
    return gzip.compress((FOLDER / PLOTLY).read_bytes(), 6)


@cache
def style(name: str) -> str:
    return (FOLDER / f"{name}.css").read_text(encoding="utf-8")
