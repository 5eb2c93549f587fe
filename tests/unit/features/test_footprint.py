"""How much memory a table and its design matrix take, told from the profile alone."""

from __future__ import annotations

from mlops_core.algorithms import get_algorithm
from mlops_core.domain.columns import Column, ColumnProfile, ColumnRole, ColumnType
from mlops_core.domain.configs import FeatureConfig
from mlops_core.features.footprint import Footprint, footprint


def column(name: str, kind: ColumnType, role: ColumnRole, **profile: float | int | None) -> Column:
    return Column(name=name, original=name, type=kind, role=role, profile=ColumnProfile(**profile))  # type: ignore[arg-type]


def of(columns: list[Column], algorithm: str, config: FeatureConfig | None = None) -> Footprint:
    target = column("y", ColumnType.BOOLEAN, ColumnRole.CATEGORICAL)
    found = config or FeatureConfig()
    return footprint(found, [*columns, target], 1000, "y", get_algorithm(algorithm))


NUMBER = column("n", ColumnType.NUMBER, ColumnRole.NUMERIC)
GAPPY = column("g", ColumnType.NUMBER, ColumnRole.NUMERIC, missing=5)
CITY = column("c", ColumnType.TEXT, ColumnRole.CATEGORICAL, distinct=50, mean_length=8.0)
STREET = column("s", ColumnType.TEXT, ColumnRole.CATEGORICAL, distinct=5000, mean_length=24.0)
DAY = column("d", ColumnType.DATE, ColumnRole.DATE)
TALE = column("t", ColumnType.TEXT, ColumnRole.TEXT, distinct=1000, mean_length=120.0)


def test_numbers_take_eight_bytes_each_and_a_mark_where_some_are_missing() -> None:
    assert of([NUMBER], "ridge") == Footprint(8_000, 8_000, 1)
    assert of([NUMBER, GAPPY], "ridge") == Footprint(16_000, 24_000, 3)
    assert of([NUMBER, GAPPY], "hist_gradient_boosting").columns == 2


def test_a_category_becomes_a_column_a_value_or_a_code() -> None:
    wide = of([CITY], "ridge")
    assert (wide.table, wide.columns) == (24_000, 50)
    assert wide.design == 12_000  # sparse: one entry a row
    assert of([CITY], "random_forest") == Footprint(24_000, 8_000, 1)


def test_a_category_of_very_many_values_becomes_one_number() -> None:
    assert of([STREET], "ridge").columns == 1
    asked = FeatureConfig.model_validate({"categorical": {"encode": "onehot"}})
    assert of([STREET], "ridge", asked).columns == 100


def test_what_refuses_a_sparse_matrix_gets_every_zero() -> None:
    assert get_algorithm("naive_bayes").needs_dense
    assert of([CITY], "naive_bayes").design == 50 * 8 * 1000


def test_dates_and_texts_become_several_columns() -> None:
    assert of([DAY], "ridge").columns == 6
    told = of([TALE], "ridge")
    assert told.columns == 300
    assert told.design == 20 * 12 * 1000


def test_what_is_left_out_takes_nothing() -> None:
    assert of([NUMBER, CITY], "ridge", FeatureConfig(exclude=("c",))) == of([NUMBER], "ridge")
