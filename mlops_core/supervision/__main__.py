"""``python -m mlops_core.supervision RUN_ID ATTEMPT [COMMAND …]``: one supervisor, one run.

``COMMAND`` is started in place of the trainer, with the run's folder as its last argument; it is
how tests watch programs that misbehave. Log lines go to standard error.
"""

from __future__ import annotations

import logging
import sys

from mlops_core.errors import MlopsError
from mlops_core.runners.local import TRAINER, LocalRunner
from mlops_core.store.workspace import Workspace
from mlops_core.supervision.logs import log_to
from mlops_core.supervision.supervise import supervise


def main(arguments: list[str]) -> int:
    """Supervise; gives the exit code: 0 when this process wrote the ending of the run."""
    log_to(logging.StreamHandler())
    try:
        run_id, attempt = (int(number) for number in arguments[:2])
    except ValueError:
        print("Usage: python -m mlops_core.supervision RUN_ID ATTEMPT [COMMAND …]", file=sys.stderr)
        return 2
    try:
        ws = Workspace.open()
        ended = supervise(ws, run_id, attempt, LocalRunner(arguments[2:] or TRAINER))
    except MlopsError as error:
        logging.getLogger(__name__).error("%s", error)
        return 1
    ws.close()
    return 0 if ended else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
