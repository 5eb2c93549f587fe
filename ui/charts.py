"""Plotly figures in the theme's colours. A run has the same colour on every page.

Data goes in as numpy arrays (lists cost twenty times as much), and no figure carries a template of
its own: where it is drawn, ``assets/chart.js`` lays the theme over it. plotly.js has lines, dots
and bars there and nothing else (``assets/__init__.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from textwrap import wrap
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from plotly.io.json import to_json_plotly

from mlops_core import words
from mlops_core.domain.results import Curve, Importance, Residuals
from mlops_core.i18n import _, current_language
from mlops_core.reports.palette import DARK, LIGHT
from ui.assets import plotly_address, script, style

_CHART = st.components.v2.component(
    "mlops_chart",
    html="<div class='chart'></div>",
    css=style("chart"),
    js=script("load_plotly") + script("chart"),
    isolate_styles=False,  # plotly.js puts its styles into the document
)
HEIGHT = 300  # pixels, unless a figure says another
TOP_FEATURES = 12
LEGEND = 40  # characters of a name in a legend or under an axis
HOVER = 100  # and of one on hover
TITLE = 20  # characters of a title in a line that a phone has room for


@dataclass(frozen=True)
class Series:
    """A line to draw. ``run_id`` gives it its run's colour."""

    label: str
    x: Sequence[float]
    y: Sequence[float]
    run_id: int | None = None
    dash: str | None = None


@dataclass(frozen=True)
class Point:
    """A run in a scatter plot."""

    run_id: int
    label: str
    x: float
    y: float


def is_dark() -> bool:
    return st.context.theme.type == "dark"


def palette() -> tuple[str, ...]:
    return DARK if is_dark() else LIGHT


def run_colour(run_id: int) -> str:
    """The colour of a run, everywhere."""
    return palette()[run_id % len(LIGHT)]


def tones() -> tuple[str, str]:
    """The colours of better and worse, everywhere."""
    return ("#6EE7B7", "#FCA5A5") if is_dark() else ("#08704B", "#B42318")


def show(figure: go.Figure, *, alt: str, key: str, height: int | None = None) -> None:
    """Draw it; ``alt`` says in a sentence what it shows."""
    spec = figure.to_plotly_json()
    spec["layout"].pop("template", None)
    tall = height or int(spec["layout"].get("height", HEIGHT))
    _CHART(
        key=key,
        data={
            "figure": to_json_plotly(spec),
            "height": tall,
            "alt": alt,
            "name": key,
            "plotly": plotly_address(),
            "lang": current_language(),
            "words": _words(),
        },
        height=tall,
    )


def _words() -> dict[str, Any]:
    return {
        "lost": _("The chart could not be loaded. Load the page again."),
        "fullscreen": _("Full screen"),
        "plotly": plotly_words(),
    }


def plotly_words() -> dict[str, str]:
    """What plotly.js says, in the language of the page."""
    return {
        "Download plot as a PNG": _("Download as an image"),
        "Zoom": _("Zoom"),
        "Pan": _("Move"),
        "Zoom in": _("Zoom in"),
        "Zoom out": _("Zoom out"),
        "Reset axes": _("Show everything"),
        "Double-click to zoom back out": _("Double-click to zoom back out"),
        "Double-click on legend to isolate one trace": _("Double-click a name to see it alone"),
        "Preparing image - this may take a few seconds": _("Making the image …"),
        "Image download succeeded": _("The image was saved."),
        "Sorry, there was a problem downloading your image!": _("The image could not be saved."),
    }


def base(x_label: str, y_label: str, *traces: Any, **layout: Any) -> go.Figure:
    """A figure of these traces in the usual layout; ``layout`` says what is other."""
    usual = {
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "height": HEIGHT,
        "xaxis": {"title": {"text": x_label}, "automargin": True},
        "yaxis": {"title": {"text": y_label}, "automargin": True},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 1, "xanchor": "right"},
        "hoverlabel": {"namelength": -1},
    }
    return go.Figure(data=list(traces), layout={**usual, **layout})


