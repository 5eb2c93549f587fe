"""What a predictor does with the model that it holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from mlops_core.domain.columns import ColumnType
from mlops_core.domain.predicting import (
    Cell,
    EffectAnswer,
    EffectQuestion,
    Question,
    Row,
    RowsAnswer,
    RowsQuestion,
    Subject,
)
from mlops_core.errors import Conflict
from mlops_core.features.transformers import as_text
from mlops_core.i18n import _
from mlops_core.training.artifact import file_digest, load_model
from mlops_core.training.judge import class_scores, spread_out
from mlops_core.training.table import frame_of

AT_ONCE = 4096  # rows that are predicted together: wide designs need memory
TENTHS = (0.1, 0.9)
_ARROW = {
    ColumnType.INTEGER: pa.int64(),
    ColumnType.NUMBER: pa.float64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.DATE: pa.date32(),
    ColumnType.DATETIME: pa.timestamp("us"),
    ColumnType.TEXT: pa.string(),
}


class Model:
    """A fitted pipeline with the sample over which its effects are averaged.

    Raises:
        NotFound: its file is gone.
        InvalidInput: it is not a model file, or holds a type that is not trusted.
        Conflict: it is not the file that the run wrote.
    """

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._pipeline = load_model(subject.model)
        if subject.digest is not None and file_digest(subject.model) != subject.digest:
            raise Conflict(
                _("The model file is not the one that the run has written."),
                _("Run it again, and ask the new run."),
            )
        self._sample = self._frame(subject.sample)

    def answer(self, question: Question) -> RowsAnswer | EffectAnswer:
        """What the model says."""
        match question:
            case RowsQuestion():
                return self._rows(question)
            case EffectQuestion():
                return self._effect(question)

    def _rows(self, question: RowsQuestion) -> RowsAnswer:
        said, outputs, probabilities = self._said(self._frame(question.rows))
        return RowsAnswer(
            said=tuple(said.tolist()),
            given=None if outputs is None else _tuples(outputs),
            probabilities=probabilities,
        )

    def _effect(self, question: EffectQuestion) -> EffectAnswer:
        base = pd.concat([self._sample, self._frame([question.row])], ignore_index=True)
        values = self._column(question.column, question.values)
        each = max(1, AT_ONCE // len(base))
        parts, probabilities = [], False
        for start in range(0, len(values), each):
            some = values.iloc[start : start + each]
            frame = pd.concat([base] * len(some), ignore_index=True)
            frame[question.column] = some.repeat(len(base)).reset_index(drop=True)
            outputs, probabilities = self._outputs(frame)
            parts.append(outputs.reshape(len(some), len(base), -1))
        everything = np.concatenate(parts)
        sample = everything[:, :-1] if len(base) > 1 else everything
        low, high = np.quantile(sample, TENTHS, axis=1)
        return EffectAnswer(
            mean=_tuples(sample.mean(axis=1)),
            low=_tuples(low),
            high=_tuples(high),
            own=_tuples(everything[:, -1]),
            probabilities=probabilities,
        )

    def _outputs(self, frame: pd.DataFrame) -> tuple[NDArray[np.float64], bool]:
        """A number for each row and output: see ``EffectAnswer``."""
        said, outputs, probabilities = self._said(frame)
        if outputs is not None:
            return outputs, probabilities
        if not self._subject.classes:
            return said[:, np.newaxis], False
        named: NDArray[np.float64] = np.eye(len(self._subject.classes))[said.astype(np.intp)]
        return named, False

    def _said(
        self, frame: pd.DataFrame
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None, bool]:
        """Class or number of each row; scores of every class, and whether they are probabilities.

        Classes that the model never saw get the probability 0, or a score below all others.
        """
        predicted = self._pipeline.predict(frame)
        if not self._subject.classes:
            return np.asarray(predicted, dtype=np.float64), None, False
        learned = self._pipeline.classes_
        places = self._places(learned)
        said = places[np.searchsorted(learned, predicted)].astype(np.float64)
        scores, probabilities = class_scores(self._pipeline, frame)
        if scores is None:
            return said, None, False
        classes = len(self._subject.classes)
        return said, spread_out(scores, places, classes, probabilities), probabilities

    def _places(self, learned: NDArray[Any]) -> NDArray[np.intp]:
        """Where the classes that the model knows stand among the run's."""
        names = [as_text(label) for label in learned.tolist()]
        known = self._subject.classes
        if len(names) == len(known):  # truth values may be called otherwise in their file
            return np.arange(len(known))
        return np.array([known.index(name) for name in names])

    def _frame(self, rows: Sequence[Row]) -> pd.DataFrame:
        """Rows with the types that they would have if they came from the run's table."""
        names = [name for name, _type in self._subject.columns]
        cells = zip(*rows, strict=True) if rows else ([] for _name in names)
        arrays = [
            _array(values, kind)
            for values, (_name, kind) in zip(cells, self._subject.columns, strict=True)
        ]
        return frame_of(pa.table(arrays, names=names))

    def _column(self, name: str, values: Sequence[Cell]) -> pd.Series[Any]:
        kind = dict(self._subject.columns)[name]
        return frame_of(pa.table([_array(values, kind)], names=[name]))[name]


def _array(values: Sequence[Cell], kind: ColumnType) -> pa.Array:
    read: list[Any] = list(values)
    if kind is ColumnType.DATE:
        read = [None if cell is None else date.fromisoformat(str(cell)) for cell in read]
    elif kind is ColumnType.DATETIME:
        read = [None if cell is None else datetime.fromisoformat(str(cell)) for cell in read]
    return pa.array(read, _ARROW[kind])


def _tuples(values: NDArray[np.float64]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in values.tolist())
