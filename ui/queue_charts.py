"""The chart of the Queue page: what runs were given of a resource, and what they used of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import plotly.graph_objects as go

from mlops_core.i18n import _
from ui import charts
from ui.layout import time_zone


def use(
    at: Sequence[datetime],
    held: Sequence[float],
    used: Sequence[float],
    total: float,
    unit: str,
) -> go.Figure:
    """Given as an area, used as a line, what there is as a dotted line."""
    first, second = charts.palette()[:2]
    # Plotly knows no zones: the reader's own clock is written as if it had none.
    times = np.array([moment.astimezone(time_zone()).replace(tzinfo=None) for moment in at])
    given = go.Scatter(
        x=times,
        y=np.asarray(held, dtype=float),
        name=_("given"),
        mode="lines",
        line={"shape": "hvh", "width": 1, "color": first},
        fill="tozeroy",
        hovertemplate="%{y:.2f}",
    )
    line = go.Scatter(
        x=times,
        y=np.asarray(used, dtype=float),
        name=_("used"),
        mode="lines",
        line={"width": 2, "color": second},
        hovertemplate="%{y:.2f}",
    )
    figure = charts.base("", unit, given, line, hovermode="x unified")
    figure.add_hline(y=total, line_dash="dot", line_width=1, opacity=0.6)
    figure.update_yaxes(range=[0, total * 1.08])
    return figure
