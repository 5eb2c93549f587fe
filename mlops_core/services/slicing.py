"""Slicing: two runs beside each other inside parts of the data, and where the better one loses."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mlops_core.analysis.parts import MISSING, Part, parts_of
from mlops_core.analysis.significance import ROPE, Pair, corrected, pairs_of
from mlops_core.analysis.verdicts import Ground, evidence_of, yardstick
from mlops_core.domain.columns import Column, ColumnType
from mlops_core.domain.configs import SplitStrategy
from mlops_core.domain.records import Dataset, ExperimentRun
from mlops_core.errors import InvalidInput, NotFound
from mlops_core.i18n import _
from mlops_core.metrics import Metric, Uncomputable, get_metric
from mlops_core.metrics.resampling import resample
from mlops_core.services.datasets import get_dataset
from mlops_core.services.jsonable import jsonable
from mlops_core.services.judged import Judged, by_reliance, judged_pair, judged_rows
from mlops_core.services.judging import group_codes, judged_ratio
from mlops_core.store.predictions import Predictions
from mlops_core.store.workspace import Workspace

__all__ = ["LEAST", "Slice", "Slices", "columns", "search", "slices", "to_json"]

LEAST = 30  # rows of a part; of fewer, hardly anything can be told
DRAWS = 500  # their spread is known to 3 %
LOOKED_AT = 25  # parts that look worst, of a search
SEARCHED = 200  # columns
SCALED = (ColumnType.INTEGER, ColumnType.NUMBER, ColumnType.DATE, ColumnType.DATETIME)


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Two runs inside one part of the data.

    Attributes:
        column: By which it is a part; ``low`` and ``high``: see ``analysis.parts.Part``.
        a: What the first run scores there, ``b`` the second; ``None``: the metric has no value.
        pair: ``a`` minus ``b``, corrected for all parts that were looked at; ``None``: unknown.
    """

    column: Column
    low: Any
    high: Any
    rows: int
    a: float | None
    b: float | None
    pair: Pair | None


@dataclass(frozen=True, kw_only=True)
class Slices:
    """Parts of the judged rows, and the two runs on all of them.

    Attributes:
        looked_at: How many parts were looked at; of a search, all that ``found`` was chosen from.
        rope: A difference up to this is negligible.
    """

    metric: str
    held_out: bool
    a: int
    b: int
    rows: int
    whole: tuple[float, float]
    rope: float
    looked_at: int
    found: tuple[Slice, ...]


@dataclass(frozen=True, eq=False)
class _Ground:
    """Two runs on the rows that judged both, and what differences are measured by."""

    metric: Metric
    first: Judged
    second: Judged
    groups: NDArray[np.int64] | None
    ratio: float | None  # of folds; ``None``: the rows are those of the hold-out
    whole: tuple[float, float] = (0.0, 0.0)
    rope: float = 0.0

    def turned(self) -> _Ground:
        """The same with the second run first."""
        whole = (self.whole[1], self.whole[0])
        return replace(self, first=self.second, second=self.first, whole=whole)

    def compute(self, rows: NDArray[np.intp]) -> tuple[float | None, float | None]:
        """What the two score on ``rows``: over folds, the mean of theirs."""
        one, two = (self._value(judged.part.part(rows)) for judged in (self.first, self.second))
        return one, two

    def _value(self, part: Predictions) -> float | None:
        values = []
        for fold in np.unique(part.folds):
            with suppress(Uncomputable):
                values.append(self.metric.compute(part.part(part.folds == fold).seen))
        return float(np.mean(values)) if values else None

    def pair(self, ids: tuple[int, int], rows: NDArray[np.intp]) -> Pair | None:
        """The difference on ``rows``, as if nothing else had been looked at."""
        parts = [judged.part.part(rows) for judged in (self.first, self.second)]
        one = parts[0]
        resamples = None
        if self.ratio is None:
            seed = int.from_bytes(hashlib.sha256(one.rows.tobytes()).digest()[:8])
            groups = None if self.groups is None else self.groups[rows]
            resamples = resample(len(rows), seed, groups, DRAWS)
        ground = Ground(
            truth=one.seen.truth,
            folds=one.folds,
            classes=one.seen.classes,
            positive=one.seen.positive,
            resamples=resamples,
            ratio=self.ratio,
        )
        said = [
            evidence_of(id, self.metric, part.seen, ground)
            for id, part in zip(ids, parts, strict=True)
        ]
        known = [found for found in said if found is not None and found.low is not None]
        if len(known) < 2:
            return None
        return pairs_of(known, yardstick(self.metric, ground, self.rope))[0]


def columns(ws: Workspace, a: ExperimentRun, b: ExperimentRun) -> tuple[Column, ...]:
    """What the rows of two runs can be divided by: what they rely on most first."""
    try:
        dataset = get_dataset(ws, a.dataset_id)
    except NotFound:
        return ()
    judged = [found for run in (a, b) if (found := judged_rows(ws, run))]
    others = [one for one in dataset.columns if one.name != a.spec.dataset.target]
    return by_reliance(others, [one.result for one in judged])


def slices(
    ws: Workspace,
    a: ExperimentRun,
    b: ExperimentRun,
    metric: str,
    column: str,
    *,
    least: int = LEAST,
) -> Slices | None:
    """Two runs inside the values of one column; ``None`` where no rows judged both.

    The intervals are those of other rows; they take the two fits as they are.

    Args:
        least: Parts of fewer rows are left out.

    Raises:
        InvalidInput: the runs did not learn the same, or there is no such column.
        NotFound: there is no such metric, or the table is gone.
    """
    ground = _ground(ws, a, b, get_metric(metric))
    if ground is None:
        return None
    dataset = get_dataset(ws, a.dataset_id)
    chosen = dataset.column(column)
    if chosen is None or column == a.spec.dataset.target:
        raise InvalidInput(
            _("The rows cannot be divided by “{column}”.").format(column=column),
            _("Choose another column than the target."),
            field="column",
        )
    parts = [(chosen, part) for part in _parts(dataset, chosen, ground, least)]
    found = [_slice((a.id, b.id), ground, *one) for one in parts]
    return _slices((a.id, b.id), ground, found, len(found))


