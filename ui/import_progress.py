"""Imports that take a while: begun, followed on the page that began them, told to everybody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from mlops_core import words
from mlops_core.domain.columns import ReadOptions
from mlops_core.i18n import N_, _, ngettext
from mlops_core.services.imports import Import, Stage
from mlops_core.services.reading import SMALL_BYTES
from ui.app_state import imports
from ui.errors import show_error
from ui.layout import card, notify

LOOK_SECONDS = 0.7
PATIENCE = 10.0  # for what is small: longer than it takes on a busy machine
_FOLLOWED = "_followed_imports"
_STEPS = {
    "copying": N_("Copying the file"),
    "unpacking": N_("Unpacking"),
    "scanning": N_("Finding out the encoding"),
    "reading": N_("Reading the rows"),
    "deciding": N_("Deciding the types"),
    "writing": N_("Writing the table"),
    "profiling": N_("Measuring the columns"),
    "checking": N_("Looking for faults"),
}


def step_words(now: Import) -> str:
    """What an import is doing, and how far it is."""
    if now.stage is Stage.WAITING:
        return _("Waiting for other imports to end")
    step = _(_STEPS[now.step]) if now.step in _STEPS else _("Starting")
    return f"{step} · {round(100 * now.share)}{words.THIN}%"


def begin(
    path: Path,
    *,
    follow: str,
    file_name: str,
    name: str,
    tags: Sequence[str] = (),
    options: ReadOptions | None = None,
    after: Callable[[], None] | None = None,
) -> None:
    """Start an import that this session follows under the key ``follow``, and rerun.

    What is read in a moment has ended by then.
    """
    jobs = imports()
    id = jobs.start(path, file_name=file_name, name=name, tags=tags, options=options, after=after)
    st.session_state.setdefault(_FOLLOWED, {})[follow] = id
    now = jobs.get(id)
    small = now is not None and now.bytes <= SMALL_BYTES
    with st.spinner(_("Reading {file}").format(file=words.md(file_name))):
        jobs.wait(id, PATIENCE if small else LOOK_SECONDS)
    st.rerun()


def followed(follow: str) -> Import | None:
    """The import that this session began under this key and that still goes on."""
    now = _followed(follow)
    return None if now is None or now.stage.is_final else now


def take_ended(follow: str) -> Import | None:
    """The import of this key once it has ended; it is then followed no more.

    What was cancelled has no error: somebody wanted it so.
    """
    now = _followed(follow)
    if now is None or not now.stage.is_final:
        return None
    del st.session_state[_FOLLOWED][follow]
    imports().forget(now.id)
    if now.stage is Stage.CANCELLED and now.error is not None:
        notify(str(now.error), icon=words.STATUS_ICONS["cancelled"])
        return replace(now, error=None)
    return now


def _followed(follow: str) -> Import | None:
    id = st.session_state.get(_FOLLOWED, {}).get(follow)
    return None if id is None else imports().get(id)


def show_followed(follow: str) -> None:
    """How far the import of this key is, with a way out; the page runs again when it has ended."""
    now = followed(follow)
    if now is None:
        return

    @st.fragment(run_every=LOOK_SECONDS)
    def look() -> None:
        found = followed(follow)
        if found is None:
            st.rerun()
        else:
            _bar(found)
            st.caption(_("It goes on when you leave this page; Data shows how far it is."))

    look()


def _bar(now: Import) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        with st.container(width="stretch"):
            st.progress(min(max(now.share, 0.0), 1.0), words.md(step_words(now)))
        st.button(
            _("Cancel"),
            key=f"cancel_{now.id}",
            icon=":material/close:",
            on_click=imports().cancel,
            args=(now.id,),
        )


def show_all() -> None:
    """Every import that goes on, whoever began it, and what has failed; nothing where none does."""
    known = [one for one in imports().known() if _is_told(one)]
    if not known:
        return
    going = [one.id for one in known if not one.stage.is_final]
    count = ngettext("{n} going on", "{n} going on", len(going)).format(n=len(going))

    @st.fragment(run_every=LOOK_SECONDS if going else None)
    def look() -> None:
        told = [one for one in imports().known() if _is_told(one)]
        if [one.id for one in told if not one.stage.is_final] != going:
            _say_ended(going)
            st.rerun()
        for one in told:
            _line(one)

    with card(_("Imports"), count if going else "", key="imports", height="content"):
        look()


def _is_told(one: Import) -> bool:
    return not one.stage.is_final or one.stage is Stage.FAILED


def _say_ended(ids: Sequence[str]) -> None:
    for id in ids:
        now = imports().get(id)
        if now is not None and now.stage is Stage.ADDED:
            notify(_("“{name}” was added").format(name=now.name))


def _line(one: Import) -> None:
    facts = f":gray[{words.size(one.bytes)} · {words.md(words.ago(one.started_at))}]"
    st.markdown(f"**{words.md(words.clip(one.file_name, 60))}** {facts}")
    if one.stage is not Stage.FAILED:
        _bar(one)
        return
    if one.error is not None:
        show_error(one.error)
    st.button(
        _("Dismiss"),
        key=f"dismiss_{one.id}",
        icon=":material/close:",
        on_click=imports().forget,
        args=(one.id,),
    )
