"""The columns that a table of runs can have, and what stands in them.

A column is named by a field of ``FIELDS``, by a metric (``roc_auc``: the hold-out, else the mean
over folds), by a part of one (``holdout:roc_auc``, see ``PARTS``), or by a setting
(``params.max_depth``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from mlops_core import words
from mlops_core.domain.records import FinalMetric, RunSummary
from mlops_core.i18n import N_, _
from mlops_core.metrics import METRICS
from mlops_core.services import run_settings, runs
from mlops_core.store.workspace import Workspace
from mlops_core.words.configs import path_words, value_words
from ui import links
from ui.tables import Col, Kind

_WIDTHS = {"value": 150, "text": 115, "duration": 95, "number": 100, "when": 122, "megabytes": 140}

# What a run table can show beside run, status and model, and how it is read from a run.
FIELDS: dict[str, tuple[str, Kind, Callable[[RunSummary], Any]]] = {
    "experiment": (N_("Experiment"), "link", lambda run: _experiment(run)),
    "dataset": (
        N_("Dataset"),
        "text",
        lambda run: f"{run.dataset_name} {words.version(run.dataset_version)}",
    ),
    "owner": (N_("Owner"), "text", lambda run: run.owner),
    "algorithm": (N_("Algorithm"), "text", lambda run: words.algorithm_label(run.algorithm)),
    "progress": (N_("Progress"), "percent", lambda run: run.progress),
    "metric": (N_("Metric"), "text", lambda run: words.metric_label(run.metric, short=True)),
    "value": (N_("Value"), "number", lambda run: run.value),
    "std": (N_("± folds"), "number", lambda run: run.std),
    "wall": (N_("Time"), "duration", lambda run: run.usage.wall_seconds),
    "cpu": (N_("CPU time"), "duration", lambda run: run.usage.cpu_seconds),
    "memory": (N_("Peak memory"), "megabytes", lambda run: run.usage.peak_memory_mb),
    "mean_memory": (N_("Mean memory"), "megabytes", lambda run: run.usage.mean_memory_mb),
    "busy": (
        N_("Cores busy"),
        "percent",
        lambda run: run.usage.cpu_efficiency(run.cpu_cores),
    ),
    "read": (N_("Read from disk"), "megabytes", lambda run: run.usage.read_mb),
    "written": (N_("Written to disk"), "megabytes", lambda run: run.usage.write_mb),
    "gpu_memory": (N_("Peak GPU memory"), "megabytes", lambda run: run.usage.peak_gpu_memory_mb),
    "tags": (N_("Tags"), "tags", lambda run: run.tags),
    "created": (N_("Submitted"), "when", lambda run: run.created_at),
    "started": (N_("Started"), "when", lambda run: run.started_at),
    "ended": (N_("Ended"), "when", lambda run: run.ended_at),
    "reason": (N_("Reason"), "text", lambda run: words.reason_word(run.end_reason)),
}
PARTS = {
    "holdout": N_("{metric}, hold-out"),
    "mean": N_("{metric}, mean over folds"),
    "std": N_("{metric}, spread over folds"),
    "best": N_("{metric}, best fold"),
    "last": N_("{metric}, last fold"),
}
UNITS = {"duration": " (s)", "megabytes": " (MB)"}


@cache
def every() -> tuple[str, ...]:
    """The names of all columns."""
    parts = (f"{part}:{metric}" for metric in METRICS for part in PARTS)
    return (*FIELDS, *METRICS, *run_settings.settings(), *parts)


def label(name: str) -> str:
    """What a column is called."""
    if name in FIELDS:
        return _(FIELDS[name][0])
    if name in run_settings.settings():
        return path_words(name)
    part, _colon, metric = name.rpartition(":")
    shown = words.metric_label(metric, short=True)
    return _(PARTS[part]).format(metric=shown) if part else shown


def unit(name: str) -> str:
    """What stands behind the name where a cell is a bare number."""
    return UNITS.get(FIELDS[name][1], "") if name in FIELDS else ""


def sorts_of(columns: Sequence[str]) -> dict[str, str]:
    """Orders by the settings among ``columns``, each both ways."""
    found = {}
    for name in columns:
        if name in run_settings.settings():
            found[f"-setting:{name}"] = _("{column}, largest first").format(column=label(name))
            found[f"setting:{name}"] = _("{column}, smallest first").format(column=label(name))
    return found


def rows(
    ws: Workspace, found: Sequence[RunSummary], columns: Sequence[str]
) -> list[dict[str, Any]]:
    """Rows for ``grid_columns``: one per run."""
    ids = [run.id for run in found]
    asked = [name for name in columns if name in run_settings.settings()]
    settings = run_settings.values(ws, ids, asked)
    measured = _measured(ws, ids, columns)
    table = []
    for run in found:
        row: dict[str, Any] = {
            "id": run.id,
            "run": run.id,
            "status": run.status,
            "model": words.model_name(run.model_name, run.algorithm),
            "experiment": _experiment(run),
        }
        for name in columns:
            if name in FIELDS:
                row[name] = FIELDS[name][2](run)
            elif name in asked:
                value = settings.get((run.id, name))
                row[name] = value
                row[f"{name}__text"] = "" if value is None else value_words(value, name)
            else:
                row[name] = _metric(measured, run.id, name)
        table.append(row | _scores(run, named="metric" not in columns))
    return table


def _experiment(run: RunSummary) -> tuple[str, str]:
    name = f"{run.experiment_name} {words.version(run.experiment_version)}"
    return name, links.href("experiments", id=run.experiment_id)


def _scores(run: RunSummary, *, named: bool) -> dict[str, str]:
    """The words of its value and spread, as its own metric is read; ``named``: with the name."""
    if run.value is None:
        return {}
    value = words.metric_value(run.metric, run.value)
    name = words.metric_label(run.metric, short=True)
    return {
        "value__text": f"{name} {value}" if named else value,
        "std__text": words.metric_value(run.metric, run.std),
    }


def _measured(
    ws: Workspace, ids: Sequence[int], columns: Sequence[str]
) -> dict[tuple[int, str], FinalMetric]:
    if not any(name.rpartition(":")[2] in METRICS for name in columns):
        return {}
    return {(one.run_id, one.name): one for one in runs.final_metrics(ws, ids)}


def _metric(
    measured: Mapping[tuple[int, str], FinalMetric], run_id: int, name: str
) -> float | None:
    part, _colon, metric = name.rpartition(":")
    found = measured.get((run_id, metric))
    if found is None:
        return None
    match part:
        case "":
            return found.mean if found.holdout is None else found.holdout
        case "holdout":
            return found.holdout
        case "mean":
            return found.mean
        case "std":
            return found.std
        case "last":
            return found.folds[-1] if found.folds else None
    best = max if METRICS[metric].greater_is_better else min
    return best(found.folds, default=None)


def grid_columns(columns: Sequence[str]) -> list[Col]:
    """The columns of the grid: run, status, model and experiment, then those that were chosen."""
    fixed = [
        Col("run", _("Run"), "run", width=98),
        Col("status", _("Status"), "status", width=122),
        Col("model", _("Model"), flex=1, min_width=125),
        Col("experiment", _("Experiment"), "link", flex=1, min_width=135),
    ]
    return fixed + [_column(name) for name in columns if name != "experiment"]


def _column(name: str) -> Col:
    if name in FIELDS:
        return Col(name, label(name), FIELDS[name][1], width=_width(name))
    setting = run_settings.settings().get(name)
    if setting is not None:
        return Col(name, label(name), "number" if setting.number else "text", width=130)
    part, _colon, metric = name.rpartition(":")
    return Col(name, label(name), "metric", metric=metric, width=175 if part else 120)


def _width(name: str) -> int:
    return _WIDTHS.get(name) or _WIDTHS.get(FIELDS[name][1], 130)
