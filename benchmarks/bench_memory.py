"""How far past its memory limit a run gets before it is ended, with the fastest allocators.

    python benchmarks/bench_memory.py [GB]

Runs small programs in place of the trainer, each with a limit of GB (1), that take memory as fast
as the machine gives it: pages that the system fills in at once, one large request, one array, four
processes together, processes that flee. Prints one JSON object: for each way how it ended, the
peak ÷ the limit (the most that the supervisor saw of the tree or the kernel of its largest
process), and how fast the bare program takes that memory when nobody looks (GB a second).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mlops_core.domain.configs import SpecFile
from mlops_core.scheduling.launch import environment_of
from mlops_core.services import datasets, runs
from mlops_core.settings import load_settings
from mlops_core.store import runs as store
from mlops_core.store.locks import try_lock
from mlops_core.store.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
PRELUDE = """
import mmap, os, sys, time
MB = 1 << 20
POPULATE = 0x8000
bare = "MOST_MB" in os.environ
most = int(os.environ.get("MOST_MB", 1 << 20)) * MB
kept = []
def take(size):
    kept.append(mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | POPULATE))
"""
WAYS = {
    "pages filled in at once, 64 MB each": """
        for _ in range(most // (64 * MB)):
            take(64 * MB)
    """,
    "one large request": "take(min(most, 8 << 30))",
    "one array": """
        import numpy
        kept.append(numpy.ones(most // 8 if bare else 1 << 27))
    """,
    "four processes": """
        for _ in range(3):
            if os.fork() == 0:
                break
        for _ in range(most // 4 // (16 * MB)):
            take(16 * MB)
        time.sleep(0 if bare else 600)
    """,
    "processes that flee": """
        for _ in range(4):
            if os.fork() == 0:
                os.setsid()
                if os.fork():
                    os._exit(0)
                for _ in range(most // 4 // (16 * MB)):
                    take(16 * MB)
                time.sleep(0 if bare else 600)
                os._exit(0)
        time.sleep(0 if bare else 600)
    """,
}


def bare_rate(body: str, folder: Path, gb: float) -> float | None:
    """How fast the program takes ``gb`` gigabytes when nobody looks, in GB a second.

    ``None``: its processes flee, so that nobody can wait for them.
    """
    if "setsid" in body:
        return None
    program = folder / "bare.py"
    program.write_text(PRELUDE + textwrap.dedent(body), encoding="utf-8")

    def seconds(megabytes: int) -> float:
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, str(program)],
            env={**os.environ, "MOST_MB": str(megabytes)},
            check=True,
        )
        return time.perf_counter() - began

    start = seconds(64)
    return round(gb / max(seconds(int(gb * 1024)) - start, 1e-3), 1)


def ended(ws: Workspace, asked: SpecFile, body: str, folder: Path) -> dict[str, Any]:
    program = folder / "bomb.py"
    program.write_text(PRELUDE + textwrap.dedent(body), encoding="utf-8")
    run_id = runs.submit_spec(ws, asked, base=ws.home)
    with ws.begin() as connection:
        attempt = store.claim(connection, run_id, cores=(0,), at=ws.now())
    subprocess.run(
        [
            *(sys.executable, "-m", "mlops_core.supervision", str(run_id), str(attempt)),
            *(sys.executable, str(program)),
        ],
        cwd=ROOT,
        env={**os.environ, **environment_of(ws.settings)},
        stderr=subprocess.DEVNULL,
        check=True,
    )
    run = runs.get_run(ws, run_id)
    limit = asked.resources.memory_gb * 1024
    return {
        "ended": str(run.end_reason),
        "peak ÷ limit": round((run.usage.peak_memory_mb or 0.0) / limit, 3),
        "seconds": round(run.usage.wall_seconds or 0.0, 2),
    }


def main(gb: float) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = load_settings({"MLOPS_HOME": str(folder / "home")})
        ws = Workspace.open(settings)
        sample = datasets.add_sample(ws, "penguins").name
        # The bombs are claimed here: no scheduler may be faster.
        lock = try_lock(ws.scheduler_lock)
        asked = SpecFile.model_validate(
            {
                "name": "bomb",
                "dataset": {"name": sample},
                "model": {"algorithm": "dummy"},
                "resources": {"cpu_cores": 1, "memory_gb": gb, "time_limit_hours": 0.1},
            }
        )
        found = {
            way: {"bare GB/s": bare_rate(body, folder, gb), **ended(ws, asked, body, folder)}
            for way, body in WAYS.items()
        }
        ws.close()
        if lock is not None:
            lock.close()
    print(json.dumps({"limit_gb": gb, "ways": found}, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
