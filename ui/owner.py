"""Who sits in front of this browser: whose runs are "mine".

There are no accounts. A name that a person gives is kept in a cookie of this browser; before that
the runs are those of the account that the app runs under. Where Streamlit's own login is set up,
its name counts.
"""

from __future__ import annotations

from urllib.parse import quote, unquote

import streamlit as st

from mlops_core.domain.queue import Priority, Submission
from mlops_core.i18n import _
from mlops_core.settings import OWNER_LENGTH
from ui.app_state import workspace
from ui.assets import script

COOKIE = "mlops_owner"
_KEY = "_owner"
_SAVE = st.components.v2.component("mlops_owner", html="<span></span>", js=script("owner"))


def owner() -> str:
    """The name that runs submitted from this browser carry."""
    if getattr(st.user, "is_logged_in", False):
        return _clean(str(st.user.get("email") or st.user.get("name") or ""))
    said = st.session_state.get(_KEY) or unquote(st.context.cookies.get(COOKIE, ""))
    return _clean(str(said))


def _clean(name: str) -> str:
    shown = "".join(sign for sign in name if sign.isprintable()).strip()
    return shown[:OWNER_LENGTH] or workspace().settings.owner


def submission(priority: Priority = Priority.NORMAL) -> Submission:
    return Submission(owner=owner(), priority=priority)


def keep() -> None:
    """Write a name that was just given into the browser; the frame calls this on every page."""
    name = st.session_state.get(_KEY)
    if name and unquote(st.context.cookies.get(COOKIE, "")) != name:
        _SAVE(key="_owner_cookie", data={"name": COOKIE, "value": quote(name, safe="")}, height=0)


def change() -> None:
    """Ask for another name."""

    @st.dialog(_("Your name"))
    def ask() -> None:
        st.write(
            _("Runs that you submit from this browser carry it, and so does “Stop all of mine”.")
        )
        name = st.text_input(_("Name"), value=owner(), max_chars=OWNER_LENGTH, key="_owner_name")
        with st.container(horizontal=True, horizontal_alignment="right"):
            if st.button(_("Save"), type="primary", key="_owner_save", disabled=not name.strip()):
                st.session_state[_KEY] = _clean(name)
                st.rerun()

    ask()
