"""Features: which columns a model sees, in which role, and the choices that were saved."""

from __future__ import annotations

from dataclasses import dataclass

from mlops_core.domain.columns import Column, ColumnRole
from mlops_core.domain.configs import FeatureConfig
from mlops_core.domain.records import Dataset, FeatureSet
from mlops_core.errors import Conflict
from mlops_core.features.resolve import resolve_columns, role_of
from mlops_core.i18n import _
from mlops_core.services import shelves
from mlops_core.services.datasets import get_dataset
from mlops_core.services.names import clean_name
from mlops_core.store import configs as store
from mlops_core.store.configs import FEATURE_SETS
from mlops_core.store.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class FeatureRow:
    """One column on the Features page.

    Attributes:
        column: The column itself.
        role: The role it has under the configuration.
        suggested: The role it would have without one.
        used: Whether a model sees it.
        reason: Why it has its role, or why it is left out.
    """

    column: Column
    role: ColumnRole
    suggested: ColumnRole
    used: bool
    reason: str


def rows(dataset: Dataset, config: FeatureConfig, target: str) -> tuple[FeatureRow, ...]:
    """Every column of ``dataset``, in its order, as ``config`` treats it."""
    return tuple(_row(column, config, target) for column in dataset.columns)


def _row(column: Column, config: FeatureConfig, target: str) -> FeatureRow:
    role = role_of(config, column.name, column.role, column.type)
    left_out = config.include != "all" and column.name not in config.include
    used = False
    if column.name == target:
        reason = _("It is the target.")
    elif left_out or column.name in config.exclude:
        reason = _("It was left out.")
    else:
        used = role is not ColumnRole.DROP
        chosen = role is not column.role
        reason = (
            _("It was chosen.") if chosen else _(column.role_reason) if column.role_reason else ""
        )
    return FeatureRow(column=column, role=role, suggested=column.role, used=used, reason=reason)


def save(ws: Workspace, name: str, dataset_id: int, config: FeatureConfig) -> FeatureSet:
    """Keep a choice of features under a name, made on this dataset.

    The next version of the name is made when anything differs from its newest one; otherwise that
    is returned.

    Raises:
        NotFound: there is no such dataset.
        InvalidInput: a column is unknown, or none is left; ``field`` says where.
        Conflict: the name belongs to features of another dataset.
    """
    name = clean_name(name)
    dataset = get_dataset(ws, dataset_id)
    _check(dataset, config)
    values = {
        "name": name,
        "dataset_name": dataset.name,
        "dataset_id": dataset_id,
        "config": config.model_dump(mode="json"),
    }
    with ws.begin() as connection:
        last = store.newest(connection, FEATURE_SETS, name)
        if last is not None and last.dataset_name != dataset.name:
            raise Conflict(
                _("“{name}” is the name of features of “{dataset}”.").format(
                    name=name, dataset=last.dataset_name
                ),
                _("Choose another name."),
                field="name",
            )
        return store.save(connection, FEATURE_SETS, values, at=ws.now())


def _check(dataset: Dataset, config: FeatureConfig) -> None:
    suggested = {column.name: column.role for column in dataset.columns}
    # The target is not part of the choice: whatever it will be, it is no feature.
    types = {column.name: column.type for column in dataset.columns}
    resolve_columns(config, suggested, "", types)


def list_feature_sets(
    ws: Workspace, *, dataset_name: str | None = None, latest_only: bool = True
) -> tuple[FeatureSet, ...]:
    """Saved feature sets, the last saved first."""
    with ws.read() as connection:
        return store.listing(
            connection, FEATURE_SETS, latest_only=latest_only, dataset_name=dataset_name
        )


def get_feature_set(ws: Workspace, feature_set_id: int) -> FeatureSet:
    """One saved version; ``NotFound`` when there is none with this id."""
    return shelves.get(ws, FEATURE_SETS, feature_set_id)


def versions(ws: Workspace, name: str) -> tuple[FeatureSet, ...]:
    """Every version of a name, newest first; empty when there is none."""
    return shelves.versions(ws, FEATURE_SETS, name)


def missing_columns(feature_set: FeatureSet, dataset: Dataset) -> tuple[str, ...]:
    """Columns that ``feature_set`` counts on and ``dataset`` lacks, in the order it names them."""
    config = feature_set.config
    named = (*(() if config.include == "all" else config.include), *config.roles, *config.exclude)
    known = {column.name for column in dataset.columns}
    return tuple(dict.fromkeys(name for name in named if name not in known))


def remove(ws: Workspace, feature_set_id: int) -> None:
    """Delete one version; ``Conflict`` names the experiments that use it."""
    shelves.remove(ws, FEATURE_SETS, feature_set_id)
