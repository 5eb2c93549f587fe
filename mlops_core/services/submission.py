"""From a spec file to a run, and from a run back to a spec file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlops_core.algorithms import get_algorithm
from mlops_core.domain.configs import ExperimentConfig, ExperimentModel, SpecFile
from mlops_core.domain.params import Task
from mlops_core.domain.queue import Priority, Submission
from mlops_core.domain.records import Dataset, Experiment, ExperimentRun
from mlops_core.errors import Conflict, InvalidInput, MlopsError, NotFound, TooBig
from mlops_core.i18n import _
from mlops_core.services import experiment_plans as plans
from mlops_core.services import queueing
from mlops_core.services.datasets import add_file, find_dataset, suggested_target
from mlops_core.services.names import seeded
from mlops_core.services.targets import settle
from mlops_core.services.yaml_core import dump
from mlops_core.store import experiment_views, experiments, views
from mlops_core.store.workspace import Workspace


def submit_spec(ws: Workspace, spec: SpecFile, *, base: Path) -> int:
    """Queue the run that a spec describes and return its id.

    A dataset that is given by path is added. An experiment of this name and version that computes
    the same gets one more run; the same digest may run as often as anybody likes.

    Args:
        base: The folder that relative paths in the spec start from.

    Raises:
        InvalidInput: something in it cannot be used; ``field`` is the spec's own. ``TooBig`` when
            this machine can never start it.
        NotFound: there is no such dataset.
        Conflict: the experiment has this version already, with another configuration.
    """
    try:
        algorithm = get_algorithm(spec.model.algorithm)
    except NotFound as error:
        raise _in_spec(error, "model.") from None
    dataset = _dataset(ws, spec, base)
    config = _config(spec, dataset, algorithm.label)
    try:
        queueing.refuse_unstartable(ws, config, dataset)
        values = plans.checked(spec.name, config, spec.version, spec.description, spec.tags, None)
    except TooBig:
        raise
    except InvalidInput as error:
        raise _in_spec(error) from None
    (run_spec,) = queueing.run_specs(config, dataset)
    by = Submission(owner=ws.settings.owner, priority=Priority.named(spec.priority))
    place = 0
    with ws.begin() as connection:
        experiment_id = experiments.find_id(connection, values["name"], values["version"])
        if experiment_id is None:
            experiment_id = plans.add(ws, connection, values)
        else:
            found = experiment_views.find(connection, experiment_id)
            config, place = _same(found, dataset, run_spec.digest)
        (run_id,) = queueing.enqueue(
            connection,
            experiment_id=experiment_id,
            config=config,
            dataset=dataset,
            by=by,
            retries=spec.retries,
            at=ws.now(),
            places=[place],
        )
    queueing.wake(ws)
    return run_id


def _in_spec(error: MlopsError, prefix: str = "") -> MlopsError:
    """``error`` with the name that its field has in a spec file."""
    field = f"{prefix}{error.field or ''}"
    if field in ("target", "task", "positive_class", "path"):
        field = f"dataset.{field}"
    elif field.startswith("models.0."):
        field = f"model.{field.removeprefix('models.0.')}"
    message = f"{field}: {error.message}" if field else error.message
    return type(error)(message, error.hint, field=field or None)


def _dataset(ws: Workspace, spec: SpecFile, base: Path) -> Dataset:
    wanted = spec.dataset
    if wanted.path is None:
        return find_dataset(ws, wanted.name or "", wanted.version)
    try:
        path = (base / Path(wanted.path).expanduser()).resolve()
        there = path.is_file()
    except (OSError, RuntimeError, ValueError) as error:  # no such home, not a name, no permission
        raise InvalidInput(
            _("dataset.path: the file cannot be looked for: {reason}.").format(
                reason=(getattr(error, "strerror", None) or str(error)).rstrip(".")
            ),
            _("A relative path starts from the folder of the spec."),
            field="dataset.path",
        ) from None
    if not there:
        raise InvalidInput(
            _("dataset.path: there is no file {file}.").format(file=path),
            _("A relative path starts from the folder of the spec."),
            field="dataset.path",
        )
    if wanted.version is not None:
        raise InvalidInput(
            _("dataset.version goes with the name of a dataset in the workspace, not with a path."),
            _("Remove it: the file gets its version when it is added."),
            field="dataset.version",
        )
    try:
        return add_file(ws, path, name=wanted.name, target=wanted.target, task=wanted.task)
    except InvalidInput as error:
        raise _in_spec(error) from None


def _config(spec: SpecFile, dataset: Dataset, model_name: str) -> ExperimentConfig:
    wanted = spec.dataset
    target = wanted.target or dataset.target
    if target is None:
        suggestion = suggested_target(dataset)
        raise InvalidInput(
            _("dataset.target: the spec does not say which column to learn."),
            _("Add target: {name}.").format(name=suggestion[0]) if suggestion else _("Name it."),
            field="dataset.target",
        )
    same = target == dataset.target
    task: Any = wanted.task
    if task == "auto" and same and dataset.task is not None:
        task = dataset.task
    positive = wanted.positive_class
    unsaid = "positive_class" not in wanted.model_fields_set
    if unsaid and same and task == dataset.task:
        positive = dataset.positive_class
    try:
        goal = settle(dataset.columns, target, task, positive)
    except InvalidInput as error:
        raise _in_spec(error) from None
    return ExperimentConfig(
        dataset_id=dataset.id,
        target=goal.target,
        task=Task(goal.task),
        positive_class=goal.positive_class,
        features=spec.features,
        models=(ExperimentModel(name=model_name, config=spec.model),),
        resources=spec.resources,
        retries=spec.retries,
        evaluation=spec.evaluation,
    )


def _same(found: Experiment | None, dataset: Dataset, digest: str) -> tuple[ExperimentConfig, int]:
    """The configuration of an experiment and the place of its model with this ``digest``.

    Raises:
        Conflict: it computes something else, or is in the archive.
    """
    if found is None:
        raise Conflict(_("The experiment was removed meanwhile."), _("Try again."))
    title = _("“{name}” version {version}").format(name=found.name, version=found.version)
    same_data = found.config.dataset_id == dataset.id
    specs = queueing.run_specs(found.config, dataset) if same_data else ()
    places = [place for place, spec in enumerate(specs) if spec.digest == digest]
    if not places:
        raise Conflict(
            _("version: {experiment} exists with another configuration.").format(experiment=title),
            _("Raise the version in the spec: what has run is never changed."),
            field="version",
        )
    if found.archived_at is not None:
        raise Conflict(
            _("name: {experiment} is in the archive.").format(experiment=title),
            _("Take it out of the archive, or choose another name."),
            field="name",
        )
    return found.config, places[0]


def spec_yaml(ws: Workspace, run_id: int) -> str:
    """A spec file that computes the same as this run, in this workspace.

    Raises:
        NotFound: there is no such run.
    """
    with ws.read() as connection:
        run = views.find_run(connection, ws.runs, run_id)
        if run is None:
            raise NotFound(queueing.no_such_run(run_id))
        experiment = experiment_views.find(connection, run.experiment_id)
    description = experiment.description if experiment else ""
    retries = experiment.config.retries if experiment else 0
    return dump(_spec_content(run, description, retries))


def _spec_content(run: ExperimentRun, description: str, retries: int) -> dict[str, Any]:
    # By the dataset's name of today: it may have been renamed since.
    spec = run.spec.model_dump(mode="json")
    data = spec.pop("dataset")
    dataset = {
        "name": run.dataset_name,
        "version": run.dataset_version,
        "target": data["target"],
        "task": data["task"],
    }
    if data["task"] == Task.CLASSIFICATION:
        # Also where there is none: the dataset may have got one since.
        dataset["positive_class"] = data["positive_class"]
    head: dict[str, Any] = {"name": run.experiment_name, "version": run.experiment_version}
    if spec["model"]["seed"] is None:
        del spec["model"]["seed"]
    else:  # its experiment asked for another one
        head["name"] = seeded(run.experiment_name, spec["model"]["seed"])
    if description:
        head["description"] = description
    if run.priority is not Priority.NORMAL:
        head["priority"] = run.priority.word
    if retries:
        head["retries"] = retries
    return {**head, "tags": list(run.tags), "dataset": dataset, **spec}
