"""The bar at the foot of the page for what is selected in a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import streamlit as st

from ui.errors import attempt, show_error
from ui.layout import confirm

T = TypeVar("T")


@dataclass(frozen=True)
class Action(Generic[T]):
    """Something to do with the selected items.

    Attributes:
        call: Does it; raises ``MlopsError``, which is shown in the bar.
        fits: It can be done with these.
        ask: The consequence, where a person should confirm it first.
        hint: Why it cannot be done, on hover.
    """

    label: str
    icon: str
    call: Callable[[Sequence[T]], None]
    fits: Callable[[Sequence[T]], bool]
    primary: bool = False
    ask: str = ""
    hint: str = ""


def remember_picked(key: str, picked: tuple[int, ...]) -> None:
    """From a table's fragment: keep what is selected and let the page show its bar.

    The bar stands outside the fragment, or a refresh would close the dialog it opened.
    """
    if st.session_state.get(key, ()) != picked:
        st.session_state[key] = picked
        st.rerun()


def bar(
    items: Sequence[T], actions: Sequence[Action[T]], count_words: Callable[[int], str]
) -> None:
    """How many are selected and what can be done with them; nothing where nothing is selected."""
    if not items:
        st.bottom.empty()
        return
    with st.bottom.container(
        border=True, horizontal=True, vertical_alignment="center", gap="small"
    ):
        st.markdown(f"**{count_words(len(items))}**", width="stretch")
        for action in actions:
            fits = action.fits(items)
            pressed = st.button(
                action.label,
                icon=action.icon,
                key=f"_batch_{action.icon}",
                type="primary" if action.primary else "secondary",
                disabled=not fits,
                help=None if fits else action.hint or None,
            )
            if pressed:
                _do(action, items)


def _do(action: Action[T], items: Sequence[T]) -> None:
    if action.ask:
        confirm(action.label, action.ask, action.label, lambda: action.call(items))
        return
    outcome = attempt(lambda: action.call(items))
    if outcome.error is not None:
        show_error(outcome.error)
    else:
        st.rerun()
