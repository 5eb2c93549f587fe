"""The language of a session: the browser's own, else as chosen at the foot of the side bar.

A choice other than the browser's is remembered in the URL.
"""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from mlops_core.i18n import LANGUAGES, _, ask_for_language, use_language

_KEY = "_language"
_SOURCE = "en"


def session_language() -> str | None:
    """What this session speaks; ``None`` outside of any, and before its first page."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return None
    code = st.session_state.get(_KEY)
    return None if code is None else str(code)


# Callbacks, fragments and dialogs run in threads of their own, without the frame that speaks first.
ask_for_language(session_language)


def browser_language() -> str:
    """What the browser asks for, where we speak it; else English."""
    code = (st.context.locale or "").partition("-")[0].lower()
    return code if code in LANGUAGES else _SOURCE


def apply_language() -> str:
    """Speak the language of ``?lang=``, else of this session; the frame calls this first."""
    asked = st.query_params.get("lang", "")
    own = browser_language()
    code = asked if asked in LANGUAGES else st.session_state.get(_KEY, own)
    st.session_state[_KEY] = code
    use_language(code)
    if code != own and asked != code:
        st.query_params["lang"] = code
    return str(code)


def language_switch() -> None:
    """English or Korean; the choice takes effect with the rerun that it causes."""
    code = st.session_state[_KEY]

    def changed() -> None:
        chosen = st.session_state["_language_choice"]
        st.session_state[_KEY] = chosen
        if chosen == browser_language():
            st.query_params.pop("lang", None)
        else:
            st.query_params["lang"] = chosen

    st.session_state["_language_choice"] = code
    st.segmented_control(
        _("Language"),
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        key="_language_choice",
        on_change=changed,
        required=True,
        label_visibility="collapsed",
    )
