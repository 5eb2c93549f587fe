"""What the preparation makes of columns of every kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_core.algorithms import get_algorithm, settled_params
from mlops_core.domain.columns import ColumnRole
from mlops_core.domain.configs import FeatureConfig
from mlops_core.domain.params import BuildContext, Task
from mlops_core.errors import InvalidInput
from mlops_core.features.pipeline import build_preparation, design_columns, native_categories
from mlops_core.features.transformers import (
    Categories,
    DateParts,
    Numbers,
    Texts,
    moments_of,
    texts_of,
)

TARGET = np.array(["a", "b", "c"] * 20)
FRAME = pd.DataFrame(
    {
        "number": [np.nan, *np.arange(59.0)],
        "whole": np.arange(60),
        "city ": ["서울", "부산", None] * 20,
        "many": [f"k{index % 40}" for index in range(60)],
        "day": pd.date_range("2024-02-28", periods=60),
        "words": ["red box", "blue box", ""] * 20,
        "글": ["배송이 빨라요", "품질이 좋아요", "별로예요"] * 20,
    }
)
FEATURES = [
    ("number", ColumnRole.NUMERIC),
    ("whole", ColumnRole.NUMERIC),
    ("city ", ColumnRole.CATEGORICAL),
    ("many", ColumnRole.CATEGORICAL),
    ("day", ColumnRole.DATE),
    ("words", ColumnRole.TEXT),
    ("글", ColumnRole.TEXT),
]


def prepared(key: str, config: dict[str, Any] | None = None, **params: Any) -> Any:
    algorithm = get_algorithm(key)
    context = BuildContext(task=Task.CLASSIFICATION, seed=1, n_jobs=1, classes=3)
    values = settled_params(algorithm, params, Task.CLASSIFICATION)
    asked = FeatureConfig.model_validate(config or {})
    return build_preparation(asked, FEATURES, FRAME, algorithm, values, context)


@pytest.mark.parametrize("key", ["logistic_regression", "random_forest", "hist_gradient_boosting"])
@pytest.mark.parametrize("most", [100, 20])
def test_every_design_column_belongs_to_exactly_one_feature(key: str, most: int) -> None:
    preparation = prepared(key, {"categorical": {"max_categories": most}})
    design = preparation.fit_transform(FRAME, TARGET)
    places = design_columns(preparation)
    assert set(places) == {name for name, _role in FEATURES}
    every = np.concatenate(list(places.values()))
    assert sorted(every.tolist()) == list(range(design.shape[1]))


@pytest.mark.parametrize("encode", ["auto", "onehot", "ordinal", "target"])
def test_shuffling_a_column_moves_only_its_own_design_columns(encode: str) -> None:
    preparation = prepared("ridge", {"categorical": {"encode": encode}})
    preparation.fit(FRAME, TARGET)
    places = design_columns(preparation)
    before = _dense(preparation.transform(FRAME))
    for name, _role in FEATURES:
        changed = FRAME.copy()
        changed[name] = changed[name].to_numpy()[::-1]
        moved = np.flatnonzero((_dense(preparation.transform(changed)) != before).any(axis=0))
        assert set(moved) <= set(places[name].tolist())
        assert len(moved)


def _dense(design: Any) -> Any:
    return design.toarray() if hasattr(design, "toarray") else design


def test_categories_suit_the_algorithm() -> None:
    def kinds(key: str, most: int = 100) -> list[str]:
        blocks = prepared(key, {"categorical": {"max_categories": most}}).transformers
        return [kind for kind, _step, _names in blocks][:2]

    assert kinds("logistic_regression")[0] == "onehot"
    assert kinds("random_forest")[0] == "ordinal"
    assert kinds("hist_gradient_boosting")[0] == "native"
    assert kinds("logistic_regression", most=20) == ["onehot", "target"]
    assert kinds("hist_gradient_boosting", most=20) == ["native", "target"]
    assert native_categories(prepared("hist_gradient_boosting")) == [0, 1]
    assert native_categories(prepared("random_forest")) == []


def test_native_codes_stay_below_the_bins_of_the_algorithm() -> None:
    preparation = prepared("hist_gradient_boosting", max_bins=5)
    design = preparation.fit_transform(FRAME, TARGET)
    assert np.nanmax(design[:, native_categories(preparation)]) < 5


def test_only_algorithms_that_want_one_scale_get_it() -> None:
    whole = design_columns_of("ridge")["whole"]
    assert abs(whole.mean()) < 1e-9
    assert np.array_equal(design_columns_of("random_forest")["whole"], FRAME["whole"])


def design_columns_of(key: str) -> dict[str, Any]:
    preparation = prepared(key)
    design = _dense(preparation.fit_transform(FRAME, TARGET))
    return {name: design[:, at[0]] for name, at in design_columns(preparation).items()}


def test_statistics_come_from_the_training_rows_alone() -> None:
    preparation = prepared("ridge")
    preparation.fit(FRAME.iloc[:30], TARGET[:30])
    place = design_columns(preparation)["whole"][0]
    assert _dense(preparation.transform(FRAME))[:30, place].mean() == pytest.approx(0)
    assert _dense(preparation.transform(FRAME))[30:, place].min() > 1


def test_missing_numbers_that_must_stay_are_refused_where_nothing_can_take_them() -> None:
    asked = {"numeric": {"impute": "none"}}
    prepared("hist_gradient_boosting", asked)
    with pytest.raises(InvalidInput, match="'number'") as caught:
        prepared("ridge", asked)
    assert caught.value.field == "features.numeric.impute"


@pytest.mark.parametrize("impute", ["mean", "median", "most_frequent", "zero"])
@pytest.mark.parametrize("scale", ["minmax", "robust", "standard", "none"])
def test_every_choice_for_numbers_leaves_no_gap(impute: str, scale: str) -> None:
    preparation = prepared("ridge", {"numeric": {"impute": impute, "scale": scale}})
    assert not np.isnan(_dense(preparation.fit_transform(FRAME, TARGET))).any()


def test_korean_texts_are_read_by_their_syllables_and_others_by_words() -> None:
    preparation = prepared("ridge")
    preparation.fit(FRAME, TARGET)
    steps = {str(names): step for _kind, step, names in preparation.transformers_}
    assert "배송" in steps["글"].named_steps["tfidf"].vocabulary_
    assert set(steps["words"].named_steps["tfidf"].vocabulary_) == {
        "red",
        "blue",
        "box",
        "nothing",
    }


def test_unseen_values_and_new_types_still_predict() -> None:
    preparation = prepared("ridge")
    preparation.fit(FRAME, TARGET)
    strange = FRAME.iloc[:2].copy()
    strange["city "] = ["제주", None]
    strange["whole"] = ["7", "not a number"]
    strange["day"] = ["2031-05-06", "never"]
    assert np.isfinite(_dense(preparation.transform(strange))).all()


@given(st.lists(st.integers(-(10**6), 10**6) | st.none(), min_size=1))
def test_a_whole_number_is_the_same_category_in_every_type(values: list[int | None]) -> None:
    as_floats = texts_of(pd.Series(values, dtype="float64"))
    as_integers = texts_of(pd.Series(values, dtype="Int64"))
    assert as_floats.tolist() == as_integers.tolist()


def test_missing_categories_are_a_level_or_the_most_frequent() -> None:
    frame = pd.DataFrame({"c": ["b", "b", None, "a"]})
    assert Categories().fit(frame).transform(frame)[2, 0] == "(missing)"
    assert Categories(missing="most_frequent").fit(frame).transform(frame)[2, 0] == "b"


def test_booleans_read_alike_with_and_without_gaps() -> None:
    full, gaps = pd.Series([True, False]), pd.Series([True, None], dtype=object)
    assert texts_of(full).tolist() == ["true", "false"]
    assert texts_of(gaps).tolist() == ["true", None]


def test_dates_become_calendar_numbers_and_keep_their_hour() -> None:
    frame = pd.DataFrame({"at": pd.to_datetime(["2024-02-29 23:30", "2024-03-01 00:00", None])})
    parts = DateParts().fit(frame).transform(frame)
    assert parts[0].tolist() == [2024, 2, 29, 3, 0.0, 23]
    assert parts[1].tolist()[:4] == [2024, 3, 1, 4]
    assert np.isnan(parts[2]).all()


def test_dates_in_text_and_with_zones_are_the_same_moment() -> None:
    text = moments_of(pd.Series(["2024-01-01T09:00:00+09:00", "x", None], dtype=object))
    zoned = moments_of(pd.Series(pd.to_datetime(["2024-01-01T09:00:00+09:00"])))
    assert text[0] == zoned[0] == 19723.0
    assert np.isnan(text[1:]).all()


def test_columns_of_nothing_become_zero_and_infinite_numbers_missing() -> None:
    frame = pd.DataFrame({"none": [np.nan, np.nan], "far": [np.inf, 1e300]})
    out = Numbers().fit(frame).transform(frame)
    assert out[:, 0].tolist() == [0.0, 0.0]
    assert np.isnan(out[0, 1])
    assert out[1, 1] == 1e37
    dates = pd.DataFrame({"d": pd.to_datetime([None, None])})
    assert not DateParts().fit(dates).transform(dates).any()


def test_texts_without_words_read_alike() -> None:
    assert Texts().transform(pd.Series(["…", None, "", "좋다"])).tolist() == [
        *["nothing"] * 3,
        "좋다",
    ]
