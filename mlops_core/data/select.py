"""Conditions of a person as SQL: names are quoted, values are bound and typed as their column."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from mlops_core.data.facts import clean
from mlops_core.data.words import class_named
from mlops_core.domain.columns import Column, ColumnType
from mlops_core.domain.conditions import OPERATORS, Condition, Operator, Sort
from mlops_core.errors import InvalidInput
from mlops_core.i18n import _

Where: TypeAlias = tuple[str, list[Any]]  # SQL with question marks, and what they stand for
FIELDS = ("value", "upper")  # what an error about the first and the second value is beside
_LONG = 2**63
_BLANKS = str.maketrans(
    {" ": "", "\u00a0": "", "\u202f": "", "\u2212": "-"}
)  # as numbers are shown
_MOMENT = re.compile(
    r"(\d{4})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{1,2})\.?"
    r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,6})?)?)?",
    re.ASCII,
)
_BELOW = {Operator.LESS: "<", Operator.AT_LEAST: ">="}  # compared with where a value begins
_BEYOND = {Operator.AT_MOST: "<", Operator.MORE: ">="}  # compared with where it ends
_PLAIN = {Operator.AT_MOST: "<=", Operator.MORE: ">"}


@dataclass(frozen=True)
class _Value:
    """What was typed. A day among times is all of that day: from ``low`` to before ``end``."""

    low: Any
    end: Any = None


def where(columns: Iterable[Column], conditions: Sequence[Condition], decimal: str = ".") -> Where:
    """All of ``conditions`` as one SQL expression; without any, one that always holds.

    Text is compared without regard to case by "contains" and "begins with", and letter by letter
    by "is". "Is not" takes in cells without a value. NaN and infinities count as missing.

    Args:
        columns: Of the table.
        decimal: The decimal sign of the file; the point is understood as well.

    Raises:
        InvalidInput: there is no such column, it cannot be compared so, or a value is not of its
            type; ``field`` is column, operator, value or upper.
    """
    known = {column.name: column for column in columns}
    parts, bound = [], []
    for condition in conditions:
        sql, values = _condition(_known(known, condition.column), condition, decimal)
        parts.append(f"({sql})")
        bound += values
    return " AND ".join(parts) or "true", bound


def order(columns: Iterable[Column], sort: Sort | None, number: str) -> str:
    """What to sort by; equal cells stay in the order of the file, ``number`` being the row's.

    Raises:
        InvalidInput: there is no such column.
    """
    if sort is None:
        return number
    column = _known({column.name: column for column in columns}, sort.column)
    value = clean(column)
    if column.type is ColumnType.TEXT:  # as a person would: Ant, bee, Cat
        value = f"lower({value})"
    return f"{value} {'DESC' if sort.descending else 'ASC'} NULLS LAST, {number}"


def typed(column: Column, text: str, decimal: str = ".") -> Any:
    """What was typed as a cell of ``column``: a number, a truth value, a date or a text.

    Raises:
        InvalidInput: it is no value of this column's type.
    """
    value = _value(column, text, decimal, FIELDS[0]).low
    if column.type is ColumnType.INTEGER and not isinstance(value, int):
        raise InvalidInput(
            _("“{column}” holds whole numbers.").format(column=column.name),
            _("Write it like {example}.").format(example="1234"),
            field=FIELDS[0],
        )
    return value


def _known(columns: dict[str, Column], name: str) -> Column:
    if name not in columns:
        raise InvalidInput(
            _("The table has no column “{column}”.").format(column=name),
            _("Choose one of its columns."),
            field="column",
        )
    return columns[name]


def _condition(column: Column, condition: Condition, decimal: str) -> Where:
    operator = condition.operator
    if operator not in OPERATORS[column.type]:
        raise InvalidInput(
            _("“{column}” cannot be compared in this way.").format(column=column.name),
            _("Choose another comparison."),
            field="operator",
        )
    values = [
        _value(column, text, decimal, field)
        for text, field in zip(_given(condition), FIELDS, strict=False)
    ]
    cell = clean(column)
    if not values:
        return f"{cell} IS {'' if operator is Operator.MISSING else 'NOT '}NULL", []
    first = values[0]
    match operator:
        case Operator.CONTAINS:
            return f"contains(lower({cell}), lower(?))", [first.low]
        case Operator.BEGINS:
            return f"starts_with(lower({cell}), lower(?))", [first.low]
        case Operator.IS:
            return _equal(cell, first)
        case Operator.IS_NOT:
            sql, bound = _equal(cell, first)
            return f"NOT coalesce({sql}, false)", bound
        case Operator.BETWEEN:
            last = values[1]
            if last.low < first.low:
                raise InvalidInput(
                    _("The second value is smaller than the first."),
                    _("Exchange them."),
                    field="upper",
                )
            high, bound = _compared(cell, Operator.AT_MOST, last)
            return f"{cell} >= ? AND {high}", [first.low, *bound]
    return _compared(cell, operator, first)


def _equal(cell: str, value: _Value) -> Where:
    if value.end is None:
        return f"{cell} = ?", [value.low]
    return f"{cell} >= ? AND {cell} < ?", [value.low, value.end]


def _compared(cell: str, operator: Operator, value: _Value) -> Where:
    if operator in _BELOW:
        return f"{cell} {_BELOW[operator]} ?", [value.low]
    if value.end is not None:
        return f"{cell} {_BEYOND[operator]} ?", [value.end]
    return f"{cell} {_PLAIN[operator]} ?", [value.low]


def _given(condition: Condition) -> tuple[str, ...]:
    """The values that the operator needs, none of them empty."""
    wanted = condition.operator.operands
    values = (*condition.values, "", "")[:wanted]
    for text, field in zip(values, FIELDS, strict=False):
        if not text.strip():
            raise InvalidInput(
                _("There is nothing to compare with."), _("Give a value."), field=field
            )
    return values


def _value(column: Column, text: str, decimal: str, field: str) -> _Value:
    match column.type:
        case ColumnType.INTEGER | ColumnType.NUMBER:
            return _Value(_number(text, decimal, field))
        case ColumnType.DATE | ColumnType.DATETIME:
            return _moment(text, field, days=column.type is ColumnType.DATE)
        case ColumnType.BOOLEAN:
            return _Value(_truth(column, text, field))
    return _Value(text)


def _number(text: str, decimal: str, field: str) -> int | float:
    plain = text.translate(_BLANKS)
    if decimal == "," and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        # An underscore between digits is Python's, not a person's.
        value = float("_" if "_" in plain else plain)
        exact = Decimal(plain) if math.isfinite(value) else None
    except (ValueError, InvalidOperation):
        exact = None
    if exact is None:
        raise InvalidInput(
            _("“{value}” is not a number.").format(value=text[:40]),
            _("Write it like {example}.").format(example="1234.5"),
            field=field,
        )
    # A whole number is compared as one: a float would confuse neighbours of 16 digits and more.
    return int(exact) if abs(value) < _LONG and exact == exact.to_integral_value() else value


def _moment(text: str, field: str, *, days: bool) -> _Value:
    """A day or a time; what is not said of a time may be anything."""
    found = _MOMENT.fullmatch(text.strip())
    try:
        if found is None or (days and found[5]):
            raise ValueError
        year, month, day, hour, minute, second = (
            int(part or 0) for part in found.group(1, 3, 4, 5, 6, 7)
        )
        micro = round(float(found[8] or 0) * 1_000_000)
        low = datetime(year, month, day, hour, minute, second, micro)
        step = timedelta(seconds=1) if found[7] else timedelta(minutes=1)
        end = None if found[8] else low + (step if found[5] else timedelta(days=1))
    except (ValueError, OverflowError):
        raise InvalidInput(
            _("“{value}” is not a date.").format(value=text[:40])
            if days
            else _("“{value}” is not a date or time.").format(value=text[:40]),
            _("Write it like {example}.").format(
                example="2024-01-31" if days else "2024-01-31 13:05"
            ),
            field=field,
        ) from None
    return _Value(low.date()) if days else _Value(low, end)


def _truth(column: Column, text: str, field: str) -> bool:
    """Which truth value a word means, in the file's own words or ours."""
    true, false = truth_words(column)
    found = class_named(text, (true, false))
    if found is None:
        raise InvalidInput(
            _("“{column}” holds “{true}” and “{false}”, not “{value}”.").format(
                column=column.name, true=true, false=false, value=text[:40]
            ),
            _("Choose one of them."),
            field=field,
        )
    return found == true


def truth_words(column: Column) -> tuple[str, str]:
    """How true and false are written in the file; where it does not say, in ours."""
    spelling = column.spelling
    return (spelling.true, spelling.false) if spelling else ("true", "false")
