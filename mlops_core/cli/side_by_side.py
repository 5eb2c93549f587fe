"""A comparison as tables: metrics with the best marked, and the parameters that differ."""

from __future__ import annotations

from mlops_core.cli.output import NOTHING, cell, duration, megabytes, table
from mlops_core.cli.plain import say
from mlops_core.metrics import get_metric
from mlops_core.services.comparison import (
    Basis,
    Comparison,
    GroupJudgement,
    Judgement,
    MetricCell,
)


def show_comparison(found: Comparison, judged: Judgement) -> None:
    """Print it; ``*`` marks the best, in each metric's own direction."""
    table(
        ("run", "experiment", "model", "dataset", "status", "time", "peak memory"),
        (
            (
                run.id,
                f"{run.experiment_name} v{run.experiment_version}",
                run.model_name,
                f"{run.dataset_name} v{run.dataset_version}",
                run.status.value,
                duration(run.usage.wall_seconds),
                megabytes(run.usage.peak_memory_mb),
            )
            for run in found.runs
        ),
    )
    heads = [f"run {run.id}" for run in found.runs]
    if found.metrics:
        print()
        table(
            ("metric", "better", *heads),
            (
                (
                    row.label,
                    "higher" if row.greater_is_better else "lower",
                    *(_value(one) for one in row.cells),
                )
                for row in found.metrics
            ),
        )
    differing = [row for row in found.params if row.differs]
    if differing:
        print()
        table(("differs", *heads), ((row.path, *map(cell, row.values)) for row in differing))
    for group in judged.groups:
        _show_judgement(judged.metric, group)
    for note in (*found.notes, *(note for group in judged.groups for note in group.notes)):
        say(note)


def _show_judgement(metric: str | None, group: GroupJudgement) -> None:
    """Every run of a group beside its best one."""
    if metric is None or group.best is None:
        return
    rest = "the hold-out" if group.basis is Basis.HOLDOUT else "the folds"
    print()
    table(
        ("run", get_metric(metric).label, "95 % interval", "beside the best", "verdict"),
        (
            (
                run.run_id,
                run.estimate,
                _interval(run.low, run.high),
                *_beside(group, group.best, run.run_id),
            )
            for run in group.runs
        ),
    )
    say(
        f"From {group.rows} rows of {rest}; differences up to {group.rope:.3g} are negligible. "
        f"Not distinguishable from the best: {', '.join(map(str, group.level_with_best))}."
    )
    if floor := next((run.floor for run in group.runs if run.run_id == group.best), None):
        said = "the mean" if floor.says is None else f"“{floor.says}”"
        say(
            f"Always saying {said} scores {floor.estimate:.4g}; the best run is "
            f"{floor.pair.verdict.value} ({floor.pair.difference:+.3g}, {floor.pair.low:+.3g} to "
            f"{floor.pair.high:+.3g})."
        )


def _beside(group: GroupJudgement, best: int, run_id: int) -> tuple[str, str]:
    if run_id == best:
        return "", "best"
    pair = group.pair(run_id, best)
    if pair is None:
        return "", ""
    low, high = f"{pair.low:+.3g}", f"{pair.high:+.3g}"
    return f"{pair.difference:+.3g} ({low} to {high})", pair.verdict.value


def _interval(low: float | None, high: float | None) -> str:
    return NOTHING if low is None or high is None else f"{low:.4g} to {high:.4g}"


def _value(one: MetricCell) -> str:
    """The hold-out value, and the mean over folds with its spread in brackets."""
    best = " *" if one.best else ""
    if one.mean is None:
        return f"{cell(one.holdout)}{best}"
    spread = f"{cell(one.mean)} ± {one.std or 0.0:.2g}"
    return f"{spread}{best}" if one.holdout is None else f"{cell(one.holdout)} ({spread}){best}"
