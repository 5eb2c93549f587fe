"""Fits that can be watched while they run, and give the very same model as a plain fit.

What is measured, where an algorithm has iterations:

- histogram and gradient boosting, XGBoost, forests, logistic regression (lbfgs): the loss on the
  judged rows, ``log_loss.iterations`` for classes, ``rmse.iterations`` or ``mae.iterations`` for
  numbers;
- neural networks: the training loss with its penalty, ``loss.iterations``, split ``train``.

Everything else fits plainly. The judged rows are only looked at: nothing is chosen by them.
"""

from __future__ import annotations

import math
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlops_core.metrics import METRICS, Observed
from mlops_core.training.events import EventWriter, Where
from mlops_core.training.judge import observe

SUFFIX = ".iterations"
POINTS = 100  # about as many as a chart can show
POLL_SECONDS = 0.2
NEVER = 10**9


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Rows that a fit may be measured on: their design matrix, targets and true values."""

    design: Any
    y: NDArray[Any]
    truth: NDArray[Any]
    labels: NDArray[Any]
    positive: int | None

    @property
    def measure(self) -> str:
        return "log_loss" if len(self.labels) else "rmse"

    def loss(self, estimator: Any) -> float:
        seen = observe(estimator, self.design, self.truth, self.labels, self.positive)
        return METRICS[self.measure].compute(seen)


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Where a fit's curve goes: events of one fold, and the part of the run it fills."""

    events: EventWriter
    split: Where
    fold: int
    start: float
    span: float

    def point(
        self, name: str, step: int, of: int, value: float, split: Where | None = None
    ) -> None:
        """One point of a curve; of long curves only about a hundred are written."""
        if step % max(1, of // POINTS) == 0 and math.isfinite(value):
            where = split or self.split
            self.events.metric(name + SUFFIX, value, split=where, fold=self.fold, step=step)
        self.events.progress(self.start + self.span * min(step / of, 1.0))


def fit_watched(
    key: str, estimator: Any, design: Any, y: NDArray[Any], judged: Judged | None, watch: Watch
) -> None:
    """Fit ``estimator`` (of the algorithm ``key``) in place, with a live curve where it has one."""
    if getattr(estimator, "early_stopping", False) and not can_set_aside(estimator, y):
        warnings.warn(
            "it did not stop early, because a class has too few rows to set some aside",
            stacklevel=2,
        )
        estimator.set_params(early_stopping=False)
    fit = FITS.get(key)
    needs_judged = fit is not None and fit is not _fit_mlp
    if fit is None or (needs_judged and judged is None):
        estimator.fit(design, y)
    else:
        fit(estimator, design, y, judged, watch)


def can_set_aside(estimator: Any, y: NDArray[Any]) -> bool:
    """Whether the rows that stopping early sets aside can hold every class, and the others too."""
    from sklearn.base import is_classifier

    if not is_classifier(estimator):
        return True
    _classes, counts = np.unique(y, return_counts=True)
    aside = math.ceil(estimator.validation_fraction * len(y))
    return bool(counts.min() > 1 and len(counts) <= min(aside, len(y) - aside))


def _fit_hist(estimator: Any, design: Any, y: NDArray[Any], judged: Judged, watch: Watch) -> None:
    unseen = len(judged.labels) and not np.isin(judged.y, y).all()
    if estimator.early_stopping or unseen:
        # It judges itself on rows of its own, or could not read classes it never saw.
        estimator.fit(design, y)
        return
    squared = estimator.loss == "squared_error"
    name = judged.measure if estimator.loss != "absolute_error" else "mae"
    plain = {"early_stopping": False, "n_iter_no_change": estimator.n_iter_no_change}

    def loss(score: float) -> float:
        return math.sqrt(max(-2.0 * score, 0.0)) if squared else -score  # half the squared error

    estimator.set_params(early_stopping=True, n_iter_no_change=NEVER)
    with _polled(
        lambda: getattr(estimator, "validation_score_", ()),
        lambda step, score: watch.point(name, step, estimator.max_iter, loss(score)),
    ):
        estimator.fit(design, y, X_val=judged.design, y_val=judged.y)
    estimator.set_params(**plain)


def _fit_xgboost(
    estimator: Any, design: Any, y: NDArray[Any], judged: Judged, watch: Watch
) -> None:
    if len(judged.labels) and not np.isin(judged.y, y).all():
        estimator.fit(design, y)  # it could not read classes it never saw
        return
    estimator.fit(
        design,
        y,
        watched=(judged.design, judged.y),
        tell=lambda step, loss: watch.point(judged.measure, step, estimator.n_estimators, loss),
    )


def _fit_boosting(
    estimator: Any, design: Any, y: NDArray[Any], judged: Judged, watch: Watch
) -> None:
    stages: Iterator[Any] | None = None

    def monitor(index: int, fitting: Any, _local: dict[str, Any]) -> bool:
        nonlocal stages
        if stages is None:
            classes = hasattr(fitting, "staged_predict_proba")
            ahead = fitting.staged_predict_proba if classes else fitting.staged_predict
            stages = ahead(judged.design)  # advances one tree a step, never back
        value = _stage_loss(next(stages), fitting, judged)
        watch.point(judged.measure, index + 1, fitting.n_estimators, value)
        return False

    estimator.fit(design, y, monitor=monitor)


def _stage_loss(said: NDArray[np.float64], fitting: Any, judged: Judged) -> float:
    if not len(judged.labels):
        return METRICS["rmse"].compute(Observed(truth=judged.truth, predicted=said))
    scores = np.zeros((len(said), len(judged.labels)))
    scores[:, np.searchsorted(judged.labels, fitting.classes_)] = said
    seen = Observed(
        truth=judged.truth,
        predicted=judged.truth,
        classes=len(judged.labels),
        positive=judged.positive,
        scores=scores,
        probabilities=True,
    )
    return METRICS["log_loss"].compute(seen)


def _fit_forest(estimator: Any, design: Any, y: NDArray[Any], judged: Judged, watch: Watch) -> None:
    total, jobs = estimator.n_estimators, estimator.n_jobs
    if estimator.get_params().get("class_weight") == "balanced":
        estimator.fit(design, y)  # weights and growing in chunks is what scikit-learn warns of
        return
    estimator.set_params(warm_start=True)
    for size in chunk_sizes(total):
        estimator.set_params(n_estimators=size, n_jobs=jobs)
        estimator.fit(design, y)
        estimator.set_params(n_jobs=1)  # one thread adds the trees up in one order
        value = judged.loss(estimator)
        watch.events.metric(
            judged.measure + SUFFIX, value, split=watch.split, fold=watch.fold, step=size
        )
        watch.events.progress(watch.start + watch.span * size / total)
    estimator.set_params(warm_start=False, n_jobs=jobs)


def chunk_sizes(total: int) -> list[int]:
    """Growing numbers of trees up to ``total``: measuring them all costs about three times one."""
    sizes = [1]
    while sizes[-1] < total:
        sizes.append(min(total, max(sizes[-1] + 1, math.ceil(sizes[-1] * 1.5))))
    return sizes


class _EveryIteration:
    """Tells the loss after each iteration of a logistic regression (scikit-learn's callbacks)."""

    def __init__(self, judged: Judged, watch: Watch) -> None:
        self._judged, self._watch = judged, watch
        self._step = 0

    def setup(self, estimator: Any, context: Any) -> None:
        """Nothing to prepare."""

    def teardown(self, estimator: Any, context: Any) -> None:
        """Nothing to put away."""

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Only the end of an iteration has something to say."""

    def on_fit_task_end(
        self, estimator: Any, context: Any, *, fitted_estimator: Any = None
    ) -> None:
        if fitted_estimator is None:
            return
        self._step += 1
        # How many iterations there will be is unknown: every one at first, then ever fewer.
        if self._step <= 20 or self._step % (self._step // 10) == 0:
            value = self._judged.loss(fitted_estimator)
            if math.isfinite(value):
                self._watch.events.metric(
                    self._judged.measure + SUFFIX,
                    value,
                    split=self._watch.split,
                    fold=self._watch.fold,
                    step=self._step,
                )


def _fit_logistic(
    estimator: Any, design: Any, y: NDArray[Any], judged: Judged, watch: Watch
) -> None:
    if estimator.solver == "lbfgs":
        estimator.set_callbacks(_EveryIteration(judged, watch))
    estimator.fit(design, y)
    if estimator.solver == "lbfgs":
        estimator.set_callbacks()


def _fit_mlp(
    estimator: Any, design: Any, y: NDArray[Any], judged: Judged | None, watch: Watch
) -> None:
    def losses() -> Sequence[float]:
        network = getattr(estimator, "regressor_", estimator)
        return getattr(network, "loss_curve_", ())

    most = getattr(estimator, "regressor", estimator).max_iter
    with _polled(
        losses, lambda step, value: watch.point("loss", step + 1, most, value, split="train")
    ):
        estimator.fit(design, y)


@contextmanager
def _polled(
    values: Callable[[], Sequence[float]], tell: Callable[[int, float], None]
) -> Iterator[None]:
    """Tell every value that a list gains, while the body runs and once more at its end.

    scikit-learn appends to these lists as it fits; reading them changes nothing. A thread reads, so
    the events come while the fit is under way, but which events there are depends on the list only.
    """
    told = 0
    over = threading.Event()

    def tell_new() -> None:
        nonlocal told
        known = values()
        while told < len(known):
            tell(told, float(known[told]))
            told += 1

    def keep_telling() -> None:
        while not over.wait(POLL_SECONDS):
            tell_new()

    thread = threading.Thread(target=keep_telling, name="curve", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    tell_new()


FITS: dict[str, Callable[[Any, Any, NDArray[Any], Any, Watch], None]] = {
    "hist_gradient_boosting": _fit_hist,
    "gradient_boosting": _fit_boosting,
    "xgboost": _fit_xgboost,
    "random_forest": _fit_forest,
    "extra_trees": _fit_forest,
    "logistic_regression": _fit_logistic,
    "mlp": _fit_mlp,
}
