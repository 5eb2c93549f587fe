"""Where a model was trained: what may change the last bits of a number."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import mlops_core

PACKAGES = ("numpy", "scipy", "pandas", "pyarrow", "scikit-learn", "skops")
CPU_INFO = Path("/proc/cpuinfo")
DECIDING = ("algorithms", "features", "metrics", "training")  # whose code decides the numbers


def describe_environment(n_jobs: int, package: str = "") -> dict[str, str]:
    """Python, packages, processor, threads and linear algebra, each as one line of text.

    Args:
        package: One more that the algorithm stands on, by its import name.
    """
    from threadpoolctl import threadpool_info

    pools = sorted(
        f"{pool['internal_api']} {pool.get('version') or ''} ({pool['num_threads']} threads)"
        for pool in threadpool_info()
    )
    return {
        "mlops_one_app": mlops_core.__version__,
        "code": code_digest(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": _cpu_model(),
        "threads": str(n_jobs),
        "blas": ", ".join(dict.fromkeys(pools)),
        **{name: version(name) for name in PACKAGES},
        # Not by what it was installed as: there are builds of several names.
        **({package: str(import_module(package).__version__)} if package else {}),
    }


@cache
def code_digest() -> str:
    """The first 16 hex digits of the SHA-256 of the code that decides what a run computes."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for package in DECIDING:
        for path in sorted((root / package).glob("*.py")):
            digest.update(f"{package}/{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _cpu_model() -> str:
    if CPU_INFO.exists():
        for line in CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
