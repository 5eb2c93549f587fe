"""One run as one JSON object: what the shell prints, and what is checked from outside."""

from __future__ import annotations

from typing import Any

from mlops_core.domain.records import ExperimentRun, FinalMetric
from mlops_core.domain.results import TrainingResult
from mlops_core.domain.states import RunStatus
from mlops_core.errors import InvalidInput, NotFound
from mlops_core.i18n import _
from mlops_core.metrics import METRICS
from mlops_core.services import runs, sizing
from mlops_core.services.jsonable import jsonable
from mlops_core.store import experiments as marks
from mlops_core.store.workspace import Workspace


def summary_json(ws: Workspace, run_id: int) -> dict[str, Any]:
    """One run as the shell prints it.

    ``repeats`` is the first run of the same digest, if there was one before.

    Raises:
        NotFound: there is no such run.
    """
    run = runs.get_run(ws, run_id)
    with ws.read() as connection:
        repeats = marks.first_with_digest(connection, run.digest, before=run_id)
    message = run.message
    if repeats is not None:
        again = _("Run {id} had the same digest: the same was asked of it.").format(id=repeats)
        message = f"{message} {again}".lstrip()
    delivered = runs.result(ws, run_id) if run.status is RunStatus.COMPLETED else None
    summary = {
        "run_id": run.id,
        "status": run.status,
        "end_reason": run.end_reason,
        "message": message,
        "metrics": _metrics(runs.metrics_so_far(ws, run_id)),
        "requested": _requested(run),
        "usage": {
            **run.usage.model_dump(),
            "cpu_efficiency": run.usage.cpu_efficiency(run.cpu_cores),
        },
        "right_size": _right_size(ws, run),
        # Where it was fitted, of an algorithm that could be fitted elsewhere.
        "device": delivered.environment.get("device") if delivered else None,
        "digest": run.digest,
        "repeats": repeats,
        "experiment": {
            "id": run.experiment_id,
            "name": run.experiment_name,
            "version": run.experiment_version,
        },
        "dataset": {"name": run.dataset_name, "version": run.dataset_version},
        "primary_metric": run.metric,
        "floor": _floor(delivered),
        "warnings": delivered.warnings if delivered else (),
        "enforcement": run.enforcement,
        "history": runs.events(ws, run_id),
    }
    plain: dict[str, Any] = jsonable(summary)
    return plain


def _metrics(found: tuple[FinalMetric, ...]) -> dict[str, Any]:
    order = {name: place for place, name in enumerate(METRICS)}
    metrics = sorted(found, key=lambda one: (order.get(one.name, len(order)), one.name))
    return {
        "holdout": {one.name: one.holdout for one in metrics if one.holdout is not None},
        "cv": {
            one.name: {"mean": one.mean, "std": one.std, "folds": one.folds}
            for one in metrics
            if one.mean is not None
        },
    }


def _floor(found: TrainingResult | None) -> dict[str, Any] | None:
    """What is scored without a look at any feature, on the same rows."""
    if found is None or found.floor is None:
        return None
    floor = found.floor
    return {"holdout": floor.holdout, "cv": {name: one.mean for name, one in floor.cv.items()}}


def _right_size(ws: Workspace, run: ExperimentRun) -> dict[str, Any] | None:
    """What to ask for the next time; ``None`` while it is not over, or without its dataset."""
    if not run.status.is_final:
        return None
    try:
        advice = sizing.advise_run(ws, run)
    except (NotFound, InvalidInput):
        return None
    need = advice.largest.need
    return {
        "cpu_cores": advice.suggested.cpu_cores,
        "memory_gb": advice.suggested.memory_gb,
        "gpus": advice.suggested.gpus,
        "time_limit_hours": advice.suggested.time_limit_hours,
        "expected_peak_memory_mb": round(need.peak_mb, 1),
        "expected_seconds": need.seconds,
        "basis": need.basis,
        "runs": need.runs,
    }


def _requested(run: ExperimentRun) -> dict[str, float]:
    asked = run.spec.resources
    return {
        "cpu_cores": asked.cpu_cores,
        "memory_gb": asked.memory_gb,
        "gpus": asked.gpus,
        "gpu_memory_gb": asked.gpu_memory_gb if asked.gpus else 0.0,
        "time_limit_hours": asked.time_limit_hours,
    }
