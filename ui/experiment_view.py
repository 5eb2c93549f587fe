"""One experiment: what it is, its runs, its configuration, its versions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from mlops_core import words
from mlops_core.domain.records import Experiment, RunSummary
from mlops_core.domain.states import ExperimentStatus, RunStatus
from mlops_core.i18n import N_, _, ngettext
from mlops_core.services import experiments, runs
from mlops_core.store.workspace import Workspace
from ui import experiment_dialogs as dialogs
from ui import experiment_filters as filters
from ui import links, owner
from ui.errors import attempt, show_error
from ui.experiment_batch import Action, bar, remember_picked
from ui.experiment_config import show_config
from ui.experiment_runs import actions, selected_words
from ui.experiment_versions import show_versions
from ui.layout import confirm, empty_state, notify, page_header, status_badge
from ui.live import first, refresh_while
from ui.run_columns import grid_columns, rows
from ui.tables import grid

SCOPE = "experiment"
DEFAULTS: dict[str, filters.Value] = {"view": "runs"}
VIEWS = {"runs": N_("Runs"), "configuration": N_("Configuration"), "versions": N_("Versions")}
RUNS_SHOWN = 500
_ACTIVE = {ExperimentStatus.QUEUED, ExperimentStatus.RUNNING}
_MORE = {
    "duplicate": N_("Duplicate"),
    "edit": N_("Edit description and tags"),
    "archive": N_("Archive"),
    "unarchive": N_("Take out of the archive"),
    "remove": N_("Remove"),
}


def show(ws: Workspace, experiment: Experiment) -> None:
    """The page of one experiment."""
    found = _runs(ws, experiment.id)
    with page_header(
        f"{experiment.name} {words.version(experiment.version)}", _context(experiment)
    ):
        _header_actions(ws, experiment, found)
    _badges(experiment)
    filters.restore(SCOPE, DEFAULTS, {"view": list(VIEWS)})
    st.segmented_control(
        _("Part"),
        list(VIEWS),
        format_func=lambda name: _(VIEWS[name]),
        key=f"{SCOPE}.view",
        label_visibility="collapsed",
        required=True,
    )
    view = filters.keep(SCOPE, DEFAULTS)["view"]
    if view == "configuration":
        show_config(ws, experiment, used=bool(found))
    elif view == "versions":
        show_versions(ws, experiment)
    else:
        _show_runs(ws, experiment, found)


def _runs(ws: Workspace, experiment_id: int) -> tuple[RunSummary, ...]:
    query = runs.RunFilter(experiment_id=experiment_id, archived=None)
    return runs.list_runs(ws, query, limit=RUNS_SHOWN).items


def _context(experiment: Experiment) -> str:
    count = len(experiment.config.models)
    return _("{task} of {target} on {dataset}, {models}, made {when}").format(
        task=words.task_word(experiment.config.task),
        target=experiment.config.target,
        dataset=f"{experiment.dataset_name} {words.version(experiment.dataset_version)}",
        models=ngettext("{n} model", "{n} models", count).format(n=count),
        when=words.ago(experiment.created_at),
    )


def _badges(experiment: Experiment) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        status_badge(experiment.status)
        if experiment.archived_at is not None:
            st.badge(_("Archived"), icon=":material/archive:", color="gray")
        for tag in experiment.tags:
            st.badge(words.md(tag), color="gray")
    if experiment.description:
        st.markdown(words.md(experiment.description))


def _header_actions(ws: Workspace, experiment: Experiment, found: Sequence[RunSummary]) -> None:
    if st.button(_("New version"), icon=":material/difference:", key="experiment_version"):
        links.go("experiments", version_of=experiment.id)
    more = st.menu_button(
        _("More"),
        _more_options(experiment, found),
        format_func=lambda name: _(_MORE[name]),
        key="experiment_more",
        icon=":material/more_horiz:",
    )
    if experiment.status in _ACTIVE:
        if st.button(_("Stop"), icon=":material/stop_circle:", key="experiment_stop"):
            _ask_stop(ws, experiment, found)
    elif found and st.button(_("Run again"), icon=":material/replay:", key="experiment_again"):
        _start(ws, experiment)
    completed = [run.id for run in found if run.status is RunStatus.COMPLETED]
    if not found:
        if st.button(_("Start"), icon=":material/play_arrow:", type="primary", key="start"):
            _start(ws, experiment)
    elif len(completed) >= 2 and st.button(
        _("Compare runs"), icon=":material/compare_arrows:", type="primary", key="compare"
    ):
        links.go("compare", runs=completed[:50])
    if more:
        _do_more(ws, experiment, more)


def _more_options(experiment: Experiment, found: Sequence[RunSummary]) -> list[str]:
    archived = experiment.archived_at is not None
    options = ["edit", "duplicate", "unarchive" if archived else "archive"]
    return options if found else [*options, "remove"]


def _do_more(ws: Workspace, experiment: Experiment, name: str) -> None:
    match name:
        case "edit":
            dialogs.edit(ws, experiment)
        case "duplicate":
            dialogs.duplicate(ws, experiment)
        case "remove":
            dialogs.remove(ws, experiment)
        case "archive":
            _act(lambda: experiments.archive(ws, experiment.id), _("Archived"))
        case "unarchive":
            _act(lambda: experiments.unarchive(ws, experiment.id), _("Taken out of the archive"))


def _start(ws: Workspace, experiment: Experiment) -> None:
    _act(
        lambda: experiments.start(ws, experiment.id, by=owner.submission()), _("Added to the queue")
    )


def _ask_stop(ws: Workspace, experiment: Experiment, found: Sequence[RunSummary]) -> None:
    count = sum(not run.status.is_final for run in found)

    def stop() -> None:
        experiments.stop(ws, experiment.id)
        notify(_("Stopping"))

    text = ngettext(
        "{n} run waits or runs. It ends and keeps what it measured so far.",
        "{n} runs wait or run. They end and keep what they measured so far.",
        count,
    ).format(n=count)
    confirm(_("Stop this experiment"), text, _("Stop"), stop)


def _act(call: Callable[[], object], said: str) -> None:
    outcome = attempt(call)
    if outcome.error is not None:
        show_error(outcome.error)
        return
    notify(said)
    st.rerun()


def _show_runs(ws: Workspace, experiment: Experiment, found: Sequence[RunSummary]) -> None:
    if not found:
        with empty_state(
            _("Planned, not yet run"),
            _("Start trains every model of this version, one run each."),
            icon=":material/play_circle:",
        ):
            pass
        return
    shown_statuses = tuple(run.status for run in found)
    picked_key = f"_picked_{experiment.id}"
    look = first(found, lambda: _runs(ws, experiment.id))

    @refresh_while(not all(status.is_final for status in shown_statuses))
    def table() -> None:
        now = look()
        if tuple(run.status for run in now) != shown_statuses:
            st.rerun()  # the badges and actions above depend on it
        columns = _shown_columns(now)
        picked = grid(
            rows(ws, now, columns),
            [column for column in grid_columns(columns) if column.field != "experiment"],
            key=f"runs_of_{experiment.id}",
            selection="multi",
        )
        remember_picked(picked_key, picked)

    table()
    picked = st.session_state.get(picked_key, ())
    selected = [run for run in found if run.id in picked]
    bar(selected, [*actions(ws), _rerun(ws)], selected_words)


def _shown_columns(found: Sequence[RunSummary]) -> list[str]:
    live = any(not run.status.is_final for run in found)
    metrics = list(dict.fromkeys(run.metric for run in found))
    ended = ["reason"] if any(run.status is RunStatus.FAILED for run in found) else []
    changing = ["progress", *metrics] if live else [*metrics, "std"]
    return [*changing, "wall", "memory", "created", *ended]


def _rerun(ws: Workspace) -> Action[RunSummary]:
    def again(items: Sequence[RunSummary]) -> None:
        for run in items:
            runs.rerun(ws, run.id, by=owner.submission())
        count = len(items)
        notify(ngettext("{n} run queued", "{n} runs queued", count).format(n=count))

    return Action(
        _("Run again"),
        ":material/replay:",
        again,
        lambda items: all(run.status.is_final for run in items),
        hint=_("Only runs that are over can be run again."),
    )
