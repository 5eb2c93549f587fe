"""Which rows are held out and which fold judges which: the arithmetic of a split.

Row positions (0 to n - 1) in, sorted positions out. Nothing but numpy is used here, because the
exported script of a run carries these very functions.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Positions: TypeAlias = NDArray[np.intp]
Folds: TypeAlias = list[tuple[Positions, Positions]]  # (training rows, judged rows) of each fold

LEARN_ONLY = -1


def held_out_rows(share: float, rows: int) -> int:
    """How many of ``rows`` a hold-out share means: rounded, at least one unless it is 0."""
    return max(1, round(share * rows)) if share else 0


def stratified(
    classes: Positions, share: float, folds: int, rng: np.random.Generator
) -> tuple[Positions, list[Positions]]:
    """Every class spread evenly over hold-out and folds; never a class's last row held out.

    A class with one training row stays in every fold's training part: without it that fold could
    not even know the class.
    """
    order = rng.permutation(len(classes))
    order = order[np.argsort(classes[order], kind="stable")]
    sizes = np.bincount(classes)
    members = np.split(order, np.cumsum(sizes)[:-1])
    taken = quota(sizes, held_out_rows(share, len(classes)))
    only_class = len(sizes) == 1
    holdout = np.concatenate([rows[:n] for rows, n in zip(members, taken, strict=True)])
    judged: list[list[int]] = [[] for _ in range(folds)]
    turn = 0
    for rows, n in zip(members, taken, strict=True):
        left = rows[n:]
        if not folds or (len(left) == 1 and not only_class):
            continue
        for row in left:
            judged[turn % folds].append(int(row))
            turn += 1
    return np.sort(holdout), [np.sort(np.array(rows, dtype=np.intp)) for rows in judged]


def quota(sizes: Positions, total: int) -> Positions:
    """``total`` rows shared out over classes by size (largest remainder), leaving each at least one
    row; fewer than ``total`` where that is all there is to take."""
    exact = sizes * (total / sizes.sum())
    shares: Positions = np.minimum(np.floor(exact).astype(np.intp), np.maximum(sizes - 1, 0))
    by_need = np.argsort(shares - exact, kind="stable")
    for index in by_need:
        if shares.sum() >= total:
            break
        if shares[index] < sizes[index] - 1:
            shares[index] += 1
    return shares


def grouped(
    groups: NDArray[Any], share: float, folds: int, rng: np.random.Generator
) -> tuple[Positions, list[Positions]]:
    """Whole groups only: those of the hold-out first, the rest dealt to the emptiest fold."""
    _names, codes = np.unique(groups, return_inverse=True)
    sizes = np.bincount(codes)
    shuffled = rng.permutation(len(sizes))
    wanted = held_out_rows(share, len(codes))
    held: list[int] = []
    taken = 0
    for group in shuffled:
        spare = len(sizes) - len(held) > max(folds, 1)
        if spare and taken < wanted and (not held or taken + sizes[group] <= 1.5 * wanted):
            held.append(int(group))
            taken += int(sizes[group])
    left = shuffled[~np.isin(shuffled, held)]
    fold_of = np.full(len(sizes), LEARN_ONLY, dtype=np.intp)
    filled = np.zeros(max(folds, 1), dtype=np.intp)
    for group in left[np.argsort(-sizes[left], kind="stable")]:
        fold = int(filled.argmin())
        fold_of[group] = fold
        filled[fold] += sizes[group]
    judged = [np.flatnonzero(fold_of[codes] == fold) for fold in range(folds)]
    return np.flatnonzero(np.isin(codes, held)), judged


def around(holdout: Positions, judged: list[Positions], rows: int) -> tuple[Positions, Folds]:
    """All rows but the hold-out, and for each fold what it learns from beside what it judges."""
    train = np.setdiff1d(np.arange(rows), holdout)
    return train, [(np.setdiff1d(train, judge), judge) for judge in judged]


def time_ordered(
    times: NDArray[np.float64], share: float, folds: int
) -> tuple[Positions, Positions, Folds]:
    """Hold-out, training rows and folds: fold i learns from the past of what it judges.

    The newest rows are held out. The training rows are cut into k + 1 blocks of time; fold i learns
    from the first i blocks and judges the next one. Rows without a time count as the oldest.
    """
    order = np.argsort(np.where(np.isnan(times), -np.inf, times), kind="stable")
    held = held_out_rows(share, len(times))
    past, holdout = order[: len(order) - held], order[len(order) - held :]
    blocks = np.array_split(past, folds + 1)
    cut = [
        (np.sort(np.concatenate(blocks[:number])), np.sort(blocks[number]))
        for number in range(1, folds + 1)
    ]
    return np.sort(holdout), np.sort(past), cut
