"""What a model may have said, made of scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlops_core.metrics import Observed


def seen_as(truth: np.ndarray[Any, Any], scores: np.ndarray[Any, Any]) -> Observed:
    """Rows of ``truth`` with these probabilities, shape (n, classes); the likeliest is said."""
    classes = scores.shape[1]
    return Observed(
        truth=truth,
        predicted=scores.argmax(axis=1),
        classes=classes,
        positive=1 if classes == 2 else None,
        scores=scores,
        probabilities=True,
    )
