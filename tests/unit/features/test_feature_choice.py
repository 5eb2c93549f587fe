"""Which columns become features, and what is refused before a run starts."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_core.domain.columns import Column, ColumnProfile, ColumnRole, ColumnType, TopValue
from mlops_core.domain.configs import (
    DatasetConfig,
    EvaluationConfig,
    FeatureConfig,
    ModelConfig,
    RunSpec,
)
from mlops_core.domain.params import Task
from mlops_core.errors import InvalidInput
from mlops_core.features.preflight import problems
from mlops_core.features.resolve import resolve_columns

TYPES = {
    "id": ColumnType.INTEGER,
    "age": ColumnType.NUMBER,
    "price ": ColumnType.NUMBER,
    "도시": ColumnType.TEXT,
    "y": ColumnType.INTEGER,
}
ROLES = {"id": "drop", "age": "numeric", "price ": "numeric", "도시": "categorical", "y": "numeric"}


def test_all_means_every_column_but_the_target_and_what_is_dropped() -> None:
    assert resolve_columns(FeatureConfig(), ROLES, "y", TYPES) == [
        ("age", ColumnRole.NUMERIC),
        ("price ", ColumnRole.NUMERIC),
        ("도시", ColumnRole.CATEGORICAL),
    ]


def test_the_table_decides_the_order_not_the_list() -> None:
    config = FeatureConfig(include=("도시", "age"))
    assert [name for name, _role in resolve_columns(config, ROLES, "y", TYPES)] == ["age", "도시"]


def test_roles_override_the_suggestion_in_both_directions() -> None:
    config = FeatureConfig(
        roles={"id": ColumnRole.CATEGORICAL, "age": ColumnRole.DROP}, exclude=("price ",)
    )
    assert resolve_columns(config, ROLES, "y", TYPES) == [
        ("id", ColumnRole.CATEGORICAL),
        ("도시", ColumnRole.CATEGORICAL),
    ]


def test_who_lists_a_column_uses_it_though_the_suggestion_drops_it() -> None:
    config = FeatureConfig(include=("id", "age"))
    used = [("id", ColumnRole.NUMERIC), ("age", ColumnRole.NUMERIC)]
    assert resolve_columns(config, ROLES, "y", TYPES) == used
    as_text = resolve_columns(config, ROLES, "y", TYPES | {"id": ColumnType.TEXT})
    assert as_text[0] == ("id", ColumnRole.CATEGORICAL)
    dropped = config.model_copy(update={"roles": {"id": ColumnRole.DROP}})
    assert resolve_columns(dropped, ROLES, "y", TYPES) == used[1:]


@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        ({"include": ("Price",)}, "features.include", "'price '"),
        ({"exclude": ("ages",)}, "features.exclude", "'age'"),
        ({"roles": {"도 시": "text"}}, "features.roles", "'도시'"),
        ({"include": ("qqq",)}, "features.include", "The dataset has: 'id', 'age'"),
        ({"include": ("age", "y")}, "features.include", "own answer"),
        ({"include": ("age",), "exclude": ("age",)}, "features.include", "at least one column"),
        ({"include": ()}, "features.include", "at least one column"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_way_out(
    asked: dict[str, Any], field: str, said: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        resolve_columns(FeatureConfig.model_validate(asked), ROLES, "y", TYPES)
    assert caught.value.field == field
    assert said in str(caught.value)


def column(name: str, kind: ColumnType, role: str, **profile: Any) -> Column:
    return Column(
        name=name,
        original=name,
        type=kind,
        role=ColumnRole(role),
        profile=ColumnProfile.model_validate({"distinct": 50, **profile}),
    )


COLUMNS = (
    column("age", ColumnType.NUMBER, "numeric", missing=3),
    column("도시", ColumnType.TEXT, "categorical", distinct=4),
    column(
        "답",
        ColumnType.TEXT,
        "categorical",
        distinct=2,
        top=(TopValue(value="예", count=60), TopValue(value="아니오", count=40)),
    ),
    column("amount", ColumnType.NUMBER, "numeric", distinct=98),
    column("one", ColumnType.TEXT, "categorical", distinct=1),
    column("name", ColumnType.TEXT, "text", distinct=97),
    column(
        "size",
        ColumnType.TEXT,
        "categorical",
        distinct=2,
        top=(TopValue(value="big", count=60), TopValue(value="small", count=40)),
    ),
    column("day", ColumnType.TEXT, "categorical", top=(TopValue(value="01/02/2024", count=9),)),
    column("zero", ColumnType.NUMBER, "numeric", top=(TopValue(value="0", count=9),)),
    column("joined", ColumnType.DATE, "date"),
    column("giant", ColumnType.NUMBER, "numeric", minimum=-1e38, maximum=2.0),
    column("few", ColumnType.INTEGER, "numeric", distinct=2, missing=97),
    column("void", ColumnType.TEXT, "categorical", distinct=0, missing=100),
)


def found(
    target: str = "답",
    task: Task = Task.CLASSIFICATION,
    algorithm: str = "random_forest",
    positive_class: str | None = None,
    features: dict[str, Any] | None = None,
    params: dict[str, Any] | None = None,
    **evaluation: Any,
) -> dict[str, str]:
    """Field to message and hint, for 100 rows."""
    spec = RunSpec(
        dataset=DatasetConfig(
            name="d",
            version=1,
            fingerprint="0",
            target=target,
            task=task,
            positive_class=positive_class,
        ),
        features=FeatureConfig.model_validate(features or {}),
        model=ModelConfig(algorithm=algorithm, params=params or {}),
        evaluation=EvaluationConfig.model_validate(evaluation),
    )
    return {said.field: f"{said.message} {said.hint}" for said in problems(spec, COLUMNS, 100)}


def test_a_sound_plan_has_no_problems() -> None:
    assert found() == {}
    assert found(positive_class="예") == {}
    assert found(strategy="time", time_column="joined") == {}
    assert found(features={"include": ("few", "age")}) == {}
    assert found("amount", Task.REGRESSION, "ridge") == {}
    assert found(metric="log_loss") == {}
    assert found("도시", strategy="grouped", group_column="age") == {}


@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        ({"target": "답 "}, "dataset.target", "'답'"),
        ({"target": "one"}, "dataset.target", "single value"),
        ({"target": "void"}, "dataset.target", "no values"),
        ({"target": "name"}, "dataset.target", "nearly as many"),
        ({"target": "amount"}, "dataset.target", "regression"),
        (
            {"target": "답", "task": Task.REGRESSION, "algorithm": "ridge"},
            "dataset.target",
            "not a number",
        ),
        (
            {"target": "giant", "task": Task.REGRESSION, "algorithm": "ridge"},
            "dataset.target",
            "too large",
        ),
        ({"target": "few"}, "evaluation.folds", "3 rows with a target leave 2"),
        ({"positive_class": "몰라"}, "dataset.positive_class", "아니오, 예"),
        ({"algorithm": "lasso"}, "model.algorithm", "cannot be used"),
        ({"algorithm": "forest"}, "model.algorithm", "random_forest"),
        ({"params": {"n_estimators": 0}}, "model.params.n_estimators", "smallest"),
        ({"features": {"include": ("agee",)}}, "features.include", "'age'"),
        ({"metric": "rmse"}, "evaluation.metric", "not for classification"),
        ({"metric": "log_loss", "algorithm": "svm"}, "evaluation.metric", "gives none"),
        ({"metric": "auc"}, "evaluation.metric", "no metric"),
        ({"strategy": "grouped", "group_column": "x"}, "evaluation.group_column", "no column"),
        ({"strategy": "time", "time_column": "답"}, "evaluation.time_column", "cannot decide"),
        (
            {
                "target": "amount",
                "task": Task.REGRESSION,
                "algorithm": "ridge",
                "strategy": "stratified",
            },
            "evaluation.strategy",
            "needs classes",
        ),
        ({"features": {"numeric": {"impute": "none"}}}, "features.numeric.impute", "'age'"),
        ({"features": {"roles": {"size": "numeric"}}}, "features.roles", "no numbers"),
        ({"features": {"roles": {"size": "date"}}}, "features.roles", "no dates"),
        ({"features": {"roles": {"day": "date"}}}, "features.roles", "day first or month first"),
        ({"strategy": "time", "time_column": "size"}, "evaluation.time_column", "no dates"),
        ({"strategy": "grouped", "group_column": "size"}, "evaluation.group_column", "2 groups"),
        (
            {"target": "zero", "task": Task.REGRESSION, "algorithm": "ridge", "metric": "mape"},
            "evaluation.metric",
            "percentage of 0",
        ),
    ],
)
def test_what_would_fail_is_said_beside_its_field(
    asked: dict[str, Any], field: str, said: str
) -> None:
    answer = found(**asked)
    assert field in answer
    assert said in answer[field]


def test_missing_numbers_may_stay_where_the_algorithm_takes_them() -> None:
    asked = {"numeric": {"impute": "none"}}
    assert found(algorithm="hist_gradient_boosting", features=asked) == {}
