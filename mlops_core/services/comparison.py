"""Comparison: runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from mlops_core.analysis import compare as analysis
from mlops_core.analysis.compare import MetricCell, MetricRow, ParamRow
from mlops_core.domain.records import ExperimentRun, RunSummary
from mlops_core.errors import InvalidInput, NotFound
from mlops_core.i18n import _
from mlops_core.metrics import get_metric
from mlops_core.services.jsonable import jsonable
from mlops_core.services.judging import (
    ROPE,
    Basis,
    FloorPair,
    GroupJudgement,
    Pair,
    RunJudgement,
    Verdict,
    judge_group,
)
from mlops_core.store import series, views
from mlops_core.store.workspace import Workspace

__all__ = [
    "MAX_RUNS",
    "ROPE",
    "Basis",
    "Comparison",
    "FloorPair",
    "GroupJudgement",
    "Judgement",
    "MetricCell",
    "MetricRow",
    "Pair",
    "ParamRow",
    "RunJudgement",
    "UsageLine",
    "Verdict",
    "compare",
    "judge",
    "to_json",
    "usage_lines",
]

MAX_RUNS = 200
LINE_POINTS = 240


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Runs side by side, in the order in which they were asked for.

    Attributes:
        groups: Ids of the runs that can be ranked among each other (see ``analysis.compare``).
        notes: Why some cannot be ranked together, a sentence each.
    """

    runs: tuple[ExperimentRun, ...]
    metrics: tuple[MetricRow, ...]
    params: tuple[ParamRow, ...]
    groups: tuple[tuple[int, ...], ...]
    notes: tuple[str, ...]

    @property
    def comparable(self) -> bool:
        """All of them can be ranked together."""
        return len(self.groups) == 1

    @property
    def primary(self) -> str | None:
        """The metric that the first run was to be judged by, if any run has it, else any."""
        known = [row.key for row in self.metrics]
        return next(
            (run.metric for run in self.runs if run.metric in known), next(iter(known), None)
        )


