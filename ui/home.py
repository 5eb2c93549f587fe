"""The views of Home."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from mlops_core import words
from mlops_core.domain.records import ExperimentSummary, RunSummary
from mlops_core.i18n import N_, _, ngettext
from mlops_core.services import baselines, datasets
from mlops_core.services.overview import Overview, overview
from mlops_core.store.workspace import Workspace
from mlops_core.words import allocations
from ui import charts, layout, links, owner
from ui.layout import card, metric_card, section
from ui.live import first, refresh_while

SHOWN = 8
_NAME = 24  # columns of an experiment's name that leave its version in sight
_STEPS = {
    "dataset": (N_("Add a dataset"), "data"),
    "experiment": (N_("Train models on it"), "experiments"),
    "completed": (N_("See a run end well"), "experiments"),
    "compared": (N_("Compare what came out"), "compare"),
}


def context(found: Overview) -> str:
    """One line on the whole workspace."""
    data = ngettext("{n} dataset", "{n} datasets", found.datasets).format(n=found.datasets)
    models = ngettext("{n} model", "{n} models", found.models).format(n=found.models)
    return _("{datasets} and {models} saved on this machine").format(datasets=data, models=models)


# Nothing there yet --------------------------------------------------------------------------------


def welcome(ws: Workspace) -> None:
    """The first page of an empty workspace: one click to a sample, one to an upload."""
    from mlops_core.data.samples import SAMPLES

    samples = {sample.key: sample for sample in SAMPLES}
    st.space("small")
    st.title(_("From a table to compared models"), anchor=False)
    st.markdown(
        _(
            "Bring a CSV, choose what to predict, and train models side by side on this machine, "
            "each inside the processor, memory and time you give it."
        )
    )
    with st.container(border=True):
        section(_("Start with a sample"), _("ready to train"))
        key = st.segmented_control(
            _("Sample"),
            list(samples),
            format_func=lambda key: words.md(_(samples[key].label)),
            default=next(iter(samples)),
            required=True,
            key="home_sample",
            label_visibility="collapsed",
        )
        sample = samples[key]
        rows = ngettext("{n} row", "{n} rows", sample.rows).format(n=words.integer(sample.rows))
        st.markdown(words.md(f"{_(sample.description)} {rows}."))
        st.caption(words.md(f"{sample.source} · {sample.licence}"))
        with st.container(horizontal=True, vertical_alignment="center"):
            train = st.button(
                _("Try it with a sample"),
                icon=":material/play_circle:",
                type="primary",
                key="home_try",
                help=_("Adds the data and trains four models with the suggested settings."),
            )
            look = st.button(_("Only add the data"), icon=":material/database:", key="home_look")
            if st.button(_("Use my own CSV"), icon=":material/upload:", key="home_own"):
                links.go("data", view="import")
    _what_happens()
    if train or look:
        _start_with(ws, sample.key, train)


def _start_with(ws: Workspace, key: str, train: bool) -> None:
    """Add the sample, and train on it where that was asked for; leaves for what came of it."""
    with st.spinner(_("Reading the sample")):
        dataset = datasets.add_sample(ws, key)
        if not train:
            links.go("data", dataset=dataset.id)
        experiment, _ids = baselines.train(ws, dataset.id, by=owner.submission())
    layout.notify(_("Four models are in training."), icon=":material/play_circle:")
    links.go("experiments", id=experiment.id)


def _what_happens() -> None:
    steps = (
        (":material/database:", _("Data"), _("Types, gaps and oddities are found for you.")),
        (":material/tune:", _("Features and models"), _("Suggested, and yours to change.")),
        (":material/monitoring:", _("Run"), _("Watch it live; stop it when you like.")),
        (":material/compare_arrows:", _("Compare"), _("What is better, and by how much.")),
    )
    with st.grid(4, min_column_width=190):
        for icon, title, text in steps:
            with st.container(border=True, height="stretch", gap="xxsmall"):
                st.markdown(f":primary[{icon}] **{title}**")
                st.caption(text)


# Totals -------------------------------------------------------------------------------------------


def totals(found: Overview) -> None:
    """Five numbers, each leading to the page behind it."""
    waiting = ngettext("{n} waiting", "{n} waiting", found.queued).format(n=found.queued)
    tiles: tuple[tuple[str, int, str, str, str, dict[str, links.QueryValue]], ...] = (
        (_("Experiments"), found.experiments, "experiment", _("all time"), "experiments", {}),
        (_("Running"), found.running, "progress_activity", waiting, "experiments",
         _runs_of("running")),
        (_("Completed"), found.completed, "check_circle", _("runs"), "experiments",
         _runs_of("completed")),
        (_("Failed"), found.failed, "error", _("runs"), "experiments", _runs_of("failed")),
        (_("Models"), found.models, "category", _("saved configurations"), "models", {}),
    )  # fmt: skip
    with st.grid(5, min_column_width=150):
        for label, count, icon, note, page, query in tiles:
            metric_card(
                label,
                words.integer(count),
                note=note,
                page=page,
                query=query,
                icon=f":material/{icon}:",
            )


def _runs_of(status: str) -> dict[str, links.QueryValue]:
    """The list of runs, narrowed to one status."""
    return {"tab": "runs", "state": status}


def first_steps(found: Overview) -> None:
    """What is left to do until the first comparison exists."""
    if all(step.done for step in found.checklist):
        return
    with st.container(border=True):
        section(_("First steps"))
        with st.container(horizontal=True, gap="medium"):
            for step in found.checklist:
                title, page = _STEPS[step.key]
                icon = (
                    ":material/check_circle:" if step.done else ":material/radio_button_unchecked:"
                )
                label = f":gray[{_(title)}]" if step.done else _(title)
                links.link(label, page, icon=icon, query=_next(step.key, found))


def _next(step: str, found: Overview) -> dict[str, links.QueryValue]:
    """What the last step opens with: the runs of the latest experiment that has some."""
    done = [item.id for item in found.recent if item.completed >= 2]
    return {"experiments": done[:1]} if step == "compared" else {}


# What happens now ---------------------------------------------------------------------------------


def now(ws: Workspace, found: Overview) -> None:
    """What runs and what waits; looks again every two seconds while anything does."""
    before = {run.id for run in (*found.running_runs, *found.queue)}
    look = first(found, lambda: overview(ws))

    @refresh_while(bool(before), every=2.0)
    def panel() -> None:
        fresh = look()
        if {run.id for run in (*fresh.running_runs, *fresh.queue)} != before:
            st.rerun()
        _running(ws, fresh)
        if fresh.queue:
            _queue(fresh)

    panel()


def _running(ws: Workspace, found: Overview) -> None:
    from mlops_core.services import resources

    machine = resources.machine(ws)
    count = ngettext("{n} run", "{n} runs", found.running).format(n=found.running)
    with card(_("Running now"), count if found.running else "", height="content"):
        if not found.running_runs:
            st.caption(_("Nothing runs. The machine is free."))
        for run in found.running_runs[:SHOWN]:
            _running_run(run)
        used = machine.memory_gb - machine.memory_free_gb
        with st.container(horizontal=True, gap="medium"):
            load = (machine.cpu_percent or 0.0) / 100
            st.metric(
                _("Processor"), words.percent(round(load, 2)), width="content",
                help=_("All {n} cores of this machine together").format(n=machine.cores),
            )  # fmt: skip
            st.metric(
                _("Memory"), words.gigabytes(used), width="content",
                help=_("of {total}").format(total=words.gigabytes(machine.memory_gb)),
            )  # fmt: skip
            st.metric(_("Waiting"), words.integer(found.queued), width="content")


def _running_run(run: RunSummary) -> None:
    with st.container(gap="xxsmall"):
        links.link(f"**{_title(run)}**", "run", id=run.id)
        share = min(max(run.progress, 0.0), 1.0)
        st.progress(share, text=f"{words.percent(round(share, 2))} · {_rest(run)}")


def _title(run: RunSummary) -> str:
    """Experiment and algorithm; a long name of the one leaves room for the other."""
    name = words.md(words.clip(run.experiment_name, _NAME))
    return f"{name} · {words.md(words.algorithm_label(run.algorithm))}"


def _rest(run: RunSummary) -> str:
    """What a run does and for how long it has."""
    if run.started_at is None:
        return words.phase_words(run.phase)
    spent = (datetime.now(UTC) - run.started_at).total_seconds()
    return f"{words.phase_words(run.phase)} · {words.duration(spent)}"


def _queue(found: Overview) -> None:
    count = ngettext("{n} run", "{n} runs", found.queued).format(n=found.queued)
    with card(_("Queue"), count, height="content"):
        for place, run in enumerate(found.queue[:SHOWN], start=1):
            links.link(
                f"{place}. {_title(run)} :gray[{allocations.needs(run)}]",
                "run",
                id=run.id,
            )
        if found.queued > SHOWN:
            st.caption(_("{shown} of {total}").format(shown=SHOWN, total=found.queued))


# What came out last -------------------------------------------------------------------------------


def recent(found: Overview) -> None:
    """The experiments with something new, the latest on top."""
    with card(_("Recent experiments"), height="content"):
        if not found.recent:
            st.caption(_("No experiment yet. Choose a dataset and press Train a baseline now."))
        for experiment in found.recent[:SHOWN]:
            _recent_row(experiment)
        links.link(_("All experiments"), "experiments", icon=":material/arrow_forward:")


def _recent_row(item: ExperimentSummary) -> None:
    """Name and status keep together where the row breaks on a phone."""
    best = f"**{words.metric_value(item.metric, item.best)}**" if item.best is not None else ""
    label = words.metric_label(item.metric, short=True) if item.best is not None else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(width="stretch", gap=None):
            short = words.clip(item.name, _NAME)
            name = f"**{words.md(short)}** :gray[{words.version(item.version)}]"
            whole = None if short == item.name else words.md(item.name)
            links.link(name, "experiments", help=whole, id=item.id)
        with st.container(width=110):
            layout.status_badge(item.status)
        st.markdown(f":small[:gray[{label}] {best}]", width=124)
        with st.container(width=100):
            layout.when(item.last_activity)


def activity(found: Overview) -> None:
    """Runs that ended in the last two weeks."""
    if not any(day.completed or day.failed for day in found.activity):
        return
    with card(_("Runs that ended"), _("by day"), height="content"):
        charts.show(
            charts.activity(
                [day.day for day in found.activity],
                [day.completed for day in found.activity],
                [day.failed for day in found.activity],
            ),
            key="activity",
            alt=_("How many runs completed and failed on each of the last days."),
        )
