"""What is written into a tree of control groups; whether the kernel obeys is tested elsewhere."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from mlops_core.runners import cgroups
from mlops_core.runners.cgroups import REST, RUN, Group

MB = 1024**2
pytestmark = pytest.mark.skipif(not cgroups.LINUX, reason="there are none elsewhere")


def part_of_tree(path: Path, controllers: str = "cpu memory pids") -> Path:
    """A folder that looks like a group; files that the kernel would make are made here."""
    (path / REST).mkdir(parents=True)
    (path / "cgroup.controllers").write_text(controllers + "\n")
    (path / "cgroup.subtree_control").write_text("")
    (path / "cgroup.procs").write_text(f"{os.getpid()}\n")
    return path


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A part of the tree in whose rest this process sits."""
    part = part_of_tree(tmp_path / "part")
    monkeypatch.setattr(cgroups, "own_group", lambda _pid: part / REST)
    return part


def test_a_part_is_of_use_once_memory_is_switched_on(inside: Path) -> None:
    assert cgroups.subtree() is None
    cgroups._furnish(inside)
    assert (inside / "cgroup.subtree_control").read_text() == "+memory +cpu"
    assert (inside / REST / "cgroup.procs").read_text() == str(os.getpid())
    (inside / "cgroup.subtree_control").write_text("cpu memory\n")  # as the kernel shows it
    assert cgroups.subtree() == inside


def test_what_is_not_lent_is_not_asked_for(tmp_path: Path) -> None:
    part = part_of_tree(tmp_path / "part", "memory pids")
    cgroups._furnish(part)
    assert (part / "cgroup.subtree_control").read_text() == "+memory"


def test_without_memory_a_part_is_of_no_use(tmp_path: Path) -> None:
    part = part_of_tree(tmp_path / "part", "cpu pids")
    with pytest.raises(OSError, match="memory cannot be limited"):
        cgroups._furnish(part)


def test_elsewhere_in_the_tree_there_is_no_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = part_of_tree(tmp_path / "part")
    (part / "cgroup.subtree_control").write_text("memory\n")
    for own in (part, None):
        monkeypatch.setattr(cgroups, "own_group", lambda _pid, own=own: own)
        assert cgroups.subtree() is None
        assert Group.make() is None


def test_limits_are_written_where_there_is_a_place_for_them(inside: Path) -> None:
    (inside / "cgroup.subtree_control").write_text("cpu memory\n")
    group = Group.make()
    assert group is not None and group.path == inside / f"{RUN}{os.getpid()}"
    group.limit(512 * MB, cores=2)
    assert {path.name: path.read_text() for path in group.path.iterdir()} == {
        "memory.max": str(512 * MB),
        "memory.oom.group": "1",
    }
    (group.path / "memory.swap.max").write_text("max\n")
    (group.path / "cpu.max").write_text("max 100000\n")
    group.limit(512 * MB, cores=2)
    assert (group.path / "memory.swap.max").read_text() == "0"
    assert (group.path / "cpu.max").read_text() == "200000 100000"


def test_kills_are_read_from_the_events(inside: Path) -> None:
    group = Group(inside / "group")
    assert group.memory_kills() == 0
    events = "low 0\nhigh 0\nmax 31\noom 1\noom_kill 3\noom_group_kill 1\n"
    (group.path / "memory.events").write_text(events)
    assert group.memory_kills() == 3


def test_what_is_held_is_not_what_is_only_cached(inside: Path) -> None:
    group = Group(inside / "group")
    assert group.memory_held() == 0
    (group.path / "memory.stat").write_text("anon 1000\nfile 700\nkernel 30\nshmem 200\n")
    assert group.memory_held() == 1200


def test_a_kernel_without_a_way_to_end_a_group_ends_its_members(inside: Path) -> None:
    group = Group(inside / "group")
    with subprocess.Popen(["sleep", "600"]) as member:
        (group.path / "cgroup.procs").write_text(f"{member.pid}\n")
        group.kill()
        assert member.wait(10) == -9
    (group.path / "cgroup.kill").write_text("")
    group.kill()
    assert (group.path / "cgroup.kill").read_text() == "1"


def test_groups_of_supervisors_that_live_stay(inside: Path) -> None:
    (inside / "cgroup.subtree_control").write_text("memory\n")
    with subprocess.Popen(["true"]) as gone:
        pass
    for pid in (gone.pid, os.getppid(), os.getpid()):  # numbers are given out again
        (inside / f"{RUN}{pid}").mkdir()
    assert Group.make() is not None
    left = {path.name for path in inside.glob(f"{RUN}*")}
    assert left == {f"{RUN}{os.getppid()}", f"{RUN}{os.getpid()}"}


def test_a_system_without_memory_in_its_tree_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for tree in (part_of_tree(tmp_path / "tree", "cpu pids"), None):
        monkeypatch.setattr(cgroups, "_mount", lambda tree=tree: tree)
        with pytest.raises(OSError, match="limits memory in no group"):
            cgroups._scope(os.getpid(), "mlops-1")


@pytest.mark.parametrize(
    ("answers", "said"),
    [("exit 1", "returned non-zero"), ("exit 0", "did not move"), (None, "there is no systemd")],
)
def test_a_system_that_gives_no_scope_leaves_everything_as_it_is(
    answers: str | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if answers is not None:
        busctl = tmp_path / "busctl"
        busctl.write_text(f'#!/bin/sh\necho "$@" > "{tmp_path}/asked"\n{answers}\n')
        busctl.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    tree = part_of_tree(tmp_path / "tree")
    monkeypatch.setattr(cgroups, "_mount", lambda: tree)
    monkeypatch.setattr(cgroups, "BUS_SECONDS", 1.0)
    before = cgroups.own_group("self")
    with pytest.raises((OSError, subprocess.SubprocessError), match=said):
        cgroups._scope(os.getpid(), "mlops-1")
    assert not cgroups.settle("mlops-1")
    assert cgroups.own_group("self") == before
    if answers is not None:
        asked = (tmp_path / "asked").read_text()
        assert f"mlops-1.scope fail 3 PIDs au 1 {os.getpid()} Delegate b true" in asked


def test_the_tree_is_found_where_it_is_mounted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "24 1 0:22 / /sys rw - sysfs sysfs rw\n"
        "35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:4 master:1 - cgroup2 cgroup2 rw,nsdelegate\n"
    )
    monkeypatch.setattr(cgroups, "MOUNTS", mounts)
    cgroups._mount.cache_clear()
    assert cgroups._mount() == Path("/sys/fs/cgroup")
    cgroups._mount.cache_clear()
