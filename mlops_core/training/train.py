"""A run from its first row to its last file.

The folds say how good the recipe is. The model that is kept is fitted once more, on everything but
the hold-out rows (the training part), and the hold-out judges exactly that model.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from mlops_core.algorithms import get_algorithm
from mlops_core.domain.events import RunPaths, TrainerJob
from mlops_core.domain.params import Algorithm
from mlops_core.domain.results import (
    FeatureUse,
    Importance,
    PartialResult,
    TrainingResult,
)
from mlops_core.errors import InvalidInput
from mlops_core.features.assign import Positions
from mlops_core.features.pipeline import design_columns
from mlops_core.features.resolve import resolve_columns
from mlops_core.features.split import Split, split_rows
from mlops_core.metrics import Metric, primary_metric
from mlops_core.training.artifact import file_digest, save_model
from mlops_core.training.curves import Watch
from mlops_core.training.environment import describe_environment
from mlops_core.training.events import EventWriter, Where
from mlops_core.training.explain import explain
from mlops_core.training.fitting import (
    MODEL,
    PREPARE,
    Fitted,
    Plan,
    fit,
    has_single_class,
    refuse_without_probabilities,
)
from mlops_core.training.floor import floor_result
from mlops_core.training.judge import (
    confusion_of,
    cross_validated,
    joined,
    measure,
    precision_recall_of,
    residuals_of,
    roc_of,
)
from mlops_core.training.notes import Notes, warnings_noted
from mlops_core.training.predictions import Judgement, write_predictions
from mlops_core.training.table import column_types, load_table, unread

LOADED, FITTED, EXPLAINED = 0.04, 0.90, 0.97  # share of the run that is done after each


class Training:
    """The state of one run while it goes on."""

    def __init__(self, job: TrainerJob, paths: RunPaths, events: EventWriter) -> None:
        self.job, self.paths, self.events = job, paths, events
        self.notes = Notes()
        self.timings: dict[str, float] = {}
        self.judgements: list[Judgement] = []
        self.fold_values: list[dict[str, float]] = []

    def run(self) -> TrainingResult:
        """Train, judge, explain, save.

        Raises:
            MlopsError: something that a person can be told in a sentence.
        """
        with self._timed("loading"):
            plan, split, metric = self._load()
        with self._timed("folds"):
            last = self._folds(plan, split)
            _refuse_unjudged(split, last)
        with self._timed("final"):
            kept, holdout = self._final(plan, split)
        with self._timed("explaining"):
            self.events.phase("explaining")
            judge = kept if kept.seen is not None else last
            importance: tuple[Importance, ...] = ()
            if judge is not None:
                span = (FITTED, EXPLAINED - FITTED)
                importance = explain(plan, judge, metric, self.events, span, self.notes)
        with self._timed("saving"):
            self.events.phase("saving")
            digests = self._save(plan, split, kept)
        result = TrainingResult(
            primary_metric=metric.key,
            holdout=holdout,
            cv=cross_validated(self.fold_values),
            floor=floor_result(plan.spec.dataset.task, plan.table, split, self.judgements),
            classes=plan.table.classes,
            positive_class=_positive_name(plan),
            rows=_row_counts(plan, split),
            features=_features_used(plan, kept),
            params=plan.values,
            importance=importance,
            evaluated_on="holdout" if len(split.holdout) else "folds",
            warnings=self.notes.sentences(),
            environment=self._environment(plan, kept),
            digests=digests,
            timings=self.timings,
            **self._charts(plan),
        )
        write_whole(self.paths.result, result)
        self.events.progress(1.0)
        return result

    def _load(self) -> tuple[Plan, Split, Metric]:
        self.events.phase("loading")
        spec = self.job.spec
        task, evaluation = spec.dataset.task, spec.evaluation
        algorithm = get_algorithm(spec.model.algorithm)
        if problems := algorithm.problems(spec.model.params, task):
            first = problems[0]
            raise InvalidInput(first.message, first.hint, field=f"model.{first.field}")
        types = column_types(Path(self.job.table))
        features = resolve_columns(spec.features, self.job.roles, spec.dataset.target, types)
        table = load_table(Path(self.job.table), spec, features, self.job.spelling)
        metric = primary_metric(task, len(table.classes), evaluation.metric)
        for sentence in unread(table, features, types):
            self.notes.add(sentence)
        if table.without_target:
            self.notes.add(f"{table.without_target} rows have no target and were left out.")
        if spec.dataset.positive_class is not None and table.classes and table.positive is None:
            self.notes.add("The positive class counts only where there are two classes.")
        split = split_rows(
            evaluation,
            task,
            table.truth,
            groups=table.groups,
            times=table.times,
            class_names=table.classes,
        )
        for sentence in split.warnings:
            self.notes.add(sentence)
        plan = Plan(
            spec=spec,
            algorithm=algorithm,
            features=tuple(features),
            table=table,
            n_jobs=self.job.n_jobs,
            device="cuda" if algorithm.on_gpu and self.job.spec.resources.gpus else "cpu",
        )
        for sentence in idle_gpus(algorithm, spec.resources.gpus):
            self.notes.add(sentence)
        refuse_without_probabilities(plan, metric)
        self.events.progress(LOADED)
        return plan, split, metric

    def _folds(self, plan: Plan, split: Split) -> Fitted | None:
        count = len(split.folds)
        share = (FITTED - LOADED) / (count + 1)
        fitted = None
        for number, (learn, judge) in enumerate(split.folds, start=1):
            self.events.phase("fold", number, count)
            start = LOADED + share * (number - 1)
            watch = Watch(
                events=self.events, split="validation", fold=number, start=start, span=share
            )
            self.notes.place = place = f"fold {number}"
            if not len(judge):
                self.notes.add("No rows are left for a fold to judge", place)
                continue
            if has_single_class(plan, learn):
                self.notes.add("A fold whose training rows hold a single class was left out", place)
                continue
            fitted = fit(plan, learn, judge, watch, place)
            self.fold_values.append(self._judged(plan, fitted, judge, number, place))
            self._tell_so_far(count)
            self.events.progress(start + share)
        return fitted

    def _final(self, plan: Plan, split: Split) -> tuple[Fitted, dict[str, float]]:
        self.events.phase("final")
        share = (FITTED - LOADED) / (len(split.folds) + 1)
        watch = Watch(events=self.events, split="holdout", fold=0, start=FITTED - share, span=share)
        self.notes.place = "the final fit"
        fitted = fit(plan, split.train, split.holdout, watch, "the training part")
        values: dict[str, float] = {}
        if fitted.seen is not None:
            self.events.phase("holdout")
            values = self._judged(plan, fitted, split.holdout, 0, "the hold-out")
            self._tell_so_far(len(split.folds), values)
        self.events.progress(FITTED)
        return fitted, values

    def _judged(
        self, plan: Plan, fitted: Fitted, judge: Positions, fold: int, place: str
    ) -> dict[str, float]:
        """The metrics of one fold, or of the hold-out (0), kept and told."""
        if fitted.seen is None:
            return {}
        values = measure(plan.spec.dataset.task, fitted.seen, self.notes, place)
        self.judgements.append(Judgement(fold=fold, positions=judge, seen=fitted.seen))
        split: Where = "validation" if fold else "holdout"
        for name, value in values.items():
            self.events.metric(name, value, split=split, fold=fold, step=fold)
        return values

    def _tell_so_far(self, planned: int, holdout: dict[str, float] | None = None) -> None:
        found = PartialResult(
            planned_folds=planned, holdout=holdout or {}, cv=cross_validated(self.fold_values)
        )
        write_whole(self.paths.partial, found)

    def _charts(self, plan: Plan) -> dict[str, Any]:
        held = [part.seen for part in self.judgements if part.fold == 0]
        seen = joined(held or [part.seen for part in self.judgements])
        if not plan.table.classes:
            return {"residuals": residuals_of(seen)}
        return {
            "confusion": confusion_of(seen, plan.table),
            "roc": roc_of(seen, plan.table),
            "precision_recall": precision_recall_of(seen, plan.table),
        }

    def _save(self, plan: Plan, split: Split, kept: Fitted) -> dict[str, str]:
        model = save_model(kept.pipeline, self.paths.model)
        write_predictions(self.paths.predictions, self.judgements, plan.table)
        return {
            "model": model,
            "predictions": file_digest(self.paths.predictions),
            "split": split.digest(),
        }

    def _environment(self, plan: Plan, kept: Fitted) -> dict[str, str]:
        found = describe_environment(self.job.n_jobs, plan.algorithm.package)
        device = getattr(kept.pipeline.named_steps[MODEL], "device_", None)
        if device is None:
            return found
        on_gpu = device != "cpu" and self.job.gpus
        return {**found, "device": f"{device} ({self.job.gpus[0]})" if on_gpu else device}

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.timings[phase] = time.monotonic() - started


def idle_gpus(algorithm: Algorithm, given: int) -> Iterator[str]:
    """What is worth a word about GPUs that a run of ``algorithm`` is given and does not use."""
    if given and not algorithm.on_gpu:
        yield f"{algorithm.label} does not use a GPU; what it was given stood idle."
    elif given > 1:
        yield f"{algorithm.label} used one of its {given} GPUs; the others stood idle."


def _refuse_unjudged(split: Split, last: Fitted | None) -> None:
    if last is None and not len(split.holdout):
        raise InvalidInput(
            "The training rows of every fold hold a single class, so there is nothing to judge.",
            "Use fewer folds, a stratified split, or more rows of the rare class.",
            field="evaluation.folds",
        )


def train(job: TrainerJob, folder: Path) -> TrainingResult:
    """Do what ``job`` says and leave all its files in ``folder`` (see ``RunPaths``).

    Raises:
        MlopsError: something that a person can be told in a sentence; no result is written.
    """
    paths = RunPaths(folder)
    with EventWriter(paths.events) as events:
        return train_with(job, paths, events)


def train_with(job: TrainerJob, paths: RunPaths, events: EventWriter) -> TrainingResult:
    """``train`` with the events going where the caller has opened them."""
    training = Training(job, paths, events)
    algorithm = get_algorithm(job.spec.model.algorithm)
    with warnings_noted(training.notes, algorithm):
        return training.run()


def write_whole(path: Path, content: BaseModel) -> None:
    """Write JSON beside ``path`` and rename it there: a reader sees all of it or nothing."""
    beside = path.with_name(f"{path.name}.part")
    with beside.open("w", encoding="utf-8") as file:
        file.write(content.model_dump_json(indent=1))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _positive_name(plan: Plan) -> str | None:
    return None if plan.table.positive is None else plan.table.classes[plan.table.positive]


def _row_counts(plan: Plan, split: Split) -> dict[str, int]:
    table = plan.table
    return {
        "total": table.total,
        "used": len(table.rows),
        "train": len(split.train),
        "holdout": len(split.holdout),
        "no_target": table.without_target,
    }


def _features_used(plan: Plan, kept: Fitted) -> tuple[FeatureUse, ...]:
    places = design_columns(kept.pipeline.named_steps[PREPARE])
    return tuple(
        FeatureUse(column=name, role=role.value, outputs=len(places[name]))
        for name, role in plan.features
    )
