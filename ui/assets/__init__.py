"""The scripts and styles of our own components, read once a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@cache
def script(name: str) -> str:
    return (FOLDER / f"{name}.js").read_text(encoding="utf-8")


@cache
def style(name: str) -> str:
    return (FOLDER / f"{name}.css").read_text(encoding="utf-8")
