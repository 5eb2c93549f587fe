"""What changed from one run to another, and what it did: within noise or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mlops_core.analysis import compare as analysis
from mlops_core.domain.configs import Change
from mlops_core.domain.records import ExperimentRun, FinalMetric
from mlops_core.domain.states import RunStatus
from mlops_core.metrics import METRICS
from mlops_core.services import runs
from mlops_core.services.jsonable import jsonable
from mlops_core.services.judging import Basis, Pair, judge_group
from mlops_core.store import series, views
from mlops_core.store.workspace import Workspace

MOST_PARTNERS = 20
LOOKED_AT = 500  # newest runs of a version


@dataclass(frozen=True, kw_only=True)
class MetricChange:
    """One metric before and after.

    Attributes:
        pair: After minus before, with interval and verdict; ``None`` where the two cannot be
            paired.
    """

    key: str
    before: float | None
    after: float | None
    pair: Pair | None


@dataclass(frozen=True, kw_only=True)
class Changed:
    """Two runs, the older way first.

    Attributes:
        changes: What was asked for otherwise.
        metrics: The primary metric first.
        basis: What the numbers rest on.
        comparable: The same rows judged both.
        notes: Why they are not comparable, or what limits the judgement, a sentence each.
    """

    before: ExperimentRun
    after: ExperimentRun
    changes: tuple[Change, ...]
    metrics: tuple[MetricChange, ...]
    basis: Basis | None
    comparable: bool
    notes: tuple[str, ...]


def changed(
    ws: Workspace,
    before: ExperimentRun,
    after: ExperimentRun,
    metrics: Sequence[str] | None = None,
    *,
    by: Basis | None = None,
) -> Changed:
    """What is different about ``after``, and in which metrics it shows.

    Args:
        metrics: Those to look at; every one that both have where it is ``None``.
        by: Hold-out or folds; what both have where it is ``None``, the hold-out first.
    """
    pair = (before, after)
    with ws.read() as connection:
        found = series.final_metrics(connection, (before.id, after.id))
    comparable = len(analysis.groups(pair)) == 1
    measured: dict[str, dict[int, FinalMetric]] = {}
    for one in found:
        measured.setdefault(one.name, {})[one.run_id] = one
    keys = [key for key in _order(before, measured) if metrics is None or key in metrics]
    lines, notes, basis = [], dict.fromkeys(analysis.notes(pair)), by
    for key in keys:
        group = judge_group(ws, pair, measured[key], METRICS[key], by=by)
        values = {one.run_id: one.estimate for one in group.runs}
        lines.append(
            MetricChange(
                key=key,
                before=values[before.id],
                after=values[after.id],
                pair=group.pair(after.id, before.id) if comparable else None,
            )
        )
        basis = basis or group.basis
        if comparable:
            notes.update(dict.fromkeys(group.notes))
    rows = analysis.param_rows([before.spec, after.spec])
    return Changed(
        before=before,
        after=after,
        changes=tuple(
            Change(path=row.path, before=row.values[0], after=row.values[1])
            for row in rows
            if row.differs
        ),
        metrics=tuple(lines),
        basis=basis,
        comparable=comparable,
        notes=tuple(notes),
    )


def _order(run: ExperimentRun, measured: dict[str, Any]) -> Iterator[str]:
    """Metrics that both have, the primary one first."""
    both = [key for key in METRICS if len(measured.get(key, ())) == 2]
    return iter(sorted(both, key=lambda key: key != run.metric))


def partners(
    ws: Workspace, before_id: int, after_id: int
) -> tuple[tuple[ExperimentRun, ExperimentRun], ...]:
    """Completed runs of two experiment versions that stand for the same model.

    They have the same model name; where each version has one run, these two. Of several runs of a
    model the newest counts.
    """
    before, after = (_by_model(ws, id) for id in (before_id, after_id))
    if len(before) == len(after) == 1:
        pairs = [(*before.values(), *after.values())]
    else:
        pairs = [(before[name], after[name]) for name in before if name in after]
    return tuple((a, b) for a, b in pairs)[:MOST_PARTNERS]


def _by_model(ws: Workspace, experiment_id: int) -> dict[str, ExperimentRun]:
    """The newest completed run of every model of an experiment version."""
    asked = views.RunFilter(
        status=(RunStatus.COMPLETED,), experiment_id=experiment_id, archived=None
    )
    newest: dict[str, int] = {}
    for run in runs.list_runs(ws, asked, limit=LOOKED_AT).items:
        newest[run.model_name] = max(run.id, newest.get(run.model_name, 0))
    with ws.read() as connection:
        found = views.find_runs(connection, ws.runs, sorted(newest.values()))
    return {run.model_name: run for run in found}


def to_json(found: Changed) -> dict[str, Any]:
    """As the shell prints it."""
    plain: dict[str, Any] = jsonable(
        {
            "before": found.before.id,
            "after": found.after.id,
            "changes": found.changes,
            "judged_by": found.basis,
            "comparable": found.comparable,
            "metrics": [
                {
                    "metric": one.key,
                    "before": one.before,
                    "after": one.after,
                    "difference": one.pair and one.pair.difference,
                    "low": one.pair and one.pair.low,
                    "high": one.pair and one.pair.high,
                    "p_better": one.pair and one.pair.p_better,
                    "verdict": one.pair and one.pair.verdict,
                }
                for one in found.metrics
            ],
            "usage": {
                name: [getattr(run.usage, name) for run in (found.before, found.after)]
                for name in ("wall_seconds", "cpu_seconds", "peak_memory_mb")
            },
            "notes": found.notes,
        }
    )
    return plain