def plain(text: str) -> str:
    """A user's text inside Plotly, which reads a few HTML tags."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def short_labels(names: Iterable[str]) -> dict[str, str]:
    """For ``labelalias`` of an axis: long names would leave no room for what is drawn.

    The categories keep their whole names, so two that read alike when cut stay two.
    """
    return {plain(name): plain(short) for name in names if (short := words.clip(name)) != name}


def _curves(curves: Sequence[Curve], x_label: str, y_label: str) -> go.Figure:
    colours = palette()
    traces = []
    for index, curve in enumerate(curves):
        area = f" ({curve.area:.3f})" if curve.area is not None else ""
        traces.append(
            go.Scatter(
                x=np.asarray(curve.x),
                y=np.asarray(curve.y),
                mode="lines",
                name=plain(words.clip(curve.label, LEGEND)) + area,
                line={"width": 2, "color": colours[index % len(colours)]},
            )
        )
    figure = base(x_label, y_label, *traces, showlegend=True)
    figure.update_xaxes(range=[-0.01, 1.01])
    figure.update_yaxes(range=[-0.01, 1.02])
    if len(curves) > 6:  # a legend of thirty classes would leave no room for the lines
        figure.update_layout(legend={"orientation": "v", "y": 1, "yanchor": "top", "x": 1.02})
    return figure


def roc(curves: Sequence[Curve]) -> go.Figure:
    figure = _curves(curves, _("False positive rate"), _("True positive rate"))
    figure.add_shape(
        type="line", x0=0, y0=0, x1=1, y1=1, line={"dash": "dot", "width": 1, "color": "#8A94A6"}
    )
    return figure


def precision_recall(curves: Sequence[Curve]) -> go.Figure:
    return _curves(curves, _("Recall"), _("Precision"))


def residuals(found: Residuals, target: str, colour: str = "") -> go.Figure:
    """Residual (true minus predicted) against the predicted value."""
    predicted = np.asarray(found.predicted, dtype=float)
    actual = np.asarray(found.actual, dtype=float)
    dots = go.Scatter(
        x=predicted,
        y=actual - predicted,
        customdata=actual,
        mode="markers",
        marker={"size": 5, "opacity": 0.55, "color": colour or palette()[0]},
        hovertemplate=_("predicted {x}, true {true}, off by {y}").format(
            x="%{x:.4g}", true="%{customdata:.4g}", y="%{y:.4g}"
        )
        + "<extra></extra>",
    )
    figure = base(
        _("Predicted {target}").format(target=plain(words.clip(target, LEGEND))),
        _("True minus predicted"),
        dots,
    )
    figure.add_hline(y=0, line={"dash": "dot", "width": 1, "color": "#8A94A6"})
    return figure


def importance(items: Sequence[Importance], metric: str) -> go.Figure:
    """How much worse the metric gets when a feature is shuffled: the largest, in order."""
    top = sorted(items, key=lambda item: item.mean, reverse=True)
    top = top[:TOP_FEATURES][::-1]
    bars = go.Bar(
        x=np.array([item.mean for item in top]),
        y=[plain(item.feature) for item in top],
        customdata=[plain(words.clip(item.feature, HOVER)) for item in top],
        error_x={"array": np.array([item.std for item in top]), "thickness": 1, "width": 3},
        orientation="h",
        marker={"color": palette()[0]},
        hovertemplate="%{customdata}: %{x:.4g} ± %{error_x.array:.2g}<extra></extra>",
    )
    name = words.metric_label(metric, short=True)
    title = _("How much worse {metric} gets when shuffled").format(metric=name)
    figure = base(
        "<br>".join(wrap(title, TITLE)),
        "",
        bars,
        height=max(200, 26 * len(top) + 70),
    )
    figure.update_yaxes(type="category", labelalias=short_labels(item.feature for item in top))
    return figure


def folds(
    values: Mapping[str, Sequence[float]],
    metric: str,
    names: Mapping[str, Sequence[str]] | None = None,
) -> go.Figure:
    """One dot a value, one row a label, the mean as a line; ``names``: those of the values of a
    label, which are folds without."""
    traces = []
    for index, (label, found) in enumerate(values.items()):
        colour = palette()[index % len(LIGHT)]
        array = np.asarray(found, dtype=float)
        called = (names or {}).get(label) or [
            _("fold {n}").format(n=n + 1) for n in range(len(array))
        ]
        traces.append(
            go.Scatter(
                x=array,
                y=[plain(label)] * len(array),
                customdata=np.array(called),
                mode="markers",
                marker={"size": 10, "opacity": 0.7, "color": colour},
                hovertemplate="%{customdata}: %{x:.4f}<extra></extra>",
            )
        )
        if len(array):
            mean = float(array.mean())
            traces.append(
                go.Scatter(
                    x=np.array([mean]),
                    y=[plain(label)],
                    mode="markers",
                    marker={"symbol": "line-ns", "size": 26, "line": {"width": 2, "color": colour}},
                    hovertemplate=_("mean {x}").format(x="%{x:.4f}") + "<extra></extra>",
                )
            )
    figure = base(
        words.metric_label(metric), "", *traces, showlegend=False, height=90 + 44 * len(values)
    )
    figure.update_yaxes(type="category", autorange="reversed", labelalias=short_labels(values))
    return figure


def activity(days: Sequence[date], completed: Sequence[int], failed: Sequence[int]) -> go.Figure:
    """Runs that ended, day by day, completed below failed."""
    dates = [day.isoformat() for day in days]
    bars = [
        go.Bar(x=dates, y=np.asarray(found), name=name, marker={"color": colour})
        for found, name, colour in (
            (completed, _("Completed"), "#34D399" if is_dark() else "#0F9D6B"),
            (failed, _("Failed"), "#F87171" if is_dark() else "#DC2626"),
        )
    ]
    figure = base("", _("Runs"), *bars, barmode="stack", height=190, hovermode="x unified")
    figure.update_xaxes(type="date", tickformat="%m-%d", hoverformat="%Y-%m-%d", showgrid=False)
    return figure


def scatter(points: Sequence[Point], x_label: str, y_label: str) -> go.Figure:
    """Runs as dots, each in its colour and with its name on hover."""
    dots = go.Scatter(
        x=np.array([point.x for point in points], dtype=float),
        y=np.array([point.y for point in points], dtype=float),
        text=[plain(words.clip(point.label, HOVER)) for point in points],
        mode="markers",
        marker={"size": 12, "color": [run_colour(point.run_id) for point in points]},
        hovertemplate="%{text}<br>" + f"{x_label}: %{{x:.4g}}<br>{y_label}: %{{y:.4g}}"
        "<extra></extra>",
    )
    return base(x_label, y_label, dots)


def add_front(figure: go.Figure, front: Sequence[Point]) -> None:
    """A line through the dots that no other beats, drawn below them."""
    figure.add_scatter(
        x=np.array([point.x for point in front], dtype=float),
        y=np.array([point.y for point in front], dtype=float),
        mode="lines",
        line={"width": 1.5, "dash": "dot", "color": "#8A94A6"},
        hoverinfo="skip",
    )
    figure.data = figure.data[::-1]
    figure.update_layout(showlegend=False)


def importances(
    runs: Sequence[tuple[str, int, Sequence[Importance | None]]], names: Sequence[str]
) -> go.Figure:
    """A group of bars a column, one bar a run (name, id, importance of each column)."""
    bars = [
        go.Bar(
            x=np.array([np.nan if item is None else item.mean for item in items]),
            y=[plain(name) for name in names],
            customdata=[plain(words.clip(name, HOVER)) for name in names],
            error_x={
                "array": np.array([np.nan if item is None else item.std for item in items]),
                "thickness": 1,
                "width": 2,
            },
            orientation="h",
            name=plain(words.clip(label, LEGEND)),
            marker={"color": run_colour(run_id)},
            hovertemplate="%{customdata}: %{x:.4g} ± %{error_x.array:.2g}",
        )
        for label, run_id, items in runs
    ]
    height = max(240, len(names) * (14 + 9 * len(runs)) + 90)
    title = "<br>".join(wrap(_("How much worse the score gets when shuffled"), TITLE))
    figure = base(title, "", *bars, barmode="group", height=height)
    figure.update_yaxes(type="category", labelalias=short_labels(names))
    figure.update_layout(showlegend=True, legend={"traceorder": "normal"})
    return figure


def lines(series: Sequence[Series], x_label: str, y_label: str) -> go.Figure:
    """Lines over each other; a single point shows as a dot."""
    colours = palette()
    traces = [
        go.Scatter(
            x=np.asarray(item.x, dtype=float),
            y=np.asarray(item.y, dtype=float),
            mode="lines" if len(item.x) > 1 else "markers",
            name=plain(words.clip(item.label, LEGEND)),
            line={
                "width": 2,
                "dash": item.dash,
                "color": colours[index % len(colours)]
                if item.run_id is None
                else run_colour(item.run_id),
            },
        )
        for index, item in enumerate(series)
    ]
    return base(x_label, y_label, *traces, showlegend=True, hovermode="x unified")
