"""Deciding: where a run that tells two classes apart should draw the line."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlops_core.analysis.thresholds import Costs, Cut, Thresholds, tried_cost
from mlops_core.domain.params import Task
from mlops_core.domain.records import RunSummary
from mlops_core.errors import InvalidInput, NotFound
from mlops_core.i18n import _
from mlops_core.services.judged import Judged, judged_rows
from mlops_core.store.workspace import Workspace

__all__ = ["Costs", "Cut", "Decision", "Line", "decide", "line_of", "to_json"]

KEPT = 16  # about 40 bytes a judged row each
LARGEST_COST = 1e9


@dataclass(frozen=True, kw_only=True, eq=False)
class Line:
    """The judged rows of a run with two classes, as far as a threshold is concerned.

    Attributes:
        positive: Name of the positive class.
        negative: Name of the other one.
        held_out: The rows are those of the hold-out; otherwise those of all folds.
        usual: The threshold of the run itself.
        probabilities: The scores are probabilities.
    """

    positive: str
    negative: str
    held_out: bool
    usual: float
    probabilities: bool
    truth: NDArray[np.bool_]
    scores: NDArray[np.float64]
    thresholds: Thresholds


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What a threshold costs beside others.

    Attributes:
        chosen: At the threshold that was asked for; the cheapest where none was.
        cheapest: At the one that costs least on these rows.
        usual: At that of the run itself.
        tried: Cost of all rows when each is judged by a threshold chosen without it; ``None``: too
            few rows.
    """

    costs: Costs
    chosen: Cut
    cheapest: Cut
    usual: Cut
    tried: float | None


def line_of(ws: Workspace, run: RunSummary) -> Line | None:
    """The rows that a threshold of this run can be judged on; ``None`` where there are none."""
    if run.task is not Task.CLASSIFICATION:
        return None
    judged = judged_rows(ws, run)
    return None if judged is None else _line(judged)


def decide(line: Line, costs: Costs, threshold: float | None = None) -> Decision:
    """What ``threshold`` costs, and what the cheapest would.

    Raises:
        InvalidInput: a cost or the threshold is no number that can be used.
    """
    for name, value in (
        ("false_positive", costs.false_positive),
        ("false_negative", costs.false_negative),
    ):
        if not 0 <= value <= LARGEST_COST:
            raise InvalidInput(
                _("A cost is {value}; it takes a number from 0 to {most:g}.").format(
                    value=value, most=LARGEST_COST
                ),
                field=name,
            )
    if costs.false_positive + costs.false_negative == 0:
        raise InvalidInput(
            _("Both errors cost nothing, so every threshold is as good."),
            _("Say what at least one of them costs."),
            field="false_positive",
        )
    if threshold is not None and not math.isfinite(threshold):
        raise InvalidInput(_("The threshold is no number."), field="threshold")
    cheapest = line.thresholds.cheapest(costs)
    return Decision(
        costs=costs,
        chosen=line.thresholds.at(cheapest if threshold is None else threshold),
        cheapest=line.thresholds.at(cheapest),
        usual=line.thresholds.at(line.usual),
        tried=_tried(line, costs),
    )


def refuse_without_line(line: Line | None) -> Line:
    """The line, if there is one.

    Raises:
        NotFound: there is none.
    """
    if line is None:
        raise NotFound(
            _("This run has no threshold to choose."),
            _("A threshold needs a completed run that tells two classes apart by a score."),
        )
    return line


def to_json(run_id: int, line: Line, found: Decision) -> dict[str, Any]:
    """As the shell prints it; costs are those of all rows together."""
    return {
        "run_id": run_id,
        "positive_class": line.positive,
        "judged_on": "holdout" if line.held_out else "folds",
        "rows": line.thresholds.rows,
        "cost_false_positive": found.costs.false_positive,
        "cost_false_negative": found.costs.false_negative,
        "chosen": _cut_json(found.chosen, found.costs),
        "cheapest": _cut_json(found.cheapest, found.costs),
        "usual": _cut_json(found.usual, found.costs),
        "cost_of_choosing_on_other_rows": found.tried,
    }


def _cut_json(cut: Cut, costs: Costs) -> dict[str, Any]:
    return {
        "threshold": cut.threshold,
        "cost": cut.cost(costs),
        "true_positive": cut.true_positive,
        "false_positive": cut.false_positive,
        "false_negative": cut.false_negative,
        "true_negative": cut.true_negative,
        "precision": cut.precision,
        "recall": cut.recall,
    }


@lru_cache(maxsize=KEPT)  # 0.2 s at 200,000 rows, and a slider asks for it at every move
def _tried(line: Line, costs: Costs) -> float | None:
    return tried_cost(line.truth, line.scores, costs)


@lru_cache(maxsize=KEPT)
def _line(judged: Judged) -> Line | None:
    seen, classes = judged.part.seen, judged.part.classes
    if seen.positive is None or seen.scores is None:
        return None
    truth = seen.truth == seen.positive
    scores = np.ascontiguousarray(seen.scores[:, seen.positive])
    if truth.all() or not truth.any() or not np.isfinite(scores).all():
        return None
    return Line(
        positive=classes[seen.positive],
        negative=classes[1 - seen.positive],
        held_out=judged.held_out,
        usual=_usual(seen.probabilities, seen.positive),
        probabilities=seen.probabilities,
        truth=truth,
        scores=scores,
        thresholds=Thresholds(truth, scores),
    )


def _usual(probabilities: bool, positive: int) -> float:
    """Where the model itself draws the line; on it, the first class wins."""
    middle = 0.5 if probabilities else 0.0
    return float(np.nextafter(middle, math.inf)) if positive else middle
