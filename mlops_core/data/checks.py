"""What a person should know about a table before a model sees it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mlops_core.data.engine import Connection, connect, ident, parquet
from mlops_core.data.privacy import personal_data
from mlops_core.data.profile import clean, named
from mlops_core.data.relations import contradictions, equal_columns, tells_target
from mlops_core.data.roles import is_entity, is_identifier
from mlops_core.data.totals import total_row
from mlops_core.domain.columns import (
    Column,
    ColumnType,
    Finding,
    ReadReport,
    Severity,
)
from mlops_core.domain.params import Task
from mlops_core.i18n import _, ngettext

FEW_ROWS = 100
MOSTLY_MISSING = 0.5
NEAR_CONSTANT = 0.995
RARE_CLASS = 10  # rows: fewer than the usual number of folds can share out
IMBALANCE = 0.1
SKEWED = 3.0
NAMED = 5  # things listed by name in a sentence
MAX_HASHED_COLUMNS = 500
_NAMING = (ColumnType.TEXT, ColumnType.INTEGER)
_DATES = (ColumnType.DATE, ColumnType.DATETIME)


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
        table = parquet(table_path)
        (rows,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
        findings = [*_of_reading(report), *_of_size(rows)]
        findings += total_row(connection, table, columns, rows)
        findings += _duplicates(connection, table, columns, rows)
        chosen = next((column for column in columns if column.name == target), None)
        others = [column for column in columns if column.name != target]
        findings += equal_columns(connection, table_path, others, rows)
        findings += personal_data(connection, table, others)
        if chosen is not None:
            findings += _of_target(connection, table, chosen, task, rows)
            findings += tells_target(connection, table, others, chosen, task, rows)
            findings += contradictions(connection, table, others, chosen, rows)
    for column in others:
        findings += _of_column(column, rows)
    findings += [*_wide(others, rows), *_dates(others), *_entities(others, rows)]
    order = {Severity.PROBLEM: 0, Severity.WARNING: 1, Severity.INFO: 2}
    return tuple(sorted(findings, key=lambda finding: order[finding.severity]))


def _of_reading(report: ReadReport | None) -> list[Finding]:
    if report is None or not report.reject_count:
        return []
    message = ngettext(
        "{count} row could not be read and was left out.",
        "{count} rows could not be read and were left out.",
        report.reject_count,
    ).format(count=report.reject_count)
    return [Finding(code="rows_rejected", severity=Severity.WARNING, message=message)]


def _of_size(rows: int) -> list[Finding]:
    if rows >= FEW_ROWS:
        return []
    message = ngettext(
        "The table has only {rows} row: results will vary by chance.",
        "The table has only {rows} rows: results will vary by chance.",
        rows,
    ).format(rows=rows)
    return [Finding(code="few_rows", severity=Severity.WARNING, message=message)]


def _wide(columns: Sequence[Column], rows: int) -> list[Finding]:
    if len(columns) <= rows or len(columns) < FEW_ROWS:
        return []
    text = _("There are more columns ({columns}) than rows ({rows}): chance will look like a rule.")
    message = text.format(columns=len(columns), rows=rows)
    return [Finding(code="more_columns_than_rows", severity=Severity.WARNING, message=message)]


def _entities(columns: Sequence[Column], rows: int) -> list[Finding]:
    """A column that names people or things which come back: their rows belong to one side."""
    for column in columns:
        distinct, present = column.profile.distinct, rows - column.profile.missing
        if is_entity(column.name) and 20 <= distinct <= present / 2 and column.type in _NAMING:
            text = _(
                "“{column}” names {distinct} things that come back in {rows} rows. If the model is"
                " to meet new ones, choose a split grouped by it."
            ).format(column=column.name, distinct=distinct, rows=present)
            return [
                Finding(
                    code="entities_suggest_grouped_split",
                    severity=Severity.INFO,
                    message=text,
                    column=column.name,
                )
            ]
    return []


def _duplicates(
    connection: Connection, table: str, columns: Sequence[Column], rows: int
) -> list[Finding]:
    """Rows equal in every column, found by a 64-bit hash of the row."""
    if rows < 2 or len(columns) > MAX_HASHED_COLUMNS:
        return []
    names = ", ".join(ident(column.name) for column in columns)
    (distinct,) = connection.execute(
        f"SELECT count(DISTINCT hash({names})) FROM {table}"  # noqa: S608
    ).fetchone()
    if distinct == rows:
        return []
    message = ngettext(
        "{count} row repeats another one exactly.",
        "{count} rows repeat others exactly.",
        rows - distinct,
    ).format(count=rows - distinct)
    return [Finding(code="duplicate_rows", severity=Severity.WARNING, message=message)]


def _of_column(column: Column, rows: int) -> list[Finding]:
    """At most one finding: the one that decides what to do with the column."""
    missing, present = column.profile.missing, rows - column.profile.missing
    name = column.name
    if present and column.profile.distinct == 1 and not missing and rows > 1:
        text = _("“{column}” holds the same value in every row.").format(column=name)
        return [_drop("constant", Severity.WARNING, text, name)]
    if rows and missing > rows * MOSTLY_MISSING:
        text = _("“{column}” is missing in {share} of the rows.")
        text = text.format(column=name, share=_percent(missing / rows))
        return [_drop("mostly_missing", Severity.WARNING, text, name)]
    if is_identifier(column, rows):
        text = _("“{column}” looks like an identifier: {distinct} different values in {rows} rows.")
        text = text.format(column=name, distinct=column.profile.distinct, rows=present)
        return [_drop("identifier_like", Severity.WARNING, text, name)]
    top = column.profile.top
    if top and present >= FEW_ROWS and top[0].count > present * NEAR_CONSTANT:
        text = _("“{column}” is “{value}” in {share} of the rows.").format(
            column=name, value=top[0].value[:40], share=_percent(top[0].count / present)
        )
        return [_drop("near_constant", Severity.INFO, text, name)]
    return []


def _drop(code: str, severity: Severity, message: str, column: str) -> Finding:
    return Finding(code=code, severity=severity, message=message, column=column, fix="drop")


def _of_target(
    connection: Connection, table: str, target: Column, task: Task | None, rows: int
) -> list[Finding]:
    findings = []
    missing, name = target.profile.missing, target.name
    if missing:
        text = ngettext(
            "The target “{column}” is missing in {count} row, which will be left out.",
            "The target “{column}” is missing in {count} rows, which will be left out.",
            missing,
        ).format(column=name, count=missing)
        severity = Severity.PROBLEM if missing == rows else Severity.WARNING
        findings.append(
            Finding(code="target_missing", severity=severity, message=text, column=name)
        )
    if target.profile.distinct == 1:
        text = _("The target “{column}” has the same value everywhere: there is nothing to learn.")
        text = text.format(column=name)
        findings.append(
            Finding(code="constant", severity=Severity.PROBLEM, message=text, column=name)
        )
    elif task is Task.CLASSIFICATION:
        findings += _of_classes(connection, table, target)
    elif task is Task.REGRESSION:
        findings += _skewed(connection, table, target)
    return findings


def _skewed(connection: Connection, table: str, target: Column) -> list[Finding]:
    """A long tail of large values, which decide the squared errors."""
    value = f"({clean(target)})::DOUBLE"
    (skew,) = connection.execute(
        f"SELECT skewness(y) FROM (SELECT {value} AS y FROM {table}) WHERE abs(y) < 1e50"  # noqa: S608
    ).fetchone()
    if skew is None or not abs(skew) > SKEWED:
        return []
    text = _(
        "“{column}” has a long tail: a few extreme values decide the squared error."
        " Compare by the mean or the median absolute error."
    ).format(column=target.name)
    return [Finding(code="skewed_target", severity=Severity.INFO, message=text, column=target.name)]


def _of_classes(connection: Connection, table: str, target: Column) -> list[Finding]:
    value, name = named(target), target.name
    counts: list[tuple[str, int]] = connection.execute(
        f"SELECT {value}, count(*) FROM {table} WHERE {value} IS NOT NULL"  # noqa: S608
        " GROUP BY ALL ORDER BY 2, 1 LIMIT 10000"
    ).fetchall()
    findings = []
    rare = [label for label, count in counts if count < RARE_CLASS]
    if rare:
        text = ngettext(
            "{count} class of “{column}” has fewer than {least} rows: {names}.",
            "{count} classes of “{column}” have fewer than {least} rows: {names}.",
            len(rare),
        ).format(count=len(rare), column=name, least=RARE_CLASS, names=_named(rare))
        findings.append(
            Finding(code="rare_classes", severity=Severity.WARNING, message=text, column=name)
        )
    findings += _look_alikes([label for label, _count in counts], name)
    present = sum(count for _label, count in counts)
    if len(counts) > 1 and counts[0][1] < present * IMBALANCE / (len(counts) - 1):
        text = _(
            "The classes of “{column}” are unequal: “{small}” has {few} rows, “{large}” {many}."
            " Prefer balanced accuracy or F1 to accuracy."
        ).format(
            column=name,
            small=counts[0][0][:40],
            few=counts[0][1],
            large=counts[-1][0][:40],
            many=counts[-1][1],
        )
        findings.append(
            Finding(code="imbalance", severity=Severity.WARNING, message=text, column=name)
        )
    return findings


def _look_alikes(labels: Sequence[str], target: str) -> list[Finding]:
    """Classes that a person would read as one: blanks around them and case apart."""
    groups: dict[str, list[str]] = {}
    for label in labels:
        groups.setdefault(" ".join(label.split()).casefold(), []).append(label)
    alike = [label for group in groups.values() if len(group) > 1 for label in sorted(group)]
    if not alike:
        return []
    text = _(
        "Classes of “{column}” differ only by blanks or capital letters: {names}."
        " Each counts as a class of its own; correct the file if they are meant to be one."
    ).format(column=target, names=_named(alike))
    return [
        Finding(code="classes_look_alike", severity=Severity.WARNING, message=text, column=target)
    ]


def _dates(columns: Sequence[Column]) -> list[Finding]:
    """Rows with a date usually predict later ones: a random split would look into the future."""
    dates = [column for column in columns if column.type in _DATES and column.profile.distinct > 1]
    if not dates:
        return []
    column = max(dates, key=lambda candidate: candidate.profile.distinct)
    text = _(
        "“{column}” runs from {first} to {last}. If the model is to predict later rows,"
        " choose a time-ordered split."
    ).format(
        column=column.name,
        first=str(column.profile.minimum)[:10],
        last=str(column.profile.maximum)[:10],
    )
    return [
        Finding(
            code="dates_suggest_time_split",
            severity=Severity.INFO,
            message=text,
            column=column.name,
        )
    ]


def _named(labels: Sequence[str]) -> str:
    shown = ", ".join(f"“{label[:40]}”" for label in labels[:NAMED])
    return shown if len(labels) <= NAMED else f"{shown} …"


def _percent(share: float) -> str:
    return f"{share:.1%}" if 0.995 <= share < 1 else f"{share:.0%}"
