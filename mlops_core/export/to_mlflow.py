"""A run into an MLflow tracking store: parameters, metrics, dataset, files and the model itself.

MLflow is an optional extra, and only the shell loads it: it is as large as this app.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mlops_core.domain.columns import ColumnType
from mlops_core.domain.records import ExperimentRun, MetricPoint
from mlops_core.domain.results import TrainingResult
from mlops_core.errors import InvalidInput, StoreError
from mlops_core.runners.limits import ROOT
from mlops_core.training.artifact import TRUSTED_TYPES, load_model

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

PACKAGES = ("numpy", "scipy", "pandas", "pyarrow", "scikit-learn", "skops", "xgboost")
LONGEST_PARAM = 6000  # characters that MLflow takes
AT_ONCE = 900  # points of one request; MLflow takes 1,000
MOST_POINTS = 20_000
SQLITE = "sqlite:///"
_NAME = re.compile(r"[^/\w.\- :]")  # what MLflow allows in the name of a parameter or metric
_SAFE = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "GIT_PYTHON_REFRESH": "quiet"}


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """What is sent.

    Attributes:
        points: Measured while it trained.
        files: Text by file name.
        paths: Files as they are.
        types: The type of every feature, in the order of the table.
    """

    run: ExperimentRun
    result: TrainingResult
    points: Sequence[MetricPoint]
    files: Mapping[str, str]
    paths: Sequence[Path]
    model: Path
    types: Mapping[str, ColumnType]


@dataclass(frozen=True, kw_only=True)
class Sent:
    """Where it is now; ``existed``: it was there before, and nothing was sent."""

    uri: str
    experiment: str
    mlflow_run_id: str
    model_uri: str | None
    existed: bool = False


def send(parcel: Parcel, uri: str, experiment: str) -> Sent:
    """Put a run into the MLflow store at ``uri``.

    Raises:
        InvalidInput: MLflow is not installed, or ``uri`` is none that it knows.
        StoreError: the store cannot be reached or refuses.
    """
    os.environ.update(_SAFE)
    try:
        import mlflow
        from mlflow.exceptions import MlflowException
    except ImportError:
        raise InvalidInput(
            "MLflow is not installed.", "Add it with `make mlflow`, and try again."
        ) from None
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    mlflow.set_tracking_uri(uri)
    try:
        return _send(mlflow.MlflowClient(), parcel, uri, experiment)
    except MlflowException as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise StoreError(
            f"MLflow did not take the run: {_masked(reason, uri)}.",
            "Check the address of the store.",
        ) from error


def _send(client: MlflowClient, parcel: Parcel, uri: str, experiment: str) -> Sent:
    found = client.get_experiment_by_name(experiment)
    home = (
        found.experiment_id
        if found
        else client.create_experiment(experiment, artifact_location=_beside(uri))
    )
    shown = _masked(uri, uri)
    mark = f"{parcel.run.digest}.{parcel.result.digests.get('predictions', '')}"[:250]
    before = client.search_runs([home], f"tags.`mlops.mark` = '{mark}'", max_results=1)
    if before:
        there = before[0].info.run_id
        return Sent(
            uri=shown, experiment=experiment, mlflow_run_id=there, model_uri=None, existed=True
        )
    run = parcel.run
    made = client.create_run(
        home,
        start_time=_milliseconds(run.started_at),
        tags=dict(_tags(run, parcel.result)),
        run_name=f"{run.model_name} {run.id}",
    )
    run_id = made.info.run_id
    _fill(client, run_id, parcel)
    model_uri = _model(run_id, parcel)
    # Last of all: a run that carries the mark is there whole.
    client.set_tag(run_id, "mlops.mark", mark)
    client.set_terminated(run_id, "FINISHED", _milliseconds(run.ended_at))
    return Sent(uri=shown, experiment=experiment, mlflow_run_id=run_id, model_uri=model_uri)


def _beside(uri: str) -> str | None:
    """Where files go: beside a SQLite file, whose usual place would be this process's folder."""
    if not uri.startswith(SQLITE):
        return None
    return (Path(uri.removeprefix(SQLITE)).resolve().parent / "mlartifacts").as_uri()


