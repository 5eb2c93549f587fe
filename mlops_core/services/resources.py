"""Resources: what this machine has, what a run may ask for, and allocations saved as profiles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mlops_core.domain.configs import ResourceAllocation
from mlops_core.domain.params import Problem, short_number
from mlops_core.domain.records import ResourceProfile
from mlops_core.errors import InvalidInput
from mlops_core.i18n import N_, _, ngettext
from mlops_core.runners import cgroups
from mlops_core.runners.machine import Machine, read_machine
from mlops_core.services import shelves
from mlops_core.services.names import clean_name, clean_text
from mlops_core.settings import Bounds
from mlops_core.store import configs as store
from mlops_core.store.configs import RESOURCE_PROFILES
from mlops_core.store.workspace import Workspace


class _Bound(NamedTuple):
    """One quantity of an allocation, how it is called, and what it may be."""

    field: str
    what: str
    value: float
    unit: str
    low: float
    high: float


def machine(ws: Workspace) -> Machine:
    """What this machine has and how each limit is enforced on it."""
    return read_machine(ws.home, groups=ws.settings.control_groups and cgroups.on_offer())


def problems(ws: Workspace, allocation: ResourceAllocation) -> list[Problem]:
    """What of an allocation lies outside the bounds of the settings."""
    found = []
    for bound in _bounds(allocation, ws.settings.bounds):
        if bound.value > bound.high:
            message, limit = _("{what} is {value}; the largest allowed is {limit}."), bound.high
        elif bound.value < bound.low:
            message, limit = _("{what} is {value}; the smallest allowed is {limit}."), bound.low
        else:
            continue
        message = message.format(
            what=_(bound.what), value=_amount(bound.value, bound), limit=_amount(limit, bound)
        )
        hint = _("Choose a value from {low} to {high}.").format(
            low=_amount(bound.low, bound), high=_amount(bound.high, bound)
        )
        found.append(Problem(field=bound.field, message=message, hint=hint))
    return found


def _bounds(asked: ResourceAllocation, bounds: Bounds) -> tuple[_Bound, ...]:
    gb, hours = N_("GB"), N_("hours")
    cpu = (asked.cpu_cores, "", bounds.min_cpu_cores, bounds.max_cpu_cores)
    memory = (asked.memory_gb, gb, bounds.min_memory_gb, bounds.max_memory_gb)
    gpu_memory = (asked.gpu_memory_gb, gb, 0, bounds.max_gpu_memory_gb)
    limit = (
        asked.time_limit_hours,
        hours,
        bounds.min_time_limit_hours,
        bounds.max_time_limit_hours,
    )
    return (
        _Bound("cpu_cores", N_("The number of CPU cores"), *cpu),
        _Bound("memory_gb", N_("Memory"), *memory),
        _Bound("gpus", N_("The number of GPUs"), asked.gpus, "", 0, bounds.max_gpus),
        _Bound("gpu_memory_gb", N_("GPU memory"), *gpu_memory),
        _Bound("time_limit_hours", N_("The time limit"), *limit),
    )


def _amount(value: float, bound: _Bound) -> str:
    number = short_number(value)
    return f"{number} {_(bound.unit)}" if bound.unit else number


def fits(ws: Workspace, allocation: ResourceAllocation) -> list[Problem]:
    """What of an allocation this machine can never give; empty: it can start here."""
    return list(_misfits(machine(ws), allocation))


def _misfits(here: Machine, asked: ResourceAllocation) -> Iterator[Problem]:
    hint = _("Ask for less, or keep it for a bigger machine.")
    if asked.cpu_cores > here.cores:
        message = ngettext(
            "It asks for {asked} core; this machine has {cores}.",
            "It asks for {asked} cores; this machine has {cores}.",
            asked.cpu_cores,
        ).format(asked=asked.cpu_cores, cores=here.cores)
        yield Problem(field="cpu_cores", message=message, hint=hint)
    usable = here.usable_memory_gb
    if asked.memory_gb > usable:
        message = _("It asks for {asked:g} GB; this machine can give {usable:.1f} of {all:.1f} GB.")
        message = message.format(asked=asked.memory_gb, usable=usable, all=here.memory_gb)
        yield Problem(field="memory_gb", message=message, hint=hint)
    if asked.gpus > len(here.gpus):
        message = ngettext(
            "It asks for {asked} GPU; this machine has {count}.",
            "It asks for {asked} GPUs; this machine has {count}.",
            asked.gpus,
        ).format(asked=asked.gpus, count=len(here.gpus) or _("none"))
        yield Problem(field="gpus", message=message, hint=hint)
    elif asked.gpus:
        # The GPUs with the most memory would be chosen.
        largest = sorted((gpu.memory_gb for gpu in here.gpus), reverse=True)[asked.gpus - 1]
        if asked.gpu_memory_gb > largest:
            message = _("It asks for {asked:g} GB of GPU memory; this machine has {has:.1f} GB.")
            message = message.format(asked=asked.gpu_memory_gb, has=largest)
            yield Problem(field="gpu_memory_gb", message=message, hint=hint)


def default_allocation(ws: Workspace) -> ResourceAllocation:
    """What to ask for when nobody says: a part of this machine, so that runs go side by side."""
    here = machine(ws)
    return _within(
        ws.settings.bounds,
        cores=min(4, here.cores // 2),
        memory_gb=min(8.0, here.usable_memory_gb / 4),
        hours=1.0,
    )


def ensure_defaults(ws: Workspace) -> None:
    """Give a workspace without any profile three to begin with, by what this machine has."""
    with ws.read() as connection:
        if not store.is_empty(connection, RESOURCE_PROFILES):
            return
    here, bounds = machine(ws), ws.settings.bounds
    memory = here.usable_memory_gb
    profiles = (
        (N_("All of this machine"), _within(bounds, cores=here.cores, memory_gb=memory, hours=24)),
        (
            N_("Medium"),
            _within(bounds, cores=here.cores // 2, memory_gb=min(16.0, memory / 2), hours=4),
        ),
        (N_("Small"), _within(bounds, cores=1, memory_gb=min(2.0, memory / 4), hours=1)),
    )
    with ws.begin() as connection:
        for name, allocation in profiles:
            store.save(connection, RESOURCE_PROFILES, _values(name, allocation, ""), at=ws.now())


def _within(bounds: Bounds, *, cores: int, memory_gb: float, hours: float) -> ResourceAllocation:
    """An allocation near to this one that the settings allow; half gigabytes, rounded down."""
    whole = int(memory_gb * 2) / 2
    return ResourceAllocation(
        cpu_cores=max(bounds.min_cpu_cores, min(cores, bounds.max_cpu_cores)),
        memory_gb=max(bounds.min_memory_gb, min(whole, bounds.max_memory_gb)),
        time_limit_hours=max(bounds.min_time_limit_hours, min(hours, bounds.max_time_limit_hours)),
    )


def save(
    ws: Workspace, name: str, allocation: ResourceAllocation, *, description: str = ""
) -> ResourceProfile:
    """Keep an allocation under a name; one that does not fit this machine may be kept too.

    The next version of the name is made when it differs from its newest one; otherwise that is
    returned, with the new description if there is one.

    Raises:
        InvalidInput: the name cannot be used, or something is out of bounds; ``field`` says what.
    """
    name, description = clean_name(name), clean_text(description)
    for problem in problems(ws, allocation):
        raise InvalidInput(problem.message, problem.hint, field=problem.field)
    with ws.begin() as connection:
        values = _values(name, allocation, description)
        return store.save(connection, RESOURCE_PROFILES, values, at=ws.now())


def _values(name: str, allocation: ResourceAllocation, description: str) -> dict[str, object]:
    return {
        "name": name,
        "description": description,
        "allocation": allocation.model_dump(mode="json"),
    }


def list_profiles(ws: Workspace, *, latest_only: bool = True) -> tuple[ResourceProfile, ...]:
    """Saved profiles, the last saved first; there are always some to choose from."""
    ensure_defaults(ws)
    with ws.read() as connection:
        return store.listing(connection, RESOURCE_PROFILES, latest_only=latest_only)


def get_profile(ws: Workspace, profile_id: int) -> ResourceProfile:
    """One saved version; ``NotFound`` when there is none with this id."""
    return shelves.get(ws, RESOURCE_PROFILES, profile_id)


def versions(ws: Workspace, name: str) -> tuple[ResourceProfile, ...]:
    """Every version of a name, newest first; empty when there is none."""
    return shelves.versions(ws, RESOURCE_PROFILES, name)


def remove(ws: Workspace, profile_id: int) -> None:
    """Delete one version; ``Conflict`` names the experiments that use it."""
    shelves.remove(ws, RESOURCE_PROFILES, profile_id)
