"""The rows of a run: read once, only the columns it needs, rows without a target left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mlops_core.data.words import class_named
from mlops_core.domain.columns import ColumnRole, ColumnType, Spelling
from mlops_core.domain.configs import RunSpec, SplitStrategy
from mlops_core.domain.params import Task
from mlops_core.errors import InvalidInput, NotFound
from mlops_core.features.resolve import unknown_column
from mlops_core.features.transformers import EXACT, as_text, moments_of, texts_of

NO_GROUP = "(none)"


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows with a target, in the dataset's order.

    Attributes:
        frame: The feature columns, shape (n, features).
        rows: Position of every row in the dataset, shape (n,).
        y: What the estimator learns, shape (n,): class labels in their own type, or float64.
        truth: What metrics compare with, shape (n,): indices into ``labels``, or ``y``.
        labels: The classes in their own type, sorted; empty for regression.
        classes: Their names.
        positive: Index of the positive class; ``None`` when there are not exactly two.
        groups: Group of every row, shape (n,), when the split asks for groups.
        times: Days since 1970 of every row, shape (n,), when the split asks for time.
        total: Rows of the dataset.
    """

    frame: pd.DataFrame
    rows: NDArray[np.int64]
    y: NDArray[Any]
    truth: NDArray[Any]
    labels: NDArray[Any]
    classes: tuple[str, ...]
    positive: int | None
    groups: NDArray[Any] | None
    times: NDArray[np.float64] | None
    total: int

    @property
    def without_target(self) -> int:
        return self.total - len(self.rows)


def column_types(path: Path) -> dict[str, ColumnType]:
    """The type of every column of a Parquet file; ``NotFound`` when it is gone."""
    return {field.name: _type(field.type) for field in _open(path).schema_arrow}


def _type(kind: pa.DataType) -> ColumnType:
    if pa.types.is_boolean(kind):
        return ColumnType.BOOLEAN
    if pa.types.is_integer(kind):
        return ColumnType.INTEGER
    if pa.types.is_floating(kind):
        return ColumnType.NUMBER
    if pa.types.is_date(kind):
        return ColumnType.DATE
    return ColumnType.DATETIME if pa.types.is_timestamp(kind) else ColumnType.TEXT


def load_table(
    path: Path,
    spec: RunSpec,
    features: Sequence[tuple[str, ColumnRole]],
    spelling: Spelling | None = None,
) -> Table:
    """Read what ``spec`` needs from a Parquet file.

    Args:
        spelling: What classes that are truth values are called; as they are when left out.

    Raises:
        NotFound: the file is gone.
        InvalidInput: a column is missing, or the target does not fit the task.
    """
    target, evaluation = spec.dataset.target, spec.evaluation
    names = [name for name, _role in features]
    by_group = evaluation.strategy is SplitStrategy.GROUPED
    by_time = evaluation.strategy is SplitStrategy.TIME
    extra = [evaluation.group_column] * by_group + [evaluation.time_column] * by_time
    whole = _read(path, [*names, target, *(name for name in extra if name)])
    kept = whole[target].notna().to_numpy()
    if spec.dataset.task is Task.REGRESSION:
        numbers = _numbers(whole[target], target)
        kept = kept & np.isfinite(numbers)
    frame = whole.loc[kept].reset_index(drop=True)
    truth: NDArray[Any]
    y: NDArray[Any]
    labels: NDArray[Any] = np.array([])
    if spec.dataset.task is Task.REGRESSION:
        y = truth = numbers[kept]
    else:
        labels, truth = np.unique(labels_of(frame[target]), return_inverse=True)
        y = labels[truth]
    classes = tuple(as_text(label) for label in labels.tolist())
    if spelling is not None and labels.dtype == bool:
        classes = tuple(map(spelling.of, classes))
    groups = groups_of(frame[evaluation.group_column]) if by_group else None
    return Table(
        frame=frame[names],
        rows=np.flatnonzero(kept).astype(np.int64),
        y=y,
        truth=truth,
        labels=labels,
        classes=classes,
        positive=_positive(classes, spec),
        groups=groups,
        times=moments_or_numbers(frame[evaluation.time_column]) if by_time else None,
        total=len(whole),
    )


