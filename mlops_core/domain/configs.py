"""Configs: what was asked. Frozen, complete, JSON both ways, with located errors."""

from __future__ import annotations

import hashlib
import json
import re
from enum import StrEnum
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from mlops_core.domain.columns import ColumnRole
from mlops_core.domain.params import ParamValue, Task

SEMVER = re.compile(r"^v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})$")
NAME_LENGTH = 120
MAX_RETRIES = 5
LAST_NUMBER = 2**31 - 1  # what a column of whole numbers holds
LAST_SEED = 2**32 - 1
Name = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH)]


class Config(BaseModel):
    """Base of everything that is asked for: unknown keys are refused, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False)


class DatasetConfig(Config):
    """Which table, and what to learn from it.

    ``name`` and ``version`` are for people; ``fingerprint`` (SHA-256 of the stored table) is what
    counts.
    """

    name: str
    version: int = Field(ge=1)
    fingerprint: str
    target: str
    task: Task
    positive_class: str | None = None


class NumericPreparation(Config):
    impute: Literal["auto", "none", "mean", "median", "most_frequent", "zero"] = "auto"
    scale: Literal["auto", "none", "standard", "minmax", "robust"] = "auto"


class CategoricalPreparation(Config):
    impute: Literal["auto", "most_frequent", "missing"] = "auto"
    encode: Literal["auto", "onehot", "ordinal", "target"] = "auto"
    max_categories: int = Field(default=100, ge=2, le=10_000)


class TextPreparation(Config):
    max_features: int = Field(default=300, ge=10, le=50_000)


class FeatureConfig(Config):
    """Which columns, in which role, prepared how.

    ``include`` is ``"all"`` or a list of names; ``exclude`` is taken away from it; ``roles``
    overrides the suggested role of single columns. A listed column is used even where the
    suggestion is to drop it, in the role that is natural for its type. The target is never a
    feature.
    """

    include: Literal["all"] | tuple[str, ...] = "all"
    exclude: tuple[str, ...] = ()
    roles: dict[str, ColumnRole] = Field(default_factory=dict)
    numeric: NumericPreparation = NumericPreparation()
    categorical: CategoricalPreparation = CategoricalPreparation()
    text: TextPreparation = TextPreparation()


class ModelConfig(Config):
    """An algorithm and what is set on it; parameters that are not named keep their default.

    ``seed`` is that of the fits alone; without it they take the seed of the split.
    """

    # "model_" is pydantic's own prefix, not used by any field here.
    algorithm: str
    params: dict[str, ParamValue] = Field(default_factory=dict)
    seed: int | None = Field(default=None, ge=0, le=LAST_SEED)


class ResourceAllocation(Config):
    """What a run may use. The bounds are settings and are checked by ``services.resources``."""

    cpu_cores: int = Field(default=1, ge=1)
    memory_gb: float = Field(default=2.0, gt=0)
    gpus: int = Field(default=0, ge=0)
    gpu_memory_gb: float = Field(default=0.0, ge=0)  # of each; 0: whatever it has
    time_limit_hours: float = Field(default=1.0, gt=0)

    @property
    def memory_bytes(self) -> int:
        return int(self.memory_gb * 1024**3)

    @property
    def gpu_memory_bytes(self) -> int:
        return int(self.gpu_memory_gb * 1024**3)

    @property
    def time_limit_seconds(self) -> float:
        return self.time_limit_hours * 3600.0


class SplitStrategy(StrEnum):
    AUTO = "auto"  # stratified for classification, random for regression
    RANDOM = "random"
    STRATIFIED = "stratified"
    GROUPED = "grouped"
    TIME = "time"


Split: TypeAlias = tuple[SplitStrategy, str]  # by which column, in time order or by group


class EvaluationConfig(Config):
    """How a model is judged: a hold-out share, k folds on the rest, one primary metric."""

    holdout: float = Field(default=0.2, ge=0.0, le=0.5)
    folds: int = Field(default=5, ge=0, le=50)
    strategy: SplitStrategy = SplitStrategy.AUTO
    group_column: str | None = None
    time_column: str | None = None
    metric: str = "auto"
    seed: int = Field(default=42, ge=0, le=LAST_SEED)

    def settled(self, task: Task) -> SplitStrategy:
        """What ``auto`` means for this task."""
        if self.strategy is not SplitStrategy.AUTO:
            return self.strategy
        classes = task is Task.CLASSIFICATION
        return SplitStrategy.STRATIFIED if classes else SplitStrategy.RANDOM

    @field_validator("folds")
    @classmethod
    def _one_fold_is_no_validation(cls, value: int) -> int:
        if value == 1:
            raise ValueError("one fold leaves nothing to compare with; use 0 (none) or at least 2")
        return value

    @model_validator(mode="after")
    def _something_measures(self) -> Self:
        if self.holdout == 0 and self.folds == 0:
            raise ValueError("without a hold-out share and without folds nothing is measured")
        if self.strategy is SplitStrategy.GROUPED and not self.group_column:
            raise ValueError("a grouped split needs group_column")
        if self.strategy is SplitStrategy.TIME and not self.time_column:
            raise ValueError("a time-ordered split needs time_column")
        return self


class RunSpec(Config):
    """Everything that decides what a run computes. Same digest: the same run."""

    dataset: DatasetConfig
    features: FeatureConfig = FeatureConfig()
    model: ModelConfig
    resources: ResourceAllocation = ResourceAllocation()
    evaluation: EvaluationConfig = EvaluationConfig()

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over the canonical JSON, without the dataset's name and version."""
        content = self.model_dump(mode="json")
        del content["dataset"]["name"], content["dataset"]["version"]
        if self.model.seed is None:  # it came later, and what was asked before is still the same
            del content["model"]["seed"]
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def fit_seed(self) -> int:
        """The seed of the kept model's fit; fold i takes the i-th after it."""
        return self.evaluation.seed if self.model.seed is None else self.model.seed

    @property
    def family(self) -> str:
        """The digest of all that differ from this in nothing but the seed of their fits."""
        model = self.model.model_copy(update={"seed": None})
        return self.model_copy(update={"model": model}).digest


