"""Leaderboard: the best runs of a dataset, over all its experiments."""

from __future__ import annotations

from ui import leaderboard_view
from ui.app_state import workspace

leaderboard_view.show(workspace())
