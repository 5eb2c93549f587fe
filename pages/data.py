"""Data: the tables that models learn from."""

from __future__ import annotations

from mlops_core.services import datasets
from ui import data_import, data_list, data_view, links
from ui.app_state import workspace
from ui.errors import attempt
from ui.plan import current_plan

ws = workspace()
plan = current_plan()
view = links.query_text("view")
if view == "import":
    data_import.show(ws, links.query_text("name"))
elif view == "all" or plan.dataset is None:
    data_list.show(ws)
else:
    dataset_id = plan.dataset
    found = attempt(lambda: datasets.get_dataset(ws, dataset_id))
    if found.value is None:
        data_list.show(ws, found.error)
    else:
        data_view.show(ws, found.value)
