"""Which rows judge a model: a hold-out part, and k folds on the rest.

All functions are deterministic in the seed and give row positions (0 to n - 1), sorted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlops_core.domain.configs import EvaluationConfig, SplitStrategy
from mlops_core.domain.params import Task
from mlops_core.errors import InvalidInput
from mlops_core.features.assign import (
    LEARN_ONLY,
    Positions,
    around,
    grouped,
    held_out_rows,
    stratified,
    time_ordered,
)


@dataclass(frozen=True, kw_only=True)
class Split:
    """Where every row goes.

    Attributes:
        holdout: Rows that judge the kept model; no fit ever sees them.
        train: All other rows; the kept model learns from them.
        folds: (training rows, judged rows) of each fold, both within ``train``.
        strategy: What ``auto`` became.
        warnings: What needs care, one sentence each.
    """

    holdout: Positions
    train: Positions
    folds: tuple[tuple[Positions, Positions], ...]
    strategy: SplitStrategy
    warnings: tuple[str, ...] = ()

    def assignment(self) -> NDArray[np.int64]:
        """Shape (n,): 0 for hold-out rows, i for rows judged in fold i, -1 for learning only."""
        fate = np.full(len(self.holdout) + len(self.train), LEARN_ONLY, dtype=np.int64)
        fate[self.holdout] = 0
        for number, (_learn, judge) in enumerate(self.folds, start=1):
            fate[judge] = number
        return fate

    def digest(self) -> str:
        """SHA-256 (hex) of the assignment."""
        return hashlib.sha256(self.assignment().astype("<i8").tobytes()).hexdigest()


def split_rows(
    evaluation: EvaluationConfig,
    task: Task,
    target: NDArray[Any],
    *,
    groups: NDArray[Any] | None = None,
    times: NDArray[np.float64] | None = None,
    class_names: Sequence[str] = (),
) -> Split:
    """Hold-out and folds as ``evaluation`` asks for.

    Args:
        target: Shape (n,): class indices for classification, numbers for regression.
        groups: Shape (n,), group indices; needed for a grouped split.
        times: Shape (n,), any unit, NaN where unknown; needed for a time-ordered split.
        class_names: Names of the classes, for the warnings.

    Raises:
        InvalidInput: there are too few rows, groups or classes.
    """
    rows = len(target)
    strategy = evaluation.settled(task)
    _refuse_too_few(evaluation, strategy, task, target)
    rng = np.random.default_rng(evaluation.seed)
    share, folds = evaluation.holdout, evaluation.folds
    warnings: tuple[str, ...] = ()
    match strategy:
        case SplitStrategy.GROUPED if groups is not None:
            _refuse_too_few_groups(evaluation, groups)
            holdout, judged = grouped(groups, share, folds, rng)
        case SplitStrategy.TIME if times is not None:
            return _time_ordered(evaluation, times)
        case SplitStrategy.STRATIFIED:
            classes = target.astype(np.intp)
            holdout, judged = stratified(classes, share, folds, rng)
            warnings = _rare(evaluation, classes, holdout, class_names)
        case SplitStrategy.RANDOM:
            holdout, judged = stratified(np.zeros(rows, dtype=np.intp), share, folds, rng)
        case _:
            raise ValueError(f"a {strategy} split needs its column")
    if not len(holdout) and not any(len(judge) for judge in judged):
        raise InvalidInput(
            "Every class has a single row, so no row is left to judge a model.",
            "Choose a target whose values repeat.",
            field="dataset.target",
        )
    train, cut = around(holdout, judged, rows)
    return Split(
        holdout=holdout, train=train, folds=tuple(cut), strategy=strategy, warnings=warnings
    )


def _refuse_too_few(
    evaluation: EvaluationConfig, strategy: SplitStrategy, task: Task, target: NDArray[Any]
) -> None:
    rows, folds = len(target), evaluation.folds
    learning = rows - held_out_rows(evaluation.holdout, rows)
    if len(np.unique(target)) < 2:
        what = "class" if task is Task.CLASSIFICATION else "value"
        raise InvalidInput(
            f"The target has a single {what} in {rows} rows, so there is nothing to learn.",
            "Choose a target with at least two different values.",
            field="dataset.target",
        )
    if learning < max(2, folds + (strategy is SplitStrategy.TIME)):
        raise InvalidInput(
            f"{rows} rows with a target leave {learning} for training, too few for {folds} folds.",
            "Use fewer folds, a smaller hold-out share, or more rows.",
            field="evaluation.folds",
        )


def _rare(
    evaluation: EvaluationConfig, classes: Positions, holdout: Positions, names: Sequence[str]
) -> tuple[str, ...]:
    sizes = np.bincount(classes)
    left = sizes - np.bincount(classes[holdout], minlength=len(sizes))
    rare = [index for index in np.argsort(sizes, kind="stable") if left[index] < evaluation.folds]
    if not rare:
        return ()
    shown = ", ".join(f"{names[i] if names else i} ({left[i]})" for i in rare[:5])
    more = f" and {len(rare) - 5} more" if len(rare) > 5 else ""
    return (
        f"Classes with fewer training rows than the {evaluation.folds} folds: {shown}{more}. "
        "Not every fold can judge them, so their scores say little.",
    )


def _refuse_too_few_groups(evaluation: EvaluationConfig, groups: NDArray[Any]) -> None:
    count = len(np.unique(groups))
    needed = max(evaluation.folds, 1) + (evaluation.holdout > 0)
    if count < needed:
        raise InvalidInput(
            f"The group column has {count} groups; this plan needs at least {needed}.",
            "Use fewer folds, another group column, or the random split.",
            field="evaluation.group_column",
        )


def _time_ordered(evaluation: EvaluationConfig, times: NDArray[np.float64]) -> Split:
    """The newest rows are held out; rows without a time are said."""
    holdout, train, cut = time_ordered(times, evaluation.holdout, evaluation.folds)
    warnings = []
    if count := int(np.isnan(times).sum()):
        warnings.append(f"{count} rows have no time and count as the oldest.")
    return Split(
        holdout=holdout,
        train=train,
        folds=tuple(cut),
        strategy=SplitStrategy.TIME,
        warnings=tuple(warnings),
    )
