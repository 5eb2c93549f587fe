"""Datasets: add a file, look at it, say what to learn from it, remove it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from mlops_core.data import roles
from mlops_core.data.samples import find_sample, sample_path
from mlops_core.domain.columns import ReadOptions
from mlops_core.domain.findings import Finding, keep_accepted
from mlops_core.domain.params import Task
from mlops_core.domain.records import Dataset, DatasetSummary
from mlops_core.domain.relations import Relations
from mlops_core.errors import Conflict, InvalidInput, NotFound
from mlops_core.i18n import _
from mlops_core.services import arrivals, relations
from mlops_core.services.arrivals import Arrival, arriving, is_uploaded
from mlops_core.services.litter import REMOVED
from mlops_core.services.names import (
    clean_name,
    clean_tags,
    clean_text,
    in_use,
    name_from_file,
    no_such_name,
)
from mlops_core.services.reading import Watch
from mlops_core.services.targets import Goal, TaskWish, inherit, settle
from mlops_core.store import datasets as store
from mlops_core.store.experiments import Connection
from mlops_core.store.workspace import Workspace


def add_file(
    ws: Workspace,
    path: Path,
    *,
    name: str | None = None,
    target: str | None = None,
    task: TaskWish = "auto",
    description: str = "",
    tags: Sequence[str] = (),
    original_name: str | None = None,
    options: ReadOptions | None = None,
    sample: str | None = None,
    watch: Watch | None = None,
) -> Dataset:
    """Read a file into the workspace and return its dataset.

    A name that exists gets its next version, which takes over what is not given here: target (if
    the column is still there), task, positive class, description and tags. The same file, read in
    the same way, under the same name is not added again; what is given here is then set on the
    version that exists. The file is kept: copied, or moved when it was uploaded.

    Raises:
        InvalidInput: the file is no table, or the name, target, task or a tag cannot be used.
        StoreError: the disk or the database failed, or the memory was not enough.
        Cancelled: ``watch`` said so. Whatever was raised, nothing was added.
    """
    file_name = original_name or path.name
    name = name_from_file(file_name) if name is None else clean_name(name)
    given = _described(description, tags)
    with ws.read() as connection:
        before = store.find(connection, ws.datasets, name=name)
    with arriving(ws, path, file_name, options, watch) as arrival:
        aim, known_relations = _aim(ws, arrival, target, task, before, watch)
        values: dict[str, Any] = {"name": name, "sample": sample, "description": "", "tags": []}
        if before is not None:
            values |= {"description": before.description, "tags": list(before.tags)}
        values |= arrival.values | aim | given
        with ws.begin() as connection:
            known = store.identical(connection, name=name, fingerprint=arrival.table.fingerprint)
            if known is None:
                dataset_id = store.add(connection, {**values, "created_at": ws.now()})
            else:
                dataset_id = known
                change = given | (aim if target or task != "auto" else {})
                store.change(connection, known, _still_accepted(ws, connection, known, change))
        arrival.kept = known is None
        dataset = get_dataset(ws, dataset_id)
        if known is None or target or task != "auto":
            relations.keep(dataset.table_path.parent, known_relations)
    if is_uploaded(ws, path):
        path.unlink(missing_ok=True)
    return dataset


def _described(description: str, tags: Sequence[str]) -> dict[str, Any]:
    """The columns of what was given: nothing stands for "as it was"."""
    given = {"description": clean_text(description), "tags": list(clean_tags(tags))}
    return {column: value for column, value in given.items() if value}


def _aim(
    ws: Workspace,
    arrival: Arrival,
    target: str | None,
    task: TaskWish,
    before: Dataset | None,
    watch: Watch | None,
) -> tuple[dict[str, Any], Relations | None]:
    """Target, task, positive class and findings of a new table: as asked, else as before.

    Beside them how its columns relate to the target.
    """
    columns = arrival.table.columns
    old = _goal(before)
    if target is None:
        goal = inherit(columns, old, task)
    elif old is not None and old.target == target:
        goal = inherit(columns, old, task) or settle(columns, target, task)
    else:
        goal = settle(columns, target, task)
    if goal is None and task != "auto":
        raise InvalidInput(
            _("A task needs a target, and none was named."),
            _("Name the column to learn."),
            field="target",
        )
    checked = arrivals.check(
        ws,
        arrival.table_path,
        columns,
        arrival.table.report,
        goal.target if goal else None,
        goal.task if goal else None,
        watch,
    )
    findings = keep_accepted(checked.findings, before.findings if before else ())
    return _goal_values(goal, findings), checked.relations


def _goal(dataset: Dataset | None) -> Goal | None:
    if dataset is None or dataset.target is None or dataset.task is None:
        return None
    return Goal(target=dataset.target, task=dataset.task, positive_class=dataset.positive_class)


def _goal_values(goal: Goal | None, findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "target": goal.target if goal else None,
        "task": goal.task.value if goal else None,
        "positive_class": goal.positive_class if goal else None,
        "findings": [finding.model_dump(mode="json") for finding in findings],
    }


def _still_accepted(
    ws: Workspace, connection: Connection, dataset_id: int, change: dict[str, Any]
) -> dict[str, Any]:
    """New findings of a version, with what has been accepted of it until now."""
    now = store.find(connection, ws.datasets, dataset_id=dataset_id)
    if now is None or "findings" not in change:
        return change
    found = keep_accepted(map(Finding.model_validate, change["findings"]), now.findings)
    return {**change, "findings": [finding.model_dump(mode="json") for finding in found]}


def list_datasets(
    ws: Workspace, *, search: str = "", tag: str | None = None, latest_only: bool = True
) -> tuple[DatasetSummary, ...]:
    """Datasets, those added last first; ``search`` looks into names, descriptions and tags."""
    with ws.read() as connection:
        return store.listing(connection, search=search, tag=tag, latest_only=latest_only)


def versions(ws: Workspace, name: str) -> tuple[DatasetSummary, ...]:
    """Every version of a name, newest first; empty when there is none."""
    with ws.read() as connection:
        return store.listing(connection, name=name, latest_only=False)


def get_dataset(ws: Workspace, dataset_id: int) -> Dataset:
    """One dataset with its columns.

    Raises:
        NotFound: there is none with this id.
    """
    with ws.read() as connection:
        found = store.find(connection, ws.datasets, dataset_id=dataset_id)
    if found is None:
        raise NotFound(
            _("There is no dataset {id}.").format(id=dataset_id), _("It may have been removed.")
        )
    return found


def find_dataset(ws: Workspace, name: str, version: int | None = None) -> Dataset:
    """A dataset by its name; without ``version`` the newest.

    Raises:
        NotFound: there is no such name or version; the hint says what there is.
    """
    with ws.read() as connection:
        found = store.find(connection, ws.datasets, name=name, version=version)
        known = () if found else store.listing(connection, name=name, latest_only=False)
        names = () if found or known else store.names(connection)
    if found is not None:
        return found
    if known:
        raise NotFound(
            _("The dataset “{name}” has no version {version}.").format(name=name, version=version),
            _("It has: {versions}.").format(
                versions=", ".join(str(one.version) for one in reversed(known))
            ),
            field="version",
        )
    raise no_such_name(_("There is no dataset “{name}”.").format(name=name), name, names)


def export(ws: Workspace, dataset_id: int, target: Path) -> Dataset:
    """Write a dataset as it was read to a ``.csv`` or ``.parquet`` file.

    Raises:
        NotFound: there is no such dataset.
        InvalidInput: the file's ending or folder cannot be used.
        StoreError: it could not be written.
    """
    dataset = get_dataset(ws, dataset_id)
    arrivals.export(ws, dataset, target)
    return dataset


def set_target(
    ws: Workspace,
    dataset_id: int,
    target: str,
    task: Task | None = None,
    positive_class: str | None = None,
) -> Dataset:
    """Say what to learn from a dataset; its findings are made anew.

    Raises:
        NotFound: there is no such dataset.
        InvalidInput: target, task or positive class do not fit the data; ``field`` says which.
    """
    dataset = get_dataset(ws, dataset_id)
    goal = settle(dataset.columns, target, task or "auto", positive_class)
    checked = arrivals.check(
        ws, dataset.table_path, dataset.columns, dataset.report, goal.target, goal.task
    )
    with ws.begin() as connection:
        change = _goal_values(goal, checked.findings)
        store.change(connection, dataset_id, _still_accepted(ws, connection, dataset_id, change))
    relations.keep(dataset.table_path.parent, checked.relations)
    return get_dataset(ws, dataset_id)


def edit(
    ws: Workspace,
    dataset_id: int,
    *,
    name: str | None = None,
    description: str | None = None,
    tags: Sequence[str] | None = None,
) -> Dataset:
    """Change what is not ``None``. A new name goes to all versions and their feature sets.

    Raises:
        NotFound: there is no such dataset.
        Conflict: another dataset has that name.
        InvalidInput: the name or a tag cannot be used.
    """
    values: dict[str, Any] = {}
    if description is not None:
        values["description"] = clean_text(description)
    if tags is not None:
        values["tags"] = list(clean_tags(tags))
    new = None if name is None else clean_name(name)
    with ws.begin() as connection:
        dataset = store.find(connection, ws.datasets, dataset_id=dataset_id)
        if dataset is not None and new is not None and new != dataset.name:
            if store.taken(connection, new):
                raise Conflict(
                    _("There is a dataset “{name}” already.").format(name=new),
                    _("Choose another name."),
                    field="name",
                )
            store.rename(connection, dataset.name, new)
        store.change(connection, dataset_id, values)
    return get_dataset(ws, dataset_id)


def remove(ws: Workspace, dataset_id: int) -> None:
    """Delete one version and its files.

    Raises:
        NotFound: there is no such dataset.
        Conflict: experiments or feature sets use it; the message names them.
    """
    dataset = get_dataset(ws, dataset_id)
    message = _("“{name}” version {version} cannot be removed.").format(
        name=dataset.name, version=dataset.version
    )
    with ws.begin() as connection:
        if users := store.experiments_of(connection, dataset_id):
            raise in_use(message, users)
        if made := store.feature_sets_of(connection, dataset_id):
            raise Conflict(
                _("{message} Feature sets were made on it: {names}.").format(
                    message=message, names=", ".join(made)
                ),
                _("Remove them first."),
            )
        folder = store.remove(connection, dataset_id)
    if folder is not None:
        # What cannot be deleted now is left for the sweep at the next start.
        gone = ws.datasets / f"{REMOVED}{folder}"
        with suppress(FileNotFoundError):
            (ws.datasets / folder).replace(gone)
        shutil.rmtree(gone, ignore_errors=True)


def suggested_target(dataset: Dataset) -> tuple[str, Task] | None:
    """What people would most likely learn from this table, and as which task."""
    name = roles.suggest_target(dataset.columns)
    column = None if name is None else dataset.column(name)
    return None if column is None else (column.name, roles.suggest_task(column))


def add_sample(ws: Workspace, key: str) -> Dataset:
    """The shipped sample of this key, added the first time it is asked for.

    Raises:
        NotFound: there is no such sample.
    """
    with ws.read() as connection:
        found = store.find(connection, ws.datasets, sample=key)
    if found is not None:
        return found
    sample = find_sample(key)
    with ws.read() as connection:
        name_is_taken = store.taken(connection, sample.name)
    return add_file(
        ws,
        sample_path(key),
        # A table of the person's own under this name is not a version of ours.
        name=_("{name} (sample)").format(name=sample.name) if name_is_taken else sample.name,
        target=sample.target,
        task=sample.task.value,
        description=sample.description,
        sample=key,
    )
