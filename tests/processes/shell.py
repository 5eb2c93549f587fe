"""The shell of the app, as a person calls it."""

from __future__ import annotations

import os
import subprocess
import sys


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "mlops_core", *map(str, arguments)]


def shell(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Call it, and wait for it."""
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, **environment},
    )
