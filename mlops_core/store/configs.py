"""Saved configurations: feature sets, model versions, resource profiles.

The three are one thing: something with a name, in versions that never change. ``Shelf`` says what
is particular to each; the functions below serve all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Label,
    RowMapping,
    Select,
    Table,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from mlops_core.domain.configs import (
    FeatureConfig,
    ModelConfig,
    ResourceAllocation,
    SemanticVersion,
)
from mlops_core.domain.params import Task
from mlops_core.domain.records import FeatureSet, ModelVersion, ResourceProfile
from mlops_core.errors import StoreError
from mlops_core.i18n import N_, _
from mlops_core.store.tables import (
    experiment,
    experiment_model,
    feature_set,
    model_version,
    resource_profile,
    run,
)

VERSION_ATTEMPTS = 20


class Versioned(Protocol):
    """What every saved configuration has."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int: ...


T = TypeVar("T", bound=Versioned)


@dataclass(frozen=True, kw_only=True)
class Shelf(Generic[T]):
    """Where one kind of configuration is kept.

    Attributes:
        table: Its table; it has id, name, version and created_at.
        content: The columns that make one version differ from another.
        record: A row of ``listing`` to its record.
        used_by: For a column of ids, the condition on ``experiment`` to use that configuration.
        absent: The sentence for an ``{id}`` that does not exist.
        remark: The column of words that may change without making a version.
    """

    table: Table
    content: tuple[str, ...]
    record: Callable[[RowMapping], T]
    used_by: Callable[[ColumnElement[int]], ColumnElement[bool]]
    absent: str
    remark: str | None = None


def _feature_set(row: RowMapping) -> FeatureSet:
    return FeatureSet(
        id=row["id"],
        name=row["name"],
        version=row["version"],
        dataset_name=row["dataset_name"],
        dataset_id=row["dataset_id"],
        config=FeatureConfig.model_validate(row["config"]),
        created_at=row["created_at"],
        versions=row["versions"],
        used=bool(row["used"]),
    )


def _model_version(row: RowMapping) -> ModelVersion:
    return ModelVersion(
        id=row["id"],
        name=row["name"],
        version=row["version"],
        task=Task(row["task"]),
        config=ModelConfig.model_validate(row["config"]),
        notes=row["notes"],
        created_at=row["created_at"],
        versions=row["versions"],
        used=bool(row["used"]),
    )


def _resource_profile(row: RowMapping) -> ResourceProfile:
    return ResourceProfile(
        id=row["id"],
        name=row["name"],
        version=row["version"],
        allocation=ResourceAllocation.model_validate(row["allocation"]),
        description=row["description"],
        created_at=row["created_at"],
        used=bool(row["used"]),
    )


def _uses_model(version_id: ColumnElement[int]) -> ColumnElement[bool]:
    planned = select(experiment_model.c.experiment_id).where(
        experiment_model.c.model_version_id == version_id
    )
    ran = select(run.c.experiment_id).where(run.c.model_version_id == version_id)
    return or_(experiment.c.id.in_(planned), experiment.c.id.in_(ran))


FEATURE_SETS = Shelf(
    table=feature_set,
    content=("config",),
    record=_feature_set,
    used_by=lambda config_id: experiment.c.feature_set_id == config_id,
    absent=N_("There is no feature set {id}."),
)
MODEL_VERSIONS = Shelf(
    table=model_version,
    content=("config",),
    record=_model_version,
    used_by=_uses_model,
    absent=N_("There is no model {id}."),
    remark="notes",
)
RESOURCE_PROFILES = Shelf(
    table=resource_profile,
    content=("allocation",),
    record=_resource_profile,
    used_by=lambda config_id: experiment.c.resource_profile_id == config_id,
    absent=N_("There is no resource profile {id}."),
    remark="description",
)


def insert_next_version(connection: Connection, table: Table, values: Mapping[str, Any]) -> int:
    """Insert ``values`` as the next version of its name and return its id.

    Raises:
        StoreError: other writers were faster every time.
    """
    newest = select(func.coalesce(func.max(table.c.version), 0)).where(
        table.c.name == values["name"]
    )
    for _attempt in range(VERSION_ATTEMPTS):
        version = connection.execute(newest).scalar_one() + 1
        try:
            # SQLite lets one writer in at a time; elsewhere two may choose the same number, and
            # the savepoint lets the slower one choose again.
            with connection.begin_nested():
                statement = insert(table).values(**values, version=version).returning(table.c.id)
                found: int = connection.execute(statement).scalar_one()
                return found
        except IntegrityError:
            continue
    raise StoreError(
        _("{name} could not be saved: others are saving it too.").format(name=values["name"]),
        _("Try again."),
    )


