"""Estimators as the expressions that make them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Lasso, LogisticRegression
from sklearn.model_selection import KFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler, TargetEncoder

from mlops_core.export.bundle import import_lines
from mlops_core.export.render import Renderer, public_home
from mlops_core.features.transformers import Categories

ESTIMATORS = [
    RandomForestClassifier(n_estimators=7, max_depth=None, bootstrap=False, random_state=1),
    LogisticRegression(C=float("inf"), class_weight="balanced"),
    SimpleImputer(missing_values=np.nan, strategy="constant", fill_value=0.0),
    OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    TransformedTargetRegressor(regressor=Lasso(alpha=0.5), transformer=StandardScaler()),
    MLPClassifier(hidden_layer_sizes=(5, 5), alpha=1e-05),
    Pipeline(
        [
            ("fill", SimpleImputer(strategy="median", add_indicator=True)),
            ("encode", TargetEncoder(cv=KFold(3, shuffle=True, random_state=1), smooth=2.0)),
            ("scale", StandardScaler(with_mean=False)),
        ]
    ),
]


@pytest.mark.parametrize("made", ESTIMATORS, ids=lambda made: type(made).__name__)
@pytest.mark.parametrize("indent", [0, 60])
def test_the_expression_makes_the_same_estimator(made: BaseEstimator, indent: int) -> None:
    renderer = Renderer(names={})
    text = renderer.write(made, indent, indent)
    known: dict[str, object] = {}
    exec("\n".join(import_lines(renderer.imports)), known)  # noqa: S102
    again = eval(f"({text})", known)  # noqa: S307
    assert repr(clone(again)) == repr(clone(made))


def test_what_is_known_only_in_the_script_is_written_by_name() -> None:
    made = RandomForestClassifier(random_state=77)
    assert Renderer(names={77: "seed"}).write(made) == "RandomForestClassifier(random_state=seed)"


def test_steps_of_the_app_are_carried_and_not_imported() -> None:
    renderer = Renderer(names={})
    assert renderer.write(Categories(missing="most_frequent")) == (
        "Categories(missing='most_frequent')"
    )
    assert list(renderer.carried) == [Categories]
    assert not renderer.imports


def test_classes_are_imported_from_where_they_are_meant_to_be() -> None:
    assert public_home(RandomForestClassifier) == "sklearn.ensemble"
    assert public_home(KFold) == "sklearn.model_selection"
