"""What a run can be taken away as."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_core.domain.results import TrainingResult
from mlops_core.domain.states import RunStatus
from mlops_core.errors import Conflict, StoreError
from mlops_core.i18n import _
from mlops_core.services import datasets, runs
from mlops_core.store.workspace import Workspace

if TYPE_CHECKING:
    from mlops_core.export.recipe import Recipe
    from mlops_core.export.to_mlflow import Sent


def script(ws: Workspace, run_id: int) -> str:
    """A Python script of pandas and scikit-learn that trains the pipeline of a run anew.

    Raises:
        NotFound: there is no such run.
        Conflict: it did not complete, or its result is no longer in its folder.
    """
    # scikit-learn takes a second to load, and most who look at a run take no script away.
    from mlops_core.export.script import write_script

    return write_script(_recipe(ws, run_id))


def notebook(ws: Workspace, run_id: int) -> str:
    """The same as a Jupyter notebook.

    Raises:
        NotFound: there is no such run.
        Conflict: it did not complete, or its result is no longer in its folder.
    """
    from mlops_core.export.notebook import write_notebook

    return write_notebook(_recipe(ws, run_id))


def _recipe(ws: Workspace, run_id: int) -> Recipe:
    from mlops_core.export.recipe import Recipe

    run = runs.get_run(ws, run_id)
    dataset = datasets.get_dataset(ws, run.dataset_id)
    return Recipe(
        run_id=run.id,
        experiment=f"{run.experiment_name} v{run.experiment_version}",
        dataset_id=run.dataset_id,
        spec=run.spec,
        result=_result(ws, run_id, run.status),
        types={column.name: column.type for column in dataset.columns},
        spellings={
            column.name: column.spelling
            for column in dataset.columns
            if column.spelling is not None
        },
        n_jobs=run.spec.resources.cpu_cores,
    )


def _result(ws: Workspace, run_id: int, status: RunStatus) -> TrainingResult:
    if status is not RunStatus.COMPLETED:
        raise Conflict(
            _("Run {id} did not complete, so a script has nothing to reproduce.").format(id=run_id),
            _("Choose a run that completed."),
        )
    found = runs.result(ws, run_id)
    if found is None:
        raise Conflict(
            _("The result of run {id} is no longer in its folder.").format(id=run_id),
            _("Run it again, and take the script of the new run."),
        )
    return found


def to_mlflow(
    ws: Workspace,
    run_id: int,
    uri: str,
    *,
    experiment: str | None = None,
    files: Mapping[str, str] | None = None,
) -> Sent:
    """Put a run with its model into an MLflow store; one that is there already stays as it is.

    Args:
        experiment: What it is called there; as here where it is ``None``.
        files: Documents to send along, text by file name.

    Raises:
        NotFound: there is no such run.
        Conflict: it did not complete, or its result or model is no longer in its folder.
        InvalidInput: MLflow is not installed.
        StoreError: the store cannot be reached or refuses.
    """
    from mlops_core.export.to_mlflow import MOST_POINTS, Parcel, send

    run = runs.get_run(ws, run_id)
    result = _result(ws, run_id, run.status)
    paths = ws.run_paths(run_id)
    if not paths.model.exists():
        raise Conflict(_("The model of run {id} is gone.").format(id=run_id), _("Run it again."))
    dataset = datasets.get_dataset(ws, run.dataset_id)
    used = {use.column for use in result.features}
    parcel = Parcel(
        run=run,
        result=result,
        points=runs.points(ws, run_id, limit=MOST_POINTS),
        files={"spec.yaml": runs.spec_yaml(ws, run_id), **(files or {})},
        paths=[path for path in (paths.result, paths.predictions) if path.exists()],
        model=paths.model,
        types={column.name: column.type for column in dataset.columns if column.name in used},
    )
    return send(parcel, uri, experiment or run.experiment_name)


def write(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` in UTF-8, whole or not at all.

    Raises:
        StoreError: it could not be written.
    """
    part = path.with_name(f".{path.name[:100]}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise StoreError(
            _("{file} could not be written: {reason}.").format(
                file=path, reason=(error.strerror or str(error)).rstrip(".")
            ),
            _("Choose another place, or make room."),
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
