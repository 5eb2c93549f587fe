"""Reading, profiling and loading large tables, beside DuckDB alone, Polars and pandas.

    python benchmarks/bench_data.py [--sizes MB ...] [--profiled ROWS] [--loaded ROWS]

Prints one JSON object: for each task and contender the median wall and CPU seconds and the largest
memory of a few runs, each in a process of its own, and how many times ours takes as long and as
much. Contenders take turns, so that a slow minute of the machine meets all of them; the files are
in the page cache. Everybody has two threads; the engine alone may use as much memory as our whole
process, the others what they like.

What is compared is not the same work. Of the import, ``ours`` decides encoding, dialect and types
over every cell, keeps what it rejects, profiles and checks; ``table_s`` is the part of it until the
table is written, which is what the others do. Our profile has histograms and frequent values;
theirs have not.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.contenders import PRUNED, TASKS, THREADS

SIZES_MB = (100, 1000, 5000)
PROFILED = 10_000_000
LOADED = 1_000_000
WIDTH = 100
ROWS_A_MB = 14_000  # of the table below
PANDAS_FACTOR = 4  # times the size of a file, which it needs to hold one
REPEATS_BELOW = {1500: 3, 10**9: 1}  # runs of each by size in MB

MIXED = """
SELECT i AS id, drawn(i, 1, 1000000) AS amount,
  round(drawn(i, 2, 4000000) / 10000 - 200, 4) AS score,
  ['Seoul', '부산', 'Daegu', 'Incheon', '광주', 'Daejeon', '제주'][1 + drawn(i, 3, 7)] AS city,
  DATE '2000-01-01' + drawn(i, 4, 9500)::INT AS day,
  drawn(i, 5, 2) = 0 AS flag,
  drawn(i, 6, 100000) / 100 AS price,
  drawn(i, 7, 90) AS age,
  CASE WHEN drawn(i, 8, 10) = 0 THEN 'N/A' ELSE (drawn(i, 9, 500) / 10)::VARCHAR END AS rate,
  'note ' || drawn(i, 10, 100000) AS comment
FROM range({rows}) r(i)"""
DRAWN = "CREATE MACRO drawn(i, k, n) AS (hash(i * 31 + k) % n)::BIGINT"


def wide(rows: int) -> str:
    columns = ", ".join(f"drawn(i, {place}, 100000) / 7 AS x{place}" for place in range(WIDTH))
    return f"SELECT {columns} FROM range({rows}) r(i)"  # noqa: S608


def twenty(rows: int) -> str:
    numbers = [f"drawn(i, {k}, 1000000) / {7 + k} AS n{k}" for k in range(8)]
    numbers += [f"drawn(i, {k + 10}, {10 ** (k + 2)}) AS i{k}" for k in range(6)]
    words = [
        f"'w' || drawn(i, {k + 20}, {different}) AS t{k}"
        for k, different in enumerate((8, 50, 5_000, 100_000))
    ]
    others = ["drawn(i, 28, 2) = 0 AS b", "DATE '2000-01-01' + drawn(i, 29, 9000)::INT AS d"]
    return f"SELECT {', '.join([*numbers, *words, *others])} FROM range({rows}) r(i)"  # noqa: S608


def write(query: str, target: Path, form: str) -> None:
    connection = duckdb.connect(config={"threads": THREADS})
    connection.execute(DRAWN)
    connection.execute(f"COPY ({query}) TO '{target}' ({form})")
    connection.close()


def run(task: str, who: str, source: Path, folder: Path) -> dict[str, Any]:
    """One run in a process of its own; ``failed`` says how it ended without an answer."""
    place = Path(tempfile.mkdtemp(dir=folder))
    command = [sys.executable, str(Path(__file__).with_name("contenders.py"))]
    try:
        done = subprocess.run(
            [*command, task, who, str(source), str(place)], capture_output=True, text=True
        )
    finally:
        shutil.rmtree(place)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"ended with {done.returncode}"]
        return {"failed": last[0][:200]}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def left_out(who: str, megabytes: float) -> str:
    """Why ``who`` does not take part, or nothing."""
    if find_spec(who.partition(",")[0]) is None and who != "ours":
        return "not installed (requirements-bench.txt)"
    free = psutil.virtual_memory().available >> 20
    if who.startswith("pandas") and megabytes * PANDAS_FACTOR > free:
        return (
            f"needs about {round(megabytes * PANDAS_FACTOR)} MB of memory, of which {free} are free"
        )
    return ""


def compared(task: str, source: Path, folder: Path, megabytes: float) -> dict[str, Any]:
    """All contenders at ``task``, who take turns, and ours as a ratio to each of them."""
    repeats = next(count for limit, count in REPEATS_BELOW.items() if megabytes < limit)
    result: dict[str, Any] = {}
    runs: dict[str, list[dict[str, Any]]] = {}
    for _turn in range(repeats):
        for who in TASKS[task]:
            if who in result:
                continue
            if why := left_out(who, megabytes):
                result[who] = {"left out": why}
                continue
            found = run(task, who, source, folder)
            if "failed" in found:
                result[who] = found
                continue
            runs.setdefault(who, []).append(found)
    for who, several in runs.items():
        if who not in result:
            result[who] = summed(several)
    ours = result["ours"]
    for who, other in result.items():
        if who != "ours" and "wall_s" in other and "wall_s" in ours:
            other["ours_wall_ratio"] = round(ours["wall_s"] / other["wall_s"], 2)
            other["ours_peak_ratio"] = round(ours["peak_mb"] / other["peak_mb"], 2)
            if "table_s" in ours:
                other["our_table_ratio"] = round(ours["table_s"] / other["wall_s"], 2)
    return {"runs": repeats, "mb": round(megabytes), **result}


def summed(several: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of what is timed, the largest memory, and the rest of the median run."""
    middle = sorted(several, key=lambda one: one["wall_s"])[len(several) // 2]
    return {
        **middle,
        "cpu_s": round(statistics.median(one["cpu_s"] for one in several), 2),
        "peak_mb": max(one["peak_mb"] for one in several),
    }


def measure(sizes: list[int], profiled: int, loaded: int, folder: Path) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for size in sizes:
        source = folder / f"{size}.csv"
        write(MIXED.format(rows=size * ROWS_A_MB), source, "FORMAT csv, HEADER true")
        result[f"ingest {size} MB"] = compared(
            "ingest", source, folder, source.stat().st_size / 1e6
        )
        source.unlink()
    for task, query, rows, width in (
        ("profile", twenty(profiled), profiled, 20),
        ("load", wide(loaded), loaded, WIDTH),
    ):
        source = folder / f"{task}.parquet"
        write(query, source, "FORMAT parquet, COMPRESSION zstd")
        held = rows * width * 8 / 1e6
        name = f"profile {rows:,} x {width}"
        if task == "load":
            name = f"load {PRUNED} columns of {rows:,} x {width}"
        result[name] = compared(task, source, folder, held)
        source.unlink()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES_MB), metavar="MB")
    parser.add_argument("--profiled", type=int, default=PROFILED, metavar="ROWS")
    parser.add_argument("--loaded", type=int, default=LOADED, metavar="ROWS")
    asked = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        found = measure(asked.sizes, asked.profiled, asked.loaded, Path(folder))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f} at the start"
    print(json.dumps({"machine": machine, "python": platform.python_version(), **found}, indent=2))


if __name__ == "__main__":
    main()
