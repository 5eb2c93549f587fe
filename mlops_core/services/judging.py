"""Judging: which of several runs is better, on the very rows that judged all of them."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mlops_core.analysis import significance
from mlops_core.analysis.significance import ROPE, Evidence, Pair, Verdict, Yardstick
from mlops_core.analysis.verdicts import Basis, Ground, evidence_of, yardstick
from mlops_core.domain.configs import SplitStrategy
from mlops_core.domain.events import RunPaths
from mlops_core.domain.records import ExperimentRun, FinalMetric
from mlops_core.domain.results import TrainingResult
from mlops_core.i18n import _, ngettext
from mlops_core.metrics import METRICS, Metric, Observed
from mlops_core.metrics.floor import floor_of
from mlops_core.metrics.resampling import Resamples, resample
from mlops_core.store import datasets, files, series
from mlops_core.store.predictions import Predictions, read_predictions
from mlops_core.store.workspace import Workspace

__all__ = [
    "ROPE",
    "Basis",
    "FloorPair",
    "GroupJudgement",
    "Pair",
    "RunJudgement",
    "Verdict",
    "group_codes",
    "judge_group",
    "judged_ratio",
]

KEPT = 4_000  # what some runs say about some metrics: about 10 KB each
FEW_ROWS = 30


@dataclass(frozen=True, kw_only=True)
class RunJudgement:
    """One run by one metric; ``low`` and ``high`` are ``None`` where nothing is known."""

    run_id: int
    estimate: float | None
    low: float | None = None
    high: float | None = None
    floor: FloorPair | None = None


@dataclass(frozen=True, kw_only=True)
class FloorPair:
    """The floor (see ``metrics/floor.py``) on the rows that judge a run, and the run beside it.

    Attributes:
        says: What it always says: the name of a class; ``None``: the mean.
        estimate: What it scores.
        pair: The run minus the floor, which has the id 0.
    """

    says: str | None
    estimate: float
    pair: Pair


@dataclass(frozen=True, kw_only=True)
class GroupJudgement:
    """Runs that can be ranked: the same data, target and rows that judge.

    Attributes:
        basis: What the numbers rest on; ``None`` where no run has a value.
        rows: How many rows judged; 0: unknown.
        rope: A difference up to this is negligible, in units of the metric.
        pairs: Every two runs that can be paired.
        best: The run with the best estimate.
        level_with_best: It, and all that it is not known to be better than.
        notes: What limits this judgement, a sentence each.
    """

    runs: tuple[RunJudgement, ...]
    basis: Basis | None = None
    rows: int = 0
    rope: float = 0.0
    pairs: tuple[Pair, ...] = ()
    best: int | None = None
    level_with_best: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    def best_first(self, metric: str) -> tuple[RunJudgement, ...]:
        """The runs by their estimates of ``metric``; those without one come last."""
        sign = -1.0 if METRICS[metric].greater_is_better else 1.0
        return tuple(
            sorted(self.runs, key=lambda one: (one.estimate is None, sign * (one.estimate or 0.0)))
        )

    def pair(self, a: int, b: int) -> Pair | None:
        """``a`` beside ``b``; ``None`` where they cannot be paired."""
        for pair in self.pairs:
            if (pair.a, pair.b) == (a, b):
                return pair
            if (pair.a, pair.b) == (b, a):
                return pair.turned()
        return None


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What the files of one run say about one metric."""

    evidence: Evidence | None
    floor: Evidence | None
    says: str | None
    stick: Yardstick
    plan: bytes
    rows: int


def judge_group(
    ws: Workspace,
    runs: Sequence[ExperimentRun],
    measured: Mapping[int, FinalMetric],
    metric: Metric,
    *,
    by: Basis | None = None,
    rope: float = ROPE,
) -> GroupJudgement:
    """Judge runs that learned the same and were judged by the same plan.

    Args:
        measured: Values of ``metric`` by run; runs without one are left unjudged.
        by: What to rest on; what most runs have where it is ``None``, the hold-out first.
        rope: Share of the best value that is negligible.
    """
    basis = by or _basis([measured[run.id] for run in runs if run.id in measured])
    values = {run.id: _value(measured.get(run.id), basis) for run in runs}
    with_value = [run for run in runs if values[run.id] is not None]
    plain = tuple(RunJudgement(run_id=run.id, estimate=values[run.id]) for run in runs)
    if basis is None or not with_value:
        return GroupJudgement(runs=plain)
    known = {run.id: _known(ws, run, metric, basis) for run in with_value}
    plan = _usual({run_id: found for run_id, found in known.items() if found})
    paired: dict[int, Evidence] = {}
    for run_id, one in known.items():
        value = values[run_id]
        if one and one.evidence and one.plan == plan and value is not None:
            paired[run_id] = replace(one.evidence, run_id=run_id, estimate=value)
    notes = _notes(runs, metric, basis, known, paired)
    judged = tuple(
        replace(one, low=found.low, high=found.high, floor=_beside_floor(found, known[one.run_id]))
        if (found := paired.get(one.run_id))
        else one
        for one in plain
    )
    group = GroupJudgement(runs=judged, basis=basis, notes=notes)
    if not paired:
        return group
    first = next(found for found in known.values() if found and found.plan == plan)
    return _ranked(group, list(paired.values()), first, rope)


