"""Two versions of a dataset side by side: rows, columns, and what is spread differently."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from mlops_core.analysis.drift import judge
from mlops_core.domain.columns import Column
from mlops_core.domain.drift import Shift, Spreads
from mlops_core.domain.reading import CompareJob, StoredTable
from mlops_core.domain.records import Dataset
from mlops_core.i18n import current_language
from mlops_core.services.datasets import get_dataset
from mlops_core.services.reading import Watch, desk, engine_mb, is_small_table, work
from mlops_core.store.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What is new in ``after``, seen from ``before``.

    Attributes:
        came: Columns that only ``after`` has; ``went``: that only ``before`` has.
        retyped: Columns of another type, before and after.
        shifts: Columns that both have with values to compare, in the order of ``after``.
        looked_at: Rows of each that the shifts rest on.
    """

    before: Dataset
    after: Dataset
    came: tuple[Column, ...]
    went: tuple[Column, ...]
    retyped: tuple[tuple[Column, Column], ...]
    shifts: tuple[Shift, ...]
    looked_at: tuple[int, int]

    @property
    def moved(self) -> tuple[Shift, ...]:
        """The columns that moved, the furthest first; then those whose missing share did."""
        found = [one for one in self.shifts if one.moved or one.missing_moved]
        return tuple(sorted(found, key=lambda one: (not one.moved, -one.spread.effect)))


def compare(ws: Workspace, before_id: int, after_id: int, watch: Watch | None = None) -> Comparison:
    """Lay one dataset beside another; what was counted is kept with ``after``.

    Raises:
        NotFound: one of them does not exist.
        StoreError: the memory was not enough.
        Cancelled: ``watch`` said so.
    """
    before, after = get_dataset(ws, before_id), get_dataset(ws, after_id)
    old = {column.name: column for column in before.columns}
    new = {column.name: column for column in after.columns}
    spreads = _spreads(ws, before, after, watch)
    return Comparison(
        before=before,
        after=after,
        came=tuple(column for column in after.columns if column.name not in old),
        went=tuple(column for column in before.columns if column.name not in new),
        retyped=tuple(
            (old[column.name], column)
            for column in after.columns
            if column.name in old and old[column.name].type is not column.type
        ),
        shifts=judge(spreads),
        looked_at=spreads.rows,
    )


def _spreads(ws: Workspace, before: Dataset, after: Dataset, watch: Watch | None) -> Spreads:
    """Counted once for two tables: neither ever changes."""
    kept = after.table_path.with_name(f"compared-{before.fingerprint[:32]}.json")
    known = _known(kept)
    if known is not None:
        return known
    small = all(is_small_table(one.table_path, one.column_count) for one in (before, after))
    job = CompareJob(
        before=_stored(before),
        after=_stored(after),
        memory_mb=engine_mb(ws, small=small),
        language=current_language(),
    )
    with desk(ws) as folder:
        found: Spreads = work(ws, job, folder, small=small, watch=watch)
    beside = kept.with_suffix(".part")
    with suppress(OSError):  # on a full disk it is counted again next time
        beside.write_text(found.model_dump_json(exclude_defaults=True), encoding="utf-8")
        beside.replace(kept)
    return found


def _known(path: Path) -> Spreads | None:
    try:
        return Spreads.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def _stored(dataset: Dataset) -> StoredTable:
    return StoredTable(path=dataset.table_path, columns=dataset.columns, rows=dataset.rows)