def search(
    ws: Workspace, a: ExperimentRun, b: ExperimentRun, metric: str, *, least: int = LEAST
) -> Slices | None:
    """The parts, of all columns, in which that run loses which scores better on all rows.

    It is ``a`` of what is found. Of those that look worst it is said how sure that is, corrected
    for all that were looked at.

    Raises:
        InvalidInput: the runs did not learn the same.
        NotFound: there is no such metric, or the table is gone.
    """
    ground = _ground(ws, a, b, get_metric(metric))
    if ground is None:
        return None
    if ground.metric.better(ground.whole[1], ground.whole[0]):
        a, b, ground = b, a, ground.turned()
    dataset = get_dataset(ws, a.dataset_id)
    looked, worse = 0, []
    for column in columns(ws, a, b)[:SEARCHED]:
        for part in _parts(dataset, column, ground, least):
            one, two = ground.compute(part.rows)
            if one is None or two is None:
                continue
            looked += 1
            if ground.metric.better(two, one):
                worse.append((abs(one - two) * math.sqrt(len(part.rows)), column, part))
    worse.sort(key=lambda found: -found[0])
    found = [_slice((a.id, b.id), ground, column, part) for _far, column, part in worse[:LOOKED_AT]]
    return _slices((a.id, b.id), ground, found, looked)


def _slice(ids: tuple[int, int], ground: _Ground, column: Column, part: Part) -> Slice:
    one, two = ground.compute(part.rows)
    known = one is not None and two is not None
    return Slice(
        column=column,
        low=part.low,
        high=part.high,
        rows=len(part.rows),
        a=one,
        b=two,
        pair=ground.pair(ids, part.rows) if known else None,
    )


def _slices(
    ids: tuple[int, int], ground: _Ground, found: Sequence[Slice], looked_at: int
) -> Slices:
    pairs = iter(corrected([one.pair for one in found if one.pair is not None], looked_at))
    return Slices(
        metric=ground.metric.key,
        held_out=ground.first.held_out,
        a=ids[0],
        b=ids[1],
        rows=len(ground.first.part.rows),
        whole=ground.whole,
        rope=ground.rope,
        looked_at=looked_at,
        found=tuple(one if one.pair is None else replace(one, pair=next(pairs)) for one in found),
    )


def _ground(ws: Workspace, a: ExperimentRun, b: ExperimentRun, metric: Metric) -> _Ground | None:
    found = judged_pair(ws, a, b)
    if found is None or (found[0].part.folds != found[1].part.folds).any():
        return None
    first, second = found
    evaluation = a.spec.evaluation
    ratio = groups = None
    if not first.held_out:
        in_time = evaluation.strategy is SplitStrategy.TIME
        ratio = judged_ratio(first.part.folds, in_time, first.result.rows.get("train", 0))
    elif evaluation.strategy is SplitStrategy.GROUPED and evaluation.group_column:
        table = str(get_dataset(ws, a.dataset_id).table_path)
        groups = group_codes((table, evaluation.group_column), first.part.rows)
    ground = _Ground(metric=metric, first=first, second=second, groups=groups, ratio=ratio)
    one, two = ground.compute(np.arange(len(first.part.rows)))
    if one is None or two is None:
        return None
    best = max(one, two) if metric.greater_is_better else min(one, two)
    return replace(ground, whole=(one, two), rope=ROPE * abs(best))


def _parts(dataset: Dataset, column: Column, ground: _Ground, least: int) -> tuple[Part, ...]:
    values, codes = _encoded(str(dataset.table_path), column.name, ground.first.part.rows)
    return parts_of(values, codes, least, scaled=column.type in SCALED)


def _encoded(
    table: str, column: str, rows: NDArray[np.int64]
) -> tuple[list[Any], NDArray[np.intp]]:
    """The different values of these rows, rising, and which of them each row has.

    Raises:
        NotFound: the table is gone.
    """
    try:
        chosen = pq.read_table(table, columns=[column])[column].take(pa.array(rows))
    except (OSError, KeyError, pa.ArrowException):
        raise NotFound(_("The table of these runs cannot be read.")) from None
    encoded = chosen.combine_chunks().dictionary_encode()
    values = encoded.dictionary.to_pylist()
    codes = encoded.indices.fill_null(MISSING).to_numpy(zero_copy_only=False).astype(np.intp)
    order = sorted(
        (place for place, value in enumerate(values) if value == value), key=values.__getitem__
    )
    ranks = np.full(len(values) + 1, MISSING, dtype=np.intp)  # the last one is that of MISSING
    ranks[order] = np.arange(len(order))
    return [values[place] for place in order], ranks[codes]


def to_json(found: Slices) -> dict[str, Any]:
    """As the shell prints it."""
    return {
        "metric": found.metric,
        "judged_on": "holdout" if found.held_out else "folds",
        "a": found.a,
        "b": found.b,
        "rows": found.rows,
        "whole": {"a": found.whole[0], "b": found.whole[1]},
        "negligible": found.rope,
        "looked_at": found.looked_at,
        "slices": [
            {
                "column": one.column.name,
                "from": jsonable(one.low),
                "to": jsonable(one.low if one.high is None else one.high),
                "rows": one.rows,
                "a": one.a,
                "b": one.b,
                "pair": jsonable(one.pair),
            }
            for one in found.found
        ],
    }
