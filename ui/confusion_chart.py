"""The confusion matrix as a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from mlops_core import words
from mlops_core.domain.results import Confusion
from mlops_core.i18n import _
from ui.charts import HOVER, base, is_dark, plain

_MANY_CLASSES = 12  # from here on numbers in the cells are unreadable
_CELL = 0.97  # of the room for one: what is left are the lines between them
_NAME = 16  # characters of a class under or beside the matrix


def confusion(found: Confusion) -> go.Figure:
    """Counts of true (rows) against predicted (columns) classes; colour is the share of the row.

    The cells are bars, which every plotly.js knows; they begin where their row does.
    """
    counts = np.asarray(found.matrix, dtype=np.int64)
    size = len(found.labels)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    row, column = np.indices(counts.shape).reshape(2, -1)
    labels = np.array([plain(words.clip(label, HOVER)) for label in found.labels], dtype=object)
    low, high = ("#1A1E28", "#6366F1") if is_dark() else ("#F3F4FA", "#4338CA")
    told = _("true {y}, predicted {x}: {n} rows ({share} % of the class)").format(
        y="%{customdata[0]}",
        x="%{customdata[1]}",
        n="%{customdata[2]}",
        share="%{customdata[3]}",
    )
    cells = go.Bar(
        x=column,
        y=np.full(size * size, _CELL),
        base=row - _CELL / 2,
        width=_CELL,
        marker={"color": _shades(low, high, share.ravel()), "line": {"width": 0}},
        customdata=np.column_stack(
            [labels[row], labels[column], counts.ravel(), np.round(share.ravel() * 100, 1)]
        ),
        hovertemplate=told + "<extra></extra>",
    )
    figure = base(_("Predicted class"), _("True class"), cells, height=320, showlegend=False)
    names = [plain(words.clip(label, _NAME)) for label in found.labels]
    ticks = {"tickvals": np.arange(size), "ticktext": names, "showgrid": False, "zeroline": False}
    figure.update_xaxes(range=[-0.5, size - 0.5], **ticks)
    figure.update_yaxes(range=[size - 0.5, -0.5], **ticks)
    if size <= _MANY_CLASSES:
        figure.update_layout(annotations=_cell_words(counts, share))
    return figure


def _shades(low: str, high: str, shares: np.ndarray[Any, Any]) -> list[str]:
    """Colours between two, ``#RRGGBB``; 0 is the one and 1 the other."""
    ends = np.array([[int(end[at : at + 2], 16) for at in (1, 3, 5)] for end in (low, high)])
    mixed = np.rint(ends[0] + np.outer(shares, ends[1] - ends[0])).astype(int)
    return [f"#{red:02X}{green:02X}{blue:02X}" for red, green, blue in mixed]


def _cell_words(counts: Any, share: Any) -> Sequence[dict[str, Any]]:
    """The count in every cell, white on dark and dark on light."""
    quiet = "#E6E9F0" if is_dark() else "#0F172A"
    return [
        {
            "x": column,
            "y": row,
            "text": words.integer(int(counts[row, column])),
            "showarrow": False,
            "font": {"size": 14, "color": "#FFFFFF" if share[row, column] > 0.45 else quiet},
        }
        for row in range(len(counts))
        for column in range(len(counts))
    ]
