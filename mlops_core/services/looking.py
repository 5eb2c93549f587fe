"""Looking into a dataset: its rows, narrowed and sorted over the whole table."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path

from mlops_core.data import table as tables
from mlops_core.data.select import FIELDS, truth_words, where
from mlops_core.data.table import TablePage
from mlops_core.domain.columns import Column
from mlops_core.domain.conditions import Condition, Sort
from mlops_core.domain.records import Dataset
from mlops_core.services.datasets import get_dataset
from mlops_core.store.workspace import Workspace

__all__ = ["FIELDS", "TablePage", "check_condition", "preview", "truth_words"]


def preview(
    ws: Workspace,
    dataset_id: int,
    *,
    offset: int = 0,
    limit: int = 100,
    columns: Sequence[str] | None = None,
    filters: Sequence[Condition] = (),
    sort: Sort | None = None,
) -> TablePage:
    """``limit`` rows that meet all ``filters``, from the ``offset``-th of them on.

    Without ``sort`` they come in the order of the file. The whole table is looked through, in a
    little memory, however large it is.

    Raises:
        NotFound: there is no such dataset.
        InvalidInput: a filter, the order or a column does not fit the table.
    """
    dataset = get_dataset(ws, dataset_id)
    return tables.select(
        dataset.table_path,
        dataset.columns,
        offset=offset,
        limit=limit,
        columns=columns,
        conditions=filters,
        sort=sort,
        decimal=dataset.report.decimal,
        spill=_spill(ws),
    )


def check_condition(dataset: Dataset, condition: Condition) -> Column:
    """The column of a condition that fits ``dataset``.

    Raises:
        InvalidInput: it does not; ``field`` is column, operator, value or upper.
    """
    where(dataset.columns, [condition], dataset.report.decimal)
    return next(column for column in dataset.columns if column.name == condition.column)


def _spill(ws: Workspace) -> Path:
    """Where a query may write what memory does not hold: one of its own, swept like an upload."""
    return ws.uploads / secrets.token_hex(16)
