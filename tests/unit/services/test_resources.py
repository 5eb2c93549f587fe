"""Resources: bounds by the settings, fit by the machine, profiles in versions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_core.domain.configs import ResourceAllocation
from mlops_core.errors import Conflict, InvalidInput, NotFound
from mlops_core.runners.machine import Gpu, Machine
from mlops_core.services import datasets, resources
from mlops_core.settings import Bounds
from mlops_core.store.workspace import Workspace
from tests.unit.services.support import csv, use

Become = Callable[..., Machine]


@pytest.fixture
def become(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Become:
    """Make this machine another one: its own facts, some of them replaced."""
    real = resources.machine(workspace)

    def become(**facts: object) -> Machine:
        other = replace(real, **facts)  # type: ignore[arg-type]
        monkeypatch.setattr(resources, "read_machine", lambda _home, **_asked: other)
        return other

    return become


def test_this_machine_is_described(workspace: Workspace) -> None:
    here = resources.machine(workspace)
    assert here.cores >= 1
    assert 0 < here.memory_free_gb <= here.memory_gb
    assert {one.resource for one in here.enforcement} == {"memory", "cpu", "time", "gpu", "disk"}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"memory_gb": 200}, "Memory is 200 GB; the largest allowed is 128 GB."),
        ({"memory_gb": 0.5}, "Memory is 0.5 GB; the smallest allowed is 1 GB."),
        ({"cpu_cores": 64}, "The number of CPU cores is 64; the largest allowed is 32."),
        ({"gpus": 9}, "The number of GPUs is 9; the largest allowed is 8."),
        ({"gpu_memory_gb": 33}, "GPU memory is 33 GB; the largest allowed is 32 GB."),
        (
            {"time_limit_hours": 200},
            "The time limit is 200 hours; the largest allowed is 168 hours.",
        ),
        (
            {"time_limit_hours": 0.05},
            "The time limit is 0.05 hours; the smallest allowed is 0.1 hours.",
        ),
    ],
)
def test_what_is_out_of_bounds_is_refused_beside_its_field(
    workspace: Workspace, asked: dict[str, float], message: str
) -> None:
    allocation = ResourceAllocation.model_validate(asked)
    (problem,) = resources.problems(workspace, allocation)
    assert [problem.field] == list(asked)
    assert problem.message == message
    with pytest.raises(InvalidInput) as refused:
        resources.save(workspace, "big", allocation)
    assert refused.value.field == problem.field


def test_the_bounds_are_settings(workspace: Workspace) -> None:
    bounds = Bounds(max_memory_gb=4, min_time_limit_hours=0.001)
    workspace.settings = workspace.settings.model_copy(update={"bounds": bounds})
    small = ResourceAllocation(memory_gb=4, time_limit_hours=0.001)
    assert resources.problems(workspace, small) == []
    large = ResourceAllocation(memory_gb=5)
    assert [problem.field for problem in resources.problems(workspace, large)] == ["memory_gb"]


def test_the_edges_are_allowed(workspace: Workspace) -> None:
    bounds = workspace.settings.bounds
    for allocation in (
        ResourceAllocation(cpu_cores=1, memory_gb=1, time_limit_hours=0.1),
        ResourceAllocation(
            cpu_cores=bounds.max_cpu_cores,
            memory_gb=bounds.max_memory_gb,
            gpus=bounds.max_gpus,
            gpu_memory_gb=bounds.max_gpu_memory_gb,
            time_limit_hours=bounds.max_time_limit_hours,
        ),
    ):
        assert resources.problems(workspace, allocation) == []


def test_what_can_never_start_here_is_said(workspace: Workspace, become: Become) -> None:
    become(cores=2, memory_gb=20.0, gpus=())

    def said(**asked: float) -> list[str]:
        allocation = ResourceAllocation.model_validate(asked)
        return [problem.message for problem in resources.fits(workspace, allocation)]

    assert said(cpu_cores=16) == ["It asks for 16 cores; this machine has 2."]
    assert said(memory_gb=20) == ["It asks for 20 GB; this machine can give 18.0 of 20.0 GB."]
    assert said(gpus=1) == ["It asks for 1 GPU; this machine has none."]
    assert said(cpu_cores=2, memory_gb=18) == []
    assert len(said(cpu_cores=3, memory_gb=19, gpus=1)) == 3


def test_gpu_memory_is_that_of_the_gpus_it_would_get(workspace: Workspace, become: Become) -> None:
    small, large = (
        Gpu(name=f"G{memory}", memory_gb=memory, uuid=f"GPU-{memory}") for memory in (8.0, 24.0)
    )
    become(gpus=(small, large))
    one = ResourceAllocation(memory_gb=0.1, gpus=1, gpu_memory_gb=20)
    assert resources.fits(workspace, one) == []
    two = one.model_copy(update={"gpus": 2})
    assert [problem.field for problem in resources.fits(workspace, two)] == ["gpu_memory_gb"]


def test_a_profile_for_a_bigger_machine_may_be_kept(workspace: Workspace, become: Become) -> None:
    become(cores=2)
    saved = resources.save(workspace, "cluster", ResourceAllocation(cpu_cores=32))
    assert resources.fits(workspace, saved.allocation)


def test_an_empty_workspace_gets_three_profiles_once(workspace: Workspace) -> None:
    first = resources.list_profiles(workspace)
    assert [profile.name for profile in first] == ["Small", "Medium", "All of this machine"]
    for profile in first[:2]:
        resources.remove(workspace, profile.id)
    assert [one.name for one in resources.list_profiles(workspace)] == ["All of this machine"]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cores=st.integers(1, 256), memory=st.floats(2.5, 2048))
def test_what_we_suggest_is_allowed_and_can_start(
    workspace: Workspace, become: Become, cores: int, memory: float
) -> None:
    become(cores=cores, memory_gb=memory)
    with workspace.begin() as connection:
        connection.exec_driver_sql("DELETE FROM resource_profile")
    suggested = [profile.allocation for profile in resources.list_profiles(workspace)]
    for allocation in (*suggested, resources.default_allocation(workspace)):
        assert resources.problems(workspace, allocation) == []
        assert resources.fits(workspace, allocation) == []


def test_profiles_are_saved_in_versions(workspace: Workspace) -> None:
    first = resources.save(workspace, "p", ResourceAllocation(memory_gb=2), description="Two")
    assert resources.save(workspace, "p", ResourceAllocation(memory_gb=2)) == first
    second = resources.save(workspace, "p", ResourceAllocation(memory_gb=3))
    assert second.version == 2
    assert resources.get_profile(workspace, first.id).allocation.memory_gb == 2
    assert [one.id for one in resources.versions(workspace, "p")] == [second.id, first.id]
    assert [one.id for one in resources.list_profiles(workspace)] == [second.id]
    assert len(resources.list_profiles(workspace, latest_only=False)) == 2


def test_a_profile_in_use_is_kept(workspace: Workspace, tmp_path: Path) -> None:
    dataset = datasets.add_file(workspace, csv(tmp_path))
    saved = resources.save(workspace, "p", ResourceAllocation())
    use(workspace, dataset.id, resource_profile_id=saved.id)
    assert resources.get_profile(workspace, saved.id).used
    with pytest.raises(Conflict, match=r"first v1\.2\.0"):
        resources.remove(workspace, saved.id)
    with pytest.raises(NotFound):
        resources.get_profile(workspace, 99)
