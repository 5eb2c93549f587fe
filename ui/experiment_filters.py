"""What a list is narrowed to: kept in the URL, and for the way back to the page in the session.

A widget of the list has the key ``{scope}.{name}``. A link that names any of the filters wins over
what was chosen before; without one, what was chosen before comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias

import streamlit as st

from mlops_core import words
from mlops_core.i18n import _
from ui import links

Value: TypeAlias = str | bool | list[str]


def _decoded(text: str, default: Value) -> Value:
    if isinstance(default, bool):
        return text == "1"
    if isinstance(default, list):
        return [part for part in text.split(",") if part]
    return text


def _written(value: Value, default: Value) -> links.QueryValue:
    if value == default:
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    return value if isinstance(value, str) else ",".join(value)


def _allowed(value: Value, default: Value, options: Collection[str]) -> Value:
    if isinstance(value, list):
        return [item for item in value if item in options]
    return value if value in options else default


def restore(
    scope: str,
    defaults: Mapping[str, Value],
    options: Mapping[str, Collection[str]] | None = None,
) -> None:
    """Give every filter its value; call it before the widgets.

    Args:
        defaults: Value of each filter when nothing was chosen; its type says how the URL is read.
        options: What may be chosen, where that is limited; anything else becomes the default.
    """
    kept: dict[str, Value] = st.session_state.get(f"_{scope}", {})
    linked = any(name in st.query_params for name in defaults)
    for name, default in defaults.items():
        key = f"{scope}.{name}"
        if key in st.session_state:
            value = st.session_state[key]
        elif linked:
            text = links.query_text(name)
            value = _decoded(text, default) if text else default
        else:
            value = kept.get(name, default)
        if options and name in options:
            value = _allowed(value, default, options[name])
        st.session_state[key] = value


def keep(scope: str, defaults: Mapping[str, Value]) -> dict[str, Value]:
    """The values by now, written to the URL and remembered; call it after the widgets."""
    values: dict[str, Value] = {name: st.session_state[f"{scope}.{name}"] for name in defaults}
    st.session_state[f"_{scope}"] = values
    links.set_query(**{name: _written(values[name], defaults[name]) for name in defaults})
    return values


def clear(scope: str, defaults: Mapping[str, Value], *names: str) -> None:
    """Put ``names`` back to their defaults; for ``on_click``."""
    for name in names:
        st.session_state[f"{scope}.{name}"] = defaults[name]


def choice(
    scope: str,
    name: str,
    label: str,
    options: Sequence[str],
    any_label: str,
    read: Callable[[str], str] = str,
    width: int = 145,
) -> None:
    """A select box in a tool bar whose first option, the empty one, means "any"."""
    st.selectbox(
        label,
        ["", *options],
        format_func=lambda value: read(value) if value else any_label,
        key=f"{scope}.{name}",
        label_visibility="collapsed",
        width=width,
    )


def sorting(scope: str, name: str, labels: Mapping[str, str]) -> None:
    """What a list is sorted by; an option that starts with a minus sign is descending."""
    st.selectbox(
        _("Sort by"),
        list(labels),
        format_func=lambda option: labels[option],
        key=f"{scope}.{name}",
        label_visibility="collapsed",
        icon=":material/sort:",
        width=190,
    )


def cut(shown: int, total: int) -> str:
    """Says that a list was cut, and what to do about it."""
    return _("Showing {shown} of {total}. Narrow the filters to see the others.").format(
        shown=words.integer(shown), total=words.integer(total)
    )
