"""Parallel coordinates: one line a run, through its parameters to its scores."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from mlops_core import words
from mlops_core.domain.configs import MISSING
from mlops_core.domain.records import RunSummary
from mlops_core.i18n import _
from mlops_core.services.comparison import Comparison, MetricRow
from mlops_core.words.configs import path_words, value_words
from mlops_core.words.judged import run_name
from ui import charts, links
from ui.compare_charts import AXES, axis_label, axis_value

USUAL = 6  # parameters that are drawn unless a person chooses
MOST = 14  # axes that a screen has room for
WIDE = 100.0  # largest ÷ smallest from which numbers are spread by their logarithm
MOST_WORDS = 8  # of an axis of words, each with its name


@dataclass(frozen=True)
class Axis:
    """One axis: where every run stands on it, from 0 to 1, and what its marks are called."""

    label: str
    places: Mapping[int, float]  # by run; a run without a value has none
    shown: Mapping[int, str]
    marks: Sequence[tuple[float, str]]


def parallel(found: Comparison, runs: Sequence[RunSummary], metric: MetricRow) -> None:
    """The chart, and a choice of its axes that stands in the URL."""
    known = _keys(found)
    usual = _usual(found, metric)
    chosen = _choose(known, usual)
    if len(chosen) < 2:
        st.caption(_("Choose two axes or more."))
        return
    axes = [_axis(found, runs, key) for key in chosen]
    charts.show(
        _figure(axes, runs),
        key="compare_parallel_chart",
        alt=_("One line a run through its parameters and results, one axis each."),
    )
    st.caption(
        _("A click on a name hides its line, a double click leaves it alone. Larger is further up.")
    )


def _keys(found: Comparison) -> dict[str, str]:
    """Every axis that there could be, with its name."""
    params = {row.path: path_words(row.path) for row in found.params if row.varies}
    rest = [*(row.key for row in found.metrics), *AXES]
    return {**params, **{key: axis_label(key) for key in rest}}


def _usual(found: Comparison, metric: MetricRow) -> list[str]:
    params = [row.path for row in found.params if row.varies and not row.path.startswith("data")]
    return [*params[:USUAL], metric.key, next(iter(AXES))]


def _choose(known: Mapping[str, str], usual: Sequence[str]) -> list[str]:
    key = "compare.axes"
    if key not in st.session_state:
        asked = [name for name in links.query_text("axes").split(",") if name in known]
        st.session_state[key] = asked[:MOST] or list(usual)
    st.session_state[key] = [name for name in st.session_state[key] if name in known]
    chosen = st.multiselect(
        _("Axes, from left to right"),
        list(known),
        format_func=known.__getitem__,
        key=key,
        max_selections=MOST,
    )
    links.set_query(axes=None if list(chosen) == list(usual) else ",".join(chosen))
    return list(chosen)


def _axis(found: Comparison, runs: Sequence[RunSummary], key: str) -> Axis:
    row = next((row for row in found.params if row.path == key), None)
    if row is None:
        numbers = {
            run.id: value
            for run in runs
            if (value := axis_value(found, run, key)) is not None and math.isfinite(value)
        }
        texts = {id: words.number(value, 4) for id, value in numbers.items()}
        return _of_numbers(axis_label(key), numbers, texts)
    place = {run.id: index for index, run in enumerate(found.runs)}
    values = {run.id: row.values[place[run.id]] for run in runs}
    values = {id: value for id, value in values.items() if value != MISSING}
    texts = {id: value_words(value, key) for id, value in values.items()}
    label = path_words(key)
    if all(isinstance(one, int | float) and not isinstance(one, bool) for one in values.values()):
        return _of_numbers(label, values, texts)
    return _of_words(label, texts)


def _of_numbers(label: str, values: Mapping[int, float], texts: Mapping[int, str]) -> Axis:
    if not values:
        return Axis(label, {}, {}, ())
    low, high = min(values.values()), max(values.values())
    spread = low > 0 and high / low >= WIDE
    scale = math.log if spread else float
    start, span = scale(low), scale(high) - scale(low)
    places = {id: (scale(one) - start) / span if span else 0.5 for id, one in values.items()}
    marks = [(places[id], texts[id]) for id in (min(values, key=values.__getitem__),)]
    if span:
        top = max(values, key=values.__getitem__)
        marks.append((places[top], texts[top]))
    return Axis(label, places, texts, marks)


def _of_words(label: str, texts: Mapping[int, str]) -> Axis:
    names = sorted(set(texts.values()))
    step = 1 / (len(names) - 1) if len(names) > 1 else 0.0
    at = {name: place * step if step else 0.5 for place, name in enumerate(names)}
    marks = [(at[name], name) for name in names] if len(names) <= MOST_WORDS else []
    return Axis(label, {id: at[text] for id, text in texts.items()}, texts, marks)


def _figure(axes: Sequence[Axis], runs: Sequence[RunSummary]) -> go.Figure:
    figure = charts.base("", "", *(_line(axes, run) for run in runs), hovermode="closest")
    figure.update_layout(
        height=460,
        showlegend=True,
        legend={"orientation": "h", "y": -0.12, "yanchor": "top", "x": 0, "xanchor": "left"},
    )
    names = [charts.plain(words.clip(axis.label, 18)) for axis in axes]
    figure.update_xaxes(
        tickvals=list(range(len(axes))),
        ticktext=names,
        side="top",
        showgrid=True,
        zeroline=False,
        range=[-0.25, len(axes) - 0.75],
    )
    figure.update_yaxes(visible=False, range=[-0.06, 1.06])
    # All at once: adding one looks at every other again.
    figure.update_layout(annotations=list(_marks(axes)))
    return figure


def _marks(axes: Sequence[Axis]) -> Iterator[dict[str, Any]]:
    """What the values on the axes are called."""
    for place, axis in enumerate(axes):
        last = place == len(axes) - 1  # nothing is to be seen beyond the edge
        for at, text in axis.marks:
            yield {
                "x": place,
                "y": at,
                "text": charts.plain(words.clip(text, 14)),
                "showarrow": False,
                "xanchor": "right" if last else "left",
                "xshift": -6 if last else 6,
                "font": {"size": 11},
                "opacity": 0.8,
            }


def _line(axes: Sequence[Axis], run: RunSummary) -> go.Scatter:
    name = run_name(run)
    return go.Scatter(
        x=np.arange(len(axes)),
        y=np.asarray([axis.places.get(run.id, math.nan) for axis in axes], dtype=float),
        customdata=_hover(axes, run),
        mode="lines+markers",
        line={"width": 2, "color": charts.run_colour(run.id)},
        marker={"size": 7},
        name=charts.plain(words.clip(name, charts.LEGEND)),
        hovertemplate=f"{charts.plain(name)}<br>%{{customdata}}<extra></extra>",
    )


def _hover(axes: Sequence[Axis], run: RunSummary) -> list[Any]:
    shown = [axis.shown.get(run.id, MISSING) for axis in axes]
    return [
        charts.plain(f"{axis.label}: {words.clip(text, charts.HOVER)}")
        for axis, text in zip(axes, shown, strict=True)
    ]
