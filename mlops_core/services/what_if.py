"""Asking a run's model: what it says to a row, and how its answer moves with a column.

The model lives in a process of its own, one for each run that is asked; the last few stay, so that
only the first question waits for it to load.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import Any

import numpy as np

from mlops_core.analysis.effects import grid
from mlops_core.data import table as tables
from mlops_core.domain.columns import Column, ColumnRole
from mlops_core.domain.predicting import (
    Cell,
    EffectAnswer,
    EffectQuestion,
    Row,
    RowsAnswer,
    RowsQuestion,
    Subject,
)
from mlops_core.errors import Conflict, InvalidInput
from mlops_core.i18n import _, current_language
from mlops_core.runners.predictor import Predictor
from mlops_core.services.asking import Asking, Field, Start, Values, cautions
from mlops_core.store.workspace import Workspace

SAMPLE = 400  # rows over which an effect is averaged
KEPT = 3  # models that stay loaded


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the model says to a row.

    Attributes:
        said: The class, or the number.
        given: Probability (or score) of every class, in their order; ``None``: it gives none.
    """

    said: str | float
    given: Mapping[str, float] | None
    probabilities: bool


@dataclass(frozen=True, kw_only=True)
class Effect:
    """How the answer moves with one column while the others stay as they are.

    Every line holds a number for each of ``values``: the probability of a class (a score, or the
    share of rows that are called so, where the model gives no probabilities), or the prediction.

    Attributes:
        values: In their order.
        rows: How many rows the average is over.
        outputs: The classes; of a regression one that is called "".
        mean: Average by output: partial dependence.
        low: Below it lies a tenth of the rows.
        high: Above it lies a tenth of them.
        own: For the row that was asked about.
        at: The place among ``values`` of what this row holds; ``None``: it holds nothing, and the
            column is one along which numbers move.
    """

    column: Column
    role: ColumnRole
    values: tuple[Any, ...]
    rows: int
    outputs: tuple[str, ...]
    mean: Mapping[str, tuple[float, ...]]
    low: Mapping[str, tuple[float, ...]]
    high: Mapping[str, tuple[float, ...]]
    own: Mapping[str, tuple[float, ...]]
    at: int | None
    probabilities: bool


def ask(ws: Workspace, asking: Asking, rows: Sequence[Values]) -> tuple[Said, ...]:
    """What the model says to each of ``rows``; a column that is not given is missing.

    Raises:
        MlopsError: the model could not be loaded or does not answer.
    """
    answer = _held(ws, asking).predictor.ask(
        RowsQuestion(rows=tuple(_row(asking, row) for row in rows))
    )
    if not isinstance(answer, RowsAnswer):
        raise RuntimeError("a predictor answered another question")
    classes = asking.result.classes
    given = answer.given or (None,) * len(answer.said)
    return tuple(
        Said(
            said=classes[int(said)] if classes else said,
            given=None if scores is None else dict(zip(classes, scores, strict=True)),
            probabilities=answer.probabilities,
        )
        for said, scores in zip(answer.said, given, strict=True)
    )


def movable(asking: Asking) -> tuple[Field, ...]:
    """Fields whose effect can be shown: every one but free text."""
    return tuple(one for one in asking.fields if one.role is not ColumnRole.TEXT)


def effect(ws: Workspace, asking: Asking, column: str, values: Values) -> Effect:
    """How the answer moves with ``column``, on average and for the row of ``values``.

    Raises:
        InvalidInput: the model does not see this column, or sees it as free text.
        MlopsError: the model could not be loaded or does not answer.
    """
    asked_about = asking.field(column)
    if asked_about.role is ColumnRole.TEXT:
        raise InvalidInput(
            _("“{column}” is free text, which has no order to move along.").format(column=column),
            _("Choose another column."),
            field="column",
        )
    held = _held(ws, asking)
    place = [one.column.name for one in asking.fields].index(column)
    own = values.get(column)
    asked = grid([row[place] for row in held.sample], asked_about.role, own)
    answer = held.predictor.ask(
        EffectQuestion(column=column, values=tuple(map(_cell, asked)), row=_row(asking, values))
    )
    if not isinstance(answer, EffectAnswer):
        raise RuntimeError("a predictor answered another question")
    outputs = asking.result.classes or ("",)

    def by_output(lines: Sequence[Sequence[float]]) -> dict[str, tuple[float, ...]]:
        return dict(zip(outputs, zip(*lines, strict=True), strict=True))

    return Effect(
        column=asked_about.column,
        role=asked_about.role,
        values=asked,
        rows=len(held.sample),
        outputs=outputs,
        mean=by_output(answer.mean),
        low=by_output(answer.low),
        high=by_output(answer.high),
        own=by_output(answer.own),
        at=asked.index(own) if own in asked else None,
        probabilities=answer.probabilities,
    )


