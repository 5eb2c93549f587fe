"""What a person should know about a table before a model sees it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mlops_core.data.column_checks import FEW_ROWS, dates, entities, of_columns
from mlops_core.data.engine import connect, make_room, parquet
from mlops_core.data.lookalikes import nearly_equal
from mlops_core.data.privacy import personal_data
from mlops_core.data.relations import equal_columns, tells_target
from mlops_core.data.repeats import repeats
from mlops_core.data.target_checks import of_target
from mlops_core.data.totals import total_row
from mlops_core.domain.columns import Column, ReadReport
from mlops_core.domain.findings import Finding, Severity
from mlops_core.domain.params import Task
from mlops_core.domain.sentences import say, say_many
from mlops_core.i18n import N_, NN_


def check(
    table_path: Path,
    columns: Sequence[Column],
    target: str | None = None,
    task: Task | None = None,
    *,
    memory_mb: int = 512,
    report: ReadReport | None = None,
) -> tuple[Finding, ...]:
    """Findings about the table at ``table_path``; ``columns`` carry their profiles.

    With ``target`` and ``task`` the target is looked at too, with ``report`` the rows that could
    not be read.
    """
    with connect(memory_mb, spill=table_path.parent / ".spill") as connection:
        make_room(connection, memory_mb, len(columns))
        table = parquet(table_path)
        (rows,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
        findings = [*_of_reading(report), *_of_size(rows)]
        findings += total_row(connection, table, columns, rows)
        chosen = next((column for column in columns if column.name == target), None)
        others = [column for column in columns if column.name != target]
        findings += repeats(connection, table, columns, chosen, rows)
        equal = equal_columns(connection, table_path, others, rows)
        twins = {finding.column for finding in equal if finding.column}
        findings += [*equal, *nearly_equal(connection, table, others, rows, twins)]
        private = personal_data(connection, table, others)
        if chosen is not None:
            findings += of_target(connection, table, chosen, task, rows)
            findings += tells_target(connection, table, others, chosen, task, rows)
        names = {finding.column for finding in private if finding.column}
        findings += [*private, *of_columns(connection, table, others, rows, names)]
    findings += [*_wide(others, rows), *dates(others), *entities(others, rows)]
    return tuple(sorted(findings, key=lambda finding: finding.severity.rank))


def _of_reading(report: ReadReport | None) -> list[Finding]:
    if report is None or not report.reject_count:
        return []
    forms = NN_(
        "{count} row could not be read and was left out.",
        "{count} rows could not be read and were left out.",
    )
    lines = ", ".join(str(reject.line) for reject in report.rejects[:5])
    shown = say(N_("For example line {lines} of the file."), lines=lines) if lines else None
    said = say_many(forms, report.reject_count)
    return [Finding.of("rows_rejected", Severity.WARNING, said, evidence=shown)]


def _of_size(rows: int) -> list[Finding]:
    if rows >= FEW_ROWS:
        return []
    forms = NN_(
        "The table has only {count} row: results will vary by chance.",
        "The table has only {count} rows: results will vary by chance.",
    )
    return [Finding.of("few_rows", Severity.WARNING, say_many(forms, rows))]


def _wide(columns: Sequence[Column], rows: int) -> list[Finding]:
    if len(columns) <= rows or len(columns) < FEW_ROWS:
        return []
    said = say(
        N_("There are more columns ({columns}) than rows ({rows}): chance will look like a rule."),
        columns=len(columns),
        rows=rows,
    )
    return [Finding.of("more_columns_than_rows", Severity.WARNING, said)]
