"""Where the Chromium for the tests is. As a program: prints its path, or fails."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# A browser under test talks to nobody but the app.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str | None:
    """The path of an installed Chromium, or of Playwright's own build, or ``None``."""
    for name in NAMES:
        # Ubuntu's /usr/bin/chromium-browser is a script that only points to a snap.
        path = shutil.which(name)
        if path and not _is_snap_pointer(Path(path)):
            return path
    builds = sorted(Path.home().glob(".cache/ms-playwright/chromium-*/chrome-linux*/chrome"))
    return str(builds[-1]) if builds else None


def _is_snap_pointer(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(4096)
    return start.startswith(b"#!") and b"snap" in start


if __name__ == "__main__":
    found = find_chromium()
    print(found or "no Chromium found", file=sys.stdout if found else sys.stderr)
    sys.exit(0 if found else 1)
