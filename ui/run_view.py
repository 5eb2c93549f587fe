"""The frame of a run's page: header, what state it is in and why, configuration."""

from __future__ import annotations

import streamlit as st

from mlops_core import words
from mlops_core.domain.configs import RunSpec
from mlops_core.domain.records import ExperimentRun
from mlops_core.domain.results import TrainingError
from mlops_core.domain.states import RunStatus
from mlops_core.i18n import N_, _, ngettext
from mlops_core.services import queue, runs
from mlops_core.store.workspace import Workspace
from mlops_core.words import allocations
from ui import links, owner, queue_view
from ui.errors import attempt, show_error
from ui.layout import card, confirm, facts, notify, page_header, status_badge, tags_md, when
from ui.live import refresh_while

_MORE = {
    "archive": N_("Archive"),
    "unarchive": N_("Take out of the archive"),
}


def header(ws: Workspace, run: ExperimentRun) -> None:
    """Name, one line of context, and what can be done with the run now."""
    with page_header(words.model_name(run.model_name, run.algorithm), _context(run)):
        if run.status.is_final:
            _final_actions(ws, run)
        else:
            _stop_button(ws, run)


def _context(run: ExperimentRun) -> str:
    return _("Run {id} of {experiment}: {algorithm} on {dataset}, predicting {target}").format(
        id=run.id,
        experiment=f"{run.experiment_name} {words.version(run.experiment_version)}",
        algorithm=words.algorithm_label(run.algorithm),
        dataset=f"{run.dataset_name} {words.version(run.dataset_version)}",
        target=run.spec.dataset.target,
    )


def _stop_button(ws: Workspace, run: ExperimentRun) -> None:
    waiting = run.status is RunStatus.QUEUED
    stopping = run.stop_requested_at is not None
    label = _("Stopping") if stopping else _("Withdraw") if waiting else _("Stop")
    if st.button(
        label, icon=":material/stop_circle:", key="run_stop", disabled=stopping, type="primary"
    ):
        text = (
            _("It has not started yet and will leave the queue.")
            if waiting
            else _("It ends within seconds. What it has measured so far stays; no model is kept.")
        )
        confirm(_("Stop this run?"), text, label, lambda: _stop(ws, run))


def _stop(ws: Workspace, run: ExperimentRun) -> None:
    outcome = attempt(lambda: runs.stop(ws, run.id))
    if outcome.error is not None:
        notify(str(outcome.error), icon=":material/info:")


def _final_actions(ws: Workspace, run: ExperimentRun) -> None:
    # Never at the place of Stop: who presses that as the run ends must not start another.
    completed = run.status is RunStatus.COMPLETED
    label = _("Reproduce") if completed else _("Run again")
    why = _("Runs it again and says whether every number comes out the same.")
    if st.button(label, icon=":material/replay:", key="run_again", help=why if completed else None):
        outcome = attempt(lambda: runs.rerun(ws, run.id, by=owner.submission()))
        if outcome.error is not None:
            show_error(outcome.error)
        else:
            links.go("run", id=outcome.value)
    archived = run.archived_at is not None
    more = st.menu_button(
        _("More"),
        ["unarchive" if archived else "archive"],
        format_func=lambda name: _(_MORE[name]),
        icon=":material/more_horiz:",
        key="run_more",
    )
    if more:
        (runs.archive if more == "archive" else runs.unarchive)(ws, run.id)
        st.rerun()
    if run.status is RunStatus.COMPLETED and st.button(
        _("Compare"), icon=":material/compare_arrows:", type="primary", key="run_compare"
    ):
        links.go("compare", runs=_siblings(ws, run))


def _siblings(ws: Workspace, run: ExperimentRun) -> list[int]:
    """This run and the completed runs of its experiment."""
    query = runs.RunFilter(experiment_id=run.experiment_id, status=(RunStatus.COMPLETED,))
    others = (item.id for item in runs.list_runs(ws, query, limit=20).items)
    return list(dict.fromkeys([run.id, *others]))


# State --------------------------------------------------------------------------------------------


