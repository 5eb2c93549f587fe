"""Versions of a dataset side by side."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from mlops_core.errors import NotFound
from mlops_core.services import datasets, versions
from mlops_core.store.workspace import Workspace


def write(folder: Path, shift: float = 0.0, rows: int = 400, name: str = "plan") -> Path:
    chance = random.Random(f"{shift} {rows}")
    path = folder / "customers.csv"
    lines = [
        f"{chance.gauss(50 + shift, 10):.3f},{chance.choice('abc')},{place}"
        for place in range(rows)
    ]
    path.write_text(f"age,{name},place\n" + "\n".join(lines), encoding="utf-8")
    return path


def test_what_changed_from_one_version_to_the_next(workspace: Workspace, tmp_path: Path) -> None:
    first = datasets.add_file(workspace, write(tmp_path))
    path = write(tmp_path, shift=8, rows=500, name="tariff")
    path.write_text(re.sub(r",(\d+)$", r",p\1", path.read_text(), flags=re.M), encoding="utf-8")
    second = datasets.add_file(workspace, path)
    found = versions.compare(workspace, first.id, second.id)
    assert [column.name for column in found.came] == ["tariff"]
    assert [column.name for column in found.went] == ["plan"]
    assert [(a.type.value, b.type.value) for a, b in found.retyped] == [("integer", "text")]
    assert [shift.spread.column for shift in found.moved] == ["age"]
    assert found.looked_at == (400, 500)
    back = versions.compare(workspace, second.id, first.id)
    assert [column.name for column in back.came] == ["plan"]
    assert back.moved[0].spread.effect == pytest.approx(found.moved[0].spread.effect)


def test_it_is_counted_once(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = datasets.add_file(workspace, write(tmp_path))
    second = datasets.add_file(workspace, write(tmp_path, rows=401))
    found = versions.compare(workspace, first.id, second.id)
    assert not found.moved and len(found.shifts) == 3

    def never(*_given: object, **_named: object) -> None:
        raise AssertionError("it was counted again")

    with monkeypatch.context() as patched:
        patched.setattr(versions, "work", never)
        assert versions.compare(workspace, first.id, second.id) == found
    (kept,) = second.table_path.parent.glob("compared-*.json")
    kept.write_text("{", encoding="utf-8")
    assert versions.compare(workspace, first.id, second.id) == found


def test_a_version_that_is_gone_is_said(workspace: Workspace, tmp_path: Path) -> None:
    first = datasets.add_file(workspace, write(tmp_path))
    with pytest.raises(NotFound, match="no dataset 99"):
        versions.compare(workspace, first.id, 99)
