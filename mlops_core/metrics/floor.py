"""The floor: what is scored by whoever knows the target and looks at no feature.

For classes it always says the most frequent one of the training rows, with the shares of the
classes as its probabilities; for numbers it always says their mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mlops_core.metrics.base import Observed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mlops_core.metrics.base import Vector


def shares_of(truth: Vector, classes: int) -> tuple[float, ...]:
    """The share of every class among the training rows, shape (n,): indices of classes."""
    import numpy as np

    counts = np.bincount(truth, minlength=classes)
    return tuple((counts / counts.sum()).tolist())


def floor_of(
    answers: Mapping[int, tuple[float, ...]],
    folds: NDArray[np.int32],
    truth: Vector,
    classes: int = 0,
    positive: int | None = None,
) -> Observed | None:
    """What the floor says about rows; ``None`` where a fold's answer is not known.

    Args:
        answers: By fold (0: the hold-out) the shares of the classes among the rows that it learned
            from, or their mean alone.
        folds: Fold that judges each row, shape (n,).
        truth: Shape (n,): indices of classes, or numbers.
        classes: How many classes there are; 0 for numbers.
        positive: Index of the positive class.
    """
    import numpy as np

    known, places = np.unique(folds, return_inverse=True)
    width = classes or 1
    if any(len(answers.get(int(fold), ())) != width for fold in known):
        return None
    said = np.array([answers[int(fold)] for fold in known]).reshape(-1, width)[places]
    if not classes:
        return Observed(truth=truth, predicted=said[:, 0])
    return Observed(
        truth=truth,
        predicted=said.argmax(axis=1),
        classes=classes,
        positive=positive,
        scores=said,
        probabilities=True,
    )
