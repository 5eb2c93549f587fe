"""Experiments in the database: what was combined, under which name and version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as Connection
from sqlalchemy import Update, delete, exists, insert, select, true, update
from sqlalchemy.exc import IntegrityError

from mlops_core.domain.configs import ExperimentConfig, RunSpec, SemanticVersion
from mlops_core.domain.states import RunStatus
from mlops_core.store.tables import dataset, experiment, experiment_model, experiment_tag, run


def add(
    connection: Connection,
    *,
    name: str,
    version: SemanticVersion,
    description: str,
    tags: Sequence[str],
    config: ExperimentConfig,
    parent_id: int | None,
    at: datetime,
) -> int | None:
    """Insert an experiment and return its id; ``None``: the version, or what it uses, forbids it.

    The version may exist, or a dataset or configuration that it names may be gone.
    """
    values = {
        "name": name,
        "major": version.major,
        "minor": version.minor,
        "patch": version.patch,
        "description": description,
        "task": config.task.value,
        "config": config.model_dump(mode="json"),
        "dataset_id": config.dataset_id,
        "feature_set_id": config.feature_set_id,
        "resource_profile_id": config.resource_profile_id,
        "parent_id": parent_id,
        "created_at": at,
    }
    try:
        with connection.begin_nested():
            experiment_id: int = connection.execute(
                insert(experiment).values(**values).returning(experiment.c.id)
            ).scalar_one()
            connection.execute(insert(experiment_model), _models(experiment_id, config))
    except IntegrityError:
        return None
    set_tags(connection, experiment_id, tags)
    return experiment_id


def _models(experiment_id: int, config: ExperimentConfig) -> list[dict[str, Any]]:
    return [
        {
            "experiment_id": experiment_id,
            "position": position,
            "name": model.name,
            "algorithm": model.config.algorithm,
            "model_version_id": model.model_version_id,
        }
        for position, model in enumerate(config.models, start=1)
    ]


def set_tags(connection: Connection, experiment_id: int, tags: Sequence[str]) -> None:
    """Replace the tags of an experiment."""
    connection.execute(
        delete(experiment_tag).where(experiment_tag.c.experiment_id == experiment_id)
    )
    rows = [{"experiment_id": experiment_id, "tag": tag} for tag in dict.fromkeys(tags)]
    if rows:
        connection.execute(insert(experiment_tag), rows)


def find_id(connection: Connection, name: str, version: SemanticVersion) -> int | None:
    """The id of this version."""
    found: int | None = connection.execute(
        select(experiment.c.id).where(
            experiment.c.name == name,
            experiment.c.major == version.major,
            experiment.c.minor == version.minor,
            experiment.c.patch == version.patch,
        )
    ).scalar()
    return found


def newest(connection: Connection, name: str) -> tuple[int, SemanticVersion] | None:
    """Id and number of the highest version of a name."""
    row = connection.execute(
        select(experiment.c.id, experiment.c.major, experiment.c.minor, experiment.c.patch)
        .where(experiment.c.name == name)
        .order_by(experiment.c.major.desc(), experiment.c.minor.desc(), experiment.c.patch.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    return row.id, SemanticVersion(major=row.major, minor=row.minor, patch=row.patch)


def has_dataset(connection: Connection, dataset_id: int) -> bool:
    return connection.execute(select(exists().where(dataset.c.id == dataset_id))).scalar_one()


def set_description(connection: Connection, experiment_id: int, description: str) -> None:
    connection.execute(_one(experiment_id).values(description=description))


def set_archived(connection: Connection, experiment_id: int, at: datetime | None) -> None:
    connection.execute(_one(experiment_id).values(archived_at=at))


def _one(experiment_id: int) -> Update:
    return update(experiment).where(experiment.c.id == experiment_id)


def remove_planned(connection: Connection, experiment_id: int) -> bool:
    """Delete an experiment that has no runs; ``False``: it has, or is not there."""
    # A version made from it keeps its own configuration and only forgets where it came from.
    has_runs = exists().where(run.c.experiment_id == experiment_id)
    connection.execute(
        update(experiment)
        .where(experiment.c.parent_id == experiment_id, ~has_runs)
        .values(parent_id=None)
    )
    return bool(
        connection.execute(
            delete(experiment).where(experiment.c.id == experiment_id, ~has_runs)
        ).rowcount
    )


def open_runs(connection: Connection, experiment_id: int) -> tuple[int, ...]:
    """The runs of an experiment that wait or run, oldest first."""
    return tuple(
        connection.execute(
            select(run.c.id)
            .where(run.c.experiment_id == experiment_id, run.c.end_reason.is_(None))
            .order_by(run.c.id)
        ).scalars()
    )


def set_run_archived(connection: Connection, run_id: int, at: datetime | None) -> None:
    connection.execute(update(run).where(run.c.id == run_id).values(archived_at=at))


def first_with_digest(connection: Connection, digest: str, before: int) -> int | None:
    """The oldest run with this digest that was asked for before run ``before``."""
    found: int | None = connection.execute(
        select(run.c.id)
        .where(run.c.digest == digest, run.c.id < before)
        .order_by(run.c.id)
        .limit(1)
    ).scalar()
    return found


def first_completed_like(
    connection: Connection, digest: str, *, dataset_id: int, before: int | None = None
) -> int | None:
    """The oldest completed run with this digest on this dataset, asked for before ``before``."""
    early = true() if before is None else run.c.id < before
    found: int | None = connection.execute(
        select(run.c.id)
        .where(
            run.c.digest == digest,
            run.c.dataset_id == dataset_id,
            run.c.status == RunStatus.COMPLETED.value,
            early,
        )
        .order_by(run.c.id)
        .limit(1)
    ).scalar()
    return found


def specs_of(
    connection: Connection, experiment_id: int, algorithm: str, *, limit: int
) -> list[tuple[int, RunStatus, RunSpec]]:
    """Id, status and spec of the oldest runs of one algorithm in an experiment."""
    found = connection.execute(
        select(run.c.id, run.c.status, run.c.spec)
        .where(run.c.experiment_id == experiment_id, run.c.algorithm == algorithm)
        .order_by(run.c.id)
        .limit(limit)
    )
    return [(id, RunStatus(status), RunSpec.model_validate(spec)) for id, status, spec in found]