def _fill(client: MlflowClient, run_id: str, parcel: Parcel) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag, Param

    params = [Param(name, text) for name, text in _params(parcel.run)]
    for start in range(0, len(params), 90):
        client.log_batch(run_id, params=params[start : start + 90])
    metrics = list(_metrics(parcel))
    for start in range(0, len(metrics), AT_ONCE):
        client.log_batch(run_id, metrics=metrics[start : start + AT_ONCE])
    data = parcel.run.spec.dataset
    dataset = Dataset(
        name=parcel.run.dataset_name,
        digest=data.fingerprint[:36],
        source_type="local",
        source=json.dumps({"version": parcel.run.dataset_version, "sha256": data.fingerprint}),
        profile=json.dumps(parcel.result.rows),
    )
    client.log_inputs(
        run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])]
    )
    for name, text in parcel.files.items():
        client.log_text(run_id, text, name)
    for path in parcel.paths:
        client.log_artifact(run_id, str(path))


def _model(run_id: str, parcel: Parcel) -> str:
    """The fitted pipeline, in a format that runs no code when it is opened."""
    import mlflow
    import mlflow.sklearn

    environment = parcel.result.environment
    with mlflow.start_run(run_id=run_id):
        info = mlflow.sklearn.log_model(
            load_model(parcel.model),
            name="model",
            serialization_format="skops",
            skops_trusted_types=sorted(TRUSTED_TYPES),
            # Our own transformers travel with the model.
            code_paths=[str(ROOT / "mlops_core")],
            pip_requirements=[
                f"{name}=={environment[name]}" for name in PACKAGES if name in environment
            ],
            signature=_signature(parcel),
        )
    uri: str = info.model_uri
    return uri


def _signature(parcel: Parcel) -> Any:
    """What goes in; ``None`` where truth values do, which MLflow lets nobody leave out."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    kinds = {
        # Whole numbers as well: a missing one would make a column of floats.
        ColumnType.INTEGER: DataType.double,
        ColumnType.NUMBER: DataType.double,
        ColumnType.DATE: DataType.datetime,
        ColumnType.DATETIME: DataType.datetime,
        ColumnType.TEXT: DataType.string,
    }
    if any(kind not in kinds for kind in parcel.types.values()):
        return None
    return ModelSignature(
        Schema([ColSpec(kinds[kind], name) for name, kind in parcel.types.items()])
    )


def _params(run: ExperimentRun) -> Iterator[tuple[str, str]]:
    content = run.spec.model_dump(mode="json")
    model = content.pop("model")
    flat = {"algorithm": model["algorithm"], "params": model["params"], **content}
    for name, value in _leaves(flat):
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield _NAME.sub("_", name), text[:LONGEST_PARAM]


def _leaves(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in content.items():
        # Roles are by column, and a column may be called anything.
        if isinstance(value, dict) and value and key != "roles":
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _metrics(parcel: Parcel) -> Iterator[Metric]:
    from mlflow.entities import Metric

    result, usage = parcel.result, parcel.run.usage
    ended = _milliseconds(parcel.run.ended_at)
    for name, value in result.holdout.items():
        yield Metric(f"holdout/{name}", value, ended, 0)
    for name, folds in result.cv.items():
        yield Metric(f"folds_mean/{name}", folds.mean, ended, 0)
        yield Metric(f"folds_std/{name}", folds.std, ended, 0)
    for name, value in usage.model_dump().items():
        if value is not None:
            yield Metric(f"usage/{name}", float(value), ended, 0)
    for point in parcel.points[:MOST_POINTS]:
        place = f"{point.split}/fold_{point.fold}" if point.fold else point.split
        if point.step != point.fold:  # a value of one fold or of the hold-out is no line
            name = _NAME.sub("_", f"{place}/{point.name}")
            yield Metric(name, point.value, _milliseconds(point.at), point.step)
        elif point.fold:
            yield Metric(f"by_fold/{point.name}", point.value, _milliseconds(point.at), point.fold)


def _tags(run: ExperimentRun, result: TrainingResult) -> Iterator[tuple[str, str]]:
    yield "mlflow.source.name", "MLOps One-App"
    yield "mlflow.source.type", "LOCAL"
    yield "mlflow.user", run.owner
    yield "mlops.run", str(run.id)
    yield "mlops.experiment", f"{run.experiment_name} {run.experiment_version}"
    yield "mlops.digest", run.digest
    yield "mlops.primary_metric", result.primary_metric
    yield "mlops.dataset", f"{run.dataset_name} {run.dataset_version}"
    for name, text in result.digests.items():
        yield f"mlops.sha256.{name}", text
    for name, text in result.environment.items():
        yield f"mlops.environment.{_NAME.sub('_', name)}", text


def _milliseconds(moment: datetime | None) -> int:
    return 0 if moment is None else int(moment.timestamp() * 1000)


def _masked(text: str, uri: str) -> str:
    """``text`` without the password that ``uri`` may hold."""
    password = urlsplit(uri).password
    return text.replace(password, "***") if password else text
