"""``predictions.parquet`` of a run, read back (``training/predictions.py`` writes it)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mlops_core.metrics.base import Observed
from mlops_core.metrics.resampling import take

KINDS = ("probability:", "score:")


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """What a run said about every row that judged it.

    Attributes:
        rows: Position of each row in the dataset, shape (n,).
        folds: Fold that judged it, from 1; 0 for the hold-out, shape (n,).
        classes: Names of the classes; empty for regression.
        seen: The truth and what was said, rows in the same order.
    """

    rows: NDArray[np.int64]
    folds: NDArray[np.int32]
    classes: tuple[str, ...]
    seen: Observed

    @property
    def plan(self) -> bytes:
        """Digest of which row was judged where: the same digest, the same split."""
        return hashlib.sha256(self.rows.tobytes() + self.folds.tobytes()).digest()

    def part(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Predictions:
        return Predictions(
            rows=self.rows[chosen],
            folds=self.folds[chosen],
            classes=self.classes,
            seen=take(self.seen, chosen),
        )

    def held_out(self) -> Predictions:
        return self.part(self.folds == 0)

    def of_folds(self) -> Predictions:
        return self.part(self.folds > 0)


def read_predictions(
    path: Path, classes: tuple[str, ...], positive: str | None
) -> Predictions | None:
    """The file's content; ``None`` where there is none, or what is there is damaged.

    Args:
        classes: Names of the classes, in the run's order; empty for regression.
        positive: The positive class.
    """
    try:
        table = pq.read_table(path)
        return Predictions(
            rows=table["row"].to_numpy().astype(np.int64),
            folds=table["fold"].to_numpy().astype(np.int32),
            classes=classes,
            seen=_classified(table, classes, positive) if classes else _numbers(table),
        )
    except (OSError, KeyError, ValueError, pa.ArrowException):
        return None


def count_predictions(path: Path) -> int | None:
    """How many predictions a file holds; ``None`` where there is none, or it is damaged."""
    try:
        count: int = pq.read_metadata(path).num_rows
    except (OSError, pa.ArrowException):
        return None
    return count


def _numbers(table: pa.Table) -> Observed:
    return Observed(
        truth=table["actual"].to_numpy().astype(np.float64),
        predicted=table["predicted"].to_numpy().astype(np.float64),
    )


def _classified(table: pa.Table, classes: tuple[str, ...], positive: str | None) -> Observed:
    kind = next((kind for kind in KINDS if f"{kind}{classes[0]}" in table.column_names), None)
    scores = None
    if kind is not None:
        scores = np.column_stack([table[f"{kind}{name}"].to_numpy() for name in classes])
    return Observed(
        truth=_places(table["actual"], classes),
        predicted=_places(table["predicted"], classes),
        classes=len(classes),
        positive=classes.index(positive) if positive in classes and len(classes) == 2 else None,
        scores=scores,
        probabilities=kind == KINDS[0],
    )


def _places(column: pa.ChunkedArray, classes: tuple[str, ...]) -> NDArray[np.intp]:
    found = pa.compute.index_in(column, value_set=pa.array(classes, pa.string()))
    if found.null_count:
        raise ValueError("a class that the run does not know")
    places: NDArray[np.intp] = found.to_numpy().astype(np.intp)
    return places
