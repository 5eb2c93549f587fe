"""One fit: preparation and estimator on some rows, seen from outside as one pipeline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from sklearn.pipeline import Pipeline

from mlops_core.algorithms import settled_params
from mlops_core.domain.columns import ColumnRole
from mlops_core.domain.configs import RunSpec
from mlops_core.domain.params import Algorithm, BuildContext
from mlops_core.errors import InvalidInput
from mlops_core.features.assign import Positions
from mlops_core.features.pipeline import build_preparation, native_categories
from mlops_core.metrics import Metric, Needs, Observed
from mlops_core.training.curves import Judged, Watch, fit_watched
from mlops_core.training.judge import observe
from mlops_core.training.table import Table

PREPARE, MODEL = "prepare", "model"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What every fit of a run has in common."""

    spec: RunSpec
    algorithm: Algorithm
    features: tuple[tuple[str, ColumnRole], ...]
    table: Table
    n_jobs: int
    device: Literal["cpu", "cuda"] = "cpu"

    @property
    def values(self) -> dict[str, Any]:
        """The algorithm's parameters, complete."""
        return settled_params(self.algorithm, self.spec.model.params, self.spec.dataset.task)

    def context(self, rows: int, columns: int = 0) -> BuildContext:
        return BuildContext(
            task=self.spec.dataset.task,
            seed=self.spec.fit_seed,
            n_jobs=self.n_jobs,
            device=self.device,
            classes=len(self.table.classes),
            rows=rows,
            columns=columns,
        )


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A fitted pipeline, and the rows it is judged on as it sees them."""

    pipeline: Pipeline
    design: Any  # design matrix of the judged rows; None without any
    seen: Observed | None


def fit(plan: Plan, learn: Positions, judge: Positions, watch: Watch, place: str) -> Fitted:
    """Fit on the rows ``learn`` and predict the rows ``judge`` (which may be none).

    Raises:
        InvalidInput: the rows or parameters are such that the algorithm cannot fit.
    """
    table = plan.table
    y = table.y[learn]
    _refuse_single_class(plan, learn, place)
    try:
        return _fit(plan, learn, judge, watch, y)
    except ValueError as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise InvalidInput(
            f"{plan.algorithm.label} could not be trained on {place}: {reason}.",
            "Change the parameters or the features, or choose another algorithm.",
            field="model.params",
        ) from error


def _fit(plan: Plan, learn: Positions, judge: Positions, watch: Watch, y: Any) -> Fitted:
    table = plan.table
    frame = table.frame.iloc[learn]
    # These rows may lack a class of the table, and the preparation learns from these rows alone.
    # Each fold has luck of its own: the same luck in all would not show in their spread.
    seed = (plan.spec.fit_seed + watch.fold) % 2**32
    classes = len(np.unique(y)) if table.classes else 0
    context = replace(plan.context(len(learn)), classes=classes, seed=seed)
    preparation = build_preparation(
        plan.spec.features, plan.features, frame, plan.algorithm, plan.values, context
    )
    design = preparation.fit_transform(frame, y)
    building = replace(plan.context(len(learn), design.shape[1]), seed=seed)
    estimator: Any = plan.algorithm.build(plan.values, building)
    if native := native_categories(preparation):
        estimator.set_params(categorical_features=native)
    judged_design = preparation.transform(table.frame.iloc[judge]) if len(judge) else None
    judged = None
    if len(judge):
        judged = Judged(
            design=judged_design,
            y=table.y[judge],
            truth=table.truth[judge],
            labels=table.labels,
            positive=table.positive,
        )
    fit_watched(plan.algorithm.key, estimator, design, y, judged, watch)
    use_one_thread(estimator)
    seen = None
    if judged is not None:
        seen = observe(estimator, judged.design, judged.truth, judged.labels, judged.positive)
    pipeline = Pipeline([(PREPARE, preparation), (MODEL, estimator)])
    return Fitted(pipeline=pipeline, design=judged_design, seen=seen)


def use_one_thread(estimator: Any) -> None:
    """Predict with one thread: several add trees up in the order in which they happen to finish,
    and a model file should not ask a stranger's machine for cores."""
    if "n_jobs" in estimator.get_params(deep=False):
        estimator.set_params(n_jobs=1)


def refuse_without_probabilities(plan: Plan, metric: Metric) -> None:
    """Say before any fit that the primary metric will never have a value.

    Raises:
        InvalidInput: ``metric`` needs probabilities and the model gives none.
    """
    estimator: Any = plan.algorithm.build(plan.values, plan.context(len(plan.table.rows)))
    if metric.needs is Needs.PROBABILITIES and not hasattr(estimator, "predict_proba"):
        raise InvalidInput(
            f"{metric.label} needs probabilities, and {plan.algorithm.label.lower()} gives none "
            "with these parameters.",
            "Choose another metric, such as balanced accuracy, or another algorithm.",
            field="evaluation.metric",
        )


def has_single_class(plan: Plan, learn: Positions) -> bool:
    """Whether the rows ``learn`` are all of one class, so that nothing can be learned from them."""
    return bool(plan.table.classes) and len(np.unique(plan.table.truth[learn])) < 2


def _refuse_single_class(plan: Plan, learn: Positions, place: str) -> None:
    if has_single_class(plan, learn):
        raise InvalidInput(
            f"The rows of {place} hold a single class, so there is nothing to learn.",
            "Use a stratified split, a smaller hold-out share, or more rows of the rare class.",
            field="evaluation.folds",
        )
