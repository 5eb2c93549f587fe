"""The choice of features that a person is working on, between what is saved and what is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from mlops_core.domain.columns import Column, ColumnRole, ColumnType
from mlops_core.domain.configs import FeatureConfig
from mlops_core.domain.records import Dataset
from mlops_core.services import features
from mlops_core.services.findings import suggested as suggested

_NATURAL = {
    ColumnType.INTEGER: ColumnRole.NUMERIC,
    ColumnType.NUMBER: ColumnRole.NUMERIC,
    ColumnType.BOOLEAN: ColumnRole.CATEGORICAL,
    ColumnType.DATE: ColumnRole.DATE,
    ColumnType.DATETIME: ColumnRole.DATE,
    ColumnType.TEXT: ColumnRole.CATEGORICAL,
}


@dataclass
class Draft:
    """What is used, and in which role; every column of the dataset but the target.

    Attributes:
        used: Columns that a model would see.
        roles: Role of every column.
        base: The configuration that the draft started from; it has the preparation.
    """

    used: set[str] = field(default_factory=set)
    roles: dict[str, ColumnRole] = field(default_factory=dict)
    base: FeatureConfig = field(default_factory=FeatureConfig)

    @classmethod
    def of(cls, dataset: Dataset, config: FeatureConfig) -> Draft:
        """The draft that stands for ``config``; columns the dataset lacks are left out of it."""
        rows = features.rows(dataset, config, dataset.target or "")
        rows = tuple(row for row in rows if row.column.name != dataset.target)
        return cls(
            used={row.column.name for row in rows if row.used},
            roles={row.column.name: row.role for row in rows},
            base=config,
        )

    def use(self, column: Column, use: bool) -> None:
        """Take a column in or leave it out; one that had no role gets that of its type."""
        if not use:
            self.used.discard(column.name)
            return
        self.used.add(column.name)
        if self.roles[column.name] is ColumnRole.DROP:
            self.roles[column.name] = _NATURAL[column.type]

    def set_role(self, column: Column, role: ColumnRole) -> None:
        """Give a column a role; "leave out" takes it from the features, any other puts it in."""
        self.roles[column.name] = role
        if role is ColumnRole.DROP:
            self.used.discard(column.name)
        else:
            self.used.add(column.name)

    def config(self, dataset: Dataset, preparation: FeatureConfig) -> FeatureConfig:
        """The configuration of this choice, with the preparation of another one.

        Columns are named as exceptions while most are used, so that a later version of the dataset
        brings its new columns along; where few are used, they are listed.
        """
        columns = [column for column in dataset.columns if column.name in self.roles]
        changed = {
            column.name: self.roles[column.name]
            for column in columns
            if self.roles[column.name] is not column.role
        }
        few = len(self.used) * 2 < len(columns)
        if few:
            include = tuple(column.name for column in columns if column.name in self.used)
            roles = {name: role for name, role in changed.items() if name in self.used}
            return preparation.model_copy(
                update={"include": include, "exclude": (), "roles": roles}
            )
        left_out = tuple(
            column.name
            for column in columns
            if column.name not in self.used and self.roles[column.name] is not ColumnRole.DROP
        )
        return preparation.model_copy(
            update={"include": "all", "exclude": left_out, "roles": changed}
        )


def each(draft: Draft, columns: Iterable[Column], change: Callable[[Draft, Column], None]) -> None:
    """Do the same to several columns, the target left out."""
    for column in columns:
        if column.name in draft.roles:
            change(draft, column)
