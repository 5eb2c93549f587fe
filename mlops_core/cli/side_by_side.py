"""A comparison as tables: metrics with the best marked, and the parameters that differ."""

from __future__ import annotations

from mlops_core.cli.output import cell, duration, megabytes, table
from mlops_core.cli.plain import say
from mlops_core.services.comparison import Comparison, MetricCell


def show_comparison(found: Comparison) -> None:
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
    for note in found.notes:
        say(note)


def _value(one: MetricCell) -> str:
    """The hold-out value, and the mean over folds with its spread in brackets."""
    best = " *" if one.best else ""
    if one.mean is None:
        return f"{cell(one.holdout)}{best}"
    spread = f"{cell(one.mean)} ± {one.std or 0.0:.2g}"
    return f"{spread}{best}" if one.holdout is None else f"{cell(one.holdout)} ({spread}){best}"
