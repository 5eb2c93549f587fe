"""What tests share: waiting on conditions, and ending what they started."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

_pause = threading.Event()


def wait_until(
    condition: Callable[[], object], *, timeout: float = 20.0, what: str = "the condition"
) -> None:
    """Return as soon as ``condition`` holds; fail after ``timeout`` seconds, saying ``what``."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"after {timeout:g} s still not: {what}")
        _pause.wait(0.02)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def processes_of(home: Path) -> list[psutil.Process]:
    """Every process that works for the workspace in ``home``, by its environment."""
    found = []
    for process in psutil.process_iter():
        try:
            environment = process.environ()
            if process.status() == psutil.STATUS_ZOMBIE or process.pid == os.getpid():
                continue
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if environment.get("MLOPS_HOME") == str(home) or str(home) in environment.get(
            "MLOPS_RUN_TAG", ""
        ):
            found.append(process)
    return found


def end_processes(home: Path) -> None:
    """Kill everything that works for ``home`` and wait until it is gone."""

    def all_gone() -> bool:
        left = processes_of(home)
        for process in left:
            try:
                process.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue
        return not left

    wait_until(all_gone, what=f"no process works for {home}")
