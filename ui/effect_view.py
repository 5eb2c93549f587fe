"""How a model's answer moves with one column: on average, and for the row at hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from mlops_core import words
from mlops_core.domain.columns import ColumnRole
from mlops_core.i18n import _
from mlops_core.services import looking, what_if
from mlops_core.services.asking import Asking, Values
from mlops_core.services.what_if import Effect
from mlops_core.store.workspace import Workspace
from ui import charts, links
from ui.errors import attempt, show_error
from ui.layout import card


def show(ws: Workspace, asked: Asking, values: Values, said: str) -> None:
    """A card with the chart of one column; ``said``: the class that the row is taken for."""
    names = [field.column.name for field in what_if.movable(asked)]
    note = _("the other columns stay as they are")
    with card(_("How the answer moves with one column"), note, key="effect", height="content"):
        if not names:
            st.caption(_("This model looks at free text alone, which has no order to move along."))
            return
        with st.container(horizontal=True, gap="small"):
            column = _choose(_("Column"), names, names[0], name="effect", run=asked.run.id)
            output = _output(asked, said)
        with st.spinner(_("Asking the model"), show_time=True):
            found = attempt(lambda: what_if.effect(ws, asked, column, values))
        if found.value is None:
            show_error(found.error)
            return
        charts.show(
            _figure(asked, found.value, output),
            key="effect_chart",
            alt=_("What the model says at each value of the column, on average and for this row."),
        )
        st.caption(_told(found.value))


def _output(asked: Asking, said: str) -> str:
    """The class whose probability is shown."""
    classes, positive = asked.result.classes, asked.result.positive_class
    if len(classes) <= 2:
        return positive or (classes[-1] if classes else "")
    return _choose(_("Class"), list(classes), said, name="of", run=asked.run.id)


def _choose(label: str, options: list[str], usual: str, *, name: str, run: int) -> str:
    """A choice that stands in the URL unless it is the usual one."""
    key = f"{name}.{run}"
    asked_for = links.query_text(name)
    st.session_state.setdefault(key, asked_for if asked_for in options else usual)
    chosen: str = st.selectbox(
        label, options, key=key, format_func=lambda one: words.clip(one, 40), width=300
    )
    links.set_query(**{name: None if chosen == usual else chosen})
    return chosen


def _figure(asked: Asking, found: Effect, output: str) -> go.Figure:
    places = [_shown(found, value) for value in found.values]
    along = found.role is not ColumnRole.CATEGORICAL and not any(
        value is None or isinstance(value, str | bool) for value in found.values
    )
    draw = _lines if along else _dots
    target = charts.plain(words.clip(asked.run.spec.dataset.target, 40))
    label = _("Predicted {target}").format(target=target)
    if output:
        name = charts.plain(words.clip(output))
        kind = (
            _("Probability of “{positive}”") if found.probabilities else _("Score of “{positive}”")
        )
        label = kind.format(positive=name)
    figure = charts.base(
        charts.plain(words.clip(found.column.name, 40)),
        label,
        *draw(found, output, places),
        showlegend=True,
        hovermode="x unified" if along else "closest",
    )
    figure.update_layout(height=360)
    if not along:
        figure.update_xaxes(type="category", labelalias=charts.short_labels(map(str, places)))
    return figure


def _lines(found: Effect, output: str, places: list[Any]) -> list[go.Scatter]:
    """A band of most rows, the average, and the row at hand with a dot where it stands."""
    colour, own = charts.palette()[0], charts.palette()[1]
    low, high = np.asarray(found.low[output]), np.asarray(found.high[output])
    band = go.Scatter(
        x=[*places, *reversed(places)],
        y=[*high, *reversed(low)],
        fill="toself",
        mode="none",
        fillcolor=colour,
        opacity=0.15,
        name=_("80 % of the rows"),
        hoverinfo="skip",
    )
    mean = go.Scatter(
        x=places,
        y=np.asarray(found.mean[output]),
        mode="lines",
        line={"width": 2.5, "color": colour},
        name=_("average"),
        hovertemplate="%{y:.4g}",
    )
    row = go.Scatter(
        x=places,
        y=np.asarray(found.own[output]),
        mode="lines",
        line={"width": 2, "color": own, "dash": "dash"},
        name=_("this row"),
        hovertemplate="%{y:.4g}",
    )
    return [band, mean, row, *_here(found, output, places)]


def _dots(found: Effect, output: str, places: list[Any]) -> list[go.Scatter]:
    """The same for values without an order."""
    mean = np.asarray(found.mean[output])
    average = go.Scatter(
        x=places,
        y=mean,
        error_y={
            "array": np.maximum(np.asarray(found.high[output]) - mean, 0),
            "arrayminus": np.maximum(mean - np.asarray(found.low[output]), 0),
            "thickness": 1.2,
            "width": 4,
        },
        mode="markers",
        marker={"size": 10, "color": charts.palette()[0]},
        name=_("average, and 80 % of the rows"),
        hovertemplate="%{x}: %{y:.4g}<extra></extra>",
    )
    row = go.Scatter(
        x=places,
        y=np.asarray(found.own[output]),
        mode="markers",
        marker={"size": 9, "symbol": "diamond-open", "color": charts.palette()[1]},
        name=_("this row"),
        hovertemplate="%{x}: %{y:.4g}<extra></extra>",
    )
    return [average, row, *_here(found, output, places)]


def _here(found: Effect, output: str, places: list[Any]) -> list[go.Scatter]:
    if found.at is None:
        return []
    dot = go.Scatter(
        x=[places[found.at]],
        y=[found.own[output][found.at]],
        mode="markers",
        marker={"size": 12, "symbol": "diamond", "color": charts.palette()[1]},
        name=_("where it stands"),
        hovertemplate="%{x}: %{y:.4g}<extra></extra>",
    )
    return [dot]


def _shown(found: Effect, value: Any) -> Any:
    """A value on the axis: numbers and dates as such, everything else as a word."""
    if value is None:
        return _("(missing)")
    if isinstance(value, bool):
        true, false = looking.truth_words(found.column)
        return charts.plain(true if value else false)
    if found.role is ColumnRole.CATEGORICAL or isinstance(value, str):
        return charts.plain(str(value))
    return value.isoformat() if isinstance(value, date) else value


def _told(found: Effect) -> str:
    text = _(
        "The average is over {n} rows that judged the model, each with this column set to the "
        "value on the axis. Where columns move together, some of these rows could not exist."
    )
    return text.format(n=words.integer(found.rows))
