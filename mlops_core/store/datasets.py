"""Datasets in the database: one row a version of a table, its files beside it in a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    delete,
    func,
    literal,
    select,
    update,
)

from mlops_core.domain.columns import Column, ReadReport
from mlops_core.domain.findings import Finding
from mlops_core.domain.params import Task
from mlops_core.domain.records import Dataset, DatasetSummary
from mlops_core.store.configs import experiments_where, insert_next_version, name_counts
from mlops_core.store.tables import dataset, experiment, feature_set

COLUMNS: TypeAdapter[tuple[Column, ...]] = TypeAdapter(tuple[Column, ...])
FINDINGS: TypeAdapter[tuple[Finding, ...]] = TypeAdapter(tuple[Finding, ...])
TABLE_FILE = "table.parquet"
ORIGINAL_FILE = "original"
# What a list does not need, and what makes a row big.
_DETAILS = ("report", "columns", "findings", "fingerprint", "original_name", "positive_class")


def _rows(*, details: bool) -> Select[Any]:
    """Every version, with how many its name has, which is the newest and how often it is used."""
    columns = [column for column in dataset.c if details or column.name not in _DETAILS]
    uses = (
        select(func.count())
        .where(experiment.c.dataset_id == dataset.c.id)
        .correlate(dataset)
        .scalar_subquery()
    )
    return select(
        *columns,
        *name_counts(dataset),
        uses.label("experiments"),
    )


def _summary_values(row: RowMapping) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "version": row["version"],
        "description": row["description"],
        "tags": tuple(row["tags"]),
        "rows": row["rows"],
        "column_count": row["column_count"],
        "bytes": row["bytes"],
        "target": row["target"],
        "task": Task(row["task"]) if row["task"] else None,
        "sample": row["sample"],
        "created_at": row["created_at"],
        "versions": row["versions"],
        "experiments": row["experiments"],
    }


def _record(row: RowMapping, root: Path) -> Dataset:
    folder = root / row["folder"]
    return Dataset(
        **_summary_values(row),
        fingerprint=row["fingerprint"],
        original_name=row["original_name"],
        table_path=folder / TABLE_FILE,
        original_path=folder / ORIGINAL_FILE,
        report=ReadReport.model_validate(row["report"]),
        columns=COLUMNS.validate_python(row["columns"]),
        findings=FINDINGS.validate_python(row["findings"]),
        positive_class=row["positive_class"],
    )


def listing(
    connection: Connection,
    *,
    search: str = "",
    tag: str | None = None,
    name: str | None = None,
    latest_only: bool = True,
) -> tuple[DatasetSummary, ...]:
    """Datasets without their columns, those added last first.

    Args:
        search: Part of a name, a description or a tag.
        tag: A whole tag.
        name: A whole name.
        latest_only: Only the newest version of each name.
    """
    rows = _rows(details=False).subquery()
    statement = select(rows).order_by(rows.c.created_at.desc(), rows.c.version.desc())
    if latest_only:
        statement = statement.where(rows.c.version == rows.c.newest)
    if name is not None:
        statement = statement.where(rows.c.name == name)
    found = (
        DatasetSummary(**_summary_values(row)) for row in connection.execute(statement).mappings()
    )
    return tuple(row for row in found if _matches(row, search.casefold(), tag))


def _matches(row: DatasetSummary, search: str, tag: str | None) -> bool:
    # Here and not in SQL: SQLite folds the case of ASCII letters only.
    words = (row.name, row.description, *row.tags)
    return any(search in word.casefold() for word in words) and (tag is None or tag in row.tags)


def find(
    connection: Connection,
    root: Path,
    *,
    dataset_id: int | None = None,
    name: str | None = None,
    version: int | None = None,
    sample: str | None = None,
) -> Dataset | None:
    """The newest dataset that has all that is named; ``root`` is the folder of all datasets."""
    rows = _rows(details=True).subquery()
    statement = select(rows).order_by(rows.c.version.desc(), rows.c.id.desc()).limit(1)
    asked = {"id": dataset_id, "name": name, "version": version, "sample": sample}
    for column, value in asked.items():
        if value is not None:
            statement = statement.where(rows.c[column] == value)
    row = connection.execute(statement).mappings().first()
    return None if row is None else _record(row, root)


def identical(connection: Connection, *, name: str, fingerprint: str) -> int | None:
    """The id of the newest version of ``name`` with this fingerprint."""
    found: int | None = connection.execute(
        select(dataset.c.id)
        .where(dataset.c.name == name, dataset.c.fingerprint == fingerprint)
        .order_by(dataset.c.version.desc())
        .limit(1)
    ).scalar()
    return found


def add(connection: Connection, values: Mapping[str, Any]) -> int:
    """Insert the next version of a name and return its id. ``values`` are columns of the table.

    Raises:
        StoreError: other writers were faster every time.
    """
    return insert_next_version(connection, dataset, values)


def change(connection: Connection, dataset_id: int, values: Mapping[str, Any]) -> None:
    """Set some columns of one version, or none."""
    if values:
        connection.execute(update(dataset).where(dataset.c.id == dataset_id).values(**values))


def rename(connection: Connection, old: str, new: str) -> None:
    """Give every version a new name, and the feature sets that were made on them."""
    connection.execute(update(dataset).where(dataset.c.name == old).values(name=new))
    connection.execute(
        update(feature_set).where(feature_set.c.dataset_name == old).values(dataset_name=new)
    )


def experiments_of(connection: Connection, dataset_id: int) -> tuple[str, ...]:
    """The experiments on this version, as ``name v1.0.0``.

    Locks the version on databases that lock rows, so that none can begin to use it meanwhile.
    """
    connection.execute(select(dataset.c.id).where(dataset.c.id == dataset_id).with_for_update())
    return experiments_where(connection, experiment.c.dataset_id == literal(dataset_id))


def feature_sets_of(connection: Connection, dataset_id: int) -> tuple[str, ...]:
    """The feature sets that were made on this version, as ``name v1``."""
    rows = connection.execute(
        select(feature_set.c.name, feature_set.c.version)
        .where(feature_set.c.dataset_id == dataset_id)
        .order_by(feature_set.c.id)
    )
    return tuple(f"{row.name} v{row.version}" for row in rows)


def remove(connection: Connection, dataset_id: int) -> str | None:
    """Delete one version that nothing uses; its folder's name, or ``None``: it was not there."""
    return connection.execute(
        delete(dataset).where(dataset.c.id == dataset_id).returning(dataset.c.folder)
    ).scalar_one_or_none()


def folders(connection: Connection) -> frozenset[str]:
    """The folders that belong to a dataset."""
    return frozenset(connection.execute(select(dataset.c.folder)).scalars())


def names(connection: Connection) -> tuple[str, ...]:
    """Every name that there is."""
    return tuple(connection.execute(select(dataset.c.name).distinct()).scalars())


def taken(connection: Connection, name: str) -> bool:
    """Whether a dataset has this name."""
    return (
        connection.execute(select(dataset.c.id).where(dataset.c.name == name)).first() is not None
    )
