"""Comparison: runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from mlops_core.analysis import compare as analysis
from mlops_core.analysis.compare import MetricCell, MetricRow, ParamRow
from mlops_core.domain.records import RunSummary
from mlops_core.errors import InvalidInput, NotFound
from mlops_core.i18n import _
from mlops_core.services.jsonable import jsonable
from mlops_core.store import series, views
from mlops_core.store.workspace import Workspace

__all__ = [
    "MAX_RUNS",
    "Comparison",
    "MetricCell",
    "MetricRow",
    "ParamRow",
    "UsageLine",
    "compare",
    "to_json",
    "usage_lines",
]

MAX_RUNS = 200
LINE_POINTS = 240


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Runs side by side, in the order in which they were asked for.

    Attributes:
        same_split: All were judged on the same rows.
        notes: Why some cannot be compared, a sentence each.
    """

    runs: tuple[RunSummary, ...]
    metrics: tuple[MetricRow, ...]
    params: tuple[ParamRow, ...]
    same_split: bool
    notes: tuple[str, ...]


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
        same_split=analysis.same_split(runs),
        notes=analysis.notes(runs),
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


def to_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as one JSON object; only parameters that differ, by run id."""
    ids = [str(run.id) for run in comparison.runs]
    return {
        "runs": [_run(run) for run in comparison.runs],
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
        "same_split": comparison.same_split,
        "notes": list(comparison.notes),
    }


def _run(run: RunSummary) -> dict[str, Any]:
    return {
        "run_id": run.id,
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
