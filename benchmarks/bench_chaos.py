"""Runs that end truly while every kind of process is killed with -9, again and again.

    python benchmarks/bench_chaos.py [KILLS]

Keeps a queue of short real trainings filled, lets two shells submit and stop and a browser stop,
and kills the app, the scheduler, supervisors and trainers at random moments (the app is started
again, the scheduler by whoever looks at the queue). Then lets everything end and holds every record
against what was done to its run. Prints one JSON object; the exit code is 1 unless nothing is
lost, doubled, left over or untrue, and no more was given than the machine has.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.chaos import Chaos, spec_for
from mlops_core.settings import load_settings
from mlops_core.store.workspace import Workspace
from tests.browser import find_chromium


def main() -> int:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings({"MLOPS_HOME": folder, "MLOPS_SCHEDULER_IDLE_SECONDS": "2"})
        ws = Workspace.open(settings)
        chaos = Chaos(ws, spec_for(ws))
        started = time.monotonic()
        chaos.rage(kills, browser=find_chromium())
        ended = chaos.settle()
        left, lies, reasons = chaos.left_over(), chaos.untrue(), chaos.endings()
        ws.close()
    good = ended and not (chaos.doubled or chaos.exceeded or chaos.complaints or left or lies)
    found = {
        "kills": dict(chaos.killed),
        "done meanwhile": dict(chaos.done),
        "runs": len(chaos.submitted),
        "endings": reasons,
        "never ended": not ended,
        "doubled": sorted(chaos.doubled),
        "more than there is": chaos.exceeded,
        "left over": left,
        "untrue": lies,
        "complaints": chaos.complaints,
        "seconds": round(time.monotonic() - started),
    }
    print(json.dumps(found, indent=2))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
