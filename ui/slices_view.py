"""Two runs inside parts of the data, and the parts in which the better one loses."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import streamlit as st

from mlops_core import words
from mlops_core.domain.columns import ColumnType
from mlops_core.domain.records import ExperimentRun
from mlops_core.i18n import _, ngettext
from mlops_core.services import looking, slicing
from mlops_core.services.comparison import Verdict
from mlops_core.services.slicing import Slice, Slices
from mlops_core.store.workspace import Workspace
from mlops_core.words.judged import run_name
from ui import links
from ui.compare_verdicts import beside_cells
from ui.errors import attempt, show_error
from ui.wide_table import Cell, wide_table

EVERY = ""
_FOUND = "_slices_found"
FEWEST, MOST = 5, 100_000  # rows of a part


def parts(ws: Workspace, run: ExperimentRun, base: ExperimentRun, metric: str) -> None:
    """``run`` beside ``base`` in the parts that one column makes, or that a search finds."""
    names = [column.name for column in slicing.columns(ws, run, base)]
    if not names:
        st.caption(_("The table of these runs is gone."))
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        column = _column(names)
        least = _least()
    if column == EVERY:
        _search(ws, run, base, metric, least)
        return
    found = attempt(lambda: slicing.slices(ws, run, base, metric, column, least=least))
    if found.error is not None:
        show_error(found.error)
    elif found.value is None:
        _unknown()
    elif not found.value.found:
        st.caption(
            _("“{column}” makes no two parts of that many rows.").format(column=words.md(column))
        )
    else:
        _table(found.value, run, base)
        st.caption(_caution())


def _column(names: list[str]) -> str:
    options = [*names, EVERY]
    if st.session_state.get("compare.part") not in options:
        asked = links.query_text("part")
        begin = EVERY if asked == "*" else asked if asked in names else names[0]
        st.session_state["compare.part"] = begin
    chosen = st.selectbox(
        _("Divided by"),
        options,
        format_func=lambda name: words.clip(name) or _("all columns: where the better run loses"),
        key="compare.part",
        width=300,
    )
    links.set_query(part="*" if chosen == EVERY else None if chosen == names[0] else chosen)
    return str(chosen)


def _least() -> int:
    asked = links.query_int("least") or slicing.LEAST
    st.session_state.setdefault("compare.least", min(max(asked, FEWEST), MOST))
    least = int(
        st.number_input(
            _("Rows at least"),
            FEWEST,
            MOST,
            step=10,
            key="compare.least",
            help=_("Parts of fewer rows are left out."),
            width=160,
        )
    )
    links.set_query(least=None if least == slicing.LEAST else least)
    return least


def _search(
    ws: Workspace, run: ExperimentRun, base: ExperimentRun, metric: str, least: int
) -> None:
    """Of all columns; what was found last is kept, for the rows do not change."""
    asked = (run.id, base.id, metric, least)
    known: tuple[object, Slices | None] | None = st.session_state.get(_FOUND)
    if known is None or known[0] != asked:
        with st.spinner(_("Looking through all columns"), show_time=True):
            tried = attempt(lambda: slicing.search(ws, run, base, metric, least=least))
        if tried.error is not None:
            show_error(tried.error)
            return
        known = st.session_state[_FOUND] = (asked, tried.value)
    found = known[1]
    if found is None:
        _unknown()
        return
    if found.a != run.id:
        run, base = base, run
    lost = [one for one in found.found if one.pair and one.pair.verdict is Verdict.WORSE]
    name = words.md(run_name(run))
    text = _(
        "**{run}** scores better on all rows together, and in none of {looked} parts "
        "worse beyond chance."
    )
    if lost:
        text = ngettext(
            "**{run}** scores better on all rows together, but in {n} of {looked} parts "
            "worse beyond chance.",
            "**{run}** scores better on all rows together, but in {n} of {looked} parts "
            "worse beyond chance.",
            len(lost),
        )
    st.markdown(text.format(run=name, looked=words.integer(found.looked_at), n=len(lost)))
    if found.found:
        _table(found, run, base)
        st.caption(
            _("Those that look worst; the verdict counts how many parts were looked at.")
            + " "
            + _caution()
        )


def _unknown() -> None:
    st.caption(_("There are no rows on which both of them have a value of this metric."))


def _caution() -> str:
    return _("The intervals take the two models as they are; other seeds may differ.")


def _table(found: Slices, run: ExperimentRun, base: ExperimentRun) -> None:
    name = words.metric_label(found.metric, short=True)
    head = [Cell(_("Part of the data")), Cell(_("Verdict")), Cell(_("Rows"))]
    head += [Cell(words.clip(run_name(one)), note=name) for one in (run, base)]
    head += [Cell(_("Difference"), note=_("95 % interval"))]
    whole = [Cell(_("All rows")), Cell(""), Cell(words.integer(found.rows))]
    whole += [Cell(words.metric_value(found.metric, value)) for value in found.whole]
    lines = [[*whole, Cell("")]]
    lines += [_line(one, found.metric) for one in found.found]
    wide_table(head, lines, label=_("Two runs in parts of the data"))


def _line(one: Slice, metric: str) -> list[Cell]:
    values = [Cell(words.metric_value(metric, value)) for value in (one.a, one.b)]
    part = Cell(words.clip(_part_name(one), 36), note=words.clip(one.column.name, 36))
    difference, verdict = beside_cells(one.pair, metric)
    return [part, verdict, Cell(words.integer(one.rows)), *values, difference]


def _part_name(one: Slice) -> str:
    if one.low is None:
        return _("missing")
    low = _value(one, one.low)
    return low if one.high is None else f"{low} – {_value(one, one.high)}"


def _value(one: Slice, value: Any) -> str:
    if one.column.type is ColumnType.BOOLEAN:
        true, false = looking.truth_words(one.column)
        return true if value else false
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return words.number(value) if isinstance(value, float) else str(value)
