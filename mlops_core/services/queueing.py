"""What experiments and runs share: complete specs, their check, a place in the queue, and the end.

Functions that take a connection belong into the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from mlops_core.algorithms import ALGORITHMS, settled_params
from mlops_core.domain.configs import DatasetConfig, ExperimentConfig, ModelConfig, RunSpec
from mlops_core.domain.params import Problem, Task
from mlops_core.domain.queue import Submission
from mlops_core.domain.records import Dataset
from mlops_core.domain.states import EndReason, RunStatus
from mlops_core.errors import InvalidInput, TooBig
from mlops_core.features import preflight
from mlops_core.i18n import _
from mlops_core.metrics import primary_metric
from mlops_core.services import resources
from mlops_core.store import runs as store
from mlops_core.store.experiments import Connection
from mlops_core.store.workspace import Workspace


def run_specs(config: ExperimentConfig, dataset: Dataset) -> tuple[RunSpec, ...]:
    """One complete spec for each model of an experiment, in their order."""
    data = DatasetConfig(
        name=dataset.name,
        version=dataset.version,
        fingerprint=dataset.fingerprint,
        target=config.target,
        task=config.task,
        positive_class=config.positive_class,
    )
    return tuple(
        RunSpec(
            dataset=data,
            features=config.features,
            model=complete(model.config, config.task),
            resources=config.resources,
            evaluation=config.evaluation,
        )
        for model in config.models
    )


def complete(model: ModelConfig, task: Task) -> ModelConfig:
    """``model`` with today's defaults written out; as it is where it cannot be used."""
    algorithm = ALGORITHMS.get(model.algorithm)
    if algorithm is None or algorithm.problems(model.params, task):
        return model
    return model.model_copy(update={"params": settled_params(algorithm, model.params, task)})


def plan_problems(ws: Workspace, config: ExperimentConfig, dataset: Dataset) -> list[Problem]:
    """What forbids these runs anywhere; fields are those of ``ExperimentConfig``."""
    found: dict[tuple[str, str], Problem] = {}
    for place, spec in enumerate(run_specs(config, dataset)):
        for problem in preflight.problems(spec, dataset.columns, dataset.rows):
            located = _located(problem, config, place)
            found.setdefault((located.field, located.message), located)
    bounds = resources.problems(ws, config.resources)
    return [*found.values(), *_in_resources(bounds)]


def _located(problem: Problem, config: ExperimentConfig, place: int) -> Problem:
    first, _dot, rest = problem.field.partition(".")
    if first == "dataset":
        return Problem(field=rest, message=problem.message, hint=problem.hint)
    if first != "model":
        return problem
    message = problem.message
    if len(config.models) > 1:
        message = f"{config.models[place].name}: {message}"
    return Problem(field=f"models.{place}.{rest}", message=message, hint=problem.hint)


def misfits(ws: Workspace, config: ExperimentConfig) -> list[Problem]:
    """What of the resources this machine can never give."""
    return list(_in_resources(resources.fits(ws, config.resources)))


def _in_resources(problems: Sequence[Problem]) -> Iterator[Problem]:
    for problem in problems:
        yield Problem(
            field=f"resources.{problem.field}", message=problem.message, hint=problem.hint
        )


def refuse(problems: Sequence[Problem], error: type[InvalidInput] = InvalidInput) -> None:
    """Raise the first of ``problems``, if there is one."""
    for problem in problems:
        raise error(problem.message, problem.hint, field=problem.field)


def refuse_unstartable(ws: Workspace, config: ExperimentConfig, dataset: Dataset) -> None:
    """Raise the first reason why these runs could not start here.

    Raises:
        InvalidInput: they could not start anywhere.
        TooBig: this machine is too small.
    """
    refuse(plan_problems(ws, config, dataset))
    refuse(misfits(ws, config), TooBig)


def submission(ws: Workspace, by: Submission | None) -> Submission:
    """``by``, or the workspace's own owner where nobody says who asks."""
    return by or Submission(owner=ws.settings.owner)


def enqueue(
    connection: Connection,
    *,
    experiment_id: int,
    config: ExperimentConfig,
    dataset: Dataset,
    by: Submission,
    retries: int | None = None,
    at: datetime,
    places: Sequence[int] | None = None,
) -> tuple[int, ...]:
    """Queue one run for each model, or for those at these places; the runs' ids.

    ``retries``: as the experiment says where it is ``None``.
    """
    target = dataset.column(config.target)
    classes = target.profile.distinct if target else 0
    metric = primary_metric(config.task, classes, config.evaluation.metric).key
    return tuple(
        store.insert_run(
            connection,
            experiment_id=experiment_id,
            dataset_id=dataset.id,
            model_name=model.name,
            model_version_id=model.model_version_id,
            spec=spec,
            metric=metric,
            by=by,
            retries=config.retries if retries is None else retries,
            at=at,
        )
        for place, (model, spec) in enumerate(
            zip(config.models, run_specs(config, dataset), strict=True)
        )
        if places is None or place in places
    )


def end_or_flag(connection: Connection, run_id: int, *, at: datetime) -> RunStatus | None:
    """Withdraw a run that waits, ask one that runs to stop; its status then.

    ``None``: it is over, or was asked before.
    """
    withdrawn = store.end_waiting(
        connection,
        run_id,
        reason=EndReason.CANCELLED,
        message="Withdrawn before it started.",
        at=at,
    )
    if withdrawn:
        return RunStatus.CANCELLED
    return RunStatus.RUNNING if store.request_stop(connection, run_id, at=at) else None


def wake(ws: Workspace) -> None:
    """Make sure that somebody looks at the queue."""
    from mlops_core.scheduling.launch import wake as wake_scheduler

    wake_scheduler(ws)


def no_such_experiment(experiment_id: int) -> str:
    return _("There is no experiment {id}.").format(id=experiment_id)


def no_such_run(run_id: int) -> str:
    return _("There is no run {id}.").format(id=run_id)
