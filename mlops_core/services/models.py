"""Models: the catalogue of algorithms and the configurations that were saved of them."""

from __future__ import annotations

from mlops_core.algorithms import ALGORITHMS, algorithms_for, get_algorithm, settled_params
from mlops_core.domain.configs import Change, ModelConfig, diff
from mlops_core.domain.params import Algorithm, Problem, Task
from mlops_core.domain.records import ModelVersion
from mlops_core.errors import Conflict, InvalidInput, NotFound
from mlops_core.i18n import _
from mlops_core.services import shelves
from mlops_core.services.names import clean_name, clean_text
from mlops_core.store import configs as store
from mlops_core.store.configs import MODEL_VERSIONS
from mlops_core.store.workspace import Workspace


def catalogue(task: Task | None = None) -> tuple[Algorithm, ...]:
    """What can be trained; with ``task`` only what can learn it."""
    return tuple(ALGORITHMS.values()) if task is None else algorithms_for(task)


def algorithm(key: str) -> Algorithm:
    """One algorithm.

    Raises:
        NotFound: there is none of this key; the hint names the nearest.
    """
    return get_algorithm(key)


def problems(config: ModelConfig, task: Task) -> list[Problem]:
    """Everything that is wrong with a configuration, beside its field."""
    try:
        found = get_algorithm(config.algorithm)
    except NotFound as error:
        return [Problem(field="algorithm", message=error.message, hint=error.hint)]
    return found.problems(config.params, task)


def save(
    ws: Workspace, name: str, task: Task, config: ModelConfig, *, notes: str = ""
) -> ModelVersion:
    """Keep a configuration under a name, complete with today's defaults.

    The next version of the name is made when anything differs from its newest one; otherwise that
    is returned, with the new notes if there are any.

    Raises:
        InvalidInput: the name or the configuration cannot be used; ``field`` says which part.
        Conflict: the name belongs to a model for another task.
    """
    name, notes = clean_name(name), clean_text(notes, "notes")
    for problem in problems(config, task):
        raise InvalidInput(problem.message, problem.hint, field=problem.field)
    # Complete: what was saved keeps its meaning when a later release changes a default.
    params = settled_params(get_algorithm(config.algorithm), config.params, task)
    values = {
        "name": name,
        "task": task.value,
        "algorithm": config.algorithm,
        "config": config.model_copy(update={"params": params}).model_dump(mode="json"),
        "notes": notes,
    }
    with ws.begin() as connection:
        last = store.newest(connection, MODEL_VERSIONS, name)
        if last is not None and last.task is not task:
            raise Conflict(
                _("“{name}” is the name of a model for {task}.").format(
                    name=name, task=last.task.word
                ),
                _("Choose another name."),
                field="name",
            )
        return store.save(connection, MODEL_VERSIONS, values, at=ws.now())


def list_models(
    ws: Workspace, *, task: Task | None = None, search: str = "", latest_only: bool = True
) -> tuple[ModelVersion, ...]:
    """Saved models, the last saved first; ``search`` looks into names, notes and algorithms."""
    with ws.read() as connection:
        found = store.listing(connection, MODEL_VERSIONS, latest_only=latest_only)
    return tuple(model for model in found if task in (None, model.task) and _matches(model, search))


def _matches(model: ModelVersion, search: str) -> bool:
    known = ALGORITHMS.get(model.config.algorithm)
    words = (model.name, model.notes, model.config.algorithm, known.label if known else "")
    return any(search.casefold() in word.casefold() for word in words)


def get_model(ws: Workspace, model_id: int) -> ModelVersion:
    """One saved version; ``NotFound`` when there is none with this id."""
    return shelves.get(ws, MODEL_VERSIONS, model_id)


def versions(ws: Workspace, name: str) -> tuple[ModelVersion, ...]:
    """Every version of a name, newest first; empty when there is none."""
    return shelves.versions(ws, MODEL_VERSIONS, name)


def compare(ws: Workspace, before_id: int, after_id: int) -> tuple[Change, ...]:
    """Every parameter in which two saved versions differ, defaults included.

    Raises:
        NotFound: one of them does not exist.
    """
    before, after = (_complete(get_model(ws, one)) for one in (before_id, after_id))
    return tuple(diff(before, after))


def _complete(model: ModelVersion) -> dict[str, object]:
    """Everything that decides what a version trains; parameters that came later have defaults."""
    content = {"task": model.task.value, **model.config.model_dump(mode="json")}
    known = ALGORITHMS.get(model.config.algorithm)
    if known is not None:
        content["params"] = known.complete(model.config.params, model.task)
    return content


def remove(ws: Workspace, model_id: int) -> None:
    """Delete one version; ``Conflict`` names the experiments that use it."""
    shelves.remove(ws, MODEL_VERSIONS, model_id)
