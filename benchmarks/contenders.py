"""What is timed by ``bench_data``: one task by one contender, in a process of its own.

    python benchmarks/contenders.py TASK WHO SOURCE FOLDER

Prints one JSON object: wall and CPU seconds of the task alone, imports left out, and the most
memory that the process ever held, in MB, imports and all.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

THREADS = 2
MEMORY_MB = 512  # of the whole process, for ours; of the engine, for the engine alone
PRUNED = 10  # columns that are loaded

os.environ["POLARS_MAX_THREADS"] = str(THREADS)
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

Task = Callable[[], dict[str, Any]]


def peak_mb() -> int:
    """The most memory this process held, in MB; of Linux alone."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) >> 10


def engine() -> Any:
    import duckdb

    return duckdb.connect(config={"memory_limit": f"{MEMORY_MB}MB", "threads": THREADS})


def ingest_ours(source: Path, folder: Path) -> Task:
    from mlops_core.data.read import import_file
    from mlops_core.services.reading import OWN_MB

    def task() -> dict[str, Any]:
        steps: list[tuple[str, float]] = []

        def tell(step: str, _share: float) -> None:
            if not steps or steps[-1][0] != step:
                steps.append((step, time.perf_counter()))

        made = import_file(source, folder, memory_mb=MEMORY_MB - OWN_MB, tell=tell)
        ends = [*(at for _step, at in steps[1:]), time.perf_counter()]
        took = {step: end - at for (step, at), end in zip(steps, ends, strict=True)}
        table = sum(took[step] for step in took if step not in ("profiling", "checking"))
        return {
            "rows": made.rows,
            "table_s": round(table, 2),
            "steps_s": {step: round(seconds, 2) for step, seconds in took.items()},
        }

    return task


def ingest_duckdb(source: Path, folder: Path) -> Task:
    connection = engine()

    def task() -> dict[str, Any]:
        rows = connection.execute(
            f"COPY (SELECT * FROM read_csv('{source}')) TO '{folder / 'table.parquet'}'"  # noqa: S608
            " (FORMAT parquet, COMPRESSION zstd)"
        ).fetchone()
        return {"rows": rows[0]}

    return task


def ingest_pandas(source: Path, folder: Path) -> Task:
    import pandas as pd

    def task() -> dict[str, Any]:
        frame = pd.read_csv(source)
        frame.to_parquet(folder / "table.parquet", compression="zstd")
        return {"rows": len(frame)}

    return task


def ingest_polars(source: Path, folder: Path) -> Task:
    import polars as pl

    def task() -> dict[str, Any]:
        pl.scan_csv(source).sink_parquet(folder / "table.parquet", compression="zstd")
        return {}

    return task


def profile_ours(source: Path, folder: Path) -> Task:
    import pyarrow.parquet as pq

    from mlops_core.data.profile import profile
    from mlops_core.domain.columns import Column, ColumnRole, ColumnType
    from mlops_core.services.reading import OWN_MB

    types = {
        "int64": ColumnType.INTEGER,
        "double": ColumnType.NUMBER,
        "bool": ColumnType.BOOLEAN,
        "date32[day]": ColumnType.DATE,
        "string": ColumnType.TEXT,
    }
    columns = [
        Column(name=one.name, original=one.name, type=types[str(one.type)], role=ColumnRole.DROP)
        for one in pq.read_schema(source)
    ]

    def task() -> dict[str, Any]:
        return {"columns": len(profile(source, columns, memory_mb=MEMORY_MB - OWN_MB))}

    return task


def profile_duckdb(source: Path, folder: Path) -> Task:
    connection = engine()

    def task() -> dict[str, Any]:
        found = connection.execute(f"SUMMARIZE FROM read_parquet('{source}')").fetchall()
        return {"columns": len(found)}

    return task


def profile_pandas(source: Path, folder: Path) -> Task:
    import pandas as pd

    def task() -> dict[str, Any]:
        return {"columns": len(pd.read_parquet(source).describe(include="all").columns)}

    return task


def profile_polars(source: Path, folder: Path) -> Task:
    import polars as pl

    def task() -> dict[str, Any]:
        return {"columns": len(pl.scan_parquet(source).describe().columns) - 1}

    return task


def load_ours(source: Path, folder: Path) -> Task:
    from mlops_core.domain.columns import ColumnRole
    from mlops_core.domain.configs import RunSpec
    from mlops_core.training.table import load_table

    spec = RunSpec.model_validate(
        {
            "dataset": {
                "name": "wide",
                "version": 1,
                "fingerprint": "",
                "target": "x0",
                "task": "regression",
            },
            "model": {"algorithm": "ridge"},
        }
    )
    features = [(f"x{place}", ColumnRole.NUMERIC) for place in range(1, PRUNED)]

    def task() -> dict[str, Any]:
        return {"rows": len(load_table(source, spec, features).frame)}

    return task


def load_duckdb(source: Path, folder: Path) -> Task:
    import pandas as _pandas  # noqa: F401 - what it gives is made with it

    connection = engine()
    wanted = ", ".join(f"x{place}" for place in range(PRUNED))

    def task() -> dict[str, Any]:
        asked = f"SELECT {wanted} FROM read_parquet('{source}')"  # noqa: S608
        return {"rows": len(connection.execute(asked).df())}

    return task


def load_pandas(source: Path, folder: Path) -> Task:
    import pandas as pd

    def task() -> dict[str, Any]:
        wanted = [f"x{place}" for place in range(PRUNED)]
        return {"rows": len(pd.read_parquet(source, columns=wanted))}

    return task


def load_pandas_whole(source: Path, folder: Path) -> Task:
    import pandas as pd

    def task() -> dict[str, Any]:
        return {"rows": len(pd.read_parquet(source))}

    return task


def load_polars(source: Path, folder: Path) -> Task:
    import polars as pl

    def task() -> dict[str, Any]:
        wanted = [f"x{place}" for place in range(PRUNED)]
        return {"rows": pl.read_parquet(source, columns=wanted).height}

    return task


TASKS: dict[str, dict[str, Callable[[Path, Path], Task]]] = {
    "ingest": {
        "ours": ingest_ours,
        "duckdb": ingest_duckdb,
        "polars": ingest_polars,
        "pandas": ingest_pandas,
    },
    "profile": {
        "ours": profile_ours,
        "duckdb": profile_duckdb,
        "polars": profile_polars,
        "pandas": profile_pandas,
    },
    "load": {
        "ours": load_ours,
        "duckdb": load_duckdb,
        "polars": load_polars,
        "pandas": load_pandas,
        "pandas, all columns": load_pandas_whole,
    },
}


def main() -> None:
    task_name, who, source, folder = sys.argv[1:]
    task = TASKS[task_name][who](Path(source), Path(folder))
    wall, cpu = time.perf_counter(), time.process_time()
    found = task()
    print(
        json.dumps(
            {
                "wall_s": round(time.perf_counter() - wall, 2),
                "cpu_s": round(time.process_time() - cpu, 2),
                "peak_mb": peak_mb(),
                **found,
            }
        )
    )


if __name__ == "__main__":
    main()
