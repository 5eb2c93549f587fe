"""Queue: what runs and waits, why, who goes first, and what the machine was used for."""

from __future__ import annotations

from ui import queue_view
from ui.app_state import workspace

queue_view.show(workspace())
