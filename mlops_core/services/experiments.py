"""Experiments: one dataset, several models, one way to judge them, under a name and a version."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_core.domain.configs import (
    Bump,
    Change,
    ExperimentConfig,
    SemanticVersion,
    diff,
)
from mlops_core.domain.params import Problem
from mlops_core.domain.queue import Submission
from mlops_core.domain.records import Dataset, Experiment, ExperimentSummary, Page
from mlops_core.domain.states import ExperimentStatus
from mlops_core.errors import Conflict, InvalidInput, NotFound
from mlops_core.i18n import _
from mlops_core.services import experiment_plans as plans
from mlops_core.services import queueing
from mlops_core.services.datasets import get_dataset
from mlops_core.services.names import clean_name, clean_tags, clean_text
from mlops_core.store import experiment_views as views
from mlops_core.store import experiments as store
from mlops_core.store.experiment_views import ExperimentFilter as ExperimentFilter
from mlops_core.store.experiments import Connection
from mlops_core.store.workspace import Workspace

_ACTIVE = (ExperimentStatus.QUEUED, ExperimentStatus.RUNNING)


def problems(ws: Workspace, config: ExperimentConfig) -> list[Problem]:
    """Everything that can be known to be wrong before a process starts, beside its field.

    Fields are those of ``ExperimentConfig``; those of a model are ``models.<place>.params.<name>``.
    """
    try:
        dataset = get_dataset(ws, config.dataset_id)
    except NotFound as error:
        return [Problem(field="dataset_id", message=error.message, hint=error.hint)]
    return [*queueing.plan_problems(ws, config, dataset), *queueing.misfits(ws, config)]


def create(
    ws: Workspace,
    name: str,
    config: ExperimentConfig,
    *,
    version: str = "1.0.0",
    description: str = "",
    tags: Sequence[str] = (),
    parent_id: int | None = None,
) -> Experiment:
    """Save an experiment as planned. It may ask for more than this machine has.

    Raises:
        InvalidInput: name, version, a tag or the configuration cannot be used.
        Conflict: the name has this version already.
        NotFound: there is no such dataset.
    """
    dataset = get_dataset(ws, config.dataset_id)
    queueing.refuse(queueing.plan_problems(ws, config, dataset))
    values = plans.checked(name, config, version, description, tags, parent_id)
    with ws.begin() as connection:
        experiment_id = plans.add(ws, connection, values)
    return get_experiment(ws, experiment_id)


def train(
    ws: Workspace,
    name: str,
    config: ExperimentConfig,
    *,
    version: str = "1.0.0",
    description: str = "",
    tags: Sequence[str] = (),
    parent_id: int | None = None,
    by: Submission | None = None,
) -> tuple[Experiment, tuple[int, ...]]:
    """Save an experiment and queue its runs, all or nothing; the experiment and the runs' ids.

    ``by``: who asks, and how urgent it is; the workspace's own owner where it is ``None``.

    Raises:
        InvalidInput: as in ``create``; ``TooBig`` when this machine can never start it.
        Conflict: the name has this version already.
        NotFound: there is no such dataset.
    """
    dataset = get_dataset(ws, config.dataset_id)
    queueing.refuse_unstartable(ws, config, dataset)
    values = plans.checked(name, config, version, description, tags, parent_id)
    with ws.begin() as connection:
        experiment_id = plans.add(ws, connection, values)
        ids = _queue(ws, connection, experiment_id, config, dataset, by)
    queueing.wake(ws)
    return get_experiment(ws, experiment_id), ids


def start(ws: Workspace, experiment_id: int, *, by: Submission | None = None) -> tuple[int, ...]:
    """Queue one run for each model, all or none; the runs' ids.

    ``by``: who asks, and how urgent it is; the workspace's own owner where it is ``None``.

    Raises:
        NotFound: there is no such experiment.
        Conflict: it is in the queue, running or in the archive.
        InvalidInput: it cannot run; ``TooBig`` when this machine can never start it.
    """
    experiment = get_experiment(ws, experiment_id)
    dataset = get_dataset(ws, experiment.config.dataset_id)
    queueing.refuse_unstartable(ws, experiment.config, dataset)
    with ws.begin() as connection:
        now = _found(views.find(connection, experiment_id), experiment_id)
        if now.status in _ACTIVE:
            raise Conflict(
                _("{name} is under way already.").format(name=_title(now)),
                _("Wait for its runs to end, or stop them."),
            )
        _refuse_archived(now)
        ids = _queue(ws, connection, experiment_id, now.config, dataset, by)
    queueing.wake(ws)
    return ids


def _queue(
    ws: Workspace,
    connection: Connection,
    experiment_id: int,
    config: ExperimentConfig,
    dataset: Dataset,
    by: Submission | None,
) -> tuple[int, ...]:
    return queueing.enqueue(
        connection,
        experiment_id=experiment_id,
        config=config,
        dataset=dataset,
        by=queueing.submission(ws, by),
        at=ws.now(),
    )


def _title(experiment: Experiment) -> str:
    return f"“{experiment.name}” v{experiment.version}"


def _refuse_archived(experiment: Experiment) -> None:
    if experiment.archived_at is not None:
        raise Conflict(
            _("{name} is in the archive.").format(name=_title(experiment)),
            _("Take it out of the archive first."),
        )


def next_version(ws: Workspace, experiment_id: int, bump: Bump) -> str:
    """The number that a new version of an experiment would get: above all that there are.

    Raises:
        NotFound: there is no such experiment.
    """
    experiment = get_experiment(ws, experiment_id)
    with ws.read() as connection:
        return str(_next(connection, experiment, bump))


def _next(connection: Connection, experiment: Experiment, bump: Bump) -> SemanticVersion:
    newest = store.newest(connection, experiment.name)
    version = newest[1] if newest else SemanticVersion.parse(experiment.version)
    return version.bumped(bump)


def new_version(
    ws: Workspace,
    experiment_id: int,
    bump: Bump,
    config: ExperimentConfig,
    *,
    description: str | None = None,
    tags: Sequence[str] | None = None,
) -> Experiment:
    """Save the next version of an experiment as planned; what is ``None`` it takes over.

    Raises:
        NotFound: there is no such experiment or dataset.
        InvalidInput: a tag or the configuration cannot be used.
    """
    before = get_experiment(ws, experiment_id)
    dataset = get_dataset(ws, config.dataset_id)
    queueing.refuse(queueing.plan_problems(ws, config, dataset))
    values = plans.checked(
        before.name,
        config,
        before.version,
        before.description if description is None else description,
        before.tags if tags is None else tags,
        experiment_id,
    )
    with ws.begin() as connection:
        values["version"] = _next(connection, before, bump)
        new_id = plans.add(ws, connection, values)
    return get_experiment(ws, new_id)


def changes(ws: Workspace, before_id: int, after_id: int) -> tuple[Change, ...]:
    """What differs in what two experiments compute: models by name, defaults written out.

    Raises:
        NotFound: one of them does not exist.
    """
    before, after = (plans.content(get_experiment(ws, one)) for one in (before_id, after_id))
    return tuple(diff(before, after))


def list_experiments(
    ws: Workspace,
    filters: ExperimentFilter | None = None,
    *,
    sort: str = "created_at",
    descending: bool = True,
    limit: int = 100,
    cursor: str | None = None,
) -> Page[ExperimentSummary]:
    """Experiments that match, a page at a time; ``sort`` is one of ``experiment_views.SORTS``.

    Raises:
        InvalidInput: the sort order or the cursor is none.
    """
    if sort not in views.SORTS:
        raise InvalidInput(
            _("Experiments cannot be sorted by {name!r}.").format(name=sort),
            _("Choose one of: {names}.").format(names=", ".join(sorted(views.SORTS))),
            field="sort",
        )
    with ws.read() as connection:
        return views.experiment_page(
            connection,
            filters or ExperimentFilter(),
            sort=sort,
            descending=descending,
            limit=limit,
            cursor=cursor,
        )


def get_experiment(ws: Workspace, experiment_id: int) -> Experiment:
    """One experiment.

    Raises:
        NotFound: there is none with this id.
    """
    with ws.read() as connection:
        return _found(views.find(connection, experiment_id), experiment_id)


def _found(experiment: Experiment | None, experiment_id: int) -> Experiment:
    if experiment is None:
        raise NotFound(queueing.no_such_experiment(experiment_id), _("It may have been removed."))
    return experiment


def history(ws: Workspace, name: str) -> tuple[ExperimentSummary, ...]:
    """Every version of a name, the highest first; empty when there is none."""
    with ws.read() as connection:
        return views.history(connection, name)


def duplicate(ws: Workspace, experiment_id: int, name: str) -> Experiment:
    """The same configuration under another name, planned.

    Raises:
        NotFound: there is no such experiment.
        InvalidInput: the name cannot be used.
        Conflict: it is taken.
    """
    before = get_experiment(ws, experiment_id)
    with ws.read() as connection:
        taken = store.newest(connection, clean_name(name)) is not None
    if taken:
        raise Conflict(
            _("There is an experiment “{name}” already.").format(name=clean_name(name)),
            _("Choose another name."),
            field="name",
        )
    return create(
        ws,
        name,
        before.config,
        description=before.description,
        tags=before.tags,
        parent_id=experiment_id,
    )


def edit(
    ws: Workspace,
    experiment_id: int,
    *,
    description: str | None = None,
    tags: Sequence[str] | None = None,
) -> Experiment:
    """Change the words about an experiment: what it computes never changes.

    Raises:
        NotFound: there is no such experiment.
        InvalidInput: the description or a tag cannot be used.
    """
    get_experiment(ws, experiment_id)
    text = None if description is None else clean_text(description)
    words = None if tags is None else clean_tags(tags)
    with ws.begin() as connection:
        if text is not None:
            store.set_description(connection, experiment_id, text)
        if words is not None:
            store.set_tags(connection, experiment_id, words)
    return get_experiment(ws, experiment_id)


def archive(ws: Workspace, experiment_id: int) -> None:
    """Put an experiment and its runs out of sight.

    Raises:
        NotFound: there is no such experiment.
        Conflict: something of it waits or runs.
    """
    with ws.begin() as connection:
        experiment = _found(views.find(connection, experiment_id), experiment_id)
        if experiment.status in _ACTIVE:
            raise Conflict(
                _("{name} is under way.").format(name=_title(experiment)),
                _("Wait for its runs to end, or stop them."),
            )
        if experiment.archived_at is None:
            store.set_archived(connection, experiment_id, ws.now())


def unarchive(ws: Workspace, experiment_id: int) -> None:
    """Bring an experiment back from the archive.

    Raises:
        NotFound: there is no such experiment.
    """
    get_experiment(ws, experiment_id)
    with ws.begin() as connection:
        store.set_archived(connection, experiment_id, None)


def stop(ws: Workspace, experiment_id: int) -> int:
    """Stop everything of an experiment that waits or runs; how many runs that were.

    Raises:
        NotFound: there is no such experiment.
    """
    get_experiment(ws, experiment_id)
    with ws.begin() as connection:
        stopped = [
            queueing.end_or_flag(connection, run_id, at=ws.now())
            for run_id in store.open_runs(connection, experiment_id)
        ]
    return sum(status is not None for status in stopped)


def remove(ws: Workspace, experiment_id: int) -> None:
    """Delete an experiment that was never run.

    Raises:
        NotFound: there is no such experiment.
        Conflict: it has runs.
    """
    experiment = get_experiment(ws, experiment_id)
    with ws.begin() as connection:
        removed = store.remove_planned(connection, experiment_id)
    if not removed:
        raise Conflict(
            _("{name} has been run, so it cannot be removed.").format(name=_title(experiment)),
            _("Put it into the archive instead."),
        )


def all_tags(ws: Workspace) -> tuple[str, ...]:
    """Every tag in use, in alphabetical order."""
    with ws.read() as connection:
        return views.all_tags(connection)
