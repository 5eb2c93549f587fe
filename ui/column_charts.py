"""Figures of columns: how values are spread, beside the target and beside another version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from mlops_core import words
from mlops_core.i18n import _
from mlops_core.reports.palette import LIGHT
from ui.charts import HOVER, LEGEND, TITLE, base, palette, plain, short_labels


def histogram(edges: Sequence[float], counts: Sequence[int], label: str) -> go.Figure:
    """Counts between consecutive edges (one edge more than counts)."""
    borders = np.asarray(edges, dtype=float)
    bars = go.Bar(
        x=(borders[:-1] + borders[1:]) / 2,
        y=np.asarray(counts),
        width=np.diff(borders) * 0.96,
        customdata=np.column_stack([borders[:-1], borders[1:]]),
        marker={"color": palette()[0]},
        hovertemplate=_("{a} to {b}: {y} rows").format(
            a="%{customdata[0]:.4g}", b="%{customdata[1]:.4g}", y="%{y}"
        )
        + "<extra></extra>",
    )
    return base(plain(words.clip(label, LEGEND)), _("Rows"), bars, height=220)


def shares(groups: Sequence[str], counts: Mapping[str, Sequence[int]], x_label: str) -> go.Figure:
    """What part of each group every class makes up, stacked to the whole."""
    names = [plain(group) for group in groups]
    table = np.array(list(counts.values()), dtype=float)
    whole = np.maximum(table.sum(axis=0), 1)
    bars = [
        go.Bar(
            x=names,
            y=row / whole,
            customdata=np.column_stack([row, np.round(100 * row / whole, 1)]),
            name=plain(words.clip(label, LEGEND)),
            marker={"color": palette()[place % len(LIGHT)]},
            hovertemplate=_("{x}: {share} % {label} ({n} rows)").format(
                x="%{x}",
                share="%{customdata[1]}",
                label=plain(words.clip(label, HOVER)),
                n="%{customdata[0]:d}",
            )
            + "<extra></extra>",
        )
        for place, (label, row) in enumerate(zip(counts, table, strict=True))
    ]
    figure = base(plain(words.clip(x_label, LEGEND)), _("Share"), *bars, barmode="stack")
    figure.update_xaxes(type="category", labelalias=short_labels(groups))
    figure.update_yaxes(range=[0, 1], tickformat=".0%")
    return figure


def means(
    groups: Sequence[str],
    middle: Sequence[float | None],
    spread: Sequence[float | None],
    rows: Sequence[int],
    x_label: str,
    y_label: str,
) -> go.Figure:
    """The mean of each group with one standard deviation to both sides."""
    dots = go.Scatter(
        x=[plain(group) for group in groups],
        y=np.array(middle, dtype=float),
        error_y={"array": np.nan_to_num(np.array(spread, dtype=float)), "thickness": 1, "width": 4},
        customdata=np.asarray(rows),
        mode="markers",
        marker={"size": 9, "color": palette()[0]},
        hovertemplate=_("{x}: {y} ± {spread} ({n} rows)").format(
            x="%{x}", y="%{y:.4g}", spread="%{error_y.array:.3g}", n="%{customdata:d}"
        )
        + "<extra></extra>",
    )
    title = _("Mean of {target} ± spread").format(target=plain(words.clip(y_label, TITLE)))
    figure = base(plain(words.clip(x_label, LEGEND)), title, dots)
    figure.update_xaxes(type="category", labelalias=short_labels(groups))
    return figure


def side_by_side(
    groups: Mapping[str, str],
    before: Sequence[float],
    after: Sequence[float],
    names: tuple[str, str],
) -> go.Figure:
    """The share of each group in two tables, one bar each.

    Args:
        groups: The name of each group, and what of it stands under the axis.
        names: Those of the tables.
    """
    bars = [
        go.Bar(
            x=[plain(group) for group in groups],
            y=np.asarray(found),
            name=plain(words.clip(name, LEGEND)),
            marker={"color": palette()[place]},
            hovertemplate="%{x}: %{y:.1%}",
        )
        for place, (found, name) in enumerate(zip((before, after), names, strict=True))
    ]
    figure = base("", _("Share"), *bars, barmode="group", bargap=0.15, showlegend=True)
    short = {plain(name): plain(label) for name, label in groups.items()}
    figure.update_xaxes(type="category", labelalias=short)
    figure.update_yaxes(tickformat=".0%")
    return figure
