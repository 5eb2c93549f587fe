"""What is shipped is what it says it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_core.data.korean import korean_churn
from mlops_core.data.read import import_file
from mlops_core.data.roles import suggest_target, suggest_task
from mlops_core.data.samples import SAMPLES, SAMPLES_DIR, Sample, sample_path
from mlops_core.domain.columns import ColumnRole
from mlops_core.domain.params import Task
from mlops_core.errors import NotFound


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.key)
def test_every_sample_is_understood_without_help(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    table = import_file(sample_path(sample.key), tmp_path)
    assert table.rows == sample.rows
    assert table.report.reject_count == 0
    assert suggest_target(table.columns) == sample.target
    target = next(column for column in table.columns if column.name == sample.target)
    assert suggest_task(target) is sample.task


def test_samples_cover_both_tasks_and_stay_small() -> None:
    assert {sample.task for sample in SAMPLES} == set(Task)
    assert sum(path.stat().st_size for path in SAMPLES_DIR.iterdir()) < 1_000_000


def test_the_readme_names_every_file_with_its_licence() -> None:
    readme = (SAMPLES_DIR / "README.md").read_text(encoding="utf-8")
    for sample in SAMPLES:
        line = next(line for line in readme.splitlines() if line.startswith(f"| `{sample.file}`"))
        assert sample.licence in line


def test_the_korean_sample_is_made_by_its_program() -> None:
    assert sample_path("korean_churn").read_bytes() == korean_churn()


def test_the_korean_sample_shows_what_korean_files_are_like(tmp_path: Path) -> None:
    table = import_file(sample_path("korean_churn"), tmp_path)
    assert table.report.encoding == "cp949"
    roles = {column.role for column in table.columns}
    assert roles == set(ColumnRole)
    assert sum(column.profile.missing > 0 for column in table.columns) == 3


def test_an_unknown_sample_is_not_found() -> None:
    with pytest.raises(NotFound, match="penguins"):
        sample_path("titanic")
