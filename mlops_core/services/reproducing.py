"""Reproducing a run: run it again, and say whether every number came out the same."""

from __future__ import annotations

from typing import Any

from mlops_core.analysis.reproduction import (
    TOLERANCE,
    Outcome,
    Reproduction,
    changed_predictions,
    reproduction,
)
from mlops_core.domain.queue import Submission
from mlops_core.domain.records import ExperimentRun
from mlops_core.domain.results import TrainingResult
from mlops_core.domain.states import RunStatus
from mlops_core.errors import Conflict
from mlops_core.i18n import _
from mlops_core.services import runs
from mlops_core.services.jsonable import jsonable
from mlops_core.store import experiments as marks
from mlops_core.store.predictions import Predictions, count_predictions, read_predictions
from mlops_core.store.workspace import Workspace

__all__ = ["Outcome", "Reproduction", "compare", "original_of", "reproduce", "to_json"]


def reproduce(ws: Workspace, run_id: int, *, by: Submission | None = None) -> int:
    """Queue a completed run again; the new run's id.

    Raises:
        NotFound: there is no such run.
        Conflict: it did not complete, or its result is gone, so nothing could be held against it.
        TooBig: this machine can never start it.
    """
    run = runs.get_run(ws, run_id)
    if run.status is not RunStatus.COMPLETED:
        raise Conflict(
            _("Run {id} did not complete, so there is nothing to reproduce.").format(id=run_id),
            _("Choose a run that completed."),
        )
    if runs.result(ws, run_id) is None:
        raise Conflict(
            _("The result of run {id} is no longer in its folder.").format(id=run_id),
            _("Without it, nothing could be held against it."),
        )
    return runs.rerun(ws, run_id, by=by)


def original_of(ws: Workspace, run: ExperimentRun) -> int | None:
    """The first completed run of the same configuration on the same dataset before this one."""
    with ws.read() as connection:
        return marks.first_completed_like(
            connection, run.digest, dataset_id=run.dataset_id, before=run.id
        )


def compare(ws: Workspace, original: int, again: int) -> Reproduction | None:
    """What became of ``original`` in ``again``; ``None`` unless both have their results."""
    before, after = runs.result(ws, original), runs.result(ws, again)
    if before is None or after is None:
        return None
    rows, changed = count_predictions(ws.run_paths(again).predictions), None
    digest = before.digests.get("predictions")
    if digest is not None and digest == after.digests.get("predictions"):
        changed = 0
    else:
        old, new = _said(ws, original, before), _said(ws, again, after)
        if old is not None and new is not None:
            changed = changed_predictions(old, new)
    return reproduction(before, after, rows, changed)


def _said(ws: Workspace, run_id: int, result: TrainingResult) -> Predictions | None:
    path = ws.run_paths(run_id).predictions
    return read_predictions(path, result.classes, result.positive_class)


def to_json(original: int, again: ExperimentRun, found: Reproduction | None) -> dict[str, Any]:
    """One JSON object; ``verdict`` is null while or where there is none."""
    return {
        "run_id": original,
        "reproduced_by": again.id,
        "status": again.status.value,
        "end_reason": again.end_reason.value if again.end_reason else None,
        "message": again.message,
        "verdict": found.outcome.value if found else None,
        "tolerance": TOLERANCE,
        "metrics": [
            {**jsonable(pair), "difference": jsonable(pair.difference)} for pair in found.metrics
        ]
        if found
        else [],
        "predictions": {"rows": found.rows, "changed": found.changed} if found else None,
        "why": list(found.why) if found else [],
    }
