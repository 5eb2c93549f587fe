"""Very wide tables in slices of columns: a file for each while they are read, one file in the end.

The engine sets memory aside for every column that it writes, whatever the rows: 5,000 columns need
more than an import may use. A slice of a thousand fits, and a table of any width is read by as many
passes as it has slices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from mlops_core.data.engine import WIDE, parquet, source

TableOf: TypeAlias = Callable[
    [Iterable[int]], str
]  # a FROM clause with the columns at these places
GROUP_ROWS = 2048  # the fewest that the engine puts into a row group
HELD_CELLS = 10_000_000  # of the rows that are put together at once


def slices(width: int) -> list[range]:
    """The places of ``width`` columns, a thousand to a slice."""
    return [range(start, min(start + WIDE, width)) for start in range(0, width, WIDE)]


def slices_of(places: Iterable[int]) -> list[int]:
    """The numbers of the slices that hold the columns at ``places``; of no columns, the first."""
    return sorted({place // WIDE for place in places}) or [0]


def side_by_side(paths: Sequence[Path], number: str = "") -> str:
    """A FROM clause for the columns of all ``paths``, which have the same rows in the same order.

    Where it is given, ``number`` names one more column: the number of each row, from 0.
    """
    if len(paths) == 1 and not number:
        return parquet(paths[0])
    parts = [f"{parquet(path)} AS slice_{place}" for place, path in enumerate(paths)]
    every = "*"
    if number:
        parts[0] = f"read_parquet({source(paths[0])}, file_row_number = true) AS slice_0"
        every = f"*, slice_0.file_row_number AS {number}"
    return f"(SELECT {every} FROM {' POSITIONAL JOIN '.join(parts)})"  # noqa: S608


def put_together(paths: Sequence[Path], target: Path) -> None:
    """Write the columns of all ``paths``, which have the same row groups, as one table.

    No more than ten million cells are held at once.
    """
    # Few tables are so wide, and the others need not wait for it to be loaded.
    import pyarrow as pa
    import pyarrow.parquet as pq

    pa.set_memory_pool(pa.system_memory_pool())  # the usual one keeps what is free
    layout = pq.read_metadata(paths[0])
    schema = pa.schema([field for path in paths for field in pq.read_schema(path)])
    step = max(1, min(GROUP_ROWS, HELD_CELLS // len(schema)))
    with pq.ParquetWriter(target, schema, compression="zstd") as out:
        for group in range(layout.num_row_groups):
            rows = layout.row_group(group).num_rows
            for start in range(0, rows, step):
                part = _rows_of(group, start, min(step, rows - start), rows)
                columns = [column for path in paths for column in part(path)]
                out.write_table(pa.table(columns, schema=schema), row_group_size=step)


def _rows_of(group: int, start: int, count: int, rows: int) -> Callable[[Path], list[Any]]:
    """What gives the columns of ``count`` rows of a row group of ``rows``, without the others."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def columns(path: Path) -> list[Any]:
        with pq.ParquetFile(path, memory_map=True) as file:
            table = file.read_row_group(group, use_threads=False)
        if count < rows:  # a mere view would hold the others, too
            table = table.take(pa.array(range(start, start + count)))
        return list(table.columns)

    return columns