def unread(
    table: Table, features: Sequence[tuple[str, ColumnRole]], types: Mapping[str, ColumnType]
) -> Iterator[str]:
    """Sentences about texts that were to be read as numbers or dates and are none."""
    for name, role in features:
        if types[name] is not ColumnType.TEXT:
            continue
        series = table.frame[name]
        if role is ColumnRole.NUMERIC:
            read = pd.to_numeric(series, errors="coerce").to_numpy(np.float64, na_value=np.nan)
        elif role is ColumnRole.DATE:
            read = moments_of(series)
        else:
            continue
        lost = int((series.notna().to_numpy() & ~np.isfinite(read)).sum())
        if lost:
            what = "numbers" if role is ColumnRole.NUMERIC else "dates"
            yield f"{lost} values of column {name!r} are no {what} and count as missing."


def moments_or_numbers(series: pd.Series[Any]) -> NDArray[np.float64]:
    """A time column as numbers that grow with time: dates as days, numbers as they are."""
    if pd.api.types.is_numeric_dtype(series):
        return series.to_numpy(dtype=np.float64, na_value=np.nan)
    return moments_of(series)


def _read(path: Path, names: Sequence[str]) -> pd.DataFrame:
    wanted = list(dict.fromkeys(names))
    file = _open(path)
    known = file.schema_arrow.names
    for name in wanted:
        if name not in known:
            raise unknown_column(name, known, "dataset.target")
    return frame_of(file.read(columns=wanted))


def frame_of(table: pa.Table) -> pd.DataFrame:
    """A table as a model is given it; the caller gives the table away."""
    gaps = any(pa.types.is_integer(column.type) and column.null_count for column in table.columns)
    # A whole number beside missing ones would become a float and lose its last digits.
    whole = {pa.int64(): pd.Int64Dtype()}.get if gaps else None
    frame: pd.DataFrame = table.to_pandas(
        date_as_object=False, split_blocks=True, self_destruct=True, types_mapper=whole
    )
    return frame


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except FileNotFoundError:
        raise NotFound(
            "The dataset's table is no longer there.", "Upload the dataset again."
        ) from None


def _numbers(series: pd.Series[Any], target: str) -> NDArray[np.float64]:
    numbers = pd.to_numeric(series, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    if pd.api.types.is_datetime64_any_dtype(series) or bool(
        (np.isnan(numbers) & series.notna().to_numpy()).any()
    ):
        raise InvalidInput(
            f"The target {target!r} is not a number, so it cannot be predicted as one.",
            "Choose the task classification, or a target that holds numbers.",
            field="dataset.target",
        )
    return numbers


def labels_of(series: pd.Series[Any]) -> NDArray[Any]:
    """Class labels as booleans, whole numbers or text: what an estimator can learn and say."""
    if pd.api.types.infer_dtype(series, skipna=True) == "boolean":
        return series.to_numpy(dtype=bool)
    if pd.api.types.is_numeric_dtype(series):
        if pd.api.types.is_integer_dtype(series):
            return series.to_numpy(dtype=np.int64)
        numbers = series.to_numpy(dtype=np.float64)
        if bool((numbers == np.floor(numbers)).all()) and bool((abs(numbers) < EXACT).all()):
            return numbers.astype(np.int64)
    return texts_of(series).astype(str)


def groups_of(series: pd.Series[Any]) -> NDArray[np.int64]:
    texts = pd.Series(texts_of(series), dtype=object).fillna(NO_GROUP)
    return pd.factorize(texts, sort=True)[0].astype(np.int64)


def _positive(classes: tuple[str, ...], spec: RunSpec) -> int | None:
    if len(classes) != 2:
        return None
    wanted = spec.dataset.positive_class
    if wanted is None:
        return 1
    if (name := class_named(wanted, classes)) is not None:
        return classes.index(name)
    raise InvalidInput(
        f"The target {spec.dataset.target!r} has no value {wanted!r}.",
        f"It has: {', '.join(classes)}.",
        field="dataset.positive_class",
    )
