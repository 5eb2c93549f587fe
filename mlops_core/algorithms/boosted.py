"""XGBoost's models as scikit-learn estimators that take any class labels and say where they ran."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import xgboost
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.class_weight import compute_sample_weight


class _EveryTree(xgboost.callback.TrainingCallback):
    """Tells the loss on the rows that are watched after each tree."""

    def __init__(self, tell: Callable[[int, float], None]) -> None:
        super().__init__()
        self._tell = tell

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        (losses,) = evals_log["validation_0"].values()
        self._tell(epoch + 1, float(losses[-1]))
        return False


class _Boosted(BaseEstimator):  # type: ignore[misc]
    """What both have in common.

    The parameters are XGBoost's own, but for ``class_weight`` (scikit-learn's) and ``max_depth``
    (``None``: no limit). Once fitted it predicts on the processor: the same to the last bit on a
    machine without a GPU.

    Attributes:
        device_: Where it was fitted, as XGBoost says: ``cpu``, ``cuda:0``.
        model_: The fitted model.
    """

    def __init__(
        self,
        *,
        n_estimators: int = 100,
        learning_rate: float = 0.3,
        max_depth: int | None = 6,
        min_child_weight: float = 1.0,
        subsample: float = 1.0,
        colsample_bytree: float = 1.0,
        reg_lambda: float = 1.0,
        reg_alpha: float = 0.0,
        gamma: float = 0.0,
        max_bin: int = 256,
        class_weight: str | None = None,
        device: str = "cpu",
        random_state: int = 0,
        n_jobs: int = 1,
    ) -> None:
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.max_depth = max_depth
        self.min_child_weight = min_child_weight
        self.subsample = subsample
        self.colsample_bytree = colsample_bytree
        self.reg_lambda = reg_lambda
        self.reg_alpha = reg_alpha
        self.gamma = gamma
        self.max_bin = max_bin
        self.class_weight = class_weight
        self.device = device
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _fit(
        self,
        kind: type,
        design: Any,
        y: Any,
        watched: Any,
        tell: Callable[[int, float], None] | None,
    ) -> None:
        settings = self.get_params(deep=False)
        weights = settings.pop("class_weight")
        model: Any = kind(
            **{**settings, "max_depth": self.max_depth or 0},
            tree_method="hist",
            callbacks=None if tell is None else [_EveryTree(tell)],
        )
        model.fit(
            design,
            y,
            sample_weight=None if weights is None else compute_sample_weight(weights, y),
            eval_set=None if tell is None else [watched],
            verbose=False,
        )
        config = json.loads(model.get_booster().save_config())
        self.device_ = str(config["learner"]["generic_param"]["device"])
        if self.device_.split(":")[0] != self.device.split(":")[0]:
            # XGBoost itself goes on elsewhere and only warns.
            raise ValueError(f"XGBoost was to use {self.device} and used {self.device_}")
        model.set_params(callbacks=None, device="cpu")
        self.model_ = model
        self.n_features_in_ = model.n_features_in_

    def _fitted(self) -> Any:
        return self.model_.set_params(n_jobs=self.n_jobs)


class XGBoostClassifier(ClassifierMixin, _Boosted):  # type: ignore[misc]
    """XGBoost for classes of any labels."""

    def fit(
        self,
        design: Any,
        y: Any,
        watched: Any = None,
        tell: Callable[[int, float], None] | None = None,
    ) -> XGBoostClassifier:
        """Fit on a design matrix.

        Args:
            design: Array of shape (rows, columns); NaN: missing.
            y: Labels, one a row.
            watched: Rows to be told the loss of, as (design matrix, labels); all known from ``y``.
            tell: Called with the number of trees and the log loss on ``watched``.

        Raises:
            ValueError: the data cannot be fitted, or ``device`` was not what was used.
        """
        self.classes_, codes = np.unique(y, return_inverse=True)
        if tell is not None:
            watched = (watched[0], np.searchsorted(self.classes_, watched[1]))
        self._fit(xgboost.XGBClassifier, design, codes, watched, tell)
        return self

    def predict(self, design: Any) -> Any:
        """The most probable label of each row."""
        return self.classes_[np.argmax(self.predict_proba(design), axis=1)]

    def predict_proba(self, design: Any) -> Any:
        """Probabilities, shape (rows, classes), in the order of ``classes_``."""
        return self._fitted().predict_proba(design)


class XGBoostRegressor(RegressorMixin, _Boosted):  # type: ignore[misc]
    """XGBoost for numbers."""

    def fit(
        self,
        design: Any,
        y: Any,
        watched: Any = None,
        tell: Callable[[int, float], None] | None = None,
    ) -> XGBoostRegressor:
        """Fit on a design matrix; see ``XGBoostClassifier.fit``, the loss is the RMSE."""
        self._fit(xgboost.XGBRegressor, design, y, watched, tell)
        return self

    def predict(self, design: Any) -> Any:
        """A number for each row."""
        return self._fitted().predict(design)