def name_counts(table: Table) -> tuple[Label[int], Label[int]]:
    """For each row, how many ``versions`` its name has and which is the ``newest``.

    Answered from the index on name and version, so that a single row costs no scan.
    """
    same = table.alias()
    found = select(func.count()).where(same.c.name == table.c.name).correlate(table)
    newest = select(func.max(same.c.version)).where(same.c.name == table.c.name).correlate(table)
    return (
        found.select_from(same).scalar_subquery().label("versions"),
        newest.scalar_subquery().label("newest"),
    )


def _rows(shelf: Shelf[T]) -> Select[Any]:
    """Every version, with how many its name has, which is the newest and whether it is used."""
    table = shelf.table
    used = select(literal(1)).where(shelf.used_by(table.c.id)).correlate(table).exists()
    return select(table, *name_counts(table), used.label("used"))


def listing(
    connection: Connection,
    shelf: Shelf[T],
    *,
    latest_only: bool = True,
    **equal: Any,
) -> tuple[T, ...]:
    """Configurations, those saved last first.

    Args:
        latest_only: Only the newest version of each name.
        equal: Columns and the value that they must have; ``None`` means any.
    """
    rows = _rows(shelf).subquery()
    statement = select(rows).order_by(rows.c.created_at.desc(), rows.c.id.desc())
    if latest_only:
        statement = statement.where(rows.c.version == rows.c.newest)
    for name, value in equal.items():
        if value is not None:
            statement = statement.where(rows.c[name] == value)
    return tuple(shelf.record(row) for row in connection.execute(statement).mappings())


def find(connection: Connection, shelf: Shelf[T], config_id: int) -> T | None:
    """One version by its id."""
    return next(iter(listing(connection, shelf, latest_only=False, id=config_id)), None)


def newest(connection: Connection, shelf: Shelf[T], name: str) -> T | None:
    """The newest version of this name."""
    return next(iter(listing(connection, shelf, name=name)), None)


def save(connection: Connection, shelf: Shelf[T], values: Mapping[str, Any], *, at: datetime) -> T:
    """Keep ``values`` (all columns but version and time) and return the version that holds them.

    When the newest version of the name has the same content it is that one; a remark that differs
    is then written over the old one.
    """
    table = shelf.table
    last = (
        connection.execute(
            select(table)
            .where(table.c.name == values["name"])
            .order_by(table.c.version.desc())
            .limit(1)
        )
        .mappings()
        .first()
    )
    if last is None or any(last[name] != values[name] for name in shelf.content):
        config_id = insert_next_version(connection, table, {**values, "created_at": at})
    else:
        config_id = last["id"]
        if shelf.remark and values[shelf.remark]:
            connection.execute(
                update(table)
                .where(table.c.id == config_id)
                .values({shelf.remark: values[shelf.remark]})
            )
    (saved,) = listing(connection, shelf, latest_only=False, id=config_id)
    return saved


def is_empty(connection: Connection, shelf: Shelf[T]) -> bool:
    """Whether nothing was ever saved, or all of it was removed."""
    return connection.execute(select(shelf.table.c.id).limit(1)).first() is None


def users(connection: Connection, shelf: Shelf[T], config_id: int) -> tuple[str, ...]:
    """The experiments that use this version, as ``name v1.0.0``.

    Locks the version on databases that lock rows, so that none can begin to use it meanwhile.
    """
    table = shelf.table
    connection.execute(select(table.c.id).where(table.c.id == config_id).with_for_update())
    return experiments_where(connection, shelf.used_by(literal(config_id)))


def experiments_where(connection: Connection, condition: ColumnElement[bool]) -> tuple[str, ...]:
    """The experiments that meet ``condition``, as ``name v1.0.0``, oldest first."""
    rows = connection.execute(
        select(experiment.c.name, experiment.c.major, experiment.c.minor, experiment.c.patch)
        .where(condition)
        .order_by(experiment.c.id)
    )
    return tuple(
        f"{row.name} v{SemanticVersion(major=row.major, minor=row.minor, patch=row.patch)}"
        for row in rows
    )


def remove(connection: Connection, shelf: Shelf[T], config_id: int) -> bool:
    """Delete one version that nothing uses; ``False``: it was not there."""
    return bool(
        connection.execute(delete(shelf.table).where(shelf.table.c.id == config_id)).rowcount
    )
