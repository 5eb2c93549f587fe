"""Which rows judge a model: a hold-out part, and k folds on the rest.

All functions are deterministic in the seed and give row positions (0 to n - 1), sorted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mlops_core.domain.configs import EvaluationConfig, SplitStrategy
from mlops_core.domain.params import Task
from mlops_core.errors import InvalidInput

Positions: TypeAlias = NDArray[np.intp]
LEARN_ONLY = -1


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
    warnings: tuple[str, ...] = ()
    match strategy:
        case SplitStrategy.GROUPED if groups is not None:
            holdout, judged = _grouped(evaluation, groups, rng)
        case SplitStrategy.TIME if times is not None:
            return _time_ordered(evaluation, times)
        case SplitStrategy.STRATIFIED:
            classes = target.astype(np.intp)
            holdout, judged = _stratified(evaluation, classes, rng)
            warnings = _rare(evaluation, classes, holdout, class_names)
        case SplitStrategy.RANDOM:
            holdout, judged = _stratified(evaluation, np.zeros(rows, dtype=np.intp), rng)
        case _:
            raise ValueError(f"a {strategy} split needs its column")
    if not len(holdout) and not any(len(judge) for judge in judged):
        raise InvalidInput(
            "Every class has a single row, so no row is left to judge a model.",
            "Choose a target whose values repeat.",
            field="dataset.target",
        )
    train = np.setdiff1d(np.arange(rows), holdout)
    folds = tuple((np.setdiff1d(train, judge), judge) for judge in judged)
    return Split(holdout=holdout, train=train, folds=folds, strategy=strategy, warnings=warnings)


def held_out_rows(share: float, rows: int) -> int:
    """How many of ``rows`` a hold-out share means: rounded, at least one unless it is 0."""
    return max(1, round(share * rows)) if share else 0


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


def _stratified(
    evaluation: EvaluationConfig, classes: Positions, rng: np.random.Generator
) -> tuple[Positions, list[Positions]]:
    """Every class spread evenly over hold-out and folds; never a class's last row held out.

    A class with one training row stays in every fold's training part: without it that fold could
    not even know the class.
    """
    order = rng.permutation(len(classes))
    order = order[np.argsort(classes[order], kind="stable")]
    sizes = np.bincount(classes)
    members = np.split(order, np.cumsum(sizes)[:-1])
    quota = _quota(sizes, held_out_rows(evaluation.holdout, len(classes)))
    only_class = len(sizes) == 1
    holdout = np.concatenate([rows[:n] for rows, n in zip(members, quota, strict=True)])
    judged: list[list[int]] = [[] for _ in range(evaluation.folds)]
    turn = 0
    for rows, n in zip(members, quota, strict=True):
        left = rows[n:]
        if not evaluation.folds or (len(left) == 1 and not only_class):
            continue
        for row in left:
            judged[turn % evaluation.folds].append(int(row))
            turn += 1
    return np.sort(holdout), [np.sort(np.array(rows, dtype=np.intp)) for rows in judged]


def _quota(sizes: Positions, total: int) -> Positions:
    """``total`` rows shared out over classes by size (largest remainder), leaving each at least one
    row; fewer than ``total`` where that is all there is to take."""
    exact = sizes * (total / sizes.sum())
    quota: Positions = np.minimum(np.floor(exact).astype(np.intp), np.maximum(sizes - 1, 0))
    by_need = np.argsort(quota - exact, kind="stable")
    for index in by_need:
        if quota.sum() >= total:
            break
        if quota[index] < sizes[index] - 1:
            quota[index] += 1
    return quota


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


def _grouped(
    evaluation: EvaluationConfig, groups: NDArray[Any], rng: np.random.Generator
) -> tuple[Positions, list[Positions]]:
    """Whole groups only: those of the hold-out first, the rest dealt to the emptiest fold."""
    _names, codes = np.unique(groups, return_inverse=True)
    sizes = np.bincount(codes)
    needed = max(evaluation.folds, 1) + (evaluation.holdout > 0)
    if len(sizes) < needed:
        raise InvalidInput(
            f"The group column has {len(sizes)} groups; this plan needs at least {needed}.",
            "Use fewer folds, another group column, or the random split.",
            field="evaluation.group_column",
        )
    shuffled = rng.permutation(len(sizes))
    wanted = held_out_rows(evaluation.holdout, len(codes))
    held: list[int] = []
    taken = 0
    for group in shuffled:
        spare = len(sizes) - len(held) > max(evaluation.folds, 1)
        if spare and taken < wanted and (not held or taken + sizes[group] <= 1.5 * wanted):
            held.append(int(group))
            taken += int(sizes[group])
    left = shuffled[~np.isin(shuffled, held)]
    fold_of = np.full(len(sizes), LEARN_ONLY, dtype=np.intp)
    filled = np.zeros(max(evaluation.folds, 1), dtype=np.intp)
    for group in left[np.argsort(-sizes[left], kind="stable")]:
        fold = int(filled.argmin())
        fold_of[group] = fold
        filled[fold] += sizes[group]
    judged = [np.flatnonzero(fold_of[codes] == fold) for fold in range(evaluation.folds)]
    return np.flatnonzero(np.isin(codes, held)), judged


def _time_ordered(evaluation: EvaluationConfig, times: NDArray[np.float64]) -> Split:
    """The newest rows are held out; fold i learns from the past of what it judges.

    The training rows are cut into k + 1 blocks of time; fold i learns from the first i blocks and
    judges the next one. Rows without a time count as the oldest.
    """
    unknown = np.isnan(times)
    order = np.argsort(np.where(unknown, -np.inf, times), kind="stable")
    held = held_out_rows(evaluation.holdout, len(times))
    past, holdout = order[: len(order) - held], order[len(order) - held :]
    blocks = np.array_split(past, evaluation.folds + 1)
    folds = tuple(
        (np.sort(np.concatenate(blocks[:number])), np.sort(blocks[number]))
        for number in range(1, evaluation.folds + 1)
    )
    warnings = []
    if unknown.any():
        count = int(unknown.sum())
        warnings.append(f"{count} rows have no time and count as the oldest.")
    return Split(
        holdout=np.sort(holdout),
        train=np.sort(past),
        folds=folds,
        strategy=SplitStrategy.TIME,
        warnings=tuple(warnings),
    )
