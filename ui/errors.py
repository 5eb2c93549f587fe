"""How errors meet a person: a sentence and what to do, beside the field where there is one."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeAlias, TypeVar

import streamlit as st

from mlops_core import words
from mlops_core.domain.params import Problem
from mlops_core.errors import MlopsError
from mlops_core.i18n import _

T = TypeVar("T")
log = logging.getLogger("mlops.app")

Source = MlopsError | Sequence[Problem] | None


@dataclass(frozen=True)
class Done(Generic[T]):
    """An attempt that gave a value."""

    value: T
    error: None = None
    ok: Literal[True] = True


@dataclass(frozen=True)
class Failed:
    """An attempt that ended in an error that a person can do something about."""

    error: MlopsError
    value: None = None
    ok: Literal[False] = False


Outcome: TypeAlias = Done[T] | Failed


def attempt(call: Callable[[], T]) -> Outcome[T]:
    """Call it; an error that has a sentence for people becomes the outcome."""
    try:
        return Done(call())
    except MlopsError as error:
        return Failed(error)


def show_error(error: MlopsError) -> None:
    """The error in a box: what happened, then what to do."""
    text = words.md(error.message)
    if error.hint:
        text = f"**{text}**  \n{words.md(error.hint)}"
    st.error(text, icon=":material/error:")


def _problems(source: Source) -> list[Problem]:
    if source is None:
        return []
    if isinstance(source, MlopsError):
        return [Problem(field=source.field or "", message=source.message, hint=source.hint)]
    return list(source)


def _line(problem: Problem) -> None:
    text = words.md(f"{problem.message} {problem.hint}".strip())
    st.markdown(f":red[:material/error: {text}]")


def field_errors(source: Source, field: str) -> bool:
    """What is wrong with ``field``, one line each; ``True`` if anything is."""
    found = [problem for problem in _problems(source) if problem.field == field]
    for problem in found:
        _line(problem)
    return bool(found)


def other_errors(source: Source, *fields: str) -> bool:
    """What is wrong and belongs to none of ``fields``, in one box; ``True`` if anything does."""
    found = [problem for problem in _problems(source) if problem.field not in fields]
    if found:
        lines = (words.md(f"{problem.message} {problem.hint}".strip()) for problem in found)
        st.error("  \n".join(lines), icon=":material/error:")
    return bool(found)


def on_script_error(error: BaseException) -> bool:
    """The app's one handler for what a page did not expect; never shows a traceback."""
    if isinstance(error, MlopsError):
        show_error(error)
        return True
    reference = secrets.token_hex(4)
    log.error("reference %s", reference, exc_info=error)
    st.error(
        _(
            "**Something went wrong that was not foreseen.**  \n"
            "Nothing was lost. Load the page again; if it happens once more, look for "
            "`{reference}` in the app's log."
        ).format(reference=reference),
        icon=":material/error:",
    )
    return True
