"""The steps of a preparation that scikit-learn does not have.

They take a DataFrame with whatever types a column came in and give plain arrays, so that a model
reads the same value alike in training and in use: 1, 1.0 and a nullable 1 are one category.
They hold nothing but plain values and arrays, which is what lets a model file be read safely.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

if TYPE_CHECKING:
    from collections.abc import Iterator

MISSING_LEVEL = "(missing)"
NO_WORDS = "nothing"
DAY = 86_400.0
LARGEST = 1e37  # single-precision estimators refuse more than 3.4e38, also after adding some up
EXACT = 2**53  # from here on a float is not exact to the unit
PARTS = ("year", "month", "day", "weekday", "days", "hour")


def as_text(value: object) -> str:
    """One value as the text that names it, as in the profile: 1.0 and 1 alike, midnight a day."""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < EXACT else str(number)
    if isinstance(value, datetime):
        if value.time() == datetime.min.time():
            return value.date().isoformat()
        text = value.isoformat(sep=" ")
        return text.rstrip("0") if value.microsecond and value.tzinfo is None else text
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def texts_of(series: pd.Series[Any]) -> NDArray[np.object_]:
    """Every value as text, missing ones as ``None``; shape (n,)."""
    codes, uniques = pd.factorize(series)
    names = np.empty(len(uniques) + 1, dtype=object)
    names[:-1] = [as_text(value) for value in uniques]
    return names[codes]  # a missing value has the code -1: the last name, which is None


def moments_of(series: pd.Series[Any]) -> NDArray[np.float64]:
    """Every value as days since 1970 (UTC), unreadable and missing ones as NaN; shape (n,)."""
    if not pd.api.types.is_datetime64_any_dtype(series):
        codes, uniques = pd.factorize(pd.Series(texts_of(series), dtype=object))
        parsed = pd.to_datetime(
            pd.Series(uniques, dtype=object), errors="coerce", utc=True, format="mixed"
        )
        return np.append(moments_of(parsed), np.nan)[codes]
    if series.dt.tz is not None:
        series = series.dt.tz_convert("UTC").dt.tz_localize(None)
    micro = series.astype("datetime64[us]")
    days = micro.to_numpy().astype("int64") / 1e6 / DAY
    return np.where(micro.isna(), np.nan, days)


class _Step(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Remembers how many columns it was fitted on, which is how scikit-learn knows it was."""

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:  # noqa: N803
        self.n_features_in_ = 1 if X.ndim == 1 else X.shape[1]
        return self


class Numbers(_Step):
    """Columns as float64, shape (n, columns); what is not a finite number becomes NaN.

    A column without a single number in the training rows is 0 from then on: it can say nothing,
    and histogram boosting cannot put a column of nothing into bins.
    """

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:  # noqa: N803
        super().fit(X)
        self.empty_ = np.isnan(self._read(X)).all(axis=0)
        return self

    def transform(self, X: pd.DataFrame) -> NDArray[np.float64]:  # noqa: N803
        out = self._read(X)
        out[:, self.empty_] = 0.0
        return out

    def _read(self, X: pd.DataFrame) -> NDArray[np.float64]:  # noqa: N803
        out = np.empty(X.shape, dtype=np.float64)
        for index, series in _columns(X):
            if pd.api.types.is_datetime64_any_dtype(series):
                out[:, index] = moments_of(series)
            else:
                numbers = pd.to_numeric(series, errors="coerce")
                out[:, index] = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
        out[np.isinf(out)] = np.nan
        return np.clip(out, -LARGEST, LARGEST)


class Categories(_Step):
    """Columns as text, shape (n, columns).

    Args:
        missing: ``level`` makes missing values a level of their own, ``most_frequent`` fills in the
            most frequent value of the training rows (of several, the first in order).
    """

    def __init__(self, missing: str = "level") -> None:
        self.missing = missing

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:  # noqa: N803
        super().fit(X)
        self.fill_ = [MISSING_LEVEL] * X.shape[1]
        if self.missing == "most_frequent":
            for index, series in _columns(X):
                counts = pd.Series(texts_of(series), dtype=object).value_counts()
                if len(counts):
                    self.fill_[index] = min(counts.index[counts == counts.max()])
        return self

    def transform(self, X: pd.DataFrame) -> NDArray[np.object_]:  # noqa: N803
        out = np.empty(X.shape, dtype=object)
        for index, series in _columns(X):
            texts = texts_of(series)
            texts[pd.isna(texts)] = self.fill_[index]
            out[:, index] = texts
        return out


class DateParts(_Step):
    """Dates as numbers: year, month, day, weekday (0 is Monday), days since the first training
    date, and the hour where the training dates have times of day. Missing dates become NaN, a
    column without a single training date becomes 0.

    Shape (n, 5 or 6 for each column); ``parts_`` says how many each column gives.
    """

    def fit(self, X: pd.DataFrame, y: object = None) -> Self:  # noqa: N803
        super().fit(X)
        self.first_: list[float] = []
        self.parts_: list[int] = []
        for _index, series in _columns(X):
            moments = moments_of(series)
            known = moments[~np.isnan(moments)]
            self.first_.append(float(known.min()) if len(known) else np.nan)
            has_times = bool((known != np.floor(known)).any())
            self.parts_.append(len(PARTS) if has_times else len(PARTS) - 1)
        return self

    def transform(self, X: pd.DataFrame) -> NDArray[np.float64]:  # noqa: N803
        blocks = []
        for index, series in _columns(X):
            days = moments_of(series)
            # Whole seconds: a day as a float is off by a fraction that can cost an hour its number.
            stamps = pd.to_datetime(pd.Series(np.round(days * DAY)), unit="s", errors="coerce").dt
            numbers: list[Any] = [stamps.year, stamps.month, stamps.day, stamps.day_of_week]
            numbers += [days - self.first_[index], stamps.hour]
            numbers = [np.asarray(part, dtype=np.float64) for part in numbers]
            block = np.column_stack(numbers[: self.parts_[index]])
            blocks.append(np.zeros_like(block) if np.isnan(self.first_[index]) else block)
        return np.hstack(blocks)


class Texts(_Step):
    """One column as texts, shape (n,); texts without a single letter or digit read alike."""

    def transform(self, X: pd.Series[Any]) -> NDArray[np.object_]:  # noqa: N803
        texts = pd.Series(texts_of(X), dtype=object)
        has_words = texts.str.contains(r"\w", regex=True, na=False).to_numpy(dtype=bool)
        return np.where(has_words, texts.to_numpy(dtype=object), NO_WORDS)


def _columns(frame: pd.DataFrame) -> Iterator[tuple[int, pd.Series[Any]]]:
    for index in range(frame.shape[1]):
        yield index, frame.iloc[:, index]
