"""A run under way on a disk that fills up; prints what became of everything as a JSON object.

Runs inside a mount of its own, see ``test_disk``.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

from mlops_core.domain.configs import SpecFile
from mlops_core.errors import StoreError
from mlops_core.runners.processes import tagged
from mlops_core.services import datasets, runs
from mlops_core.store.workspace import Workspace
from mlops_core.supervision.supervise import run_tag
from tests.support import wait_until


def spec(dataset: str, folds: int) -> SpecFile:
    return SpecFile.model_validate(
        {
            "name": "full",
            "version": f"1.0.{folds}",
            "dataset": {"name": dataset},
            "model": {"algorithm": "random_forest", "params": {"n_estimators": 60}},
            "resources": {"cpu_cores": 1, "memory_gb": 1, "time_limit_hours": 0.1},
            "evaluation": {"folds": folds},
        }
    )


def main() -> None:
    ws = Workspace.open()
    sample = datasets.add_sample(ws, "penguins").name
    run_id = runs.submit_spec(ws, spec(sample, 50), base=ws.home)
    wait_until(lambda: runs.get_run(ws, run_id).fold > 1, timeout=60, what="it trains")
    tag = run_tag(ws.home, run_id, 1)

    filler = ws.home / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass  # that was the purpose
    refused = ""
    try:
        runs.submit_spec(ws, spec(sample, 2), base=ws.home)
    except StoreError as error:
        refused = f"{error.message} {error.hint}"
    wait_until(lambda: not tagged(tag), timeout=60, what="its trainer has given up")
    temporary = ws.run_paths(run_id).folder / "tmp"
    wait_until(lambda: not temporary.exists(), timeout=60, what="its supervisor has seen it")
    filler.unlink()

    run = runs.wait(ws, run_id, timeout=60)
    following = runs.submit_spec(ws, spec(sample, 2), base=ws.home)
    after = runs.wait(ws, following, timeout=60)
    with closing(sqlite3.connect(ws.home / "mlops.db")) as database:
        (whole,) = database.execute("PRAGMA integrity_check").fetchone()
    ws.close()
    print(
        json.dumps(
            {
                "refused": refused,
                "status": run.status,
                "reason": run.end_reason,
                "message": run.message,
                "database": whole,
                "next": after.status,
            }
        )
    )


if __name__ == "__main__":
    main()
