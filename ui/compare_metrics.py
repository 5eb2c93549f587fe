"""Metrics side by side: who is best, and how far each run is from the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mlops_core import words
from mlops_core.domain.records import ExperimentRun, RunSummary
from mlops_core.i18n import _
from mlops_core.services.comparison import Comparison, MetricCell, MetricRow
from ui import charts, links
from ui.wide_table import Cell, wide_table

CUT = 10  # runs that charts and wide tables show before one asks for all of them


def value_of(cell: MetricCell) -> float | None:
    """The value that a cell is judged by: hold-out, else the mean over folds."""
    return cell.mean if cell.holdout is None else cell.holdout


def cell_of(row: MetricRow, run_id: int) -> MetricCell | None:
    return next((cell for cell in row.cells if cell.run_id == run_id), None)


@dataclass(frozen=True)
class Delta:
    """Distance to the baseline. ``tone`` follows the metric's direction, never the sign."""

    text: str
    tone: Literal["better", "worse", ""]


def delta(row: MetricRow, cell: MetricCell, base: MetricCell | None) -> Delta:
    """How ``cell`` differs from ``base``, both measured the same way; empty where one lacks."""
    if base is None or cell.run_id == base.run_id:
        return Delta("", "")
    pairs = ((cell.holdout, base.holdout), (cell.mean, base.mean))
    found = next(((a, b) for a, b in pairs if a is not None and b is not None), None)
    if found is None:
        return Delta("", "")
    difference = found[0] - found[1]
    if difference == 0:
        return Delta(_("same"), "")
    better = (difference > 0) == row.greater_is_better
    sign = "+" if difference > 0 else words.MINUS
    text = f"{'▲' if better else '▼'} {sign}{words.metric_value(row.key, abs(difference))}"
    return Delta(text, "better" if better else "worse")


def subjects(comparison: Comparison) -> dict[int, tuple[object, ...]]:
    """What each run learned: data, target and task. A delta needs two runs that share them."""
    names = {"dataset.name", "dataset.version", "dataset.target", "dataset.task"}
    rows = [row.values for row in comparison.params if row.path in names]
    return {
        run.id: tuple(values[place] for values in rows) for place, run in enumerate(comparison.runs)
    }


def ordered(comparison: Comparison, row: MetricRow | None, baseline: int) -> list[ExperimentRun]:
    """The baseline first, then from best to worst by ``row``; runs without a value last."""

    def rank(run: RunSummary) -> tuple[bool, bool, float]:
        cell = cell_of(row, run.id) if row else None
        value = value_of(cell) if cell else None
        if row is None or value is None:
            return run.id != baseline, True, 0.0
        return run.id != baseline, False, -value if row.greater_is_better else value

    return sorted(comparison.runs, key=rank)


def metrics_table(
    comparison: Comparison, runs: Sequence[RunSummary], baseline: int, first: str | None
) -> None:
    """One row a run, one column a metric, the chosen one first."""
    rows = sorted(comparison.metrics, key=lambda row: row.key != first)
    head = [Cell(_("Run"))]
    for row in rows:
        told = _("higher is better") if row.greater_is_better else _("lower is better")
        head.append(Cell(words.metric_label(row.key, short=True), note=told))
    subject = subjects(comparison)
    lines = []
    for run in runs:
        base = baseline if subject[run.id] == subject[baseline] else None
        lines.append([_run_cell(run, baseline), *(_cell(row, run.id, base) for row in rows)])
    wide_table(head, lines, label=_("Metrics of the compared runs"))


def _run_cell(run: RunSummary, baseline: int) -> Cell:
    note = _("run {id}, baseline") if run.id == baseline else _("run {id}")
    return Cell(
        words.model_name(run.model_name, run.algorithm),
        note=note.format(id=run.id),
        href=links.href("run", id=run.id),
        colour=charts.run_colour(run.id),
    )


def _cell(row: MetricRow, run_id: int, baseline: int | None) -> Cell:
    cell = cell_of(row, run_id)
    if cell is None or value_of(cell) is None:
        return Cell(words.NOTHING, tone="faint")
    found = delta(row, cell, cell_of(row, baseline) if baseline is not None else None)
    folds = words.spread(cell.mean, cell.std, row.key) if cell.mean is not None else ""
    if cell.holdout is None:
        text, note = folds, _("over folds")
    else:
        text, note = words.metric_value(row.key, cell.holdout), folds
    return Cell(
        text,
        note=note,
        delta=found.text,
        tone=f"{found.tone} strong" if cell.best else found.tone,
        mark=_("best") if cell.best else "",
    )
