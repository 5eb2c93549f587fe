"""What a metric is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from mlops_core.domain.params import Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector: TypeAlias = NDArray[Any]
    Scores: TypeAlias = NDArray[np.float64]


class Needs(StrEnum):
    """What a metric is computed from, beside the true values."""

    LABELS = "labels"  # the predicted classes or numbers
    SCORES = "scores"  # probabilities, or decision values where there are none
    PROBABILITIES = "probabilities"


class Format(StrEnum):
    """How a value reads."""

    SHARE = "share"  # 0 to 1 (or −1 to 1), no unit
    PERCENT = "percent"  # a ratio to be shown times 100
    TARGET = "target"  # in the unit of the target
    NUMBER = "number"  # without bounds and unit


class Counts(StrEnum):
    """What weighs alike, and so what limits how much a metric knows."""

    ROWS = "rows"
    CLASSES = "classes"  # every class, however rare
    POSITIVE = "positive"  # the positive class alone; every class where there is none


class Uncomputable(Exception):
    """This metric has no value here; the message is a sentence that says why."""


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What a model said about rows whose truth is known.

    Attributes:
        truth: True values, shape (n,): indices into ``classes``, or numbers.
        predicted: Predicted values, shape (n,), like ``truth``.
        classes: How many classes there are; 0 for regression.
        positive: Index of the positive class; ``None`` when there are not exactly two.
        scores: Shape (n, classes), larger is likelier; ``None`` where a model gives none.
        probabilities: ``scores`` are probabilities (rows add up to 1).
    """

    truth: Vector
    predicted: Vector
    classes: int = 0
    positive: int | None = None
    scores: Scores | None = None
    probabilities: bool = False


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One way to say how good a model is.

    Attributes:
        key: Its name in a spec (``roc_auc``).
        label: Its name for people.
        short: Its name where there is little room.
        greater_is_better: Its direction.
        tasks: What it measures.
        needs: What it is computed from.
        format: How a value reads.
        help: One sentence on what it says.
        compute: The value; raises ``Uncomputable``.
        counts: What weighs alike.
        smooth: Resampling says how sure it is; not so of an extreme value (Bickel and Freedman
            1981, "Some asymptotic theory for the bootstrap", section 6).
        lowest: The smallest value there can be.
    """

    key: str
    label: str
    short: str
    greater_is_better: bool
    tasks: frozenset[Task]
    needs: Needs
    format: Format
    help: str
    compute: Callable[[Observed], float]
    counts: Counts = Counts.ROWS
    smooth: bool = True
    lowest: float = 0.0

    @property
    def highest(self) -> float:
        """The largest value there can be."""
        return 1.0 if self.format is Format.SHARE else math.inf

    def better(self, value: float, than: float) -> bool:
        """``value`` is strictly better than ``than``."""
        return value > than if self.greater_is_better else value < than
