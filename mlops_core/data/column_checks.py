"""What a single column asks for: to be left out, to be seen in another role, to be known of."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from mlops_core.data.engine import Connection, ident
from mlops_core.data.roles import is_entity, is_identifier
from mlops_core.domain.columns import Column, ColumnRole, ColumnType
from mlops_core.domain.configs import CategoricalPreparation
from mlops_core.domain.findings import Finding, Fix, Severity
from mlops_core.domain.sentences import Fact, Sentence, say
from mlops_core.i18n import N_

FEW_ROWS = 100
MOSTLY_MISSING = 0.5
NEAR_CONSTANT = 0.995
MOST_CODES = 12  # distinct numbers that may be the names of classes
ROWS_A_CODE = 20
KEPT: int = CategoricalPreparation().max_categories
LONG_TEXT = 200  # characters on average
VERY_LONG_TEXT = 10_000  # characters of one value
EXAMPLES = 3
_NUMBERS = (ColumnType.INTEGER, ColumnType.NUMBER)
_NAMING = (ColumnType.TEXT, ColumnType.INTEGER)
_DATES = (ColumnType.DATE, ColumnType.DATETIME)
# Names of what is told apart rather than measured.
_CODE_NAME = re.compile(
    r"(^|[_\W])(code|class|type|kind|category|cat|cluster|segment|region|zone|area|branch|channel"
    r"|gender|sex|status|month|weekday|dayofweek|dow|hour|city|state|country)s?([_\W]?(no|id|cd))?$"
    r"|(유형|구분|코드|분류|종류|지역|성별|상태|요일|지점|채널|업종)$",
    re.I,
)


def of_columns(
    connection: Connection,
    table: str,
    columns: Sequence[Column],
    rows: int,
    personal: Collection[str] = (),
) -> Iterator[Finding]:
    """At most one finding a column: the one that decides what to do with it.

    Args:
        table: A FROM clause.
        columns: All but the target.
        personal: Names of columns that had better be left out, and of which no value may be shown.
    """
    named = [column for column in columns if is_identifier(column, rows)]
    shown = [column for column in named if column.name not in personal]
    examples = _examples(connection, table, shown)
    for column in columns:
        found = (
            _empty_of_news(column, rows)
            or (_identifier(column, rows, examples) if column in named else None)
            or (None if column.name in personal else _near_constant(column, rows))
            or _codes(column, rows)
            or (None if column.name in personal else _many_words(column))
            or _long(column)
        )
        if found is not None:
            yield found


def _examples(connection: Connection, table: str, columns: Sequence[Column]) -> dict[str, str]:
    """The first values of some columns."""
    if not columns:
        return {}
    parts = ", ".join(f"{ident(column.name)}::VARCHAR" for column in columns)
    rows = connection.execute(f"SELECT {parts} FROM {table} LIMIT {EXAMPLES}").fetchall()  # noqa: S608
    return {
        column.name: ", ".join(f"“{value[:40]}”" for value in values if value is not None)
        for column, values in zip(columns, zip(*rows, strict=True), strict=True)
    }


def _empty_of_news(column: Column, rows: int) -> Finding | None:
    missing, present = column.profile.missing, rows - column.profile.missing
    if present and column.profile.distinct == 1 and not missing and rows > 1:
        top = column.profile.top
        return _about(
            column,
            "constant",
            Severity.WARNING,
            N_("“{column}” holds the same value in every row."),
            fix="drop",
            evidence=say(N_("It is “{value}”."), value=top[0].value[:60]) if top else None,
        )
    if rows and missing > rows * MOSTLY_MISSING:
        return _about(
            column,
            "mostly_missing",
            Severity.WARNING,
            N_("“{column}” is missing in {share} of the rows."),
            fix="drop",
            evidence=say(N_("{present} of {rows} rows have a value."), present=present, rows=rows),
            share=percent(missing / rows),
        )
    return None


def _identifier(column: Column, rows: int, examples: dict[str, str]) -> Finding:
    shown = examples.get(column.name)
    return _about(
        column,
        "identifier_like",
        Severity.WARNING,
        N_("“{column}” looks like an identifier: {distinct} different values in {rows} rows."),
        fix="drop",
        evidence=say(N_("For example {values}."), values=shown) if shown else None,
        distinct=column.profile.distinct,
        rows=rows - column.profile.missing,
    )


def _near_constant(column: Column, rows: int) -> Finding | None:
    top, present = column.profile.top, rows - column.profile.missing
    if not top or present < FEW_ROWS or top[0].count <= present * NEAR_CONSTANT:
        return None
    others = ", ".join(f"“{one.value[:40]}” ({one.count})" for one in top[1 : 1 + EXAMPLES])
    return _about(
        column,
        "near_constant",
        Severity.INFO,
        N_("“{column}” is “{value}” in {share} of the rows."),
        fix="drop",
        evidence=say(N_("Besides: {values}."), values=others) if others else None,
        value=top[0].value[:40],
        share=percent(top[0].count / present),
    )


def _codes(column: Column, rows: int) -> Finding | None:
    """Few whole numbers under a name that says: these are names, not amounts."""
    profile, present = column.profile, rows - column.profile.missing
    few = 3 <= profile.distinct <= min(MOST_CODES, present // ROWS_A_CODE)
    numeric = column.type in _NUMBERS and column.role is ColumnRole.NUMERIC
    if not (few and numeric and _CODE_NAME.search(column.name)):
        return None
    values = [top.value for top in profile.top]
    if not all(value.lstrip("-").isdigit() for value in values):
        return None
    return _about(
        column,
        "numbers_as_classes",
        Severity.INFO,
        N_(
            "“{column}” holds {distinct} different whole numbers that look like the names of"
            " classes. If 2 is not twice 1 here, treat it as categories."
        ),
        fix="categorical",
        evidence=say(N_("Its values: {values}."), values=", ".join(sorted(values, key=int))),
        distinct=profile.distinct,
    )


def _many_words(column: Column) -> Finding | None:
    """More categories than are told apart."""
    categorical = column.type is ColumnType.TEXT and column.role is ColumnRole.CATEGORICAL
    if not categorical or column.profile.distinct <= KEPT:
        return None
    shown = ", ".join(f"“{one.value[:30]}” ({one.count})" for one in column.profile.top[:EXAMPLES])
    return _about(
        column,
        "many_categories",
        Severity.INFO,
        N_(
            "“{column}” has {distinct} different values; all but the {kept} most frequent ones"
            " count as one."
        ),
        evidence=say(N_("The most frequent: {values}."), values=shown) if shown else None,
        distinct=column.profile.distinct,
        kept=KEPT,
    )


def _long(column: Column) -> Finding | None:
    profile = column.profile
    mean, longest = profile.mean_length or 0, profile.max_length or 0
    if column.type is not ColumnType.TEXT or (mean < LONG_TEXT and longest < VERY_LONG_TEXT):
        return None
    return _about(
        column,
        "long_text",
        Severity.INFO,
        N_(
            "“{column}” holds long texts: {mean} characters on average, {longest} at most. A model"
            " counts their words and loses their order."
        ),
        fix=None if column.role in (ColumnRole.TEXT, ColumnRole.DROP) else "text",
        mean=round(mean),
        longest=longest,
    )


def dates(columns: Sequence[Column]) -> list[Finding]:
    """Rows with a date usually predict later ones: a random split would look into the future."""
    dated = [column for column in columns if column.type in _DATES and column.profile.distinct > 1]
    if not dated:
        return []
    column = max(dated, key=lambda candidate: candidate.profile.distinct)
    return [
        _about(
            column,
            "dates_suggest_time_split",
            Severity.INFO,
            N_(
                "“{column}” runs from {first} to {last}. If the model is to predict later rows,"
                " choose a time-ordered split."
            ),
            first=str(column.profile.minimum)[:10],
            last=str(column.profile.maximum)[:10],
        )
    ]


def entities(columns: Sequence[Column], rows: int) -> list[Finding]:
    """A column that names people or things which come back: their rows belong to one side."""
    for column in columns:
        distinct, present = column.profile.distinct, rows - column.profile.missing
        if is_entity(column.name) and 20 <= distinct <= present / 2 and column.type in _NAMING:
            return [
                _about(
                    column,
                    "entities_suggest_grouped_split",
                    Severity.INFO,
                    N_(
                        "“{column}” names {distinct} things that come back in {rows} rows. If the"
                        " model is to meet new ones, choose a split grouped by it."
                    ),
                    distinct=distinct,
                    rows=present,
                )
            ]
    return []


def _about(
    column: Column,
    code: str,
    severity: Severity,
    text: str,
    *,
    fix: Fix | None = None,
    evidence: Sentence | None = None,
    **facts: Fact,
) -> Finding:
    said = say(text, column=column.name, **facts)
    return Finding.of(code, severity, said, column=column.name, fix=fix, evidence=evidence)


def percent(share: float) -> str:
    return f"{share:.1%}" if 0.995 <= share < 1 else f"{share:.0%}"
