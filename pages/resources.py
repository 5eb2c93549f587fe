"""Resources: what this machine has, and what a run may use of it, saved as profiles."""

from __future__ import annotations

from ui import resources_view
from ui.app_state import workspace

resources_view.show(workspace())