def judge_run(ws: Workspace, run: ExperimentRun, metric: str) -> RunJudgement:
    """One completed run by itself: how sure its value is, and whether it beats the floor."""
    with ws.read() as connection:
        found = series.final_metrics(connection, (run.id,))
    measured = {one.run_id: one for one in found if one.name == metric}
    return judge_group(ws, [run], measured, METRICS[metric]).runs[0]


def _ranked(
    group: GroupJudgement, paired: Sequence[Evidence], known: _Known, rope: float
) -> GroupJudgement:
    best = significance.best_of(paired, rising=known.stick.rising)
    width = rope * abs(best.estimate)
    pairs = significance.pairs_of(paired, replace(known.stick, rope=width))
    return replace(
        group,
        rows=known.rows,
        rope=width,
        pairs=pairs,
        best=best.run_id,
        level_with_best=significance.level_with(best.run_id, pairs),
    )


def _beside_floor(found: Evidence, known: _Known | None) -> FloorPair | None:
    if known is None or known.floor is None:
        return None
    (pair,) = significance.pairs_of([found, known.floor], known.stick)
    if not math.isfinite(pair.high):
        return None  # these rows say nothing about how far the two lie apart
    return FloorPair(says=known.says, estimate=known.floor.estimate, pair=pair)


def _basis(measured: Sequence[FinalMetric]) -> Basis | None:
    held = sum(one.holdout is not None for one in measured)
    folds = sum(one.mean is not None for one in measured)
    if not held and not folds:
        return None
    return Basis.HOLDOUT if held >= folds else Basis.FOLDS


def _value(found: FinalMetric | None, basis: Basis | None) -> float | None:
    if found is None or basis is None:
        return None
    return found.holdout if basis is Basis.HOLDOUT else found.mean


def _usual(known: Mapping[int, _Known]) -> bytes:
    """The split that most runs were judged on; it differs only between versions of the app."""
    plans = Counter(found.plan for found in known.values())
    return plans.most_common(1)[0][0] if plans else b""


def _notes(
    runs: Sequence[ExperimentRun],
    metric: Metric,
    basis: Basis,
    known: Mapping[int, _Known | None],
    paired: Mapping[int, Evidence],
) -> tuple[str, ...]:
    notes = []
    if not metric.smooth and basis is Basis.HOLDOUT:
        notes.append(
            _("How sure the {metric} is cannot be told: it hangs on a single row.").format(
                metric=_(metric.label).lower()
            )
        )
    lost = [run_id for run_id, found in known.items() if found is None]
    if lost:
        notes.append(
            ngettext(
                "Run {ids} kept no predictions, so it has no interval.",
                "Runs {ids} kept no predictions, so they have no intervals.",
                len(lost),
            ).format(ids=_listed(lost))
        )
    other = [run_id for run_id, found in known.items() if found and run_id not in paired]
    if other:
        notes.append(
            ngettext(
                "Run {ids} was judged on other rows, so it is not ranked.",
                "Runs {ids} were judged on other rows, so they are not ranked.",
                len(other),
            ).format(ids=_listed(other))
        )
    rows = next((found.rows for found in known.values() if found), FEW_ROWS)
    if rows < FEW_ROWS:
        notes.append(
            _("Only {n} rows judged these runs: hardly anything can be told apart.").format(n=rows)
        )
    if runs[0].spec.evaluation.strategy is SplitStrategy.TIME:
        notes.append(
            _(
                "Rows that follow each other in time may resemble each other, so the true "
                "intervals may be wider."
            )
        )
    return tuple(notes)


