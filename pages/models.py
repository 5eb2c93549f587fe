"""Models: the catalogue of algorithms, their parameters, and saved configurations."""

from __future__ import annotations

from ui import links, model_form, models_view
from ui.app_state import workspace

ws = workspace()
model_id = links.query_int("model")
algorithm_key = links.query_text("algorithm")
if model_id is not None:
    model_form.show_saved(ws, model_id)
elif algorithm_key:
    model_form.show_new(ws, algorithm_key, links.query_text("task"))
else:
    models_view.show(ws)
