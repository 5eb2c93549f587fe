"""Runs side by side: metrics with the best marked honestly, parameters, what forbids comparing."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeAlias

from mlops_core.domain.configs import MISSING, RunSpec, SplitStrategy
from mlops_core.domain.records import ExperimentRun, FinalMetric
from mlops_core.i18n import _, ngettext
from mlops_core.metrics import METRICS

Groups: TypeAlias = tuple[tuple[ExperimentRun, ...], ...]
KEPT = 1024  # configurations, laid flat; about 5 KB each


@dataclass(frozen=True, kw_only=True)
class MetricCell:
    """One metric of one run; everything is ``None`` where it was not measured."""

    run_id: int
    holdout: float | None = None
    mean: float | None = None
    std: float | None = None
    folds: tuple[float, ...] = ()
    best: bool = False

    @property
    def value(self) -> float | None:
        """What counts: the hold-out value, else the mean over folds."""
        return self.mean if self.holdout is None else self.holdout


@dataclass(frozen=True, kw_only=True)
class MetricRow:
    """One metric over all runs, in their order."""

    key: str
    label: str
    greater_is_better: bool
    cells: tuple[MetricCell, ...]


@dataclass(frozen=True, kw_only=True)
class ParamRow:
    """One value of the configuration over all runs; ``MISSING`` where a run has none."""

    path: str
    values: tuple[Any, ...]
    differs: bool

    @property
    def varies(self) -> bool:
        """Whether two runs that both have it differ in it."""
        return len({repr(value) for value in self.values if value != MISSING}) > 1


def metric_rows(
    runs: Sequence[ExperimentRun], metrics: Iterable[FinalMetric]
) -> tuple[MetricRow, ...]:
    """Every metric that a run has, primary ones first, then in the catalogue's order.

    The best value is marked among runs that can be ranked (see ``groups``), in each metric's own
    direction, and only where two runs or more have a value. Equal values are all best.
    """
    by_key: defaultdict[str, dict[int, FinalMetric]] = defaultdict(dict)
    for metric in metrics:
        by_key[metric.name][metric.run_id] = metric
    primary = dict.fromkeys(run.metric for run in runs)
    order = {key: place for place, key in enumerate([*primary, *METRICS])}
    grouped = groups(runs)
    return tuple(
        _metric_row(key, runs, grouped, by_key[key])
        for key in sorted(by_key, key=lambda key: (order.get(key, len(order)), key))
    )


def _metric_row(
    key: str,
    runs: Sequence[ExperimentRun],
    grouped: Groups,
    measured: Mapping[int, FinalMetric],
) -> MetricRow:
    known = METRICS.get(key)
    rising = known.greater_is_better if known else True
    # A metric of an older release that is not known any more has no direction to trust.
    best = _best(grouped, measured, rising) if known else frozenset[int]()
    cells = tuple(_cell(run.id, measured.get(run.id), best=run.id in best) for run in runs)
    label = known.label if known else key
    return MetricRow(key=key, label=label, greater_is_better=rising, cells=cells)


def _cell(run_id: int, metric: FinalMetric | None, *, best: bool) -> MetricCell:
    if metric is None:
        return MetricCell(run_id=run_id)
    return MetricCell(
        run_id=run_id,
        holdout=metric.holdout,
        mean=metric.mean,
        std=metric.std,
        folds=metric.folds,
        best=best,
    )


def _best(grouped: Groups, measured: Mapping[int, FinalMetric], rising: bool) -> frozenset[int]:
    best: set[int] = set()
    for group in grouped:
        metrics = [measured[run.id] for run in group if run.id in measured]
        values = _comparable(metrics)
        if len(values) > 1:
            top = (max if rising else min)(values.values())
            best.update(run_id for run_id, value in values.items() if value == top)
    return frozenset(best)


def _comparable(metrics: Sequence[FinalMetric]) -> dict[int, float]:
    """Values of one kind by run: hold-out if all have it, else the mean over folds if all have it.

    A hold-out value and a mean over folds are not compared with each other: whichever more runs
    have decides then, and the others take no part.
    """
    holdout = {one.run_id: one.holdout for one in metrics if one.holdout is not None}
    mean = {one.run_id: one.mean for one in metrics if one.mean is not None}
    return mean if len(mean) > len(holdout) else holdout


def groups(runs: Sequence[ExperimentRun]) -> Groups:
    """Runs that can be ranked, in the order of their first run: they learned the same from the same
    table and were judged on the same rows."""
    found: defaultdict[tuple[object, ...], list[ExperimentRun]] = defaultdict(list)
    for run in runs:
        found[*_subject(run), _plan(run)].append(run)
    return tuple(tuple(group) for group in found.values())


def _subject(run: ExperimentRun) -> tuple[object, ...]:
    data = run.spec.dataset
    return data.fingerprint, data.target, data.task, data.positive_class


def _plan(run: ExperimentRun) -> tuple[object, ...]:
    """What decides which rows judge: the evaluation without the metric and columns of no use."""
    plan = run.spec.evaluation
    return (
        plan.settled(run.spec.dataset.task),
        plan.holdout,
        plan.folds,
        plan.seed,
        plan.group_column if plan.strategy is SplitStrategy.GROUPED else None,
        plan.time_column if plan.strategy is SplitStrategy.TIME else None,
    )


def param_rows(specs: Sequence[RunSpec]) -> tuple[ParamRow, ...]:
    """Every leaf of the configurations, in the order in which they first appear."""
    flat = [_flat(spec.model_dump_json(), spec.fit_seed) for spec in specs]
    paths = dict.fromkeys(path for leaves in flat for path in leaves)
    rows = []
    for path in paths:
        values = tuple(leaves.get(path, MISSING) for leaves in flat)
        # 1 and true are equal, and not the same.
        same = values.count(values[0]) == len(values) and len(set(map(type, values))) == 1
        rows.append(ParamRow(path=path, values=values, differs=not same))
    return tuple(rows)


@lru_cache(maxsize=KEPT)  # a page lays the same runs side by side again at every click
def _flat(spec: str, fit_seed: int) -> Mapping[str, Any]:
    """Every leaf of a configuration, given as JSON, by its path."""
    content = json.loads(spec)
    del content["dataset"]["fingerprint"]  # name and version say it to people
    model = content.pop("model")
    fit = {"fit_seed": fit_seed}
    shown = {"algorithm": model["algorithm"], "params": model["params"], **fit, **content}
    return MappingProxyType(dict(_leaves(shown)))


def _leaves(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        if isinstance(item, dict):
            yield from _leaves(item, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", item


def notes(runs: Sequence[ExperimentRun]) -> tuple[str, ...]:
    """What keeps these runs from being ranked together, a sentence each; empty: nothing does."""
    found = []
    data = [run.spec.dataset for run in runs]
    if len({one.task for one in data}) > 1:
        found.append(_("Some runs predict classes and others numbers: they share no metric."))
    elif len({one.fingerprint for one in data}) > 1:
        found.append(
            _("The runs used different data, so they are ranked only within each dataset.")
        )
    elif len({one.target for one in data}) > 1:
        found.append(
            _("The runs learned different targets, so they are ranked only within each target.")
        )
    elif len({one.positive_class for one in data}) > 1:
        found.append(
            _("The runs have different positive classes, so they are ranked only within each.")
        )
    elif len(groups(runs)) > 1:
        found.append(_other_split(runs))
    if unfinished := [run.id for run in runs if run.value is None]:
        found.append(
            ngettext(
                "Run {ids} has no result.", "Runs {ids} have no result.", len(unfinished)
            ).format(ids=", ".join(map(str, unfinished)))
        )
    return tuple(found)


def _other_split(runs: Sequence[ExperimentRun]) -> str:
    """Why the runs were judged on different rows."""
    plans = [run.spec.evaluation for run in runs]
    if len({plan.seed for plan in plans}) > 1:
        return _(
            "The runs were split by different seeds, so other rows judged them: they are ranked "
            "only within each split."
        )
    return _("The runs were judged on different splits: they are ranked only within each split.")
