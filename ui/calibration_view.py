"""Whether the probabilities of runs are what they say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from mlops_core import words
from mlops_core.analysis.calibration import Bin
from mlops_core.domain.records import ExperimentRun, RunSummary
from mlops_core.i18n import _
from mlops_core.services.calibrating import calibration_of
from mlops_core.store.workspace import Workspace
from mlops_core.words.judged import run_name
from ui import charts
from ui.layout import card


def calibration(ws: Workspace, run: ExperimentRun) -> None:
    """A card for runs that give probabilities; nothing for others."""
    found = calibration_of(ws, run)
    if found is None:
        return
    note = _("on the hold-out") if found.held_out else _("over the folds")
    with card(_("Are its probabilities right?"), note, key="calibration", height="content"):
        trace = _trace(found.bins, words.algorithm_label(run.algorithm), charts.run_colour(run.id))
        charts.show(_figure([trace], found.positive), key="calibration_chart", alt=_alt())
        if found.surprising * 10 <= len(found.bins):
            told = _("They are off by {off} on average, no more than chance explains.")
        else:
            told = _(
                "They are off by {off} on average; in {n} of {all} groups that is more than chance "
                "explains."
            )
        off = words.percent(round(found.error, 3))
        st.caption(told.format(off=off, n=found.surprising, all=len(found.bins)))


def of_runs(ws: Workspace, runs: Sequence[RunSummary]) -> None:
    """All of them in one chart."""
    traces, names = [], []
    for run in runs:
        found = calibration_of(ws, run)
        if found is None:
            continue
        label = f"{run_name(run)} ({words.percent(round(found.error, 3))})"
        traces.append(_trace(found.bins, label, charts.run_colour(run.id)))
        names.append(found.positive)
    if not traces:
        st.caption(_("None of these runs tells classes apart by probabilities."))
        return
    charts.show(_figure(traces, names[0]), key="compare_calibration", alt=_alt())
    st.caption(
        _("Ten groups of rows by what they were given; in brackets how far off it is on average.")
    )


def _alt() -> str:
    return _("The share that turned out so against the probability that was given.")


def _trace(bins: Sequence[Bin], label: str, colour: str) -> go.Scatter:
    found = np.asarray([one.found for one in bins])
    return go.Scatter(
        x=np.asarray([one.said for one in bins]),
        y=found,
        error_y={
            "array": np.asarray([one.high for one in bins]) - found,
            "arrayminus": found - np.asarray([one.low for one in bins]),
            "thickness": 1.2,
            "width": 3,
        },
        customdata=np.asarray([one.rows for one in bins]),
        mode="lines+markers",
        name=charts.plain(words.clip(label, charts.LEGEND)),
        line={"width": 2, "color": colour},
        marker={"size": 7},
        hovertemplate=_("given {said}, found {found}, {n} rows").format(
            said="%{x:.3f}", found="%{y:.3f}", n="%{customdata}"
        )
        + "<extra></extra>",
    )


def _figure(traces: Sequence[go.Scatter], positive: str | None) -> go.Figure:
    """With two classes, of one of them; with more, of the answer (``positive`` is ``None``)."""
    name = charts.plain(words.clip(positive or ""))
    given, found = (
        (_("Probability that was given to its answer"), _("Share of answers that are right"))
        if positive is None
        else (
            _("Probability of “{positive}” that was given").format(positive=name),
            _("Share that is “{positive}”").format(positive=name),
        )
    )
    figure = charts.base(
        given,
        found,
        *traces,
        showlegend=len(traces) > 1,
        hovermode="closest",
    )
    figure.update_layout(height=380 if len(traces) > 1 else 320)
    # An answer is never given less than one share in so many classes, and mostly much more.
    least = 0.0 if positive is not None else min(float(np.min(one.x)) for one in traces)
    figure.update_xaxes(range=[np.floor(least * 10) / 10 - 0.01, 1.01])
    figure.update_yaxes(range=[-0.01, 1.02])
    line = {"dash": "dot", "width": 1, "color": "#8A94A6"}
    figure.add_shape(type="line", x0=0, y0=0, x1=1, y1=1, line=line)
    return figure
