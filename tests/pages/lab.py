"""A small workspace with experiments in every state, written without starting a process."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from mlops_core.domain.configs import ExperimentConfig, ExperimentModel, ModelConfig
from mlops_core.domain.params import Task
from mlops_core.domain.queue import Submission
from mlops_core.domain.records import Dataset, MetricPoint, ProcessIdentity, ResourceSample
from mlops_core.domain.results import (
    Confusion,
    CrossValidated,
    Curve,
    Importance,
    PartialResult,
    Residuals,
    RunOutcome,
    TrainingError,
    TrainingResult,
    Usage,
)
from mlops_core.domain.states import EndReason
from mlops_core.services import datasets, experiments, queueing
from mlops_core.store import runs as store
from mlops_core.store.workspace import Workspace

ROOT = Path(__file__).parents[2]
SUPERVISOR = ProcessIdentity(pid=1, start_ticks=1, boot_id="test")


def open_page(name: str = "home", **query: object) -> AppTest:
    """The whole app on one page, as a browser would show it first."""
    at = AppTest.from_file(ROOT / "ui" / "main.py", default_timeout=20)
    if name != "home":
        at.switch_page(str(ROOT / "pages" / f"{name}.py"))
    for key, value in query.items():
        at.query_params[key] = str(value)
    return at.run()


def charts_of(at: AppTest) -> list[dict[str, Any]]:
    """What every chart on the page was given: ``figure`` (JSON), ``alt``, ``height`` and more."""
    protos = (element.proto for element in at.get("bidi_component"))
    return [json.loads(one.json) for one in protos if one.component_name == "mlops_chart"]


def text_of(at: AppTest) -> str:
    """Everything that is written on the page, without Markdown's escapes."""
    parts: list[str] = []
    for kind in ("title", "caption", "markdown", "error", "warning", "info", "html", "page_link"):
        parts += [str(element.value) for element in at.get(kind)]
    parts += [f"{metric.label} {metric.value} {metric.delta}" for metric in at.metric]
    parts += [f"{button.label}" for button in at.button]
    return "\n".join(parts).replace("\\", "")


