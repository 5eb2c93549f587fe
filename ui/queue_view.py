"""The queue: the machine's use, and one table of what runs and what waits, in its order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import streamlit as st

from mlops_core import words
from mlops_core.domain.queue import Holdup, Priority, Wait
from mlops_core.domain.records import RunSummary
from mlops_core.domain.states import RunStatus
from mlops_core.i18n import N_, _, ngettext
from mlops_core.services import queue, runs
from mlops_core.services.queue import Queue, Use
from mlops_core.store.workspace import Workspace
from mlops_core.words import allocations
from ui import charts, links, owner, queue_charts
from ui.errors import attempt
from ui.experiment_batch import Action, bar, remember_picked
from ui.experiment_runs import selected_words
from ui.layout import card, confirm, empty_state, metric_card, notify, page_header
from ui.live import refresh_while
from ui.tables import Col, grid

_PICKED = "_queue_picked"
SPANS = {
    "quarter": (N_("Last 15 minutes"), timedelta(minutes=15)),
    "hour": (N_("Last hour"), timedelta(hours=1)),
    "day": (N_("Last day"), timedelta(days=1)),
}


def show(ws: Workspace) -> None:
    """The whole page; it keeps itself up to date while something runs or waits."""
    found = queue.look(ws)
    me = owner.owner()
    mine = [run for run in _all(found) if run.owner == me]
    with page_header(_("Queue"), _("What runs, what waits and why, and who goes first.")):
        name, hint = words.md(me), _("Change your name")
        if st.button(name, icon=":material/person:", key="queue_me", help=hint):
            owner.change()
        if st.button(
            _("Stop all of mine"),
            icon=":material/stop_circle:",
            key="queue_stop_mine",
            disabled=not mine,
            help=None if mine else _("None of the runs here is yours."),
        ):
            _ask_to_stop(ws, me, mine)
    going_on = bool(_all(found))
    _cards_live(ws, going_on)
    if going_on:
        _table(ws)
    else:
        _nothing()
        st.session_state.pop(_PICKED, None)
    _use_over_time(ws, going_on)
    picked = st.session_state.get(_PICKED, ())
    bar([run for run in _all(found) if run.id in picked], _actions(ws), selected_words)


def _all(found: Queue) -> list[RunSummary]:
    return [*found.running, *(one.run for one in found.waiting)]


def _nothing() -> None:
    with empty_state(
        _("Nothing runs or waits"),
        _("Runs appear here from the moment they are submitted until they end."),
        icon=":material/hourglass_empty:",
    ):
        links.step(_("All experiments"), "experiments", icon=":material/experiment:", primary=False)


def _ask_to_stop(ws: Workspace, me: str, mine: Sequence[RunSummary]) -> None:
    running = sum(run.status is RunStatus.RUNNING for run in mine)
    text = _("Running: {running}, waiting: {waiting}. What was measured so far stays.").format(
        running=running, waiting=len(mine) - running
    )

    def stop() -> None:
        count = queue.stop_all_of(ws, me)
        notify(ngettext("{n} run is stopping", "{n} runs are stopping", count).format(n=count))

    title = words.md(_("Stop all runs of {name}?").format(name=me))
    confirm(title, text, _("Stop all of mine"), stop)


# The machine --------------------------------------------------------------------------------------


def _cards_live(ws: Workspace, live: bool) -> None:
    @refresh_while(live)
    def cards() -> None:
        found = queue.look(ws)
        if live and not (found.running or found.total):
            st.rerun()  # nothing moves any more: the page ends the polling
        _cards(found)

    cards()


def _use_over_time(ws: Workspace, live: bool) -> None:
    with card():
        span = st.segmented_control(
            _("Time shown"),
            list(SPANS),
            format_func=lambda name: _(SPANS[name][0]),
            key="queue.span",
            default="hour",
            required=True,
            label_visibility="collapsed",
        )
        _charts(ws, SPANS[span][1], live)


def _charts(ws: Workspace, span: timedelta, live: bool) -> None:
    @refresh_while(live, every=15.0)
    def draw() -> None:
        used = queue.machine_use_since(ws, span)
        found = queue.look(ws)
        left, right = st.columns(2)
        with left:
            st.markdown("**" + _("Cores: given to runs, and used by them") + "**")
            charts.show(
                queue_charts.use(
                    used.at, used.cores_held, used.cores_used, found.cores.total, _("Cores")
                ),
                alt=_("Cores given to runs and cores used by them, over time."),
                key="queue_cores",
                height=200,
            )
        with right:
            st.markdown("**" + _("Memory: given to runs, and used by them") + "**")
            charts.show(
                queue_charts.use(
                    used.at,
                    used.memory_held_gb,
                    used.memory_used_gb,
                    found.memory_gb.total,
                    _("Memory (GB)"),
                ),
                alt=_("Memory given to runs and memory used by them, over time."),
                key="queue_memory",
                height=200,
            )

    draw()


def _cards(found: Queue) -> None:
    with st.grid(4, min_column_width=170):
        metric_card(
            _("Running"),
            words.integer(len(found.running)),
            note=ngettext("{n} waiting", "{n} waiting", found.total).format(n=found.total),
            icon=":material/progress_activity:",
        )
        metric_card(
            _("Cores given"),
            _of(found.cores),
            note=_free(words.integer(int(found.cores.total - found.cores.held))),
            icon=":material/memory:",
        )
        metric_card(
            _("Memory given"),
            words.gigabytes(found.memory_gb.held),
            note=_("of {size}").format(size=words.gigabytes(found.memory_gb.total)),
            help=_("A tenth of the machine's memory stays with the system and this app."),
            icon=":material/memory_alt:",
        )
        metric_card(
            _("GPUs given"),
            _of(found.gpus) if found.gpus.total else _("None"),
            note=_free(words.integer(int(found.gpus.total - found.gpus.held)))
            if found.gpus.total
            else _("this machine has none"),
            icon=":material/developer_board:",
        )


def _of(use: Use) -> str:
    held, total = words.integer(int(use.held)), words.integer(int(use.total))
    return _("{held} of {total}").format(held=held, total=total)


def _free(amount: str) -> str:
    return _("{amount} free").format(amount=amount)


# The table ----------------------------------------------------------------------------------------


def _table(ws: Workspace) -> None:
    @refresh_while(True)
    def table() -> None:
        found = queue.look(ws)
        picked = grid(rows(found), columns(), key="queue_grid", selection="multi")
        foot(found)
        remember_picked(_PICKED, picked)

    table()


def columns() -> list[Col]:
    return [
        Col("place", _("Place"), "integer", width=80),
        Col("run", _("Run"), "run", width=98),
        Col("status", _("Status"), "status", width=122),
        Col("model", _("Model"), flex=1, min_width=125),
        Col("why", _("What goes on"), flex=2, min_width=220),
        Col("until", _("At the latest"), width=150),
        Col("asked", _("Asks for"), width=165),
        Col("owner", _("Owner"), width=100),
        Col("priority", _("Priority"), width=95),
        Col("experiment", _("Experiment"), "link", width=150),
    ]


def rows(found: Queue) -> list[dict[str, Any]]:
    """What runs, then what waits in its order."""
    going = [_row(run, None, words.percent(run.progress), _ends(run)) for run in found.running]
    return going + [
        _row(one.run, one.wait.place, why(one.wait), _starts(one.wait)) for one in found.waiting
    ]


def _row(run: RunSummary, place: int | None, note: str, until: str) -> dict[str, Any]:
    name = f"{run.experiment_name} {words.version(run.experiment_version)}"
    return {
        "id": run.id,
        "place": place,
        "run": run.id,
        "status": run.status,
        "model": words.model_name(run.model_name, run.algorithm),
        "experiment": (name, links.href("experiments", id=run.experiment_id)),
        "owner": run.owner or words.NOTHING,
        "priority": _(run.priority.word),
        "asked": allocations.limits(run),
        "why": note,
        "until": until,
    }


def _ends(run: RunSummary) -> str:
    if run.started_at is None:
        return words.NOTHING
    return _("ends {time}").format(time=_moment(run.started_at, run.time_limit_hours))


def _moment(start: datetime, hours: float) -> str:
    return words.ago(start + timedelta(hours=hours))


def _starts(wait: Wait) -> str:
    if wait.holdup is Holdup.SOON:
        return _("starts now")
    if wait.starts_by is None:
        return words.NOTHING
    return _("starts {time}").format(time=words.ago(wait.starts_by))


def why(wait: Wait) -> str:
    """What a waiting run waits for, in one sentence."""
    match wait.holdup:
        case Holdup.CORES:
            return _waits_for(allocations.cores(int(wait.asked)), words.integer(int(wait.free)))
        case Holdup.MEMORY:
            return _waits_for(words.gigabytes(wait.asked), words.gigabytes(wait.free))
        case Holdup.GPUS:
            return _waits_for(allocations.gpus(int(wait.asked)), words.integer(int(wait.free)))
        case Holdup.TURN:
            return _("Would delay run {id}, whose turn it is.").format(id=wait.behind)
        case Holdup.NEVER:
            return _("Asks for more than this machine has.")
        case Holdup.SOON:
            return _("Starts with the next look at the queue.")


def _waits_for(asked: str, free: str) -> str:
    return _("Waits for {asked}; {free} free.").format(asked=asked, free=free)


def outlook(wait: Wait) -> str:
    """Why a run waits and when it starts at the latest."""
    if wait.holdup is Holdup.SOON or wait.starts_by is None:
        return why(wait)
    place = _("Place {n} in the queue.").format(n=words.integer(wait.place))
    late = _("It starts {time} at the latest, if nothing that goes first is submitted.").format(
        time=words.ago(wait.starts_by)
    )
    return f"{place} {why(wait)} {late}"


def foot(found: Queue) -> None:
    """What is not shown, how the order comes about, and who used what lately."""
    shown = len(found.waiting)
    if shown < found.total:
        st.caption(
            _("Showing the first {shown} of {total} that wait.").format(
                shown=words.integer(shown), total=words.integer(found.total)
            )
        )
    st.caption(
        _(
            "Order: priority, then who has least of the machine now, then who used least of it in "
            "the last 24 hours, then who came first. Small runs fill gaps only where they delay "
            "nobody whose turn it is."
        )
    )
    people = {run.owner for run in _all(found)}
    if len(people) > 1:
        used = ", ".join(
            f"{name or words.NOTHING} {words.number(found.core_hours.get(name, 0.0))}"
            for name in sorted(people, key=lambda one: found.core_hours.get(one, 0.0))
        )
        st.caption(words.md(_("Core-hours in the last 24 hours: {used}").format(used=used)))


# What is selected ---------------------------------------------------------------------------------


def _actions(ws: Workspace) -> list[Action[RunSummary]]:
    def prefer(priority: Priority) -> Any:
        def call(items: Sequence[RunSummary]) -> None:
            for run in items:
                queue.set_priority(ws, run.id, priority, by=owner.owner())
            notify(_("Priority: {word}").format(word=_(priority.word)))

        return call

    def stop(items: Sequence[RunSummary]) -> None:
        for run in items:
            attempt(partial(runs.stop, ws, run.id))  # one that has just ended is no error
        count = len(items)
        notify(ngettext("{n} run is stopping", "{n} runs are stopping", count).format(n=count))

    def waits(items: Sequence[RunSummary]) -> bool:
        return all(run.status is RunStatus.QUEUED for run in items)

    hint = _("Only a run that waits can change its place.")
    return [
        Action(
            _("High priority"), ":material/keyboard_double_arrow_up:", prefer(Priority.HIGH),
            waits, hint=hint,
        ),
        Action(
            _("Normal priority"), ":material/drag_handle:", prefer(Priority.NORMAL), waits,
            hint=hint,
        ),
        Action(
            _("Low priority"), ":material/keyboard_double_arrow_down:", prefer(Priority.LOW),
            waits, hint=hint,
        ),
        Action(
            _("Stop"),
            ":material/stop_circle:",
            stop,
            lambda items: True,
            ask=_("Waiting runs are withdrawn, running ones end and keep what they measured."),
        ),
    ]  # fmt: skip
