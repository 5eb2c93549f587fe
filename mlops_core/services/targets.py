"""What to learn from a dataset: a target, its task and its positive class, checked against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mlops_core.data import roles
from mlops_core.data.words import class_named
from mlops_core.domain.columns import Column, ColumnType
from mlops_core.domain.params import Task
from mlops_core.errors import InvalidInput
from mlops_core.features.resolve import unknown_column
from mlops_core.i18n import _

NUMERIC_TYPES = frozenset({ColumnType.INTEGER, ColumnType.NUMBER, ColumnType.BOOLEAN})
TaskWish: TypeAlias = Literal["auto", "classification", "regression"]


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What is to be learned."""

    target: str
    task: Task
    positive_class: str | None = None


def settle(
    columns: Sequence[Column],
    target: str,
    task: TaskWish | Task = "auto",
    positive_class: str | None = None,
) -> Goal:
    """The goal that was asked for; an automatic task is chosen by the target's values.

    Raises:
        InvalidInput: there is no such column, it cannot be learned so, or the class is not one of
            its two; ``field`` is target, task or positive_class.
    """
    column = next((column for column in columns if column.name == target), None)
    if column is None:
        raise unknown_column(target, (column.name for column in columns), "target")
    settled = roles.suggest_task(column) if task == "auto" else Task(task)
    if settled is Task.REGRESSION and column.type not in NUMERIC_TYPES:
        raise InvalidInput(
            _("The target {name!r} is not a number, so it cannot be predicted as one.").format(
                name=target
            ),
            _("Choose the task classification, or a target that holds numbers."),
            field="task",
        )
    positive = None if positive_class is None else _positive(column, settled, positive_class)
    return Goal(target=target, task=settled, positive_class=positive)


def inherit(columns: Sequence[Column], goal: Goal | None, task: TaskWish = "auto") -> Goal | None:
    """What of an older version's ``goal`` still fits these columns; an explicit ``task`` wins."""
    column = next((column for column in columns if goal and column.name == goal.target), None)
    if goal is None or column is None:
        return None
    wish: TaskWish | Task = goal.task if task == "auto" else task
    if task == "auto" and goal.task is Task.REGRESSION and column.type not in NUMERIC_TYPES:
        wish = "auto"
    settled = settle(columns, goal.target, wish)
    if settled.task is Task.CLASSIFICATION and goal.positive_class in _two_classes(column):
        return settle(columns, goal.target, settled.task, goal.positive_class)
    return settled


def _two_classes(column: Column) -> tuple[str, ...]:
    """The classes of a column that has exactly two."""
    values = tuple(top.value for top in column.profile.top)
    return values if len(values) == column.profile.distinct == 2 else ()


def _positive(column: Column, task: Task, wanted: str) -> str:
    """The class that ``wanted`` names, as the file or as we write it."""
    classes = _two_classes(column)
    if task is not Task.CLASSIFICATION or not classes:
        raise InvalidInput(
            _("Only a target with two classes has a positive one; {name!r} is none.").format(
                name=column.name
            ),
            _("Leave the positive class empty."),
            field="positive_class",
        )
    found = class_named(wanted, classes)
    if found is None:
        raise InvalidInput(
            _("The target {name!r} has no class {value!r}.").format(name=column.name, value=wanted),
            _("It has: {values}.").format(values=", ".join(map(repr, classes))),
            field="positive_class",
        )
    return found
