"""A form that asks a run's model: what it says to a row, and what it would if the row changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import quote

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from mlops_core import words
from mlops_core.domain.records import ExperimentRun
from mlops_core.i18n import N_, _
from mlops_core.services import asking, what_if
from mlops_core.services.asking import Asking, Start
from mlops_core.services.what_if import Said
from mlops_core.store.workspace import Workspace
from ui import cell_input, charts, effect_view, links
from ui.errors import attempt, show_error
from ui.layout import card

FIRST = 8  # columns that are asked for at once, the most important ones
MOST_CLASSES = 8
MOST_IN_URL = 1400  # characters of what was changed, as an address writes them
_PARTS = {
    "judged": N_("The row judged the model; it did not learn from it."),
    "learned": N_("The model learned from this row, so it may answer it better than a new one."),
    "unused": N_("The row has no target, so the model has not seen it."),
}


def show(ws: Workspace, run: ExperimentRun) -> None:
    """The whole view; a sentence where the model cannot be asked."""
    opened = attempt(lambda: asking.open_run(ws, run))
    if opened.value is None:
        show_error(opened.error)
        return
    _view(ws, opened.value)


@st.fragment
def _view(ws: Workspace, asked: Asking) -> None:
    left, right = st.columns([3, 2], gap="medium")
    with left, card(_("A row"), _("change what you like"), key="what_if_row", height="content"):
        begin = _start(asked)
        if begin is None:
            return
        changes = _form(asked, begin)
    edited = attempt(lambda: asking.edited(asked, begin.values, changes))
    values = begin.values if edited.value is None else edited.value
    with right, card(_("What the model says"), key="what_if_said", height="content"):
        if edited.error is not None:
            show_error(edited.error)
            return
        with st.spinner(_("Asking the model"), show_time=True):
            said = attempt(lambda: what_if.ask(ws, asked, [begin.values, values]))
        if said.value is None:
            show_error(said.error)
            return
        before, after = said.value
        _said(asked, begin, before, after if changes else None)
        for sentence in asking.cautions(asked, values) if changes else ():
            st.caption(f":material/warning: {words.md(sentence)}")
    effect_view.show(ws, asked, values, str(after.said) if asked.result.classes else "")


# The row ------------------------------------------------------------------------------------------


def _start(asked: Asking) -> Start | None:
    """The row to begin with, from the URL and back into it."""
    run = asked.run.id
    first = attempt(lambda: asking.start(asked))
    if first.value is None:
        show_error(first.error)
        return None
    key = f"what_if.row.{run}"
    asked_for = links.query_int("row")
    fits = asked_for is not None and 1 <= asked_for <= asked.dataset.rows
    st.session_state.setdefault(key, asked_for if fits else first.value.number)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        number = st.number_input(
            _("Row of the table"), min_value=1, max_value=asked.dataset.rows, key=key, width=180
        )
        if st.button(_("As it was"), key=f"what_if.undo.{run}", icon=":material/undo:"):
            _forget(run)
    links.set_query(row=None if number == first.value.number else number)
    found = attempt(lambda: asking.start(asked, number))
    if found.value is None:
        show_error(found.error)
        return None
    st.caption(_(_PARTS[found.value.part]))
    return found.value


def _forget(run: int) -> None:
    """Every cell as it stands in the table."""
    for key in [key for key in st.session_state if str(key).startswith(f"what_if.cell.{run}.")]:
        del st.session_state[key]
    links.set_query(set=None)


def _form(asked: Asking, begin: Start) -> dict[str, str | None]:
    """Inputs for some columns; what differs from the row, as text by column."""
    run = asked.run.id
    asked_for = _from_url(asked)
    names = [field.column.name for field in asked.fields]
    more_key = f"what_if.more.{run}"
    if len(names) > FIRST:
        st.session_state.setdefault(more_key, [name for name in names[FIRST:] if name in asked_for])
    shown = names[:FIRST] + list(st.session_state.get(more_key, []))
    changes: dict[str, str | None] = {}
    with st.grid(2, min_column_width=220):
        for name in shown:
            field = asked.field(name)
            own = cell_input.text_of(field.column, begin.values[name])
            key = f"what_if.cell.{run}.{begin.number}.{name}"
            given = cell_input.show(field, own, asked_for.get(name, own), key=key)
            if given != own:
                changes[name] = given
    if len(names) > FIRST:
        st.multiselect(
            _("More columns"),
            names[FIRST:],
            key=more_key,
            format_func=words.clip,
            placeholder=_("The model looks at {n} more").format(n=len(names) - FIRST),
        )
    text = json.dumps(changes, ensure_ascii=False, separators=(",", ":")) if changes else ""
    fits = len(quote(text)) <= MOST_IN_URL
    links.set_query(set=text if fits else None)
    if not fits:
        st.caption(_("What was changed is too long for an address: a link will not bring it."))
    return changes


def _from_url(asked: Asking) -> dict[str, str | None]:
    """What the URL says was changed; anything else than text by column is passed over."""
    try:
        found = json.loads(links.query_text("set") or "{}")
    except ValueError:
        return {}
    known = {field.column.name for field in asked.fields}
    if not isinstance(found, Mapping):
        return {}
    return {
        name: value
        for name, value in found.items()
        if name in known and (value is None or isinstance(value, str))
    }


def begin_with(run: int, number: int) -> None:
    """Open the view with a row of the table."""
    st.session_state[f"what_if.row.{run}"] = number
    links.set_query(view="what_if", row=number, set=None)


# The answer ---------------------------------------------------------------------------------------


def _said(asked: Asking, begin: Start, before: Said, after: Said | None) -> None:
    """What it says now, what it said before, and the truth where it is known."""
    now = after or before
    st.metric(
        words.md(words.clip(asked.run.spec.dataset.target, 40)),
        _word(now),
        delta=None if after is None else _moved(before, after),
        delta_color="off",
        delta_arrow="off",
    )
    if now.given is not None:
        charts.show(
            _bars(before, after),
            key="what_if_bars",
            alt=_("What the model gives each class, before and after the change."),
        )
    if begin.truth is not None:
        truth = begin.truth if isinstance(begin.truth, str) else words.number(begin.truth, 4)
        st.markdown(
            _("In the table, row {n} is **{truth}**.").format(
                n=words.integer(begin.number), truth=words.md(truth)
            )
        )


def _word(said: Said) -> str:
    if isinstance(said.said, str):
        return words.md(words.clip(said.said, 40))
    return words.number(said.said, 4)


def _moved(before: Said, after: Said) -> str:
    """What it said before the change."""
    if before.said == after.said and before.given == after.given:
        return _("as before the change")
    if isinstance(before.said, float) and isinstance(after.said, float):
        change = after.said - before.said
        sign = "+" if change > 0 else ""
        return _("{change} by the change").format(change=f"{sign}{words.number(change)}")
    return _("before the change: {said}").format(said=_word(before))


def _bars(before: Said, after: Said | None) -> go.Figure:
    """What each class is given; the classes that are given most, the first on top."""
    now = (after or before).given or {}
    names = sorted(now, key=lambda name: -now[name])[:MOST_CLASSES][::-1]
    kind = _("Probability") if before.probabilities else _("Score")

    def bars(said: Said, name: str, colour: str) -> go.Bar:
        given = said.given or {}
        return go.Bar(
            x=np.asarray([given[one] for one in names]),
            y=[charts.plain(one) for one in names],
            orientation="h",
            name=name,
            marker={"color": colour},
            texttemplate="%{x:.3f}",
            textposition="auto",
            hovertemplate=f"%{{y}}: %{{x:.4f}}<extra>{name}</extra>",
        )

    traces = [bars(before, _("before"), "#8A94A6")] if after is not None else []
    traces.append(bars(after or before, _("now"), charts.palette()[0]))
    figure = charts.base(kind, "", *traces, showlegend=after is not None, barmode="group")
    figure.update_layout(height=90 + (44 if after is not None else 30) * len(names))
    figure.update_yaxes(type="category", labelalias=charts.short_labels(names))
    figure.update_layout(legend={"traceorder": "reversed"})
    if before.probabilities:
        figure.update_xaxes(range=[0, 1])
    return figure
