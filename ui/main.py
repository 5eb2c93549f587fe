"""The script of every page: language, navigation, side bar, then the page itself."""

from __future__ import annotations

import streamlit as st

from mlops_core import __version__
from mlops_core.i18n import _
from ui import i18n, layout, links, live, owner
from ui.index import APP_NAME

STATIC = links.ROOT / "ui" / "static"


def navigation() -> dict[str, list[st.Page]]:
    """The pages by section, titles in the reader's language."""
    sections: dict[str, list[st.Page]] = {}
    for entry in links.PAGES.values():
        page = st.Page(
            entry.path,
            title=_(entry.title),
            icon=entry.icon,
            url_path=None if entry.key == "home" else entry.key,
            default=entry.key == "home",
            visibility="hidden" if entry.hidden else "visible",
        )
        sections.setdefault(_(entry.section) if entry.section else "", []).append(page)
    return sections


def side_bar_foot(page: st.Page) -> None:
    with st.sidebar:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            live.running_badge(refresh=page.url_path == "")
            st.caption(f"v{__version__}", width="content")
        i18n.language_switch()


st.set_page_config(page_title=APP_NAME, page_icon=STATIC / "icon.png", layout="wide")
i18n.apply_language()
page = st.navigation(navigation(), expanded=True)
st.logo(STATIC / "logo.svg", size="large", icon_image=STATIC / "icon.svg")
side_bar_foot(page)
page.run()
owner.keep()
layout.show_notices()
