"""What rows of a table are asked for: conditions that all must hold, and an order."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from mlops_core.domain.columns import ColumnType


class Operator(StrEnum):
    """How a cell is compared with what a person typed."""

    IS = "is"
    IS_NOT = "is_not"
    CONTAINS = "contains"
    BEGINS = "begins"
    LESS = "lt"
    AT_MOST = "le"
    MORE = "gt"
    AT_LEAST = "ge"
    BETWEEN = "between"
    MISSING = "missing"
    PRESENT = "present"

    @property
    def operands(self) -> int:
        """How many values it needs."""
        if self in (Operator.MISSING, Operator.PRESENT):
            return 0
        return 2 if self is Operator.BETWEEN else 1


_ALWAYS = (Operator.MISSING, Operator.PRESENT)
_EQUAL = (Operator.IS, Operator.IS_NOT)
_ORDERED = (
    *_EQUAL,
    *(Operator.LESS, Operator.AT_MOST, Operator.MORE, Operator.AT_LEAST, Operator.BETWEEN),
    *_ALWAYS,
)
OPERATORS: dict[ColumnType, tuple[Operator, ...]] = {
    ColumnType.INTEGER: _ORDERED,
    ColumnType.NUMBER: _ORDERED,
    ColumnType.DATE: _ORDERED,
    ColumnType.DATETIME: _ORDERED,
    ColumnType.BOOLEAN: (*_EQUAL, *_ALWAYS),
    ColumnType.TEXT: (Operator.CONTAINS, Operator.BEGINS, *_EQUAL, *_ALWAYS),
}


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Condition(_Model):
    """One condition; ``values`` are as a person typed them."""

    column: str
    operator: Operator
    values: tuple[str, ...] = ()


class Sort(_Model):
    """By which column, and which end first; cells without a value always come last."""

    column: str
    descending: bool = False