def _listed(ids: Sequence[int]) -> str:
    return ", ".join(map(str, ids))


def _known(ws: Workspace, run: ExperimentRun, metric: Metric, basis: Basis) -> _Known | None:
    """What this run's files say; ``None`` where they are gone or damaged."""
    paths = ws.run_paths(run.id)
    try:
        written = paths.predictions.stat().st_mtime_ns
    except OSError:
        return None
    evaluation = run.spec.evaluation
    grouped = evaluation.strategy is SplitStrategy.GROUPED and evaluation.group_column
    return _read(
        str(paths.folder),
        written,
        metric.key,
        basis,
        in_time=evaluation.strategy is SplitStrategy.TIME,
        groups=(str(_table(ws, run)), str(evaluation.group_column)) if grouped else None,
    )


def _table(ws: Workspace, run: ExperimentRun) -> Path:
    with ws.read() as connection:
        found = datasets.find(connection, ws.datasets, dataset_id=run.dataset_id)
    return found.table_path if found else ws.datasets


@lru_cache(maxsize=KEPT)
def _read(
    folder: str,
    _written: int,
    metric_key: str,
    basis: Basis,
    *,
    in_time: bool,
    groups: tuple[str, str] | None,
) -> _Known | None:
    paths = RunPaths(Path(folder))
    result = files.read_result(paths)
    if result is None:
        return None
    found = read_predictions(paths.predictions, result.classes, result.positive_class)
    if found is None:
        return None
    folds = found.of_folds()
    part = found.held_out() if basis is Basis.HOLDOUT else folds
    if not len(part.rows):
        return None
    ground = _ground(part, basis, in_time, groups, result.rows.get("train", 0))
    metric = METRICS[metric_key]
    floor = _floor(result, part)
    floor_folds = _floor(result, folds)
    return _Known(
        evidence=evidence_of(0, metric, part.seen, ground, (folds.seen, folds.folds)),
        floor=None
        if floor is None or floor_folds is None
        else evidence_of(0, metric, floor, ground, (floor_folds, folds.folds)),
        says=result.floor.says(result.classes, int(part.folds[0])) if result.floor else None,
        stick=yardstick(metric, ground, 0.0),
        plan=part.plan,
        rows=len(part.rows),
    )


def _floor(result: TrainingResult, part: Predictions) -> Observed | None:
    if result.floor is None:
        return None
    seen = part.seen
    return floor_of(result.floor.answers, part.folds, seen.truth, seen.classes, seen.positive)


def _ground(
    part: Predictions,
    basis: Basis,
    in_time: bool,
    groups: tuple[str, str] | None,
    train: int,
) -> Ground:
    resamples = ratio = None
    if basis is Basis.HOLDOUT:
        codes = group_codes(groups, part.rows) if groups else None
        seed = int.from_bytes(hashlib.sha256(part.rows.tobytes()).digest()[:8])
        resamples = _drawn(len(part.rows), seed, None if codes is None else codes.tobytes())
    else:
        ratio = judged_ratio(part.folds, in_time, train)
    return Ground(
        truth=part.seen.truth,
        folds=part.folds,
        classes=part.seen.classes,
        positive=part.seen.positive,
        resamples=resamples,
        ratio=ratio,
    )


def group_codes(groups: tuple[str, str], rows: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """A number for the group of every row; ``None`` where the table has gone."""
    table, column = groups
    try:
        names = pq.read_table(table, columns=[column])[column].take(rows)
    except (OSError, KeyError, ValueError):
        return None
    codes = names.combine_chunks().dictionary_encode(null_encoding="encode").indices
    return np.asarray(codes.to_numpy(zero_copy_only=False), dtype=np.int64)


@lru_cache(maxsize=4)  # up to 20 MB each
def _drawn(rows: int, seed: int, groups: bytes | None) -> Resamples:
    codes = None if groups is None else np.frombuffer(groups, dtype=np.int64)
    return resample(rows, seed, codes)


def judged_ratio(folds: NDArray[np.int32], in_time: bool, train: int) -> float:
    """Judged ÷ learning rows, the mean over folds. In time order a fold learns from the past."""
    sizes = np.bincount(folds)[1:].astype(np.float64)
    sizes = sizes[sizes > 0]
    learning = max(float(train), sizes.sum()) - (np.cumsum(sizes[::-1])[::-1] if in_time else sizes)
    return float((sizes / np.maximum(learning, 1.0)).mean())
