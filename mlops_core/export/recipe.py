"""What the script of a run is written from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mlops_core.algorithms import get_algorithm, settled_params
from mlops_core.domain.columns import ColumnRole, ColumnType, Spelling
from mlops_core.domain.configs import RunSpec, SplitStrategy
from mlops_core.domain.params import Algorithm, ParamValues, Task
from mlops_core.domain.results import TrainingResult


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One completed run and its dataset, as far as a script needs to know them.

    Attributes:
        run_id: Which run.
        experiment: Its name and version, for people.
        dataset_id: Where its table can be had from.
        spec: What was asked for.
        result: What came of it.
        types: The type of every column of the dataset.
        spellings: What each column of truth values calls them.
        n_jobs: Threads of the run.
    """

    run_id: int
    experiment: str
    dataset_id: int
    spec: RunSpec
    result: TrainingResult
    types: Mapping[str, ColumnType]
    spellings: Mapping[str, Spelling]
    n_jobs: int

    @property
    def algorithm(self) -> Algorithm:
        return get_algorithm(self.spec.model.algorithm)

    @property
    def params(self) -> ParamValues:
        """The parameters of the algorithm, complete, as they were then."""
        settled = settled_params(self.algorithm, self.spec.model.params, self.task)
        return {name: self.result.params.get(name, value) for name, value in settled.items()}

    @property
    def task(self) -> Task:
        return self.spec.dataset.task

    @property
    def is_classification(self) -> bool:
        return self.task is Task.CLASSIFICATION

    @property
    def strategy(self) -> SplitStrategy:
        return self.spec.evaluation.settled(self.task)

    @property
    def split_column(self) -> str | None:
        """The column that the split goes by, if it goes by one."""
        judged = self.spec.evaluation
        if self.strategy is SplitStrategy.GROUPED:
            return judged.group_column
        return judged.time_column if self.strategy is SplitStrategy.TIME else None

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read: the features in the table's order, target, split column."""
        wanted = [*self.features, self.spec.dataset.target, self.split_column]
        return tuple(dict.fromkeys(name for name in wanted if name is not None))

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(use.column for use in self.result.features)

    def of_role(self, role: ColumnRole) -> list[str]:
        """The features of a role, in the table's order."""
        return [use.column for use in self.result.features if use.role == role.value]

    @property
    def positive(self) -> int | None:
        """Index of the positive class among the classes."""
        name = self.result.positive_class
        return None if name is None else self.result.classes.index(name)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Keys of the metrics that have a value, in their order."""
        return tuple(dict.fromkeys([*self.result.holdout, *self.result.cv]))
