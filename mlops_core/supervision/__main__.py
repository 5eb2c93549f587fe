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
    waits = arguments[:1] == [WAITS]
    words, command = ([], arguments[1:]) if waits else (arguments[:2], arguments[2:])
    if not waits and not (len(words) == 2 and all(word.isdecimal() for word in words)):
        print("Usage: python -m mlops_core.supervision RUN_ID ATTEMPT [COMMAND …]", file=sys.stderr)
        return 2
    try:
        ws = Workspace.open()
        runner = LocalRunner(command or TRAINER, groups=ws.settings.control_groups)
        if waits and not (words := _wait(ws, runner)):
            return 0
        run_id, attempt = map(int, words)
        ended = supervise(ws, run_id, attempt, runner)
    except MlopsError as error:
        logging.getLogger(__name__).error("%s", error)
        return 1
    ws.close()
    return 0 if ended else 1


def _wait(ws: Workspace, runner: LocalRunner) -> list[str]:
    """Run and attempt, as soon as they are known; from then on the run's own log is written."""
    runner.prepare(str(ws.home))
    words = sys.stdin.readline().split()
    if not words:
        runner.leave()
        return words
    paths = ws.run_paths(int(words[0]))
    paths.folder.mkdir(parents=True, exist_ok=True)
    log = os.open(paths.supervisor_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for number in (1, 2):
        os.dup2(log, number)
    os.close(log)
    return words


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
