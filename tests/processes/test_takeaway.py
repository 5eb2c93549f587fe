"""A run taken away: its script on the exported table, without the app; and run again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes.shell import shell

pytestmark = pytest.mark.process

WORDS = ("가입", "해지")


def korean_table(folder: Path, rows: int = 120) -> Path:
    """What a Korean office exports: cp949, words for truth values, gaps, days and times, codes with
    leading zeros, whole numbers that no float holds."""
    lines = ["고객번호,가입일,최근접속,도시,사용액,큰수,상태,후기"]
    for n in range(rows):
        day, city = f"2024-{n % 12 + 1:02}-{n % 28 + 1:02}", ("서울", "부산", "", "대구")[n % 4]
        seen = f"2025-01-{n % 28 + 1:02} {n % 24:02}:30:00"
        amount = "" if n % 9 == 0 else f"{n * 1.1:.2f}"
        big = "" if n % 7 == 0 else str(2**58 + n)
        state = WORDS[n % 3 == 0]
        review = ("아주 좋은 상품입니다", "배송이 느려요", "보통", "최악")[n % 4]
        lines.append(f"{n:05},{day},{seen},{city},{amount},{big},{state},{review} {n}")
    path = folder / "고객.csv"
    path.write_bytes(("\n".join(lines) + "\n").encode("cp949"))
    return path


def spec(folder: Path) -> Path:
    path = folder / "away.yaml"
    content = {
        "name": "away",
        "dataset": {"path": korean_table(folder).name, "target": "상태"},
        "features": {"roles": {"큰수": "categorical", "후기": "text"}},
        "model": {"algorithm": "logistic_regression"},
        "resources": {"cpu_cores": 1, "memory_gb": 1, "time_limit_hours": 0.1},
        "evaluation": {"holdout": 0.25, "folds": 3, "seed": 7},
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_the_script_scores_the_same_without_the_app_and_the_run_is_reproduced(
    home: Path, tmp_path: Path
) -> None:
    ran = json.loads(shell("run", spec(tmp_path), "--json").stdout)
    script = tmp_path / "away.py"
    told = json.loads(shell("runs", "export", 1, "--script", script, "--json").stdout)
    assert told == {"run_id": 1, "dataset_id": 1, "files": {"script": str(script)}}
    for table in ("out.csv", "out.parquet"):
        assert shell("dataset", "export", 1, tmp_path / table).returncode == 0
        # Isolated: neither this folder nor what the shell says of packages is looked at.
        found = subprocess.run(
            [sys.executable, "-I", script, tmp_path / table, "--json"],
            capture_output=True, text=True, check=True, cwd=tmp_path, timeout=120, env={},
        )  # fmt: skip
        scores = json.loads(found.stdout)
        assert scores["identical"], scores
        assert scores["holdout"] == ran["metrics"]["holdout"]
        assert scores["cv"] == ran["metrics"]["cv"]

    again = shell("runs", "reproduce", 1, "--json")
    said = json.loads(again.stdout)
    assert (again.returncode, said["verdict"], said["why"]) == (0, "identical", [])
    assert (said["run_id"], said["reproduced_by"]) == (1, 2)
    assert said["predictions"] == {"rows": 120, "changed": 0}
    assert {one["difference"] for one in said["metrics"]} == {0}

    repeated = json.loads(shell("runs", "repeat", 1, "--seeds", 2, "--json").stdout)
    assert repeated["repeats"] == [3, 4]
    spread = repeated["spread"]
    assert [one["seed"] for one in spread["runs"]] == [7, 1007, 2007]
    assert spread["going_on"] == 0
    assert spread["over_folds"] > 0
