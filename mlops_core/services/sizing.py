"""The right size: what runs are likely to need, by runs like them, and what to ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mlops_core.algorithms import get_algorithm
from mlops_core.analysis import sizing
from mlops_core.analysis.sizing import Fit, Need, PastRun, Size
from mlops_core.domain.configs import ExperimentConfig, ResourceAllocation, RunSpec
from mlops_core.domain.params import BuildContext, Task
from mlops_core.domain.records import Dataset, ExperimentRun
from mlops_core.features.footprint import footprint
from mlops_core.services import datasets, queueing, resources
from mlops_core.store.past_use import PastUse, past_use
from mlops_core.store.workspace import Workspace

LOOKED_AT = 60  # ended runs of an algorithm, before those of another size are left out


@dataclass(frozen=True, kw_only=True)
class RightSize:
    """What one run is likely to need, and what suits it.

    ``suggested`` is what was asked for with its memory, time limit and cores set right.
    """

    model_name: str
    algorithm: str
    need: Need
    suggested: ResourceAllocation


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What the runs of an experiment, which share one allocation, are likely to need.

    Attributes:
        sizes: One for each model, in their order.
        suggested: What suits all of them.
        usable_gb: The memory that this machine can give.
    """

    sizes: tuple[RightSize, ...]
    asked: ResourceAllocation
    suggested: ResourceAllocation
    usable_gb: float

    @property
    def largest(self) -> RightSize:
        """The run that is likely to need most memory."""
        return max(self.sizes, key=lambda size: size.need.peak_mb)

    @property
    def longest(self) -> RightSize:
        """The run that is likely to take longest."""
        return max(self.sizes, key=lambda size: size.need.seconds or 0.0)

    @property
    def peak_gb(self) -> float:
        """The memory that each of them is likely to stay below."""
        return self.largest.need.peak_mb / 1024

    @property
    def seconds(self) -> float | None:
        """How long the longest is likely to take; ``None`` while one of them is unknown."""
        if any(size.need.seconds is None for size in self.sizes):
            return None
        return self.longest.need.seconds

    @property
    def too_large(self) -> bool:
        """One of them is likely to need more memory than this machine can give."""
        return self.peak_gb > self.usable_gb

    @property
    def memory(self) -> Fit:
        return sizing.memory_fit(self.largest.need, self.asked, self.suggested)

    @property
    def time(self) -> Fit:
        return sizing.time_fit(self.longest.need, self.asked, self.suggested)

    @property
    def cores(self) -> Fit:
        return Fit.AMPLE if self.suggested.cpu_cores < self.asked.cpu_cores else Fit.RIGHT

    @property
    def gpus(self) -> Fit:
        return Fit.AMPLE if self.suggested.gpus < self.asked.gpus else Fit.RIGHT


def advise(ws: Workspace, config: ExperimentConfig, dataset: Dataset) -> Advice:
    """What the runs of a configuration need; it must have no problem of its own.

    Raises:
        InvalidInput: its features or parameters do not fit the dataset.
    """
    specs = queueing.run_specs(config, dataset)
    return _advice(
        ws,
        config.resources,
        [
            right_size(ws, spec, dataset, model.name)
            for spec, model in zip(specs, config.models, strict=True)
        ],
    )


def advise_run(ws: Workspace, run: ExperimentRun) -> Advice:
    """What a run that ended would need if it ran again.

    Raises:
        NotFound: its dataset is gone. InvalidInput: it has changed.
    """
    dataset = datasets.get_dataset(ws, run.dataset_id)
    return _advice(ws, run.spec.resources, [right_size(ws, run.spec, dataset, run.model_name)])


def _advice(ws: Workspace, asked: ResourceAllocation, sizes: Sequence[RightSize]) -> Advice:
    most = {
        name: max(getattr(size.suggested, name) for size in sizes)
        for name in ("cpu_cores", "memory_gb", "time_limit_hours")
    }
    on_gpu = any(get_algorithm(size.algorithm).on_gpu for size in sizes)
    gpus = min(asked.gpus, 1) if on_gpu else 0  # none of the algorithms uses more than one
    gpu_memory = asked.gpu_memory_gb if gpus else 0.0
    return Advice(
        sizes=tuple(sizes),
        asked=asked,
        suggested=asked.model_copy(update={**most, "gpus": gpus, "gpu_memory_gb": gpu_memory}),
        usable_gb=resources.machine(ws).usable_memory_gb,
    )


def right_size(ws: Workspace, spec: RunSpec, dataset: Dataset, model_name: str) -> RightSize:
    """What one run needs, by ended runs like it.

    Raises:
        InvalidInput: its features or parameters do not fit the dataset.
    """
    algorithm, task = get_algorithm(spec.model.algorithm), spec.dataset.task
    near = (dataset.rows / sizing.NEAR**2, dataset.rows * sizing.NEAR**2)
    with ws.read() as connection:
        found = past_use(connection, algorithm.key, task, rows=near, limit=LOOKED_AT)
    wanted = spec.model_dump(mode="json")
    past = [_past_run(one, wanted) for one in found]
    gpu = spec.resources.gpus > 0
    need = sizing.need(
        _size(wanted, dataset.rows, dataset.column_count),
        spec.resources.cpu_cores,
        [run for run in past if (run.given.gpus > 0) == gpu],
        _first_peak_mb(spec, dataset),
    )
    return RightSize(
        model_name=model_name,
        algorithm=algorithm.key,
        need=need,
        suggested=sizing.suggested(need, spec.resources, ws.settings.bounds),
    )


def _past_run(one: PastUse, wanted: dict[str, Any]) -> PastRun:
    return PastRun(
        id=one.id,
        size=_size(one.spec, one.rows, one.columns),
        same=_what_counts(one.spec) == _what_counts(wanted),
        same_params=one.spec["model"] == wanted["model"],
        reason=one.reason,
        given=one.given,
        peak_memory_mb=one.peak_memory_mb,
        wall_seconds=one.wall_seconds,
        cpu_seconds=one.cpu_seconds,
    )


def _what_counts(spec: dict[str, Any]) -> dict[str, Any]:
    """What decides how much a run needs; another seed or metric needs the same."""
    data = {name: spec["dataset"][name] for name in ("fingerprint", "target", "task")}
    plan = {name: spec["evaluation"][name] for name in ("holdout", "folds", "strategy")}
    return {"features": spec["features"], "model": spec["model"], **data, **plan}


def _size(spec: dict[str, Any], rows: int, columns: int) -> Size:
    """The size of a run by its stored ``RunSpec``; roughly, for it is only held against others."""
    features = spec["features"]
    named = columns - 1 if features["include"] == "all" else len(features["include"])
    left_out = len(features["exclude"]) + list(features["roles"].values()).count("drop")
    return Size(rows=rows, columns=max(named - left_out, 1), fits=spec["evaluation"]["folds"] + 1)


def _first_peak_mb(spec: RunSpec, dataset: Dataset) -> float:
    algorithm, task = get_algorithm(spec.model.algorithm), spec.dataset.task
    target = dataset.column(spec.dataset.target)
    classes = target.profile.distinct if target and task is Task.CLASSIFICATION else 0
    takes = footprint(spec.features, dataset.columns, dataset.rows, spec.dataset.target, algorithm)
    context = BuildContext(
        task=task,
        seed=spec.evaluation.seed,
        n_jobs=spec.resources.cpu_cores,
        classes=classes,
        rows=dataset.rows,
        columns=takes.columns,
    )
    values = algorithm.complete(spec.model.params, task)
    return sizing.first_peak_mb(takes.table, takes.design, algorithm.fit_bytes(values, context))
