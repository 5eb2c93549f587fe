"""The best runs of a dataset over all its experiments, with ranks that know what is not known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mlops_core.domain.records import Dataset, ExperimentRun, RunSummary
from mlops_core.domain.states import RunStatus
from mlops_core.metrics import METRICS, get_metric
from mlops_core.services import comparison, runs
from mlops_core.services.comparison import GroupJudgement, RunJudgement, Verdict
from mlops_core.services.datasets import get_dataset
from mlops_core.services.jsonable import jsonable
from mlops_core.store.views import METRIC_SORT, RunFilter
from mlops_core.store.workspace import Workspace

MOST = 50  # runs that are judged beside each other
LOOKED_AT = 400  # runs of which the best of each model are taken


@dataclass(frozen=True, kw_only=True)
class Place:
    """A run and where it stands.

    Attributes:
        first: The best rank that it may have: behind all that are known to be better.
        last: The worst: before all that it is known to be better than.
    """

    run: ExperimentRun
    judged: RunJudgement
    first: int
    last: int


@dataclass(frozen=True, kw_only=True)
class Board:
    """Runs that can be ranked among each other, best estimate first."""

    group: GroupJudgement
    places: tuple[Place, ...]


@dataclass(frozen=True, kw_only=True)
class Leaderboard:
    """The boards of one dataset: one for each split, target or positive class.

    Attributes:
        metrics: Keys of the metrics that runs of this dataset have, those of the most runs first.
        looked_at: How many runs it is made from.
        total: How many completed runs the dataset has.
    """

    dataset: Dataset
    metric: str | None
    metrics: tuple[str, ...]
    boards: tuple[Board, ...]
    looked_at: int
    total: int


def leaderboard(ws: Workspace, dataset_id: int, metric: str | None = None) -> Leaderboard:
    """The best run of every model of every experiment on a dataset, ranked where that is allowed.

    Args:
        metric: Judge by it; what most of the newest runs were judged by where it is ``None``.

    Raises:
        NotFound: there is no such dataset or metric.
    """
    dataset = get_dataset(ws, dataset_id)
    asked = RunFilter(dataset_id=dataset_id, status=(RunStatus.COMPLETED,))
    newest = runs.list_runs(ws, asked, limit=LOOKED_AT)
    metrics = _metrics(newest.items)
    key = metric or next(iter(metrics), None)
    if key is None:
        return Leaderboard(
            dataset=dataset, metric=None, metrics=(), boards=(), looked_at=0, total=0
        )
    rising = get_metric(key).greater_is_better
    best = runs.list_runs(ws, asked, sort=f"{METRIC_SORT}{key}", descending=rising, limit=LOOKED_AT)
    chosen = _best_of_each(best.items)
    boards: tuple[Board, ...] = ()
    if chosen:
        found = comparison.compare(ws, chosen)
        known = any(row.key == key for row in found.metrics)
        if known:
            judged = comparison.judge(ws, found, key)
            by_id = {run.id: run for run in found.runs}
            boards = tuple(_board(group, by_id, key) for group in judged.groups)
    return Leaderboard(
        dataset=dataset,
        metric=key,
        metrics=metrics,
        boards=tuple(board for board in boards if board.places),
        looked_at=len(chosen),
        total=newest.total,
    )


def _metrics(found: tuple[RunSummary, ...]) -> tuple[str, ...]:
    """What these runs were judged by, the most frequent first, then what their tasks know."""
    counts: dict[str, int] = {}
    for run in found:
        counts[run.metric] = counts.get(run.metric, 0) + 1
    first = sorted((key for key in counts if key in METRICS), key=lambda key: -counts[key])
    tasks = {run.task for run in found}
    others = [key for key, one in METRICS.items() if tasks & set(one.tasks)]
    return tuple(dict.fromkeys([*first, *others]))


def _best_of_each(found: tuple[RunSummary, ...]) -> list[int]:
    """The best run of every model of every experiment version, the best first."""
    taken: dict[tuple[int, str], int] = {}
    for run in found:
        taken.setdefault((run.experiment_id, run.model_name), run.id)
    return list(taken.values())[:MOST]


def _board(group: GroupJudgement, by_id: dict[int, ExperimentRun], metric: str) -> Board:
    known = [one for one in group.best_first(metric) if one.estimate is not None]
    places = []
    for one in known:
        verdicts = [
            pair.verdict
            for other in known
            if other is not one and (pair := group.pair(one.run_id, other.run_id)) is not None
        ]
        places.append(
            Place(
                run=by_id[one.run_id],
                judged=one,
                first=1 + sum(verdict is Verdict.WORSE for verdict in verdicts),
                last=len(known) - sum(verdict is Verdict.BETTER for verdict in verdicts),
            )
        )
    return Board(group=group, places=tuple(places))


def to_json(found: Leaderboard) -> dict[str, Any]:
    """As the shell prints it."""
    plain: dict[str, Any] = jsonable(
        {
            "dataset": {"name": found.dataset.name, "version": found.dataset.version},
            "metric": found.metric,
            "direction": None
            if found.metric is None
            else "maximize"
            if METRICS[found.metric].greater_is_better
            else "minimize",
            "looked_at": found.looked_at,
            "total": found.total,
            "boards": [
                {
                    "target": board.places[0].run.spec.dataset.target,
                    "seed": board.places[0].run.spec.evaluation.seed,
                    "judged_by": board.group.basis,
                    "rows": board.group.rows,
                    "runs": [
                        {
                            "run_id": place.run.id,
                            "experiment": place.run.experiment_name,
                            "version": place.run.experiment_version,
                            "model": place.run.model_name,
                            "ranks": [place.first, place.last],
                            "estimate": place.judged.estimate,
                            "low": place.judged.low,
                            "high": place.judged.high,
                        }
                        for place in board.places
                    ],
                    "notes": board.group.notes,
                }
                for board in found.boards
            ],
        }
    )
    return plain
