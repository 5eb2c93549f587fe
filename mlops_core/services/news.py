"""What happened lately: how runs ended, and whether any is better than all before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, zip_longest
from typing import Any

from mlops_core.analysis.compare import groups
from mlops_core.analysis.significance import corrected
from mlops_core.domain.records import ExperimentRun
from mlops_core.domain.states import EndReason, RunStatus
from mlops_core.metrics import METRICS
from mlops_core.services import comparison
from mlops_core.services.comparison import Verdict
from mlops_core.services.jsonable import jsonable
from mlops_core.store import lately, views
from mlops_core.store.lately import Ended
from mlops_core.store.views import RunFilter
from mlops_core.store.workspace import Workspace

SPANS = (1, 7, 30)  # days; the shortest in which anything ended is told of
MOST = 3  # contests that are told of
LOOKED_AT = 10  # new runs, and earlier ones, of a dataset among which those to rank are looked for


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How many runs ended in one way."""

    status: RunStatus
    reason: EndReason
    count: int


@dataclass(frozen=True, kw_only=True)
class Contest:
    """The best of the new runs that can be ranked, beside the best before them.

    Attributes:
        metric: What both were judged by.
        before: The best earlier run that can be ranked with it; ``None``: there is none.
        verdict: What is known of ``best`` beside ``before``, corrected for the number of new runs;
            ``None`` where they cannot be paired.
        ahead: ``best`` has the better value, or nobody to be ranked with.
    """

    metric: str
    best: ExperimentRun
    before: ExperimentRun | None
    verdict: Verdict | None
    ahead: bool


@dataclass(frozen=True, kw_only=True)
class News:
    """What ended in the last ``days`` days; what is in the archive is left out.

    Attributes:
        endings: The most frequent first.
        contests: Of the datasets on which runs completed last, the latest first.
    """

    days: int
    since: datetime
    endings: tuple[Ending, ...]
    contests: tuple[Contest, ...]

    def count(self, status: RunStatus) -> int:
        return sum(one.count for one in self.endings if one.status is status)


def news(ws: Workspace) -> News | None:
    """What happened since yesterday, or in the shortest longer time in which anything ended.

    Returns:
        ``None`` where no run ended within the longest one.
    """
    now = ws.now()
    for days in SPANS:
        since = now - timedelta(days=days)
        with ws.read() as connection:
            found = lately.ended(connection, since)
        if found:
            counts = Counter((one.status, one.reason) for one in found)
            endings = tuple(
                Ending(status=status, reason=reason, count=count)
                for (status, reason), count in counts.most_common()
            )
            contests = islice(_contests(ws, found, since), MOST)
            return News(days=days, since=since, endings=endings, contests=tuple(contests))
    return None


def _contests(ws: Workspace, found: Iterable[Ended], since: datetime) -> Iterator[Contest]:
    """The latest datasets take turns, so that many splits of one leave room for the others."""
    fields: dict[tuple[int, str], list[tuple[float, int]]] = {}
    for one in found:
        if one.status is RunStatus.COMPLETED and one.value is not None and one.metric in METRICS:
            fields.setdefault((one.dataset_id, one.metric), []).append((one.value, one.id))
    latest = islice(fields.items(), MOST)
    turns = zip_longest(*(_on(ws, id, metric, new, since) for (id, metric), new in latest))
    return (contest for turn in turns for contest in turn if contest is not None)


def _on(
    ws: Workspace, dataset_id: int, metric: str, new: list[tuple[float, int]], since: datetime
) -> Iterator[Contest]:
    """One for every way of judging on a dataset; ``new`` are values and ids of its new runs."""
    rising = METRICS[metric].greater_is_better
    fresh = [run_id for _value, run_id in sorted(new, reverse=rising)[:LOOKED_AT]]
    wanted = RunFilter(
        status=(RunStatus.COMPLETED,), dataset_id=dataset_id, metric=metric, ended_before=since
    )
    with ws.read() as connection:
        earlier = lately.best_ids(connection, wanted, rising=rising, limit=LOOKED_AT)
        known = views.find_runs(connection, ws.runs, [*fresh, *earlier])
    for group in groups(known):
        best = group[0]  # new runs come first, each kind the best first
        if best.id in fresh:
            before = next((run for run in group if run.id not in fresh), None)
            yield _contest(ws, metric, best, before, among=len(new))


def _contest(
    ws: Workspace, metric: str, best: ExperimentRun, before: ExperimentRun | None, *, among: int
) -> Contest:
    """``among``: how many new runs there are; the luckiest of many stands out by chance."""
    if before is None:
        return Contest(metric=metric, best=best, before=None, verdict=None, ahead=True)
    both = comparison.compare(ws, [best.id, before.id])
    pair = comparison.judge(ws, both, metric).groups[0].pair(best.id, before.id)
    return Contest(
        metric=metric,
        best=best,
        before=before,
        verdict=None if pair is None else corrected([pair], among)[0].verdict,
        ahead=_better(best.value, before.value, metric),
    )


def _better(one: float | None, other: float | None, metric: str) -> bool:
    if one is None or other is None:
        return other is None
    return one > other if METRICS[metric].greater_is_better else one < other


def to_json(found: News | None) -> dict[str, Any]:
    """As the shell prints it; ``days`` is ``null`` where nothing ended."""
    if found is None:
        return {"days": None, "since": None, "endings": [], "best": []}
    plain: dict[str, Any] = jsonable(
        {
            "days": found.days,
            "since": found.since,
            "endings": found.endings,
            "best": [
                {
                    "dataset": one.best.dataset_name,
                    "metric": one.metric,
                    "run_id": one.best.id,
                    "value": one.best.value,
                    "ahead": one.ahead,
                    "before": None
                    if one.before is None
                    else {"run_id": one.before.id, "value": one.before.value},
                    "verdict": one.verdict,
                }
                for one in found.contests
            ],
        }
    )
    return plain