def said_json(
    asking: Asking, begin: Start, values: Values, before: Said, after: Said
) -> dict[str, Any]:
    """As the shell prints it."""
    return {
        "run_id": asking.run.id,
        "row": begin.number,
        "part": begin.part,
        "truth": begin.truth,
        "before": before,
        "after": after,
        "values": values,
        "cautions": cautions(asking, values),
    }


def effect_json(run_id: int, row: int, found: Effect) -> dict[str, Any]:
    """As the shell prints it: for each value the numbers of every output."""
    lines = {"average": found.mean, "low": found.low, "high": found.high, "row": found.own}
    return {
        "run_id": run_id,
        "column": found.column.name,
        "row": row,
        "rows": found.rows,
        "probabilities": found.probabilities,
        "outputs": found.outputs,
        "points": [
            {
                "value": value,
                **{
                    name: [line[one][place] for one in found.outputs]
                    for name, line in lines.items()
                },
            }
            for place, value in enumerate(found.values)
        ],
    }


# The models that are loaded -----------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Held:
    """A model that is loaded, and the rows over which its effects are averaged."""

    predictor: Predictor
    sample: tuple[tuple[Any, ...], ...]


@dataclass(eq=False)
class _Place:
    """Where a model is or will be; whoever loads it holds ``lock``."""

    lock: Lock = field(default_factory=Lock)
    held: _Held | None = None


_places: OrderedDict[tuple[str, int], _Place] = OrderedDict()
_lock = Lock()


def _held(ws: Workspace, asking: Asking) -> _Held:
    path = ws.run_paths(asking.run.id).model
    try:
        key = (str(path), path.stat().st_mtime_ns)
    except OSError:
        raise Conflict(
            _("The model of run {id} is gone.").format(id=asking.run.id), _("Run it again.")
        ) from None
    with _lock:
        place = _places.setdefault(key, _Place())
        _places.move_to_end(key)
    with place.lock:
        if place.held is None or not place.held.predictor.alive:
            if place.held is not None:
                place.held.predictor.close()
            place.held = None
            place.held = _load(ws, asking)
        held = place.held
    _let_go()
    return held


def _let_go() -> None:
    """End the models that were asked longest ago; one that is being asked stays."""
    with _lock:
        for key in list(_places)[:-KEPT]:
            held = _places[key].held
            if held is None or held.predictor.close(wait=False):
                del _places[key]


def _load(ws: Workspace, asking: Asking) -> _Held:
    sample = _sample(asking)
    subject = Subject(
        model=ws.run_paths(asking.run.id).model.resolve(),
        digest=asking.result.digests.get("model"),
        columns=tuple((one.column.name, one.column.type) for one in asking.fields),
        classes=asking.result.classes,
        sample=tuple(tuple(map(_cell, row)) for row in sample),
        language=current_language(),
    )
    return _Held(Predictor(subject, int(asking.run.memory_gb * 1024)), sample)


def _sample(asking: Asking) -> tuple[tuple[Any, ...], ...]:
    """Rows that judged the model, evenly drawn; of the table where none did."""
    judged = asking.judged
    rows = np.sort(judged.part.rows) if judged is not None else np.arange(asking.dataset.rows)
    drawn = rows[np.unique(np.linspace(0, len(rows) - 1, min(SAMPLE, len(rows))).astype(int))]
    names = [one.column.name for one in asking.fields]
    return tables.pick(asking.dataset.table_path, drawn.tolist(), names).rows


def close_all() -> None:
    """End every model that is loaded."""
    with _lock:
        while _places:
            held = _places.popitem()[1].held
            if held is not None:
                held.predictor.close()


def _row(asking: Asking, values: Values) -> Row:
    return tuple(_cell(values.get(one.column.name)) for one in asking.fields)


def _cell(value: Any) -> Cell:
    return value.isoformat() if isinstance(value, date) else value
