"""From which score on a row counts as positive, by what the two errors cost."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from mlops_core import words
from mlops_core.domain.records import ExperimentRun
from mlops_core.domain.results import Confusion
from mlops_core.i18n import _
from mlops_core.services import deciding
from mlops_core.services.deciding import Costs, Decision, Line
from mlops_core.store.workspace import Workspace
from ui import charts, links
from ui.confusion_chart import confusion
from ui.errors import attempt, show_error
from ui.layout import card

POINTS = 300
STEPS = 200


def threshold(ws: Workspace, run: ExperimentRun) -> None:
    """A card for runs with two classes and a score; nothing for others."""
    line = deciding.line_of(ws, run)
    if line is None:
        return
    note = _("on the hold-out") if line.held_out else _("over the folds")
    with card(_("Where to draw the line"), note, key="threshold", height="content"):
        _card(run.id, line)


@st.fragment
def _card(run_id: int, line: Line) -> None:
    costs = _costs(run_id, line)
    begin = attempt(lambda: deciding.decide(line, costs))
    if begin.value is None:
        show_error(begin.error)
        return
    at = _slider(run_id, line, begin.value)
    found = replace(begin.value, chosen=line.thresholds.at(at))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        charts.show(
            _curve(line, found),
            key="threshold_cost",
            alt=_("What all errors together cost at every threshold, and where that is least."),
        )
    with right:
        cut = found.chosen
        matrix = (
            (cut.true_negative, cut.false_positive),
            (cut.false_negative, cut.true_positive),
        )
        charts.show(
            confusion(Confusion(labels=(line.negative, line.positive), matrix=matrix)),
            key="threshold_confusion",
            alt=_("How many rows of each true class would be called which at this threshold."),
        )
    st.markdown("  \n".join(_told(line, found)))


def _costs(run_id: int, line: Line) -> Costs:
    """What each error costs, from the URL and back into it."""
    labels = {
        "fp": (
            _("A wrong “{positive}” costs").format(positive=line.positive),
            _("A false positive: “{negative}” that is taken for “{positive}”."),
        ),
        "fn": (
            _("A missed “{positive}” costs").format(positive=line.positive),
            _("A false negative: “{positive}” that is taken for “{negative}”."),
        ),
    }
    given = {}
    with st.container(horizontal=True, gap="small"):
        for name, (label, told) in labels.items():
            key = f"threshold.{name}.{run_id}"
            st.session_state.setdefault(key, _number(links.query_text(name), 1.0))
            given[name] = st.number_input(
                words.md(label),
                min_value=0.0,
                max_value=deciding.LARGEST_COST,
                step=1.0,
                format="%.6g",
                key=key,
                help=words.md(told.format(positive=line.positive, negative=line.negative)),
                width=260,
            )
    links.set_query(
        **{name: None if value == 1.0 else f"{value:g}" for name, value in given.items()}
    )
    return Costs(false_positive=given["fp"], false_negative=given["fn"])


def _number(text: str, otherwise: float) -> float:
    try:
        value = float(text)
    except ValueError:
        return otherwise
    return value if 0 <= value <= deciding.LARGEST_COST else otherwise


def _slider(run_id: int, line: Line, found: Decision) -> float:
    """The threshold to look at: the cheapest until a person moves it."""
    low, high = (0.0, 1.0)
    if not line.probabilities:
        low, high = float(line.scores.min()), float(line.scores.max())
    step = (high - low) / STEPS or 1.0
    costs = found.costs
    # A key of its own for every pair of costs: with new costs it begins at the new cheapest.
    key = f"threshold.at.{run_id}.{costs.false_positive:g}.{costs.false_negative:g}"
    begin = _asked(min(max(found.cheapest.threshold, low), high), low, high)
    at = st.slider(
        _("“{positive}” from this score on").format(positive=words.md(line.positive)),
        low,
        high,
        begin,
        step=step,
        format="%.3f",
        key=key,
    )
    moved = abs(at - found.cheapest.threshold) > step
    links.set_query(threshold=f"{at:.4g}" if moved else None)
    return at if moved else found.cheapest.threshold


def _asked(otherwise: float, low: float, high: float) -> float:
    try:
        value = float(links.query_text("threshold"))
    except ValueError:
        return otherwise
    return value if math.isfinite(value) and low <= value <= high else otherwise


def _curve(line: Line, found: Decision) -> go.Figure:
    values, costs = line.thresholds.values, line.thresholds.costs(found.costs)
    chosen = np.unique(np.linspace(0, len(values) - 1, min(POINTS, len(values))).astype(int))
    # The cheapest is a point of the line, however few are drawn.
    chosen = np.union1d(chosen, [int(np.argmin(costs))])
    colour = charts.palette()[0]
    curve = go.Scatter(
        x=values[chosen],
        y=costs[chosen],
        mode="lines",
        line={"shape": "vh", "width": 2, "color": colour},
        name=_("cost of all errors"),
        hovertemplate="%{x:.3f}: %{y:.4g}<extra></extra>",
    )
    better, _worse = charts.tones()
    marks = [
        (found.chosen, _("chosen"), "circle", colour),
        (found.cheapest, _("least"), "star", better),
        (found.usual, _("of the model"), "diamond", "#8A94A6"),
    ]
    dots = [
        go.Scatter(
            x=np.array([cut.threshold]),
            y=np.array([cut.cost(found.costs)]),
            mode="markers",
            name=name,
            marker={"size": 12, "symbol": symbol, "color": tone},
            hovertemplate=f"{name}: %{{x:.3f}}, %{{y:.4g}}<extra></extra>",
        )
        for cut, name, symbol, tone in marks
    ]
    figure = charts.base(_("Threshold"), _("Cost of all errors"), curve, *dots, showlegend=True)
    figure.update_yaxes(rangemode="tozero")
    if line.probabilities:
        figure.update_xaxes(range=[-0.01, 1.01])
    return figure


def _told(line: Line, found: Decision) -> list[str]:
    """What is worth knowing, a sentence each."""
    cut, rows = found.chosen, line.thresholds.rows
    said = [
        _(
            "{precision} of those called “{positive}” are; {recall} of all “{positive}” are found."
        ).format(
            precision=words.percent(cut.precision),
            recall=words.percent(cut.recall),
            positive=words.md(line.positive),
        )
    ]
    own, best = found.usual.cost(found.costs), found.cheapest.cost(found.costs)
    if found.tried is None:
        said.append(_("There are too few rows to say what choosing a threshold would save."))
    elif found.tried < own:
        said.append(
            _(
                "Chosen on some of the rows and tried on the others, the cheapest threshold costs "
                "**{tried:.4g}** instead of {own:.4g} on {rows} rows."
            ).format(tried=found.tried, own=own, rows=words.integer(rows))
        )
    elif best < own:
        said.append(
            _(
                "It looks cheaper than the model's own ({best:.4g} instead of {own:.4g}), but "
                "chosen on some of the rows and tried on the others it is not ({tried:.4g})."
            ).format(best=best, own=own, tried=found.tried)
        )
    else:
        said.append(_("The model's own threshold is the cheapest on these rows."))
    if line.probabilities:
        said.append(
            _("If its probabilities were exact, {threshold} would be the cheapest.").format(
                threshold=words.number(found.costs.of_calibrated)
            )
        )
    return said