class Lab:
    """Builds what pages show; every run is written the way a supervisor writes it."""

    def __init__(self, ws: Workspace, folder: Path) -> None:
        self.ws = ws
        self.folder = folder

    def dataset(self, name: str = "churn", target: str = "churned") -> Dataset:
        path = self.folder / f"{name}.csv"
        rows = [f"{i},{20 + i % 50},{'yes' if i % 3 else 'no'},{i * 1.5}" for i in range(60)]
        path.write_text("customer,age,churned,price\n" + "\n".join(rows), encoding="utf-8")
        return datasets.add_file(self.ws, path, name=name, target=target)

    def experiment(
        self, dataset: Dataset, name: str = "churn first", algorithms: tuple[str, ...] = ("dummy",)
    ) -> tuple[int, tuple[int, ...]]:
        """An experiment with one queued run an algorithm; nothing is woken."""
        config = ExperimentConfig(
            dataset_id=dataset.id,
            target=str(dataset.target),
            task=dataset.task or Task.CLASSIFICATION,
            models=tuple(
                ExperimentModel(name=key.replace("_", " "), config=ModelConfig(algorithm=key))
                for key in algorithms
            ),
        )
        made = experiments.create(self.ws, name, config)
        with self.ws.begin() as connection:
            ids = queueing.enqueue(
                connection,
                experiment_id=made.id,
                config=config,
                dataset=dataset,
                by=Submission(owner="kim"),
                at=self.ws.now(),
            )
        return made.id, ids

    def run(self, run_id: int, points: int = 12) -> int:
        """Set a queued run going, with points and samples; its attempt number."""
        now = self.ws.now()
        with self.ws.begin() as connection:
            attempt = store.claim(connection, run_id, cores=(0,), at=now)
            assert attempt is not None
            store.take_up(
                connection, run_id, attempt=attempt, supervisor=SUPERVISOR, enforcement={}, at=now
            )
            store.write_batch(
                connection,
                run_id,
                attempt=attempt,
                points=[
                    MetricPoint(
                        seq=i + 1, name="roc_auc", split="validation", fold=1 + i // 4,
                        step=i % 4, value=0.6 + i / 100, at=now + timedelta(seconds=i),
                    )
                    for i in range(points)
                ],
                samples=[
                    ResourceSample(
                        seq=i + 1, at=now + timedelta(seconds=i / 2), cpu_percent=90.0,
                        memory_mb=300.0 + i, processes=1, threads=2,
                    )
                    for i in range(points)
                ],
                progress={"progress": 0.4, "phase": "fold", "fold": 2, "folds": 5},
            )  # fmt: skip
        return attempt

    def end(
        self,
        run_id: int,
        reason: EndReason = EndReason.FINISHED,
        message: str = "",
        *,
        result: TrainingResult | None = None,
        error: TrainingError | None = None,
        partial: PartialResult | None = None,
        usage: Usage | None = None,
    ) -> None:
        """Set a queued run going and end it."""
        attempt = self.run(run_id)
        if reason is EndReason.FINISHED and result is None:
            result = classification_result()
        paths = self.ws.run_paths(run_id)
        paths.folder.mkdir(parents=True, exist_ok=True)
        if result is not None:
            paths.result.write_text(result.model_dump_json(), encoding="utf-8")
            paths.model.write_bytes(b"model")
            paths.predictions.write_bytes(b"predictions")
        if error is not None:
            paths.error.write_text(error.model_dump_json(), encoding="utf-8")
        line = {"t": self.ws.now().timestamp(), "kind": "log", "level": "info", "message": "Hello"}
        paths.events.write_text(json.dumps(line) + "\n", encoding="utf-8")
        usage = usage or Usage(
            peak_memory_mb=812.5, mean_memory_mb=400.0, cpu_seconds=33.36, wall_seconds=41.7,
            read_mb=96.0, write_mb=3.5,
        )  # fmt: skip
        with self.ws.begin() as connection:
            ended = store.end(
                connection,
                run_id,
                attempt=attempt,
                outcome=RunOutcome(reason=reason, message=message, usage=usage),
                result=result,
                partial=partial,
                at=self.ws.now(),
            )
        assert ended


def _common() -> dict[str, Any]:
    return {
        "rows": {"total": 60, "used": 58, "train": 46, "holdout": 12, "no_target": 2},
        "params": {"strategy": "prior"},
        "importance": (Importance(feature="age", mean=0.12, std=0.01),),
        "warnings": ("2 rows without a target were left out.",),
        "environment": {"python": "3.11"},
        "digests": {"model": "ab" * 32},
        "timings": {"loading": 0.4, "fold": 3.2},
    }


def classification_result() -> TrainingResult:
    return TrainingResult(
        primary_metric="roc_auc",
        holdout={"roc_auc": 0.8421, "accuracy": 0.801, "log_loss": 0.42},
        cv={"roc_auc": CrossValidated(mean=0.846, std=0.0102, folds=(0.84, 0.85, 0.848))},
        classes=("no", "yes"),
        positive_class="yes",
        confusion=Confusion(labels=("no", "yes"), matrix=((5, 1), (2, 4))),
        roc=(Curve(label="yes", x=(0.0, 0.2, 1.0), y=(0.0, 0.8, 1.0), area=0.84),),
        precision_recall=(Curve(label="yes", x=(0.0, 1.0), y=(1.0, 0.6), area=0.7),),
        **_common(),
    )


def regression_result() -> TrainingResult:
    return TrainingResult(
        primary_metric="rmse",
        holdout={"rmse": 12.5, "r2": 0.9},
        residuals=Residuals(actual=(1.0, 2.0, 3.0), predicted=(1.1, 1.9, 3.3)),
        **_common(),
    )
