"""Control groups (Linux, version 2): limits of a run that the kernel itself keeps.

A process may only make groups in a part of the tree that was given to its user ("delegated").
systemd gives one to a service that asks for it (``Delegate=yes``), and a scope of its own to
whoever asks over its bus. ``settle`` moves the scheduler into such a part, its supervisors are born
there, and each of them makes one ``Group`` for its trainer. A group with children that have limits
may hold no processes itself; so everything that is no run sits in a group beside them.

See https://docs.kernel.org/admin-guide/cgroup-v2.html and https://systemd.io/CGROUP_DELEGATION.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

from mlops_core.runners.processes import LINUX, PAUSE_SECONDS, send

log = logging.getLogger(__name__)
MOUNTS = Path("/proc/self/mountinfo")
REST = "mlops-rest"  # where everything sits that is no run
RUN = "mlops-run-"  # and the number of the supervisor's process
BUS_SECONDS = 3.0
PERIOD = 100_000  # microseconds, the kernel's default
MEMBERS = "cgroup.procs"
CONTROLLERS = "cgroup.controllers"
CHILDREN_GET = "cgroup.subtree_control"
NEEDED, WELCOME = "memory", ("cpu",)
MANAGER = (
    "org.freedesktop.systemd1",
    "/org/freedesktop/systemd1",
    "org.freedesktop.systemd1.Manager",
)


def settle(name: str) -> bool:
    """Move this process into a part of the tree where runs can be limited.

    Costs some 50 ms where systemd has to be asked. What this process starts from now on is born
    there.

    Args:
        name: What the part is called where systemd makes one: letters, digits and dashes.

    Returns:
        ``False``: none can be had here.
    """
    if subtree() is not None:
        return True
    try:
        part = _delegated_unit()
        if part is None:
            part = _scope(os.getpid(), name)
        _furnish(part)
    except (OSError, subprocess.SubprocessError) as error:
        log.info("no control groups here: %s", error)
        return False
    return subtree() is not None


def subtree() -> Path | None:
    """The part of the tree in which this process may make groups for runs."""
    own = own_group("self")
    if own is None or own.name != REST or NEEDED not in _words(own.parent / CHILDREN_GET):
        return None
    return own.parent


@cache
def on_offer() -> bool:
    """Whether ``settle`` would find a part of the tree; it is tried once, with another process."""
    if not LINUX:
        return False
    try:
        part = subtree() or _delegated_unit()
        if part is not None:
            return NEEDED in _words(part / CONTROLLERS)
        waits = shutil.which("cat")
        if waits is None:
            return False
        with subprocess.Popen([waits], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as probe:
            try:
                scope = _scope(probe.pid, f"mlops-probe-{probe.pid}")
                return NEEDED in _words(scope / CONTROLLERS)
            finally:
                probe.kill()
    except (OSError, subprocess.SubprocessError):
        return False


class Group:
    """What one run may use, kept by the kernel: everything that the run starts is in it.

    Raises:
        OSError: the kernel did not do what was asked; true of every method but ``remove``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()

    @classmethod
    def make(cls) -> Group | None:
        """The group of this supervisor's run; ``None`` where there can be none."""
        part = subtree()
        if part is None:
            return None
        _sweep(part)
        try:
            return cls(part / f"{RUN}{os.getpid()}")
        except OSError as error:
            log.warning("no control group for this run: %s", error)
            return None

    def limit(self, memory: int, cores: int) -> None:
        """Set what the run may use: bytes of memory, and cores' worth of processor time."""
        (self.path / "memory.max").write_text(str(memory))
        # All of it ends together: half a run is none.
        (self.path / "memory.oom.group").write_text("1")
        swap, time_share = self.path / "memory.swap.max", self.path / "cpu.max"
        if swap.exists():
            swap.write_text("0")
        if time_share.exists():
            time_share.write_text(f"{cores * PERIOD} {PERIOD}")

    def enter(self) -> Callable[[], None]:
        """What a child does between fork and exec to be born in the group."""
        door = str(self.path / MEMBERS)

        def apply() -> None:
            handle = os.open(door, os.O_WRONLY)
            os.write(handle, b"0")
            os.close(handle)

        return apply

    def memory_kills(self) -> int:
        """How many processes of it the kernel has ended because its memory was used up."""
        return _counts(self.path / "memory.events").get("oom_kill", 0)

    def memory_held(self) -> int:
        """Bytes that it holds and the kernel cannot take back, in no process's name among them."""
        found = _counts(self.path / "memory.stat")
        return found.get("anon", 0) + found.get("shmem", 0)

    def kill(self) -> None:
        """End everything in it at once."""
        _kill(self.path)

    def remove(self) -> None:
        """Take the empty group away. Where that cannot be it goes with the part that it is in."""
        with suppress(OSError):
            self.path.rmdir()


