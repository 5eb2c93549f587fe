"""What bounds a trainer from inside: its environment, and what is set between fork and exec."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Thread

from mlops_core.domain.configs import ResourceAllocation
from mlops_core.runners.base import Start
from mlops_core.runners.cgroups import Group
from mlops_core.runners.processes import LINUX, TAG_VARIABLE

ROOT = Path(__file__).parents[2]  # what must be importable
# What a trainer may know of the environment that the app was started in. A list of what passes
# and not of what does not: DATABASE_URL and other people's secrets must never reach it.
PASSED = (
    *("PATH", "HOME", "TZ", "LANG", "LC_ALL", "LC_CTYPE"),
    *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
)
FIXED = {
    # Spinning OpenMP threads on a shared core take 25 times longer than sleeping ones.
    "OMP_WAIT_POLICY": "PASSIVE",
    "PYTHONHASHSEED": "0",
    "PYTHONUNBUFFERED": "1",
    "PYTHONPATH": str(ROOT),
}
THREAD_VARIABLES = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
    *("NUMEXPR_NUM_THREADS", "LOKY_MAX_CPU_COUNT"),
)
NICENESS = 5  # the app answers first
OOM_SCORE = 500  # when the machine runs out of memory, trainers go before anything else
MB = 1024**2
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def trainer_environment(start: Start, environ: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a trainer; ``environ`` is that of this process."""
    passed = {name: environ[name] for name in PASSED if name in environ}
    threads = dict.fromkeys(THREAD_VARIABLES, str(start.allocation.cpu_cores))
    return {
        **passed,
        **threads,
        **FIXED,
        "CUDA_VISIBLE_DEVICES": ",".join(start.gpus),
        "JOBLIB_TEMP_FOLDER": str(temporary(start.paths.folder)),
        "TMPDIR": str(temporary(start.paths.folder)),
        TAG_VARIABLE: start.tag,
    }


def spare_environment(tag: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a trainer that waits for a run: one thread, until it is told how many.

    ``tag`` holds the place of the run's own.
    """
    passed = {name: environ[name] for name in PASSED if name in environ}
    return {
        **passed,
        **dict.fromkeys(THREAD_VARIABLES, "1"),
        **FIXED,
        "CUDA_VISIBLE_DEVICES": "",
        TAG_VARIABLE: tag,
    }


def temporary(folder: Path) -> Path:
    """Where a trainer's libraries put what need not stay."""
    return folder / "tmp"


def data_limit(allocation: ResourceAllocation) -> int:
    """Bytes of RLIMIT_DATA: a backstop for one huge request between two looks at the memory.

    Wider than the limit itself, because it counts what was asked for and not what is used:
    thread stacks and the buffers of OpenBLAS among it. Never RLIMIT_AS: OpenBLAS hangs under it.
    """
    return int(1.1 * allocation.memory_bytes) + (512 + 96 * allocation.cpu_cores) * MB


def _prctl() -> Callable[[int, int], int]:
    return ctypes.CDLL(None).prctl


def adopt_orphans() -> None:
    """From now on what loses its parent below this process becomes its child (Linux)."""
    if LINUX:
        _prctl()(PR_SET_CHILD_SUBREAPER, 1)


def die_with(parent: int) -> None:
    """From now on this process is killed as soon as the thread that started it ends (Linux).

    Elsewhere a thread looks after ``parent``.
    """
    if LINUX:
        _prctl()(PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        Thread(target=_leave_after, args=(parent,), name="parent-watch", daemon=True).start()
    if os.getppid() != parent:  # it died before the lines above
        os._exit(1)


def _leave_after(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def limit_child(start: Start, group: Group | None = None) -> Callable[[], None]:
    """What the child does between fork and exec; the caller must have no other thread.

    Everything it needs is loaded before the fork.
    """
    bare = bare_child(group)
    limit, cores = data_limit(start.allocation), tuple(start.cores)
    file_limit = start.disk_bytes

    def apply() -> None:
        bare()
        # One file cannot outgrow what the whole folder may take, however fast it is written.
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_limit, file_limit))
        if not LINUX:
            return
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
        if cores:
            os.sched_setaffinity(0, cores)

    return apply


def bare_child(group: Group | None = None) -> Callable[[], None]:
    """The part of ``limit_child`` that is the same for every run."""
    parent = os.getpid()
    enter = group.enter() if group else None
    prctl = _prctl() if LINUX else None

    def apply() -> None:
        if enter is not None:
            enter()
        os.nice(NICENESS)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if prctl is None:
            return
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)
        score = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
        os.write(score, str(OOM_SCORE).encode())
        os.close(score)

    return apply


def limit_process(pid: int, start: Start) -> None:
    """The rest of ``limit_child``, for a child that lives already (Linux).

    Raises:
        OSError: it has gone, or a limit could not be set.
    """
    limit = data_limit(start.allocation)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (start.disk_bytes, start.disk_bytes))
    resource.prlimit(pid, resource.RLIMIT_DATA, (limit, limit))
    if start.cores:
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), start.cores)