def compare(ws: Workspace, ids: Sequence[int]) -> Comparison:
    """Lay runs side by side; one that is named twice counts once.

    Raises:
        InvalidInput: none was named, or too many.
        NotFound: there is no such run.
    """
    wanted = tuple(dict.fromkeys(ids))
    if not wanted:
        raise InvalidInput(_("No run was chosen."), _("Choose two runs or more."))
    if len(wanted) > MAX_RUNS:
        raise InvalidInput(
            _("{count} runs were chosen; the most that can be compared are {limit}.").format(
                count=len(wanted), limit=MAX_RUNS
            ),
            _("Choose fewer."),
        )
    with ws.read() as connection:
        runs = views.find_runs(connection, ws.runs, wanted)
        metrics = series.final_metrics(connection, wanted)
    if missing := set(wanted) - {run.id for run in runs}:
        raise NotFound(_("There is no run {id}.").format(id=min(missing)))
    return Comparison(
        runs=runs,
        metrics=analysis.metric_rows(runs, metrics),
        params=analysis.param_rows([run.spec for run in runs]),
        groups=tuple(tuple(run.id for run in group) for group in analysis.groups(runs)),
        notes=analysis.notes(runs),
    )


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What is known about which run is better, by one metric, group by group."""

    metric: str | None
    groups: tuple[GroupJudgement, ...]

    @property
    def runs(self) -> dict[int, RunJudgement]:
        return {run.run_id: run for group in self.groups for run in group.runs}

    def group_of(self, run_id: int) -> GroupJudgement:
        return next(one for one in self.groups if any(r.run_id == run_id for r in one.runs))


def judge(
    ws: Workspace,
    comparison: Comparison,
    metric: str | None = None,
    *,
    by: Basis | None = None,
    rope: float = ROPE,
) -> Judgement:
    """Say which run is better, as far as that is known, group by group in their order.

    Args:
        metric: The metric to judge by; the primary one of the first run where it is ``None``.
        by: Hold-out or folds; what most runs of a group have where it is ``None``.
        rope: Share of the best value up to which a difference is negligible, 0 to 1.

    Raises:
        InvalidInput: ``rope`` is none, or no run has the metric; ``field`` says which.
        NotFound: there is no such metric.
    """
    if not 0.0 <= rope < 1.0:
        raise InvalidInput(
            _("A negligible share is at least 0 and less than 1, not {value:g}.").format(
                value=rope
            ),
            _("0.01 means: differences up to 1 % of the best value do not count."),
            field="rope",
        )
    chosen = metric or comparison.primary
    if chosen is None:
        return Judgement(
            metric=None,
            groups=tuple(
                GroupJudgement(runs=tuple(RunJudgement(run_id=id, estimate=None) for id in group))
                for group in comparison.groups
            ),
        )
    definition = get_metric(chosen)
    if all(row.key != chosen for row in comparison.metrics):
        raise InvalidInput(
            _("None of these runs has the metric {key}.").format(key=chosen),
            _("Choose one of: {names}.").format(
                names=", ".join(row.key for row in comparison.metrics)
            ),
            field="metric",
        )
    by_id = {run.id: run for run in comparison.runs}
    with ws.read() as connection:
        found = series.final_metrics(connection, tuple(by_id))
    measured = {one.run_id: one for one in found if one.name == chosen}
    return Judgement(
        metric=chosen,
        groups=tuple(
            judge_group(ws, [by_id[id] for id in group], measured, definition, by=by, rope=rope)
            for group in comparison.groups
        ),
    )


@dataclass(frozen=True, kw_only=True)
class UsageLine:
    """What one run used over its time, in as few points as a chart can show."""

    seconds: tuple[float, ...]
    cores: tuple[float, ...]
    memory_gb: tuple[float, ...]


def usage_lines(ws: Workspace, ids: Sequence[int]) -> dict[int, UsageLine]:
    """What these runs used over time; runs that were too short to be sampled have no line."""
    with ws.read() as connection:
        found = series.usage_bins(connection, ids, bins=LINE_POINTS)
    lines = {}
    for run_id, bins in groupby(found, key=lambda one: one.run_id):
        _ids, seconds, cores, memory = zip(*bins, strict=True)
        lines[run_id] = UsageLine(seconds=seconds, cores=cores, memory_gb=memory)
    return lines


def to_json(comparison: Comparison, judgement: Judgement) -> dict[str, Any]:
    """The comparison as one JSON object; only parameters that differ, by run id."""
    ids = [str(run.id) for run in comparison.runs]
    metric, groups, judged = judgement.metric, judgement.groups, judgement.runs
    rising = get_metric(metric).greater_is_better if metric else None
    # Nothing is best among runs that cannot be ranked together; each group has its own.
    only = groups[0] if comparison.comparable else None
    return {
        "metric": metric,
        "direction": None if rising is None else "maximize" if rising else "minimize",
        "comparable": comparison.comparable,
        "groups": [list(group) for group in comparison.groups],
        "runs": [_run(run, judged[run.id]) for run in comparison.runs],
        "pairs": [jsonable(pair) for group in groups for pair in group.pairs],
        "best": only.best if only else None,
        "indistinguishable_from_best": list(only.level_with_best) if only else [],
        "judged": [_group(group) for group in groups],
        "metrics": [
            {
                "key": row.key,
                "label": row.label,
                "greater_is_better": row.greater_is_better,
                "runs": {
                    str(cell.run_id): {
                        "holdout": jsonable(cell.holdout),
                        "mean": jsonable(cell.mean),
                        "std": jsonable(cell.std),
                        "folds": jsonable(cell.folds),
                        "best": cell.best,
                    }
                    for cell in row.cells
                },
            }
            for row in comparison.metrics
        ],
        "params": {
            row.path: dict(zip(ids, jsonable(row.values), strict=True))
            for row in comparison.params
            if row.differs
        },
        "notes": [*comparison.notes, *(note for group in groups for note in group.notes)],
    }


def _group(group: GroupJudgement) -> dict[str, Any]:
    return {
        "runs": [run.run_id for run in group.runs],
        "basis": group.basis,
        "rows": group.rows,
        "negligible": jsonable(group.rope),
        "best": group.best,
        "indistinguishable_from_best": list(group.level_with_best),
    }


def _floor(found: FloorPair | None) -> dict[str, Any] | None:
    """What is scored without a model, and the run beside it."""
    if found is None:
        return None
    return {
        "says": found.says,
        "estimate": jsonable(found.estimate),
        "difference": jsonable(found.pair.difference),
        "low": jsonable(found.pair.low),
        "high": jsonable(found.pair.high),
        "p_better": jsonable(found.pair.p_better),
        "verdict": found.pair.verdict.value,
    }


def _run(run: RunSummary, judged: RunJudgement) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "estimate": jsonable(judged.estimate),
        "low": jsonable(judged.low),
        "high": jsonable(judged.high),
        "floor": _floor(judged.floor),
        "experiment": run.experiment_name,
        "version": run.experiment_version,
        "model": run.model_name,
        "algorithm": run.algorithm,
        "dataset": {"name": run.dataset_name, "version": run.dataset_version},
        "status": run.status.value,
        "end_reason": run.end_reason.value if run.end_reason else None,
        "usage": {
            **jsonable(run.usage),
            "cpu_efficiency": jsonable(run.usage.cpu_efficiency(run.cpu_cores)),
        },
    }
