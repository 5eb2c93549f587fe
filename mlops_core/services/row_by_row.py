"""Row by row: where a run was most wrong, and where two runs say something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from mlops_core.analysis.faults import Agreement, agreement, faults, given_to_truth, parted, worst
from mlops_core.data import table as tables
from mlops_core.domain.columns import Column
from mlops_core.domain.records import Dataset, ExperimentRun, RunSummary
from mlops_core.domain.results import TrainingResult
from mlops_core.errors import InvalidInput, NotFound, StoreError
from mlops_core.i18n import _
from mlops_core.services.datasets import get_dataset
from mlops_core.services.jsonable import jsonable
from mlops_core.services.judged import Judged, by_reliance, judged_pair, judged_rows
from mlops_core.store.predictions import Predictions
from mlops_core.store.workspace import Workspace

__all__ = [
    "Agreement",
    "Answer",
    "JudgedRow",
    "JudgedRows",
    "Parting",
    "parting",
    "parting_json",
    "refuse_without_rows",
    "worst_json",
    "worst_rows",
]

T = TypeVar("T")
MOST = 100
MOST_COLUMNS = 40  # nobody reads more beside an answer


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a run said about a row.

    Attributes:
        said: The class, or the number.
        given: The probability that it gave to the true class; ``None`` where it gives none.
        fault: How far from the truth (see ``analysis.faults``).
    """

    said: str | float
    given: float | None
    fault: float


@dataclass(frozen=True, kw_only=True)
class JudgedRow:
    """A row that judged: ``number`` is its place in the table, counted from 1."""

    number: int
    truth: str | float
    answers: tuple[Answer, ...]
    cells: tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class JudgedRows:
    """Some of the rows that judged, and what stands in them.

    Attributes:
        columns: What the runs learned from, the most important first; none where the table or its
            columns are gone.
        judged: How many rows judged.
        wrong: How many of them are of this kind: answered wrongly, or otherwise by the other run.
    """

    held_out: bool
    judged: int
    wrong: int
    columns: tuple[Column, ...]
    rows: tuple[JudgedRow, ...]


@dataclass(frozen=True, kw_only=True)
class Parting:
    """Two runs on the rows that judged both; answers of the rows are in the order of the runs."""

    agreement: Agreement
    rows: JudgedRows


def worst_rows(ws: Workspace, run: RunSummary, most: int = MOST) -> JudgedRows | None:
    """The rows that this run was most wrong about; ``None`` where it kept no predictions."""
    found = judged_rows(ws, run)
    if found is None:
        return None
    seen = found.part.seen
    places = worst(seen, min(most, MOST))
    wrong = int((seen.truth != seen.predicted).sum())
    return _rows(ws, run, [found], places, wrong)


def parting(ws: Workspace, a: ExperimentRun, b: ExperimentRun, most: int = MOST) -> Parting | None:
    """Where two runs part, the furthest apart first; ``None`` where no row judged both.

    Raises:
        InvalidInput: they did not learn the same from the same table.
    """
    found = judged_pair(ws, a, b)
    if found is None:
        return None
    left, right = found
    both = agreement(left.part.seen, right.part.seen)
    places = parted(left.part.seen, right.part.seen, min(most, MOST))
    rows = _rows(ws, a, [left, right], places, both.rows - both.same)
    return Parting(agreement=both, rows=rows)


def _rows(
    ws: Workspace,
    run: RunSummary,
    judged: Sequence[Judged],
    places: NDArray[np.intp],
    wrong: int,
) -> JudgedRows:
    first = judged[0]
    numbers = first.part.rows[places].tolist()
    columns, cells = _cells(ws, run, [one.result for one in judged], numbers)
    answers = [_answers(one.part, places) for one in judged]
    truth = [_named(first.part, first.part.seen.truth[place]) for place in places]
    return JudgedRows(
        held_out=first.held_out,
        judged=len(first.part.rows),
        wrong=wrong,
        columns=columns,
        rows=tuple(
            JudgedRow(number=number + 1, truth=true, answers=said, cells=row)
            for number, true, said, row in zip(
                numbers, truth, zip(*answers, strict=True), cells, strict=True
            )
        ),
    )


def _answers(part: Predictions, places: NDArray[np.intp]) -> list[Answer]:
    seen = part.seen
    wrong = faults(seen)
    given = given_to_truth(seen) if seen.probabilities else None
    return [
        Answer(
            said=_named(part, seen.predicted[place]),
            given=None if given is None else float(given[place]),
            fault=float(wrong[place]),
        )
        for place in places
    ]


def _named(part: Predictions, value: Any) -> str | float:
    return part.classes[int(value)] if part.classes else float(value)


def _cells(
    ws: Workspace, run: RunSummary, results: Sequence[TrainingResult], numbers: Sequence[int]
) -> tuple[tuple[Column, ...], tuple[tuple[Any, ...], ...]]:
    """What stands in these rows; nothing where the table cannot be read any more."""
    nothing = ((), tuple(() for _number in numbers))
    try:
        dataset = get_dataset(ws, run.dataset_id)
        columns = _columns(dataset, results)
        names = [column.name for column in columns]
        return columns, tables.pick(dataset.table_path, numbers, names).rows
    except (NotFound, InvalidInput, StoreError, KeyError):
        return nothing


def _columns(dataset: Dataset, results: Sequence[TrainingResult]) -> tuple[Column, ...]:
    """What any of the runs learned from, by how much they rely on it, then as in the table."""
    used = {use.column for result in results for use in result.features}
    used |= {item.feature for result in results for item in result.importance}
    known = [column for column in dataset.columns if column.name in used]
    return by_reliance(known, results)[:MOST_COLUMNS]


def refuse_without_rows(found: T | None) -> T:
    """The rows, if there are any.

    Raises:
        NotFound: no predictions were kept.
    """
    if found is None:
        raise NotFound(
            _("There are no predictions to look at."),
            _("They are kept by completed runs, in the folder of each."),
        )
    return found


def worst_json(run_id: int, found: JudgedRows) -> dict[str, Any]:
    """As the shell prints it."""
    return {"run_id": run_id, **_rows_json(found, [run_id], "wrong")}


def parting_json(a: int, b: int, found: Parting) -> dict[str, Any]:
    """As the shell prints it."""
    both = found.agreement
    return {
        "a": a,
        "b": b,
        "same": both.same,
        "only_a_nearer": both.first,
        "only_b_nearer": both.second,
        **_rows_json(found.rows, [a, b], "differ"),
    }


def _rows_json(found: JudgedRows, ids: Sequence[int], kind: str) -> dict[str, Any]:
    return {
        "judged_on": "holdout" if found.held_out else "folds",
        "judged": found.judged,
        kind: found.wrong,
        "rows": [
            {
                "row": row.number,
                "truth": row.truth,
                "answers": {
                    str(id): {"said": one.said, "given_to_truth": one.given, "fault": one.fault}
                    for id, one in zip(ids, row.answers, strict=True)
                },
                "values": {
                    column.name: jsonable(cell)
                    for column, cell in zip(found.columns, row.cells, strict=True)
                },
            }
            for row in found.rows
        ],
    }
