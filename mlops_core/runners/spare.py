"""A trainer that has loaded its libraries before there is a run for it, which takes two seconds."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Sequence

from mlops_core.domain.events import WAITS, Orders
from mlops_core.runners.base import Start
from mlops_core.runners.cgroups import Group
from mlops_core.runners.limits import (
    bare_child,
    limit_process,
    spare_environment,
    trainer_environment,
)

TAG_ROOM = 24  # characters after the data folder's name: a run and an attempt of any number


class SpareTrainer:
    """One trainer below this process that waits for its run, once.

    It is started like every trainer, but for what only the run knows: its folder, its cores and
    limits, its tag. Those it is given from outside, or takes on itself, before it reads a row.

    Args:
        command: What starts a trainer.
        home: The data folder; the tag of every run begins with it.
        group: Where it is born, if the kernel is to hold it.

    Raises:
        OSError: it could not be started.
    """

    def __init__(self, command: Sequence[str], home: str, group: Group | None = None) -> None:
        place = f"{home}:" + "0" * TAG_ROOM
        self._process = subprocess.Popen(
            [*command, WAITS],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=spare_environment(place, os.environ),
            start_new_session=True,
            preexec_fn=bare_child(group),
        )

    def give(self, start: Start) -> subprocess.Popen[bytes] | None:
        """Let it train; ``None``: it has gone, or cannot be limited."""
        orders = Orders(
            folder=str(start.paths.folder),
            stdout=str(start.paths.stdout),
            stderr=str(start.paths.stderr),
            threads=start.allocation.cpu_cores,
            tag=start.tag,
            environment=trainer_environment(start, os.environ),
        )
        pipe = self._process.stdin
        if pipe is None or self._process.poll() is not None:
            return None
        try:
            limit_process(self._process.pid, start)
            pipe.write(orders.model_dump_json().encode() + b"\n")
            pipe.close()
        except (OSError, ValueError):  # it has gone; a limit below what is in use
            self.end()
            return None
        return self._process

    def end(self) -> None:
        """Let it go; it has no run."""
        self._process.kill()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._process.wait()
