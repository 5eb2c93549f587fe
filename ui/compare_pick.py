"""Choosing the runs of a comparison. What is chosen stands in the URL, by id."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import streamlit as st

from mlops_core import words
from mlops_core.domain.params import Task
from mlops_core.domain.records import RunSummary
from mlops_core.domain.states import RunStatus
from mlops_core.i18n import _, ngettext
from mlops_core.services import experiments, runs
from mlops_core.store.workspace import Workspace
from ui import experiment_filters as filters
from ui import links
from ui.layout import empty_state
from ui.run_columns import grid_columns, rows
from ui.tables import grid

MOST = 50
SHOWN = 200
SCOPE = "pick"
DEFAULTS: dict[str, filters.Value] = {"find": "", "on": "", "in": "", "task": ""}
_COLUMNS = ("dataset", "metric", "value", "wall")


def chosen_ids(ws: Workspace) -> tuple[int, ...]:
    """The runs that the URL names, or the completed ones of the experiments that it names."""
    wanted = links.query_ints("experiments", MOST)
    if wanted and not links.query_text("runs"):
        found = [run.id for id in wanted for run in _completed(ws, id)][:MOST]
        links.set_query(runs=found, experiments=None)
        return tuple(found)
    return links.query_ints("runs", MOST)


def _completed(ws: Workspace, experiment_id: int) -> tuple[RunSummary, ...]:
    query = runs.RunFilter(experiment_id=experiment_id, status=(RunStatus.COMPLETED,))
    return runs.list_runs(ws, query, limit=MOST).items


def pick(ws: Workspace, chosen: Sequence[int]) -> tuple[int, ...]:
    """The table to choose from; what is chosen by now, in the order it was chosen."""
    values = _toolbar(ws)
    query = runs.RunFilter(
        search=str(values["find"]),
        status=(RunStatus.COMPLETED,),
        dataset_name=str(values["on"]) or None,
        experiment_id=int(str(values["in"])) if values["in"] else None,
        task=Task(str(values["task"])) if values["task"] else None,
    )
    page = runs.list_runs(ws, query, limit=SHOWN)
    if not page.items:
        _nothing_matches()
        return tuple(chosen)
    # Another key for other filters: the grid then begins with what is chosen already.
    key = f"pick_{zlib.crc32(repr(sorted(values.items())).encode()):08x}"
    picked = grid(
        rows(ws, page.items, _COLUMNS),
        [column for column in grid_columns(_COLUMNS) if column.field != "status"],
        key=key,
        selection="multi",
        selected=chosen,
        height=330,
    )
    if page.total > len(page.items):
        st.caption(filters.cut(len(page.items), page.total))
    result = merged(chosen, picked, [run.id for run in page.items])
    if len(result) > MOST:
        st.warning(
            _("At most {n} runs can be compared; the first {n} are shown.").format(n=MOST),
            icon=":material/info:",
        )
    return result[:MOST]


def merged(before: Sequence[int], picked: Sequence[int], visible: Sequence[int]) -> tuple[int, ...]:
    """What is chosen now: what a filter hides stays chosen, what is visible follows the table."""
    hidden = set(before) - set(visible)
    kept = [id for id in before if id in hidden or id in picked]
    return tuple(dict.fromkeys([*kept, *picked]))


def _toolbar(ws: Workspace) -> dict[str, filters.Value]:
    query = experiments.ExperimentFilter()
    known = experiments.list_experiments(ws, query, sort="last_activity", limit=SHOWN).items
    names = {str(item.id): f"{item.name} {words.version(item.version)}" for item in known}
    tables = sorted({item.dataset_name for item in known})
    tasks = [str(task) for task in Task]
    filters.restore(
        SCOPE, DEFAULTS, {"on": ["", *tables], "in": ["", *names], "task": ["", *tasks]}
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.text_input(
            _("Search"),
            key=f"{SCOPE}.find",
            type="search",
            placeholder=_("Search names and tags"),
            label_visibility="collapsed",
            live="300ms",
            width=240,
        )
        filters.choice(SCOPE, "on", _("Dataset"), tables, _("Any dataset"))
        filters.choice(
            SCOPE, "in", _("Experiment"), list(names), _("Any experiment"), names.__getitem__, 220
        )
        filters.choice(SCOPE, "task", _("Task"), tasks, _("Any task"), words.task_word)
    return filters.keep(SCOPE, DEFAULTS)


def count_words(count: int) -> str:
    return ngettext("{n} run chosen", "{n} runs chosen", count).format(n=count)


def _nothing_matches() -> None:
    with empty_state(
        _("No completed run matches"),
        _("Nothing fits all the filters above."),
        icon=":material/filter_alt_off:",
    ):
        st.button(
            _("Clear the filters"),
            on_click=filters.clear,
            args=(SCOPE, DEFAULTS, *DEFAULTS),
            type="primary",
        )