class ExperimentModel(Config):
    """One model version of an experiment; ``model_version_id`` is set when it was saved."""

    name: str
    config: ModelConfig
    model_version_id: int | None = None


class ExperimentConfig(Config):
    """What a person combines on the Experiments page: one dataset, several models.

    ``retries``: how often a run is tried again after its process was killed from outside or its
    supervisor or machine went away; never after a limit or an error of its own.
    """

    dataset_id: int
    target: str
    task: Task
    positive_class: str | None = None
    features: FeatureConfig = FeatureConfig()
    feature_set_id: int | None = None
    models: tuple[ExperimentModel, ...] = Field(min_length=1)
    resources: ResourceAllocation = ResourceAllocation()
    resource_profile_id: int | None = None
    retries: int = Field(default=0, ge=0, le=MAX_RETRIES)
    evaluation: EvaluationConfig = EvaluationConfig()


class SpecDataset(Config):
    """``dataset:`` of a spec file: a path, or a name with an optional version.

    A ``positive_class`` that is said to be null is none; one that is not said is the dataset's.
    """

    path: str | None = None
    name: str | None = None
    version: int | None = Field(default=None, ge=1, le=LAST_NUMBER)
    target: str | None = None
    task: Literal["auto", "classification", "regression"] = "auto"
    positive_class: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.path is None and self.name is None:
            raise ValueError("needs path (a file) or name (a dataset in the workspace)")
        return self


class SpecFile(Config):
    """A spec file as a person writes it."""

    name: Name
    version: str = "1.0.0"
    description: str = ""
    tags: tuple[str, ...] = ()
    dataset: SpecDataset
    features: FeatureConfig = FeatureConfig()
    model: ModelConfig
    resources: ResourceAllocation = ResourceAllocation()
    evaluation: EvaluationConfig = EvaluationConfig()
    priority: Literal["low", "normal", "high"] = "normal"
    retries: int = Field(default=0, ge=0, le=MAX_RETRIES)

    @field_validator("version")
    @classmethod
    def _is_semantic(cls, value: str) -> str:
        return str(SemanticVersion.parse(value))


class Bump(StrEnum):
    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


class SemanticVersion(Config):
    """A version of an experiment (https://semver.org, without pre-releases)."""

    major: int = 1
    minor: int = 0
    patch: int = 0

    @classmethod
    def parse(cls, text: str) -> SemanticVersion:
        """``"1.2.3"`` or ``"v1.2.3"``.

        Raises:
            ValueError: it is neither.
        """
        match = SEMVER.match(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is not a version such as 1.0.0")
        major, minor, patch = (int(part) for part in match.groups())
        return cls(major=major, minor=minor, patch=patch)

    def bumped(self, part: Bump) -> SemanticVersion:
        match part:
            case Bump.MAJOR:
                return SemanticVersion(major=self.major + 1)
            case Bump.MINOR:
                return SemanticVersion(major=self.major, minor=self.minor + 1)
            case Bump.PATCH:
                return SemanticVersion(major=self.major, minor=self.minor, patch=self.patch + 1)

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


class Change(BaseModel):
    """One difference between two configs: dotted path, value before, value after."""

    model_config = ConfigDict(frozen=True)

    path: str
    before: Any
    after: Any


MISSING = "—"


def diff(before: dict[str, Any], after: dict[str, Any], prefix: str = "") -> list[Change]:
    """Every leaf in which two JSON-like dicts differ, by path; absent leaves show ``MISSING``."""
    changes: list[Change] = []
    for key in sorted({*before, *after}):
        old, new = before.get(key, MISSING), after.get(key, MISSING)
        path = f"{prefix}{key}"
        if isinstance(old, dict) and isinstance(new, dict):
            changes.extend(diff(old, new, f"{path}."))
        elif old != new:
            changes.append(Change(path=path, before=old, after=new))
    return changes
