"""Features: which columns a model sees, and how they are prepared."""

from __future__ import annotations

import streamlit as st

from mlops_core.i18n import _
from mlops_core.services import datasets
from ui import features_view, links
from ui.app_state import workspace
from ui.errors import attempt
from ui.layout import page_header
from ui.plan import current_plan, plan_strip

ws = workspace()
plan = current_plan()
known = datasets.list_datasets(ws, latest_only=False)
found = attempt(lambda: datasets.get_dataset(ws, plan.dataset or 0)) if plan.dataset else None
dataset = found.value if found else None
with page_header(_("Features"), features_view.context(dataset)):
    if dataset is not None and st.button(
        _("Choose models"), icon=":material/arrow_forward:", type="primary"
    ):
        links.go("models", **plan.query())
plan_strip("features")
features_view.show(ws, known, dataset, found.error if found else None)
