"""The table of experiments: narrowed, sorted, and what can be done with those selected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from mlops_core import words
from mlops_core.domain.records import ExperimentSummary, Page
from mlops_core.domain.states import ExperimentStatus
from mlops_core.i18n import N_, _, ngettext
from mlops_core.services import experiments
from mlops_core.store.workspace import Workspace
from ui import experiment_filters as filters
from ui import links
from ui.experiment_batch import Action, bar, remember_picked
from ui.layout import empty_state, notify
from ui.live import first, refresh_while
from ui.tables import Col, grid

SCOPE = "experiments"
DEFAULTS: dict[str, filters.Value] = {
    "q": "",
    "status": "",
    "tag": "",
    "data": "",
    "archived": False,
    "sort": "-created_at",
}
NARROWING = ("q", "status", "tag", "data", "archived")
SORTS = {
    "-created_at": N_("Newest"),
    "created_at": N_("Oldest"),
    "-last_activity": N_("Last active"),
    "name": N_("Name"),
    "-runs": N_("Most runs"),
    "-failed": N_("Most failures"),
}
SHOWN = 200
_PICKED = "_experiments_picked"
_ACTIVE = {ExperimentStatus.QUEUED, ExperimentStatus.RUNNING}


def toolbar(datasets: Sequence[str], tags: Sequence[str]) -> dict[str, filters.Value]:
    """The filters in one row; their values by now."""
    statuses = [str(status) for status in ExperimentStatus]
    options = {"status": ["", *statuses], "tag": ["", *tags], "data": ["", *datasets]}
    filters.restore(SCOPE, DEFAULTS, {**options, "sort": list(SORTS)})
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.text_input(
            _("Search"),
            key=f"{SCOPE}.q",
            type="search",
            placeholder=_("Search names and tags"),
            label_visibility="collapsed",
            live="300ms",
            width=210,
        )
        filters.choice(SCOPE, "status", _("Status"), statuses, _("Any status"), words.status_word)
        filters.choice(SCOPE, "tag", _("Tag"), tags, _("Any tag"))
        filters.choice(SCOPE, "data", _("Dataset"), datasets, _("Any dataset"))
        filters.sorting(SCOPE, "sort", {name: _(label) for name, label in SORTS.items()})
        st.toggle(_("Archived"), key=f"{SCOPE}.archived")
    return filters.keep(SCOPE, DEFAULTS)


def _page(ws: Workspace, chosen: dict[str, filters.Value]) -> Page[ExperimentSummary]:
    return experiments.list_experiments(
        ws,
        experiments.ExperimentFilter(
            search=str(chosen["q"]),
            status=ExperimentStatus(str(chosen["status"])) if chosen["status"] else None,
            tag=str(chosen["tag"]) or None,
            dataset=str(chosen["data"]) or None,
            archived=bool(chosen["archived"]),
        ),
        sort=str(chosen["sort"]).removeprefix("-"),
        descending=str(chosen["sort"]).startswith("-"),
        limit=SHOWN,
    )


def show(ws: Workspace, chosen: dict[str, filters.Value]) -> None:
    """The table, kept up to date while something in it waits or runs."""
    page = _page(ws, chosen)
    if not page.items:
        _nothing_matches()
        return
    live = _is_live(page)
    look = first(page, lambda: _page(ws, chosen))

    @refresh_while(live)
    def table() -> None:
        found = look()
        if live and not _is_live(found):
            st.rerun()  # nothing moves any more: the page ends the polling
        picked = grid(
            [_row(item) for item in found.items],
            _columns(),
            key="experiments_grid",
            selection="multi",
        )
        if found.total > len(found.items):
            st.caption(filters.cut(len(found.items), found.total))
        remember_picked(_PICKED, picked)

    table()
    picked = st.session_state.get(_PICKED, ())
    items = [item for item in page.items if item.id in picked]
    bar(items, _actions(ws, bool(chosen["archived"])), _selected)


def _is_live(page: Page[ExperimentSummary]) -> bool:
    return any(item.status in _ACTIVE for item in page.items)


def _row(item: ExperimentSummary) -> dict[str, Any]:
    return {
        "id": item.id,
        "name": (
            f"{item.name} {words.version(item.version)}",
            links.href("experiments", id=item.id),
        ),
        "status": item.status,
        "dataset": f"{item.dataset_name} {words.version(item.dataset_version)}",
        "runs": item.runs,
        "best": best_words(item),
        "models": ", ".join(words.algorithm_label(key) for key in item.algorithms),
        "tags": item.tags,
        "activity": item.last_activity,
    }


def best_words(item: ExperimentSummary) -> str:
    """The best value of the primary metric, with the metric's name."""
    if item.best is None:
        return words.NOTHING
    name = words.metric_label(item.metric, short=True)
    return f"{name} {words.metric_value(item.metric, item.best)}"


def _columns() -> list[Col]:
    return [
        Col("name", _("Experiment"), "link", flex=2, min_width=185),
        Col("status", _("Status"), "status", width=122),
        Col("dataset", _("Dataset"), flex=1, min_width=112),
        Col("runs", _("Runs"), "integer", width=80),
        Col("best", _("Best"), width=135, help=_("Best value of the primary metric")),
        Col("models", _("Models"), flex=1, min_width=100),
        Col("tags", _("Tags"), "tags", flex=1, min_width=95),
        Col("activity", _("Active"), "when", width=120, help=_("When something last happened")),
    ]


def _selected(count: int) -> str:
    return ngettext("{n} experiment selected", "{n} experiments selected", count).format(n=count)


def _actions(ws: Workspace, archived: bool) -> list[Action[ExperimentSummary]]:
    def compare(items: Sequence[ExperimentSummary]) -> None:
        links.go("compare", experiments=[item.id for item in items])

    def stop(items: Sequence[ExperimentSummary]) -> None:
        stopped = sum(experiments.stop(ws, item.id) for item in items)
        notify(ngettext("{n} run is stopping", "{n} runs are stopping", stopped).format(n=stopped))

    def archive(items: Sequence[ExperimentSummary]) -> None:
        for item in items:
            (experiments.unarchive if archived else experiments.archive)(ws, item.id)
        notify(_("Taken out of the archive") if archived else _("Archived"))

    return [
        Action(
            _("Compare runs"),
            ":material/compare_arrows:",
            compare,
            lambda items: any(item.completed for item in items),
            primary=True,
        ),
        Action(
            _("Stop"),
            ":material/stop_circle:",
            stop,
            lambda items: any(item.status in _ACTIVE for item in items),
            ask=_("Their waiting runs are withdrawn and their running ones end."),
        ),
        Action(
            _("Take out of the archive") if archived else _("Archive"),
            ":material/unarchive:" if archived else ":material/archive:",
            archive,
            lambda items: not any(item.status in _ACTIVE for item in items),
        ),
    ]


def _nothing_matches() -> None:
    with empty_state(
        _("No experiment matches"),
        _("Nothing fits all the filters above."),
        icon=":material/filter_alt_off:",
    ):
        st.button(
            _("Clear the filters"),
            on_click=filters.clear,
            args=(SCOPE, DEFAULTS, *NARROWING),
            type="primary",
        )