def state(ws: Workspace, run: ExperimentRun) -> None:
    """Status, the facts beside it, and the reason of an end that was not the good one."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        status_badge(run.status)
        if run.stop_requested_at is not None and not run.status.is_final:
            st.badge(_("Stopping"), icon=":material/stop_circle:", color="orange")
        if run.archived_at is not None:
            st.badge(_("Archived"), icon=":material/archive:", color="gray")
        st.badge(allocations.needs(run), icon=":material/memory:", color="gray")
        st.badge(
            _("limit {time}").format(time=words.duration(run.time_limit_hours * 3600)),
            icon=":material/timer:",
            color="gray",
        )
        if run.tags:
            st.markdown(tags_md(run.tags), width="content")
        when(run.ended_at or run.started_at or run.created_at, _moment(run))
        name = f"{run.experiment_name} {words.version(run.experiment_version)}"
        short = words.clip(name, 40)
        links.link(
            words.md(short),
            "experiments",
            icon=":material/experiment:",
            help=None if short == name else words.md(name),
            id=run.experiment_id,
        )
    if run.status.is_final and run.status is not RunStatus.COMPLETED:
        _why(run, runs.error(ws, run.id))


def waiting(ws: Workspace, run: ExperimentRun) -> None:
    """Why a run has not started, and when it does at the latest; keeps itself up to date."""

    @refresh_while(True)
    def line() -> None:
        wait = queue.wait_of(ws, run.id)
        if wait is not None:
            st.info(words.md(queue_view.outlook(wait)), icon=":material/schedule:")

    line()


def _moment(run: ExperimentRun) -> str:
    if run.ended_at is not None:
        return _("ended {time}")
    return _("started {time}") if run.started_at is not None else _("queued {time}")


def _why(run: ExperimentRun, error: TrainingError | None) -> None:
    """A run that did not complete explains itself."""
    reason = words.reason_word(run.end_reason)
    message = run.message or (error.message if error else "")
    lines = [f"**{words.md(reason)}**"]
    if message.rstrip(".") != reason:
        lines.append(words.md(message))
    if error is not None:
        if error.message and error.message not in message:
            lines.append(words.md(error.message))
        if error.hint and error.hint not in message:
            lines.append(words.md(error.hint))
    text = "  \n".join(line for line in lines if line)
    if run.status is RunStatus.CANCELLED:
        st.info(text, icon=":material/cancel:")
    else:
        st.error(text, icon=":material/error:")
    if error is not None and error.traceback:
        with st.expander(_("What the training process said"), icon=":material/terminal:"):
            st.code(error.traceback, language=None, wrap_lines=True, height=260)


# Configuration ------------------------------------------------------------------------------------


def configuration(run: ExperimentRun, params: dict[str, object] | None = None) -> None:
    """Everything that decided what the run computes; ``params`` complete, once it is known."""
    spec = run.spec
    left, right = st.columns(2)
    with left, card(_("Model"), words.algorithm_label(spec.model.algorithm)):
        facts([(name, words.param_value(v)) for name, v in (params or spec.model.params).items()])
        if not params and not spec.model.params:
            st.caption(_("Every parameter has its default."))
    with right, card(_("Plan")):
        facts(plan_facts(spec))


def plan_facts(spec: RunSpec) -> list[tuple[str, str]]:
    """Data, features, evaluation and allocation of a run, as a person reads them."""
    features, judged, given = spec.features, spec.evaluation, spec.resources
    columns = (
        _("all suggested")
        if features.include == "all"
        else ngettext("{n} column", "{n} columns", len(features.include)).format(
            n=len(features.include)
        )
    )
    rows = [
        (_("Dataset"), f"{spec.dataset.name} {words.version(spec.dataset.version)}"),
        (_("Target"), spec.dataset.target),
        (_("Task"), words.task_word(spec.dataset.task)),
        (_("Positive class"), spec.dataset.positive_class or ""),
        (_("Columns"), columns),
        (_("Left out"), ", ".join(features.exclude)),
        (_("Hold-out"), words.percent(judged.holdout)),
        (_("Folds"), words.integer(judged.folds)),
        (_("Split"), words.split_word(judged.strategy)),
        (_("Group column"), judged.group_column or ""),
        (_("Time column"), judged.time_column or ""),
        (_("Seed"), str(judged.seed)),
        (_("Cores"), words.integer(given.cpu_cores)),
        (_("Memory"), words.gigabytes(given.memory_gb)),
        (_("GPUs"), words.integer(given.gpus) if given.gpus else ""),
        (_("Time limit"), words.duration(given.time_limit_seconds)),
    ]
    return [(name, value) for name, value in rows if value]
