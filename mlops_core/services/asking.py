"""A run whose model can be asked: its columns, a row to begin with, and what a person typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from mlops_core.data import table as tables
from mlops_core.data.select import truth_words, typed
from mlops_core.domain.columns import Column, ColumnRole, ColumnType
from mlops_core.domain.records import Dataset, ExperimentRun
from mlops_core.domain.results import TrainingResult
from mlops_core.domain.states import RunStatus
from mlops_core.errors import Conflict, InvalidInput, NotFound
from mlops_core.i18n import _
from mlops_core.services.datasets import get_dataset
from mlops_core.services.judged import Judged, by_reliance, judged_rows
from mlops_core.store import files
from mlops_core.store.workspace import Workspace

Values = Mapping[str, Any]  # a cell by column: number, truth value, text, date, or ``None``
Part = Literal["judged", "learned", "unused"]


@dataclass(frozen=True, kw_only=True)
class Field:
    """A column that the model sees."""

    column: Column
    role: ColumnRole


@dataclass(frozen=True, kw_only=True)
class Start:
    """A row of the table to begin with.

    Attributes:
        number: Its place, counted from 1.
        values: What stands in it.
        truth: The class or number that it turned out to be; ``None`` where it has none.
        part: What it was to the model: it judged it, was learned from, or neither.
    """

    number: int
    values: Values
    truth: str | float | None
    part: Part


@dataclass(frozen=True, kw_only=True)
class Asking:
    """A run whose model can be asked; ``fields`` come in the order in which it relies on them."""

    run: ExperimentRun
    dataset: Dataset
    result: TrainingResult
    judged: Judged | None
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field:
        """The field of a column.

        Raises:
            InvalidInput: the model does not see such a column.
        """
        for field in self.fields:
            if field.column.name == name:
                return field
        raise InvalidInput(
            _("The model does not look at a column “{column}”.").format(column=name),
            _("Choose one of: {names}.").format(
                names=", ".join(field.column.name for field in self.fields[:10])
            ),
            field="column",
        )


def open_run(ws: Workspace, run: ExperimentRun) -> Asking:
    """Everything that is needed to ask about a run's model, before it is loaded.

    Raises:
        Conflict: the run did not complete, or its model is gone.
        NotFound: its table is gone.
    """
    paths = ws.run_paths(run.id)
    result = files.read_result(paths) if run.status is RunStatus.COMPLETED else None
    if result is None or not paths.model.exists():
        raise Conflict(
            _("Run {id} has no model that could be asked.").format(id=run.id),
            _("Choose a run that completed."),
        )
    dataset = get_dataset(ws, run.dataset_id)
    if not dataset.table_path.exists():
        raise NotFound(_("The table that run {id} learned from is gone.").format(id=run.id))
    roles = {use.column: ColumnRole(use.role) for use in result.features}
    used = [column for column in dataset.columns if column.name in roles]
    return Asking(
        run=run,
        dataset=dataset,
        result=result,
        judged=judged_rows(ws, run),
        fields=tuple(
            Field(column=column, role=roles[column.name]) for column in by_reliance(used, [result])
        ),
    )


def start(asking: Asking, number: int | None = None) -> Start:
    """Row ``number`` of the table; without one, the first that judged the model.

    Raises:
        InvalidInput: the table has no such row.
    """
    total, judged = asking.dataset.rows, asking.judged
    rows = judged.part.rows if judged is not None and judged.held_out else np.array([], np.int64)
    if number is None:
        number = int(rows.min()) + 1 if len(rows) else 1
    if not 1 <= number <= total:
        raise InvalidInput(
            _("The table has no row {n}.").format(n=number),
            _("Choose one from 1 to {n}.").format(n=total),
            field="row",
        )
    target = asking.run.spec.dataset.target
    names = [field.column.name for field in asking.fields]
    cells = tables.pick(asking.dataset.table_path, [number - 1], [*names, target]).rows[0]
    truth = cells[-1]
    part: Part = "judged" if number - 1 in rows else "learned" if truth is not None else "unused"
    return Start(
        number=number,
        values=dict(zip(names, cells, strict=False)),
        truth=_truth(asking, truth),
        part=part,
    )


def _truth(asking: Asking, cell: Any) -> str | float | None:
    """The target of a row as its run names it."""
    from mlops_core.features.transformers import as_text

    target = asking.dataset.column(asking.run.spec.dataset.target)
    if cell is None or target is None:
        return None
    if not asking.result.classes:
        return float(cell)
    if target.type is ColumnType.BOOLEAN:
        true, false = truth_words(target)
        return true if cell else false
    return as_text(cell)


def edited(asking: Asking, values: Values, changes: Mapping[str, str | None]) -> Values:
    """``values`` with some cells as they were typed; nothing, or blanks, means missing.

    Raises:
        InvalidInput: the model does not see a column, or a text is no value of it; ``field`` is
            the column.
    """
    new = dict(values)
    for name, text in changes.items():
        column = asking.field(name).column
        new[name] = None
        if text is not None and text.strip():
            try:
                new[name] = typed(column, text, asking.dataset.report.decimal)
            except InvalidInput as error:
                raise InvalidInput(error.message, error.hint, field=name) from None
    return new


def cautions(asking: Asking, values: Values) -> tuple[str, ...]:
    """A sentence for each value that the table never held: there a model can only guess."""
    said = (_caution(field, values.get(field.column.name)) for field in asking.fields)
    return tuple(sentence for sentence in said if sentence)


def _caution(field: Field, value: Any) -> str:
    name, profile = field.column.name, field.column.profile
    if value is None:
        if profile.missing:
            return ""
        return _("“{column}” is never missing in the table.").format(column=name)
    match value, profile.minimum, profile.maximum:
        case int() | float(), int() | float() as low, int() | float() as high:
            if isinstance(value, bool) or low <= value <= high:
                return ""
            return _("“{column}” lies between {low} and {high} in the table.").format(
                column=name, low=f"{low:g}", high=f"{high:g}"
            )
    known = {one.value for one in profile.top}
    everything = not profile.estimated and profile.distinct <= len(known)
    if (
        isinstance(value, str)
        and field.role is ColumnRole.CATEGORICAL
        and everything
        and value not in known
    ):
        return _("“{column}” never holds “{value}” in the table.").format(
            column=name, value=value[:40]
        )
    return ""
