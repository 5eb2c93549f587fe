"""Results: what came back from a trainer, and how its process ended."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mlops_core.domain.states import EndReason


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CrossValidated(_Model):
    """One metric over the folds. ``std`` is the sample standard deviation (ddof = 1)."""

    mean: float
    std: float
    folds: tuple[float, ...]


class Curve(_Model):
    """A line to draw: ROC, precision-recall. ``label`` is the class for multiclass."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    area: float | None = None


class Confusion(_Model):
    """Counts: rows are the true classes, columns the predicted ones."""

    labels: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]


class Residuals(_Model):
    """At most 2,000 points, evenly drawn, of true and predicted values."""

    actual: tuple[float, ...]
    predicted: tuple[float, ...]


class Importance(_Model):
    """Permutation importance of one feature column: fall of the primary metric, mean ± std."""

    feature: str
    mean: float
    std: float


class FeatureUse(_Model):
    """How one column went into the model."""

    column: str
    role: str
    outputs: int  # columns of the design matrix it became


class Floor(_Model):
    """What is scored without a look at any feature (see ``metrics/floor.py``).

    ``answers``: by fold, 0 for the hold-out, the shares of the classes among the rows that were
    learned from, or their mean alone.
    """

    answers: dict[int, tuple[float, ...]]
    holdout: dict[str, float] = Field(default_factory=dict)
    cv: dict[str, CrossValidated] = Field(default_factory=dict)

    def says(self, classes: tuple[str, ...], fold: int | None = None) -> str | None:
        """The class that it always names in ``fold``, or in the first; ``None`` for numbers."""
        place = min(self.answers, default=None) if fold is None else fold
        shares = self.answers.get(place, ()) if place is not None else ()
        return classes[shares.index(max(shares))] if classes and shares else None

    def value(self, metric: str) -> float | None:
        """What it scores on the hold-out, else the mean over the folds."""
        held, folds = self.holdout.get(metric), self.cv.get(metric)
        return held if held is not None or folds is None else folds.mean


class TrainingResult(_Model):
    """What the trainer delivers as ``result.json``. Charts are of the hold-out, else of the folds.

    Metric values that cannot be computed (ROC AUC with one class in a fold) are left out, with a
    sentence in ``warnings``.
    """

    primary_metric: str
    holdout: dict[str, float] = Field(default_factory=dict)
    cv: dict[str, CrossValidated] = Field(default_factory=dict)
    floor: Floor | None = None  # unknown for results of earlier versions
    classes: tuple[str, ...] = ()
    positive_class: str | None = None
    rows: dict[str, int] = Field(default_factory=dict)  # total, used, train, holdout, no_target
    features: tuple[FeatureUse, ...] = ()
    params: dict[str, Any] = Field(default_factory=dict)  # complete, defaults included
    confusion: Confusion | None = None
    roc: tuple[Curve, ...] = ()
    precision_recall: tuple[Curve, ...] = ()
    residuals: Residuals | None = None
    importance: tuple[Importance, ...] = ()
    evaluated_on: Literal["holdout", "folds"] = "holdout"
    warnings: tuple[str, ...] = ()
    environment: dict[str, str] = Field(default_factory=dict)
    digests: dict[str, str] = Field(default_factory=dict)  # model, predictions, split
    timings: dict[str, float] = Field(default_factory=dict)  # seconds by phase


class PartialResult(_Model):
    """What the trainer has found so far, as ``partial.json``: written anew whenever it judged.

    It is what stays of a run that a limit or a person ends.
    """

    planned_folds: int
    holdout: dict[str, float] = Field(default_factory=dict)
    cv: dict[str, CrossValidated] = Field(default_factory=dict)

    @property
    def folds(self) -> int:
        """How many folds were judged."""
        return max((len(one.folds) for one in self.cv.values()), default=0)


class TrainingError(_Model):
    """What the trainer delivers as ``error.json``: a sentence, never only a traceback."""

    kind: str
    message: str
    hint: str = ""
    phase: str = ""
    traceback: str = ""


class Usage(_Model):
    """What the whole process tree of a run used; ``None``: this system does not tell."""

    peak_memory_mb: float | None = None
    mean_memory_mb: float | None = None  # over time
    peak_gpu_memory_mb: float | None = None  # on that GPU on which it held the most
    mean_gpu_percent: float | None = None  # over time, of all its GPUs together; 100 = one
    cpu_seconds: float | None = None
    wall_seconds: float | None = None
    read_mb: float | None = None  # from disks, not from the system's cache
    write_mb: float | None = None

    def cpu_efficiency(self, cores: int) -> float | None:
        """The share of its cores that it used: CPU time ÷ (time × ``cores``), 0 to 1."""
        if self.cpu_seconds is None or not self.wall_seconds:
            return None
        return self.cpu_seconds / (self.wall_seconds * cores)


class RunOutcome(_Model):
    """How a run's process ended, as its supervisor saw it."""

    reason: EndReason
    message: str
    exit_code: int | None = None
    signal: int | None = None
    usage: Usage = Usage()
    enforcement: dict[str, str] = Field(default_factory=dict)  # memory, cpu, time, gpu → layer
