"""Single rows: what a run is most wrong about, and where two runs say something else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from mlops_core import words
from mlops_core.domain.params import Task
from mlops_core.domain.records import ExperimentRun, RunSummary
from mlops_core.i18n import _, ngettext
from mlops_core.services import row_by_row
from mlops_core.services.row_by_row import JudgedRows, Parting
from mlops_core.store.workspace import Workspace
from mlops_core.words.judged import run_name
from ui import what_if_view
from ui.build import ROW_HEIGHT
from ui.data_rows import cell
from ui.layout import card

TALL = 400  # pixels


def worst(ws: Workspace, run: ExperimentRun) -> None:
    """A card with the rows that this run is most wrong about; nothing without predictions."""
    found = row_by_row.worst_rows(ws, run)
    if found is None:
        return
    note = _("on the hold-out") if found.held_out else _("over the folds")
    with card(_("Rows it is most wrong about"), note, key="worst_rows", height="content"):
        if not found.rows:
            st.caption(_("It answered every row right."))
            return
        chosen = _table(found, [_("Predicted")], key=f"worst_{run.id}", choose=True)
        text = ngettext(
            "{n} of {all} rows was answered wrongly.",
            "{n} of {all} rows were answered wrongly.",
            found.wrong,
        )
        if not isinstance(found.rows[0].truth, str):
            text = _("The furthest off of {all} rows.")
        told = text.format(n=words.integer(found.wrong), all=words.integer(found.judged))
        st.caption(f"{told} {_cut(found)}")
        _ask_about(run, found, chosen)


def _ask_about(run: ExperimentRun, found: JudgedRows, chosen: int | None) -> None:
    """From a chosen row to the form that asks the model about it."""
    if not found.columns:
        return
    if chosen is None:
        st.caption(_("Choose a row to ask the model what it would say if the row were different."))
        return
    number = found.rows[chosen].number
    if st.button(
        _("Ask the model about row {n}").format(n=words.integer(number)),
        icon=":material/psychology_alt:",
        key=f"worst_ask_{run.id}",
    ):
        what_if_view.begin_with(run.id, number)
        st.rerun()


def parting(ws: Workspace, base: ExperimentRun, other: ExperimentRun) -> None:
    """How often two runs say the same, and the rows on which they do not."""
    found = row_by_row.parting(ws, base, other)
    if found is None:
        st.caption(_("There are no rows that both of them kept predictions of."))
        return
    _told(found, base, other)
    if found.rows.rows:
        heads = [words.clip(run_name(run)) for run in (base, other)]
        _table(found.rows, heads, key=f"parting_{base.id}_{other.id}")
        st.caption(_cut(found.rows))


def _told(found: Parting, a: RunSummary, b: RunSummary) -> None:
    both = found.agreement
    if both.same == both.rows:
        st.markdown(
            _("Both say the same on all {rows} rows.").format(rows=words.integer(both.rows))
        )
        return
    others = _("On the others, **{a}** is right {first} times, **{b}** {second} times.")
    if a.task is Task.REGRESSION:
        others = _(
            "On the others, **{a}** is nearer to the truth {first} times, **{b}** {second} times."
        )
    lines = [
        _("Both say the same on **{same}** of {rows} rows.").format(
            same=words.integer(both.same), rows=words.integer(both.rows)
        ),
        others.format(
            a=words.md(run_name(a)),
            b=words.md(run_name(b)),
            first=words.integer(both.first),
            second=words.integer(both.second),
        ),
    ]
    st.markdown("  \n".join(lines))


def _cut(found: JudgedRows) -> str:
    """How many are shown, and how many columns."""
    shown = len(found.rows)
    told = []
    if shown < found.wrong:
        told.append(_("The first {n} are shown.").format(n=words.integer(shown)))
    if found.columns:
        told.append(_("Columns stand in the order of their importance."))
    else:
        told.append(_("The table they are from is gone, so their values cannot be shown."))
    return " ".join(told)


def _table(
    found: JudgedRows, heads: Sequence[str], *, key: str, choose: bool = False
) -> int | None:
    """Truth and answers first, then the columns; gives the place of the row that was chosen."""
    places = range(len(heads))  # inner names, for a column may be called so
    content: dict[str, list[Any]] = {"truth": [row.truth for row in found.rows]}
    config: dict[str, Any] = {"truth": st.column_config.Column(_("True value"), pinned=True)}
    for place in places:
        said = [row.answers[place] for row in found.rows]
        content[f"said{place}"] = [one.said for one in said]
        config[f"said{place}"] = st.column_config.Column(heads[place])
        if all(one.given is not None for one in said):
            content[f"given{place}"] = [one.given for one in said]
            config[f"given{place}"] = st.column_config.ProgressColumn(
                _("To the true class"),
                help=_("The probability that was given to the true class."),
                min_value=0.0,
                max_value=1.0,
                format="%.3f",
            )
        elif not isinstance(found.rows[0].truth, str):
            content[f"off{place}"] = [one.fault for one in said]
            config[f"off{place}"] = st.column_config.NumberColumn(_("Off by"), format="%.4g")
    for place, column in enumerate(found.columns):
        content[f"c{place}"] = [cell(column, row.cells[place]) for row in found.rows]
        config[f"c{place}"] = st.column_config.Column(words.clip(column.name))
    numbers = pd.Index([row.number for row in found.rows], name=_("Row"))
    shown = st.dataframe(
        pd.DataFrame(content, index=numbers),
        key=key,
        on_select="rerun" if choose else "ignore",
        selection_mode="single-row",
        column_config=config,
        row_height=ROW_HEIGHT,
        height=TALL if len(found.rows) > TALL // ROW_HEIGHT - 1 else "content",
        placeholder="",
        alt=_("Rows of the table with their true value and what was predicted."),
    )
    rows = shown["selection"]["rows"] if choose and isinstance(shown, dict) else []
    return rows[0] if rows and rows[0] < len(found.rows) else None
