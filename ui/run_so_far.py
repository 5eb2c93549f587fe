"""What is known of a run whatever became of it: the folds it had finished, and its history."""

from __future__ import annotations

import streamlit as st

from mlops_core import words
from mlops_core.domain.records import ExperimentRun, FinalMetric
from mlops_core.i18n import N_, _, ngettext
from mlops_core.metrics import METRICS
from mlops_core.services import runs
from mlops_core.store.workspace import Workspace
from ui.layout import card

_HAPPENED = {
    "queued": N_("Submitted"),
    "claim": N_("Given its part of the machine"),
    "give_back": N_("Back in the queue"),
    "retry": N_("Tried again"),
    "complete": N_("Completed"),
    "fail": N_("Failed"),
    "cancel": N_("Stopped"),
    "withdraw": N_("Withdrawn"),
    "refuse": N_("Refused"),
    "stop_requested": N_("Asked to stop"),
    "warning": N_("Warning"),
}


def scores(ws: Workspace, run: ExperimentRun) -> None:
    """The scores of the folds that a run had finished when it ended; nothing without any."""
    found = {one.name: one for one in runs.metrics_so_far(ws, run.id)}
    names = [name for name in dict.fromkeys([run.metric, *METRICS]) if name in found]
    if not names:
        return
    done = max(len(one.folds) for one in found.values())
    of = ngettext("{done} of {n} fold", "{done} of {n} folds", run.folds).format(
        done=done, n=run.folds
    )
    with card(_("Scores before it ended"), of, height="content"):
        table = {_("Metric"): [_label(name, strong=name == run.metric) for name in names]}
        table[_("Mean")] = [words.metric_value(name, found[name].mean) for name in names]
        for number in range(done):
            title = _("Fold {n}").format(n=number + 1)
            table[title] = [_of_fold(found[name], number) for name in names]
        st.table(table, border="horizontal", hide_index=True, alt=_("Scores before it ended"))
        st.caption(_("They are not final: the run is never ranked, and no model was kept."))


def _label(name: str, *, strong: bool) -> str:
    label = words.metric_label(name)
    return f"**{label}**" if strong else label


def _of_fold(one: FinalMetric, number: int) -> str:
    """A metric may have no value in a fold that has none of its classes."""
    return (
        words.metric_value(one.name, one.folds[number])
        if number < len(one.folds)
        else words.NOTHING
    )


def history(ws: Workspace, run: ExperimentRun) -> None:
    """Everything that happened to a run, in order, with what was said of it."""
    with card(_("History"), height="content"):
        happened = runs.events(ws, run.id)
        table = {
            _("When"): [words.absolute(event.at) for event in happened],
            _("What"): [_what(event.kind) for event in happened],
            _("Details"): [words.md(event.message) for event in happened],
        }
        st.table(table, border="horizontal", hide_index=True, alt=_("History"))


def _what(kind: str) -> str:
    return _(_HAPPENED[kind]) if kind in _HAPPENED else words.md(kind)
