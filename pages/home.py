"""Home: how much there is, what runs now, what waits, what came out last."""

import streamlit as st

from mlops_core.i18n import _
from mlops_core.services.overview import overview
from ui import home, links, news_view
from ui.app_state import workspace
from ui.layout import page_header

ws = workspace()
found = overview(ws)

if not found.datasets and not found.experiments:
    home.welcome(ws)
else:
    with page_header(_("Home"), home.context(found)):
        if st.button(_("Add data"), icon=":material/upload:", key="home_data"):
            links.go("data", view="import")
        if st.button(_("New experiment"), icon=":material/add:", type="primary", key="home_new"):
            links.go("experiments", new=1)
    news_view.show(ws)
    home.totals(found)
    home.first_steps(found)
    recent, now = st.columns([2, 1])
    with recent:
        home.recent(found)
        home.activity(found)
    with now:
        home.now(ws, found)
