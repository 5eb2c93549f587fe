"""The preparation of the columns as one scikit-learn transformer, fitted on training rows only.

Where the configuration says ``auto``:

- numbers: missing ones become the median with a column that says so, or stay where the algorithm
  takes them; one scale only where the algorithm wants it;
- categories: ordinal codes for trees (native categories for histogram boosting), one column a
  category for the rest; rare ones beyond ``max_categories`` share a bucket;
- categories with more values than ``max_categories``: the mean of the target, cross-fitted;
- dates: year, month, day, weekday, hour and days since the first;
- texts: TF-IDF over words, or over character n-grams where the texts are Chinese, Japanese or
  Korean, whose words carry their particles with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import KFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)

from mlops_core.domain.columns import ColumnRole
from mlops_core.domain.configs import FeatureConfig
from mlops_core.domain.params import Algorithm, BuildContext, ParamValues, Task
from mlops_core.errors import InvalidInput
from mlops_core.features.preflight import missing_numbers
from mlops_core.features.transformers import Categories, DateParts, Numbers, Texts, texts_of

Features = Sequence[tuple[str, ColumnRole]]

NATIVE, ONEHOT, ORDINAL, TARGET = "native", "onehot", "ordinal", "target"
NUMBERS, DATES, TEXT = "numbers", "dates", "text:"
NATIVE_LIMIT = 255  # histogram boosting's own limit on the codes of a category
TARGET_FOLDS = 5
WIDE_SCRIPT = r"[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u4e00-\u9fff\uac00-\ud7af]"
SCALERS: Mapping[str, type] = {
    "standard": StandardScaler,
    "minmax": MinMaxScaler,
    "robust": RobustScaler,
}


def build_preparation(
    config: FeatureConfig,
    features: Features,
    frame: pd.DataFrame,
    algorithm: Algorithm,
    values: ParamValues,
    context: BuildContext,
) -> ColumnTransformer:
    """An unfitted preparation of ``features`` that suits ``algorithm``.

    Args:
        config: What was asked for.
        features: Names and roles, in the table's order.
        frame: The training rows; how many values a category has is counted in them alone.
        algorithm: Whose wishes decide where the configuration says ``auto``.
        values: Its complete parameters.
        context: Task, seed and number of classes in these rows.

    Raises:
        InvalidInput: missing numbers were to stay, but the algorithm cannot take them.
    """
    by_role = {role: [n for n, r in features if r is role] for role in ColumnRole}
    blocks: list[tuple[str, Any, Any]] = []
    # Categories come first: native ones are told to the estimator by their position.
    for kind, names in _by_encoding(config, by_role, frame, algorithm, context).items():
        if names:
            blocks.append((kind, category_step(kind, config, algorithm, values, context), names))
    if numbers := by_role[ColumnRole.NUMERIC]:
        if config.numeric.impute == "none" and not algorithm.handles_missing:
            _refuse_gaps(frame[numbers])
        blocks.append((NUMBERS, number_step(config, algorithm), numbers))
    if dates := by_role[ColumnRole.DATE]:
        blocks.append((DATES, date_step(algorithm), dates))
    for number, name in enumerate(by_role[ColumnRole.TEXT]):
        # Not by the column's name: scikit-learn refuses one with two underscores.
        blocks.append((f"{TEXT}{number}", text_step(config, wide=is_wide(frame[name])), name))
    return ColumnTransformer(blocks, sparse_threshold=0.0 if algorithm.needs_dense else 0.3)


def native_categories(preparation: ColumnTransformer) -> list[int]:
    """Positions of the design matrix that hold native categories."""
    return [
        position
        for kind, _step, names in preparation.transformers
        if kind == NATIVE
        for position in range(len(names))
    ]


def design_columns(preparation: ColumnTransformer) -> dict[str, NDArray[np.intp]]:
    """Which columns of the design matrix each feature became (fitted preparation)."""
    found: dict[str, NDArray[np.intp]] = {}
    for kind, step, names in preparation.transformers_:
        start = preparation.output_indices_[kind].start
        if kind.startswith(TEXT):
            found[names] = np.arange(start, preparation.output_indices_[kind].stop)
            continue
        widths = _widths(kind, step, len(names))
        ends = start + np.cumsum(widths)
        for name, width, end in zip(names, widths, ends, strict=True):
            found[name] = np.arange(end - width, end)
        if kind == NUMBERS and (marks := _missing_marks(step)) is not None:
            for offset, column in enumerate(marks):
                name = names[column]
                found[name] = np.append(found[name], ends[-1] + offset)
    return found


def _by_encoding(
    config: FeatureConfig,
    by_role: Mapping[ColumnRole, list[str]],
    frame: pd.DataFrame,
    algorithm: Algorithm,
    context: BuildContext,
) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {NATIVE: [], ONEHOT: [], ORDINAL: [], TARGET: []}
    asked = config.categorical.encode
    can_target = len(frame) >= 2 * TARGET_FOLDS
    for name in by_role[ColumnRole.CATEGORICAL]:
        kind: str = algorithm.encode if asked == "auto" else asked
        if asked == "auto" and can_target:
            if frame[name].nunique() > config.categorical.max_categories:
                kind = TARGET
        elif kind == TARGET and not can_target:
            kind = ORDINAL
        groups[kind].append(name)
    return groups


def category_step(
    kind: str,
    config: FeatureConfig,
    algorithm: Algorithm,
    values: ParamValues,
    context: BuildContext,
) -> Pipeline:
    """How the categories of one kind of encoding are prepared; unfitted."""
    most = config.categorical.max_categories
    encoder: Any
    scale = _scale("auto", algorithm)
    if kind == ONEHOT:
        encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=most)
        scale = []
    elif kind == TARGET:
        folds = KFold(TARGET_FOLDS, shuffle=True, random_state=context.seed)
        encoder = TargetEncoder(cv=folds, target_type=target_type(context))
    elif kind == NATIVE:
        limit = min(most, NATIVE_LIMIT, int(values.get("max_bins") or NATIVE_LIMIT))
        encoder = OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=np.nan, max_categories=limit
        )
    else:
        encoder = OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=-1, max_categories=most
        )
    filled = "most_frequent" if config.categorical.impute == "most_frequent" else "level"
    return Pipeline([("text", Categories(missing=filled)), ("encode", encoder), *scale])


def target_type(context: BuildContext) -> str:
    """What a target encoder is told about the target."""
    if context.task is Task.REGRESSION:
        return "continuous"
    return "binary" if context.classes == 2 else "multiclass"


def number_step(config: FeatureConfig, algorithm: Algorithm) -> Pipeline:
    """How numbers are prepared; unfitted."""
    steps = [*_fill(config.numeric.impute, algorithm), *_scale(config.numeric.scale, algorithm)]
    return Pipeline([("read", Numbers()), *steps])


def _refuse_gaps(frame: pd.DataFrame) -> None:
    values = Numbers().fit(frame).transform(frame)
    gaps = np.isnan(values).any(axis=0)
    if gaps.any():
        problem = missing_numbers(str(frame.columns[int(gaps.argmax())]))
        raise InvalidInput(problem.message, problem.hint, field=problem.field)


def date_step(algorithm: Algorithm) -> Pipeline:
    """How dates are prepared; unfitted."""
    steps = [*_fill("auto", algorithm), *_scale("auto", algorithm)]
    return Pipeline([("parts", DateParts()), *steps])


def _fill(asked: str, algorithm: Algorithm) -> list[tuple[str, Any]]:
    if asked == "none" or (asked == "auto" and algorithm.handles_missing):
        return []
    if asked == "zero":
        imputer = SimpleImputer(strategy="constant", fill_value=0.0, keep_empty_features=True)
    else:
        imputer = SimpleImputer(
            strategy="median" if asked == "auto" else asked,
            add_indicator=asked == "auto",
            keep_empty_features=True,
        )
    return [("fill", imputer)]


def _scale(asked: str, algorithm: Algorithm) -> list[tuple[str, Any]]:
    if asked == "auto":
        asked = "standard" if algorithm.scale else "none"
    return [] if asked == "none" else [("scale", SCALERS[asked]())]


def text_step(config: FeatureConfig, *, wide: bool) -> Pipeline:
    """How a column of texts is prepared; unfitted. ``wide``: see ``is_wide``."""
    if wide:
        tokens = {"analyzer": "char_wb", "ngram_range": (2, 3)}
    else:
        tokens = {"analyzer": "word", "token_pattern": r"(?u)\b\w+\b"}
    vectorizer = TfidfVectorizer(max_features=config.text.max_features, sublinear_tf=True, **tokens)
    return Pipeline([("text", Texts()), ("tfidf", vectorizer)])


def is_wide(series: pd.Series[Any]) -> bool:
    """Whether the texts are Chinese, Japanese or Korean, more than one in five."""
    known = pd.Series(texts_of(series), dtype=object).dropna()
    return len(known) > 0 and bool(known.str.contains(WIDE_SCRIPT, regex=True).mean() > 0.2)


def _widths(kind: str, step: Pipeline, count: int) -> list[int]:
    """How many design columns each column of a block gave, marks of missing numbers aside."""
    if kind == ONEHOT:
        encoder = step.named_steps["encode"]
        rare = encoder.infrequent_categories_
        return [
            len(categories) - (len(rare[index]) - 1 if rare[index] is not None else 0)
            for index, categories in enumerate(encoder.categories_)
        ]
    if kind == TARGET:
        encoder = step.named_steps["encode"]
        each = len(encoder.classes_) if encoder.target_type_ == "multiclass" else 1
        return [each] * count
    if kind == DATES:
        return list(step.named_steps["parts"].parts_)
    return [1] * count


def _missing_marks(step: Pipeline) -> NDArray[np.intp] | None:
    fill = step.named_steps.get("fill")
    if fill is None or fill.indicator_ is None:
        return None
    return np.asarray(fill.indicator_.features_, dtype=np.intp)
