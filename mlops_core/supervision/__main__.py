"""``python -m mlops_core.supervision RUN_ID ATTEMPT [COMMAND …]``: one supervisor, one run.

``COMMAND`` is started in place of the trainer, with the run's folder as its last argument; it is
how tests watch programs that misbehave. Log lines go to standard error.

With ``--spare`` in place of run and attempt it waits for them as one line on standard input, with a
trainer that waits too; without a line, there will be none and it leaves.
"""

from __future__ import annotations

import logging
import os
import sys

from mlops_core.domain.events import WAITS
from mlops_core.errors import MlopsError
from mlops_core.runners.local import TRAINER, LocalRunner
from mlops_core.store.workspace import Workspace
from mlops_core.supervision.logs import log_to
from mlops_core.supervision.supervise import supervise


def main(arguments: list[str]) -> int:
    """Supervise; gives the exit code: 0 when this process wrote the ending of the run."""
    log_to(logging.StreamHandler())
    spare = arguments[:1] == [WAITS]
    try:
        given = [int(number) for number in arguments[:2] if not spare]
        if len(given) != 2 and not spare:
            raise ValueError
    except ValueError:
        print("Usage: python -m mlops_core.supervision RUN_ID ATTEMPT [COMMAND …]", file=sys.stderr)
        return 2
    runner = LocalRunner(arguments[1 if spare else 2 :] or TRAINER)
    try:
        ws = Workspace.open()
        if spare and not (given := _wait(ws, runner)):
            return 0
        run_id, attempt = given
        ended = supervise(ws, run_id, attempt, runner)
    except MlopsError as error:
        logging.getLogger(__name__).error("%s", error)
        return 1
    ws.close()
    return 0 if ended else 1


def _wait(ws: Workspace, runner: LocalRunner) -> list[int]:
    """Run and attempt, as soon as they are known; from then on the run's own log is written."""
    runner.prepare(str(ws.home))
    given = [int(word) for word in sys.stdin.readline().split()]
    if not given:
        runner.leave()
        return given
    paths = ws.run_paths(given[0])
    paths.folder.mkdir(parents=True, exist_ok=True)
    log = os.open(paths.supervisor_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for number in (1, 2):
        os.dup2(log, number)
    os.close(log)
    return given


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
