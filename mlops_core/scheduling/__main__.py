"""``python -m mlops_core.scheduling [COMMAND …]``: the scheduler of the workspace in MLOPS_HOME.

``COMMAND`` is what supervisors start in place of the trainer; it is how tests run programs that
misbehave.
"""

from __future__ import annotations

import logging
import signal
import sys
from logging.handlers import RotatingFileHandler

from mlops_core.errors import MlopsError
from mlops_core.scheduling.loop import Scheduler
from mlops_core.store.workspace import Workspace
from mlops_core.supervision.logs import log_to

LOG_BYTES = 1024**2
LOG_FILES = 3


def main(arguments: list[str]) -> int:
    """Schedule; gives the exit code, which is 0 also when another scheduler is at work."""
    log_to(logging.StreamHandler())
    try:
        ws = Workspace.open()
    except MlopsError as error:
        logging.getLogger(__name__).error("%s", error)
        return 1
    scheduler = Scheduler(ws, arguments)

    def leave(_number: int, _frame: object) -> None:
        scheduler.leave = True

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    log_to(
        RotatingFileHandler(
            ws.logs / "scheduler.log", maxBytes=LOG_BYTES, backupCount=LOG_FILES, delay=True
        )
    )
    scheduler.serve()
    ws.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
