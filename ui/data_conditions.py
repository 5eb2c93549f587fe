"""Conditions on rows: how they read, how they stand in the URL, and the form that makes one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st
from pydantic import TypeAdapter, ValidationError

from mlops_core import words
from mlops_core.domain.columns import Column, ColumnType
from mlops_core.domain.conditions import OPERATORS, Condition, Operator
from mlops_core.domain.records import Dataset
from mlops_core.errors import MlopsError
from mlops_core.i18n import N_, _
from mlops_core.services import looking
from ui.errors import attempt, field_errors, other_errors

MOST = 12  # conditions at once
_OPERATOR_WORDS = {
    Operator.IS: N_("is"),
    Operator.IS_NOT: N_("is not"),
    Operator.CONTAINS: N_("contains"),
    Operator.BEGINS: N_("begins with"),
    Operator.LESS: "<",
    Operator.AT_MOST: "≤",
    Operator.MORE: ">",
    Operator.AT_LEAST: "≥",
    Operator.BETWEEN: N_("between"),
    Operator.MISSING: N_("is missing"),
    Operator.PRESENT: N_("is not missing"),
}
_EXAMPLES = {
    ColumnType.INTEGER: "30",
    ColumnType.NUMBER: "12.5",
    ColumnType.DATE: "2024-01-31",
    ColumnType.DATETIME: "2024-01-31 13:05",
}
_LIST = TypeAdapter(list[tuple[str, Operator, list[str]]])


def operator_word(operator: Operator) -> str:
    word = _OPERATOR_WORDS[operator]
    return _(word) if word.isalpha() or " " in word else word


def condition_words(condition: Condition) -> str:
    """“age ≥ 30”, “plan contains pro”, “day between 2024-01-01 and 2024-01-31”."""
    parts = [words.clip(condition.column), operator_word(condition.operator)]
    values = [words.clip(value) for value in condition.values[: condition.operator.operands]]
    if len(values) == 2:
        parts.append(_("{low} and {high}").format(low=values[0], high=values[1]))
    return " ".join([*parts, *values[:1]] if len(values) == 1 else parts)


def written(conditions: Sequence[Condition]) -> str:
    """For the URL; nothing where there are none."""
    if not conditions:
        return ""
    parts = [[one.column, one.operator.value, list(one.values)] for one in conditions]
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))


def read(text: str, dataset: Dataset) -> tuple[tuple[Condition, ...], tuple[str, ...]]:
    """The conditions of a URL that fit ``dataset``, and what is wrong with each that does not."""
    try:
        parts = _LIST.validate_json(text)[:MOST] if text else []
    except ValidationError:
        return (), (_("The filters in the address cannot be read."),)
    conditions, problems = [], []
    for column, operator, values in parts:
        condition = Condition(column=column, operator=operator, values=tuple(values))
        error = attempt(partial(looking.check_condition, dataset, condition)).error
        if error is None:
            conditions.append(condition)
        else:
            told = _("The filter “{filter}” was left out: {reason}")
            problems.append(told.format(filter=condition_words(condition), reason=error.message))
    return tuple(conditions), tuple(problems)


@dataclass(frozen=True)
class Conditions:
    """The conditions of a page, and what to do when a person makes others of them."""

    dataset: Dataset
    all: tuple[Condition, ...]
    change: Callable[[tuple[Condition, ...]], None]

    def show(self) -> None:
        """A button a condition, which opens it, and one to add another; put into a row."""
        for place, condition in enumerate(self.all):
            key = f"rows_{self.dataset.id}_{place}_{written([condition])}"
            with st.popover(
                words.md(condition_words(condition)), icon=":material/filter_alt:", key=key
            ):
                self._form(place, key)
                st.button(
                    _("Remove"),
                    icon=":material/close:",
                    key=f"{key}_remove",
                    on_click=self._put,
                    args=(place,),
                )
        if len(self.all) < MOST:
            # Another key after each addition: that closes the form and empties it.
            key = f"rows_{self.dataset.id}_add_{len(self.all)}"
            with st.popover(_("Add a filter"), icon=":material/add:", key=key):
                self._form(len(self.all), key)

    def _put(self, place: int, *new: Condition) -> None:
        """``new`` instead of the condition at ``place``."""
        self.change((*self.all[:place], *new, *self.all[place + 1 :]))

    def _form(self, place: int, key: str) -> None:
        """The fields of the condition at ``place``, which may be the one after the last."""
        old = self.all[place] if place < len(self.all) else None
        names = [column.name for column in self.dataset.columns]
        name = st.selectbox(
            _("Column"),
            names,
            index=names.index(old.column) if old else None,
            placeholder=_("Choose a column"),
            key=f"{key}_column",
        )
        column = self.dataset.column(name) if name else None
        if column is None:
            st.caption(_("Rows that meet all filters are shown."))
            return
        if old is not None and old.column != column.name:
            old = None
        operators = OPERATORS[column.type]
        key = f"{key}_{column.name}"
        operator = st.selectbox(
            _("Comparison"),
            operators,
            index=operators.index(old.operator) if old else 0,
            format_func=operator_word,
            key=f"{key}_operator",
        )
        # What a field holds when it is left comes before the click on the button.
        error: MlopsError | None = st.session_state.get(f"{key}_error")
        for field in range(operator.operands):
            _value_field(column, operator, key, field, old)
            field_errors(error, looking.FIELDS[field])
        other_errors(error, *looking.FIELDS)
        st.button(
            _("Show these rows"),
            type="primary",
            key=f"{key}_apply",
            on_click=self._apply,
            args=(place, key, column.name, operator),
        )

    def _apply(self, place: int, key: str, column: str, operator: Operator) -> None:
        values = [
            str(st.session_state.get(f"{key}_{operator}_{field}") or "")
            for field in range(operator.operands)
        ]
        condition = Condition(column=column, operator=operator, values=tuple(values))
        error = attempt(lambda: looking.check_condition(self.dataset, condition)).error
        st.session_state[f"{key}_error"] = error
        if error is None:
            self._put(place, condition)


def _value_field(
    column: Column, operator: Operator, key: str, field: int, old: Condition | None
) -> None:
    """Where a value is typed or, where they are known, chosen."""
    key = f"{key}_{operator}_{field}"
    before = old.values[field] if old and field < len(old.values) else None
    label = _("Value")
    if operator is Operator.BETWEEN:
        label = _("At most") if field else _("At least")
    exact = operator in (Operator.IS, Operator.IS_NOT)
    if column.type is ColumnType.BOOLEAN:
        options = list(looking.truth_words(column))
        st.selectbox(
            label, options, index=options.index(before) if before in options else 0, key=key
        )
    elif column.type is ColumnType.TEXT and exact:
        options = list(dict.fromkeys([*([before] if before else []), *_frequent(column)]))
        st.selectbox(
            label,
            options,
            index=0 if before else None,
            key=key,
            accept_new_options=True,
            placeholder=_("Choose or type a value"),
        )
    else:
        st.text_input(label, before or "", key=key, placeholder=_EXAMPLES.get(column.type, ""))


def _frequent(column: Column) -> list[str]:
    return [top.value for top in column.profile.top]
