"""The form of an algorithm, made from the definitions of its parameters.

It keeps its values in the session under ``{key}.{parameter}``. A form that is to start anew, from
other values, is given another ``key``. What is wrong is said beside its field.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import streamlit as st

from mlops_core import words
from mlops_core.domain.params import Algorithm, Param, ParamKind, ParamValue, Problem, Task
from mlops_core.i18n import _, ngettext
from ui.errors import field_errors, other_errors

_NARROWEST = 240  # pixels below which a column of the form is given up


def param_form(
    algorithm: Algorithm, task: Task, key: str, values: Mapping[str, ParamValue]
) -> tuple[dict[str, ParamValue], list[Problem]]:
    """The parameters of ``algorithm``, starting from ``values``.

    Returns:
        Every parameter's value by name, and what is wrong with them (already shown).
    """
    params = algorithm.params_for(task)
    start = algorithm.complete(
        {name: value for name, value in values.items() if name in {p.name for p in params}}, task
    )
    for param in params:
        st.session_state.setdefault(f"{key}.{param.name}", _kept(param, start[param.name]))
    now = {param.name: _value(param, f"{key}.{param.name}") for param in params}
    problems = algorithm.problems(now, task)
    if not params:
        st.caption(_("It has nothing to set."))
    plain = [param for param in params if not param.advanced]
    advanced = [param for param in params if param.advanced]
    _param_fields(plain, key, problems)
    if advanced:
        changed = sum(now[param.name] != param.default for param in advanced)
        wrong = any(p.field == f"params.{param.name}" for p in problems for param in advanced)
        label = _("More parameters")
        if changed:
            label += " " + ngettext("({n} changed)", "({n} changed)", changed).format(n=changed)
        with st.expander(label, expanded=wrong or not plain):
            _param_fields(advanced, key, problems)
    other_errors(problems, *(f"params.{param.name}" for param in params))
    return now, problems


def reset_params(algorithm: Algorithm, task: Task, key: str) -> None:
    """Put every parameter of the form ``key`` to its default; for ``on_click``."""
    for param in algorithm.params_for(task):
        st.session_state[f"{key}.{param.name}"] = _kept(param, param.default)


def _kept(param: Param, value: ParamValue) -> ParamValue:
    """A value as its widget keeps it: a select box takes ``None`` for "nothing chosen"."""
    return "" if value is None and param.kind is ParamKind.CHOICE else value


def _value(param: Param, key: str) -> ParamValue:
    value: ParamValue = st.session_state[key]
    return None if value == "" and param.kind is ParamKind.CHOICE else value


def _param_fields(params: Sequence[Param], key: str, problems: Sequence[Problem]) -> None:
    if not params:
        return
    grid = st.grid(3, min_column_width=_NARROWEST)
    for param in params:
        with grid.cell():
            _param_field(param, f"{key}.{param.name}")
            field_errors(problems, f"params.{param.name}")


def _param_field(param: Param, key: str) -> None:
    label, hint = words.md(_(param.label)), param_help(param)
    match param.kind:
        case ParamKind.BOOL:
            st.space("small")
            st.toggle(label, key=key, help=hint)
        case ParamKind.CHOICE:
            options = [*([""] if param.nullable else []), *param.choices]
            st.selectbox(
                label,
                options,
                format_func=lambda value: value or _(param.none_label),
                key=key,
                help=hint,
            )
        case ParamKind.INT | ParamKind.FLOAT:
            st.number_input(
                label,
                value=None,
                step=_step(param, st.session_state[key]),
                format="%d" if param.kind is ParamKind.INT else "%.6g",
                key=key,
                help=hint,
                placeholder=_(param.none_label) if param.nullable else None,
            )


def param_help(param: Param) -> str:
    """What it does, what it takes, and what it is when nobody says."""
    parts = [words.md(_(param.help))]
    if param.low is not None and param.high is not None:
        span = _("From {low} to {high}.")
        parts.append(span.format(low=words.number(param.low), high=words.number(param.high)))
    if param.nullable and param.kind is not ParamKind.CHOICE:
        parts.append(_("Empty means: {meaning}.").format(meaning=_(param.none_label).lower()))
    default = param.none_label if param.default is None else None
    shown = _(default) if default else words.param_value(param.default)
    parts.append(_("Default: {value}.").format(value=words.md(shown)))
    return " ".join(parts)


def _step(param: Param, value: object) -> int | float:
    """How far one press of the arrow goes; on a logarithmic scale a tenth of the magnitude."""
    whole = param.kind is ParamKind.INT
    if param.log and isinstance(value, int | float) and value > 0:
        magnitude = 10.0 ** (math.ceil(math.log10(value) - 1e-9) - 1)
        return max(1, round(magnitude)) if whole else magnitude
    if whole:
        return 1
    span = (param.high or 1.0) - (param.low or 0.0)
    return 0.05 if span <= 1 else 0.1