def own_group(pid: int | str) -> Path | None:
    """The group of a process; ``None``: it has gone, or the system knows no groups of version 2."""
    mount = _mount()
    for line in _lines(Path(f"/proc/{pid}/cgroup")):
        if mount is not None and line.startswith("0::/"):
            return mount / line.removeprefix("0::/")
    return None


@cache
def _mount() -> Path | None:
    for line in _lines(MOUNTS):
        # Fields before the dash vary in number; behind it come type, source and options.
        before, _dash, behind = line.partition(" - ")
        if behind.startswith("cgroup2 "):
            return Path(before.split()[4])
    return None


def _delegated_unit() -> Path | None:
    """The service that this process belongs to, if systemd has left its groups to it."""
    own = own_group("self")
    unit = own.parent if own is not None and own.name == REST else own
    try:
        given = unit is not None and os.getxattr(unit, "user.delegate") == b"1"
    except OSError:
        return None
    return unit if given and unit is not None and os.access(unit / MEMBERS, os.W_OK) else None


def _scope(pid: int, name: str) -> Path:
    """Let systemd move ``pid`` into a scope of its own whose groups are ours.

    Root asks the system: its scope stays when root logs out. Others have only their own manager.

    Raises:
        OSError: there is no systemd, or it did not do it.
        subprocess.SubprocessError: it did not answer.
    """
    mount, ask = _mount(), shutil.which("busctl")
    if mount is None or NEEDED not in _words(mount / CONTROLLERS):
        raise OSError(None, "this system limits memory in no group of version 2")
    if ask is None:
        raise FileNotFoundError(None, "there is no systemd")
    properties = ("PIDs", "au", "1", str(pid), "Delegate", "b", "true")
    subprocess.run(
        [
            *(ask, "--system" if os.geteuid() == 0 else "--user", "--quiet", "call", *MANAGER),
            *("StartTransientUnit", "ssa(sv)a(sa(sv))", f"{name}.scope", "fail"),
            *("3", *properties, "CollectMode", "s", "inactive-or-failed", "0"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=BUS_SECONDS,
        check=True,
    )
    # The answer says that it will be done.
    deadline = time.monotonic() + BUS_SECONDS
    while time.monotonic() < deadline:
        found = own_group(pid)
        if found is not None and found.name == f"{name}.scope":
            return found
        time.sleep(PAUSE_SECONDS)
    raise TimeoutError(None, "systemd did not move the process")


def _furnish(part: Path) -> None:
    """Make room for runs in ``part``: its processes step aside, and what limits is switched on.

    Raises:
        OSError: it cannot limit memory, or cannot be written to.
    """
    there = _words(part / CONTROLLERS)
    if NEEDED not in there:
        raise OSError(None, "memory cannot be limited in the groups that are given to users")
    rest = part / REST
    rest.mkdir(exist_ok=True)
    (rest / MEMBERS).write_text(str(os.getpid()))
    for pid in _words(part / MEMBERS):
        with suppress(ProcessLookupError):
            (rest / MEMBERS).write_text(pid)
    wanted = [name for name in (NEEDED, *WELCOME) if name in there]
    (part / CHILDREN_GET).write_text(" ".join(f"+{name}" for name in wanted))


def _sweep(part: Path) -> None:
    """Take away what supervisors left that were killed, and whatever may still run in it.

    One of them may have had the number that this process has now.
    """
    for path in part.glob(f"{RUN}*"):
        pid = path.name.removeprefix(RUN)
        if pid == str(os.getpid()) or not Path(f"/proc/{pid}").exists():
            with suppress(OSError):
                _kill(path)
                path.rmdir()


def _kill(path: Path) -> None:
    at_once = path / "cgroup.kill"  # since Linux 5.14
    if at_once.exists():
        at_once.write_text("1")
    else:
        send(map(int, _words(path / MEMBERS)), signal.SIGKILL)


def _counts(path: Path) -> dict[str, int]:
    pairs = (line.split() for line in _lines(path))
    return {name: int(number) for name, number in pairs}


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def _words(path: Path) -> list[str]:
    return [word for line in _lines(path) for word in line.split()]
