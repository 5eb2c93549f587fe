"""What a machine has, and what is said of its limits."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mlops_core.runners import machine
from mlops_core.runners.machine import enforcement, enforcement_layers, read_machine


def test_a_machine_is_described_in_whole(tmp_path: Path) -> None:
    found = read_machine(tmp_path / "not" / "there" / "yet")
    assert found.cores == len(found.core_ids) >= 1
    assert set(found.core_ids) <= os.sched_getaffinity(0)
    assert 0 < found.memory_free_gb <= found.memory_gb
    assert found.usable_memory_gb == pytest.approx(0.9 * found.memory_gb)
    assert found.disk_free_gb > 0
    assert found.platform and found.cpu_model
    assert found.cpu_percent is None or 0 <= found.cpu_percent <= 100


def test_every_limit_says_how_it_holds() -> None:
    rules = enforcement(groups=False)
    assert [rule.resource for rule in rules] == ["memory", "cpu", "time", "gpu", "disk"]
    assert all(rule.how.endswith(".") for rule in rules)
    assert enforcement_layers(groups=False)["memory"] == "polled"
    assert enforcement_layers(groups=True) == {
        **enforcement_layers(groups=False),
        "memory": "hard",
    }


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def cgroup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    return tmp_path


def in_groups(monkeypatch: pytest.MonkeyPatch, groups: dict[str, Path]) -> None:
    monkeypatch.setattr(machine, "_own_cgroups", lambda: groups)


def test_the_tightest_group_above_counts(cgroup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_groups(monkeypatch, {"": cgroup / "a" / "b"})
    write(cgroup / "a" / "b" / "cpu.max", "max 100000")
    write(cgroup / "a" / "cpu.max", "150000 100000")
    write(cgroup / "a" / "b" / "memory.max", "4000")
    write(cgroup / "a" / "memory.max", "3000")
    assert machine.cpu_quota() == 1.5
    assert machine.memory_limit_bytes() == 3000
    assert len(machine.usable_cores()) == 1


def test_the_older_kind_of_groups_counts_too(cgroup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_groups(monkeypatch, {"cpu": cgroup / "cpu" / "a", "memory": cgroup / "memory" / "a"})
    write(cgroup / "cpu" / "a" / "cpu.cfs_quota_us", "200000")
    write(cgroup / "cpu" / "a" / "cpu.cfs_period_us", "100000")
    write(cgroup / "memory" / "a" / "memory.limit_in_bytes", "5000")
    assert (machine.cpu_quota(), machine.memory_limit_bytes()) == (2.0, 5000)


def test_without_a_quota_there_is_none(cgroup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_groups(monkeypatch, {})
    write(cgroup / "cpu" / "cpu.cfs_quota_us", "-1")
    write(cgroup / "cpu" / "cpu.cfs_period_us", "100000")
    assert (machine.cpu_quota(), machine.memory_limit_bytes()) == (None, None)
