"""From a table of text to the typed table that stays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mlops_core.data.decision import Decision
from mlops_core.data.engine import Connection, ident, literal
from mlops_core.data.leave_out import kept
from mlops_core.data.rows import TextTable, row_group_size
from mlops_core.data.slices import put_together, slices


def write_typed(
    connection: Connection,
    raw: TextTable,
    target: Path,
    names: Sequence[str],
    decisions: Sequence[Decision],
) -> None:
    """Write the rows of ``raw`` that stay to ``target``, as decided; copies of the text go."""
    parts = [target.with_name(f"typed-{part.start}.parquet") for part in slices(len(names))]
    if len(parts) == 1:
        parts = [target]
    odd = [place for place, decision in enumerate(decisions) if decision.odd]
    for part, path in zip(slices(len(names)), parts, strict=True):
        columns = ", ".join(f"{decisions[place].sql} AS {ident(names[place])}" for place in part)
        connection.execute(
            f"COPY (SELECT {columns} FROM {raw.of([*part, *odd])} WHERE {kept(decisions)})"  # noqa: S608
            f" TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd,"
            # A list of more values is dearer to make, and larger, than the values themselves.
            f" DICTIONARY_SIZE_LIMIT 1000, ROW_GROUP_SIZE {row_group_size(len(names))})"
        )
    for copy in raw.copies:
        copy.unlink()
    if len(parts) > 1:
        put_together(parts, target)
