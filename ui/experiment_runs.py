"""The table of all runs: filters, chosen columns, what can be done with those selected, export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import streamlit as st

from mlops_core import words
from mlops_core.algorithms import ALGORITHMS
from mlops_core.domain.records import Page, RunSummary
from mlops_core.domain.states import RunStatus
from mlops_core.i18n import N_, _, ngettext
from mlops_core.metrics import METRICS
from mlops_core.services import runs
from mlops_core.store.workspace import Workspace
from ui import experiment_filters as filters
from ui import links, run_columns, saved_columns
from ui.experiment_batch import Action, bar, remember_picked
from ui.experiment_export import to_csv
from ui.layout import empty_state, notify
from ui.live import first, refresh_while
from ui.tables import grid

SCOPE = "runs"
DEFAULTS: dict[str, filters.Value] = {
    "find": "",
    "state": [],
    "label": "",
    "table": "",
    "algorithm": "",
    "since": "",
    "old": False,
    "by": "-created_at",
    "columns": ["dataset", "value", "wall", "created"],
    "rows": "200",
}
NARROWING = ("find", "state", "label", "table", "algorithm", "since", "old")
SHOWN, MOST_SHOWN = 200, 2_000  # rows that come at once, and in all
_PICKED = "_runs_picked"

DAYS = ("1", "7", "30")  # back to which runs may be narrowed, by their end

SORTS = {
    "-created_at": N_("Newest"),
    "created_at": N_("Oldest"),
    "-wall_seconds": N_("Slowest"),
    "wall_seconds": N_("Fastest"),
    "-peak_memory_mb": N_("Most memory"),
    "experiment_name": N_("Experiment"),
    "algorithm": N_("Algorithm"),
}


def sort_labels(columns: Sequence[str] = ()) -> dict[str, str]:
    """Every order: metrics best first by their own direction, settings where they are shown."""
    labels = {option: _(label) for option, label in SORTS.items()}
    for metric in METRICS.values():
        sign = "-" if metric.greater_is_better else ""
        name = words.metric_label(metric.key, short=True)
        labels[f"{sign}metric:{metric.key}"] = _("Best {metric}").format(metric=name)
    return {**labels, **run_columns.sorts_of(columns)}


def toolbar(
    ws: Workspace, datasets: Sequence[str], tags: Sequence[str]
) -> dict[str, filters.Value]:
    """The filters, the sort order and the columns; their values by now."""
    statuses = [str(status) for status in RunStatus]
    columns = run_columns.every()
    algorithms = list(ALGORITHMS)
    filters.restore(
        SCOPE,
        DEFAULTS,
        {
            "state": statuses,
            "label": ["", *tags],
            "table": ["", *datasets],
            "algorithm": ["", *algorithms],
            "since": ["", *DAYS],
            "by": sort_labels(columns),
            "columns": columns,
            "rows": [str(count) for count in range(SHOWN, MOST_SHOWN + 1, SHOWN)],
        },
    )
    asked = st.session_state[f"{SCOPE}.by"].removeprefix("-").removeprefix("setting:")
    sorts = sort_labels([*st.session_state[f"{SCOPE}.columns"], asked])
    _fields(datasets, tags, algorithms, sorts)
    _states_and_columns(ws, statuses, columns)
    return filters.keep(SCOPE, DEFAULTS)


def _fields(
    datasets: Sequence[str], tags: Sequence[str], algorithms: Sequence[str], sorts: dict[str, str]
) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.text_input(
            _("Search"),
            key=f"{SCOPE}.find",
            type="search",
            placeholder=_("Search names and tags"),
            label_visibility="collapsed",
            live="300ms",
            width=210,
        )
        filters.choice(SCOPE, "label", _("Tag"), tags, _("Any tag"))
        filters.choice(SCOPE, "table", _("Dataset"), datasets, _("Any dataset"))
        filters.choice(
            SCOPE,
            "algorithm",
            _("Algorithm"),
            algorithms,
            _("Any algorithm"),
            words.algorithm_label,
        )
        filters.sorting(SCOPE, "by", sorts)


def ended_since(days: str) -> str:
    return ngettext("Ended in the last {n} day", "Ended in the last {n} days", int(days)).format(
        n=days
    )


def _states_and_columns(ws: Workspace, statuses: Sequence[str], columns: Sequence[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.pills(
            _("Status"),
            statuses,
            selection_mode="multi",
            format_func=lambda status: f"{words.status_icon(status)} {words.status_word(status)}",
            key=f"{SCOPE}.state",
            label_visibility="collapsed",
        )
        filters.choice(SCOPE, "since", _("Ended"), DAYS, _("Ended any time"), ended_since, 165)
        with st.popover(_("Columns"), icon=":material/view_column:"):
            saved_columns.choose(ws, f"{SCOPE}.columns", columns, run_columns.label)
        st.toggle(_("Archived"), key=f"{SCOPE}.old")


def run_filter(ws: Workspace, chosen: dict[str, filters.Value]) -> runs.RunFilter:
    days = str(chosen["since"])
    return runs.RunFilter(
        search=str(chosen["find"]),
        status=tuple(RunStatus(status) for status in chosen["state"]),  # type: ignore[union-attr]
        tag=str(chosen["label"]) or None,
        dataset_name=str(chosen["table"]) or None,
        algorithm=str(chosen["algorithm"]) or None,
        archived=bool(chosen["old"]),
        ended_since=ws.now() - timedelta(days=int(days)) if days else None,
    )


def _page(
    ws: Workspace, chosen: dict[str, filters.Value], cursor: str | None = None, limit: int = SHOWN
) -> Page[RunSummary]:
    return runs.list_runs(
        ws,
        run_filter(ws, chosen),
        sort=str(chosen["by"]).removeprefix("-"),
        descending=str(chosen["by"]).startswith("-"),
        limit=limit,
        cursor=cursor,
    )


def show(ws: Workspace, chosen: dict[str, filters.Value]) -> None:
    """The table, kept up to date while something in it waits or runs."""
    limit = int(str(chosen["rows"]))
    page = _page(ws, chosen, limit=limit)
    if not page.items:
        _nothing_matches()
        return
    columns = list(chosen["columns"])  # type: ignore[arg-type]
    live = _is_live(page)
    look = first(page, lambda: _page(ws, chosen, limit=limit))

    @refresh_while(live)
    def table() -> None:
        found = look()
        if live and not _is_live(found):
            st.rerun()  # nothing moves any more: the page ends the polling
        picked = grid(
            run_columns.rows(ws, found.items, columns),
            run_columns.grid_columns(columns),
            key="runs_grid",
            selection="multi",
        )
        _foot(ws, chosen, columns, len(found.items), found.total)
        remember_picked(_PICKED, picked)

    table()
    picked = st.session_state.get(_PICKED, ())
    chosen_runs = [run for run in page.items if run.id in picked]
    bar(chosen_runs, actions(ws, archived=bool(chosen["old"])), selected_words)


def _is_live(page: Page[RunSummary]) -> bool:
    return any(not run.status.is_final for run in page.items)


def _foot(
    ws: Workspace, chosen: dict[str, filters.Value], columns: Sequence[str], shown: int, total: int
) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        text = ngettext("{n} run", "{n} runs", total).format(n=words.integer(total))
        more = shown < total and shown < MOST_SHOWN
        if more:
            text = _("{shown} of {total} runs").format(
                shown=words.integer(shown), total=words.integer(total)
            )
        elif shown < total:
            text = filters.cut(shown, total)
        st.caption(text, width="stretch")
        if more and st.button(
            _("Show {n} more").format(n=min(SHOWN, total - shown)),
            key="runs.more",
            icon=":material/expand_more:",
        ):
            st.session_state[f"{SCOPE}.rows"] = str(min(shown + SHOWN, MOST_SHOWN))
            st.rerun()
        st.download_button(
            _("Export CSV"),
            export(ws, chosen, columns),
            file_name="runs.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            help=_("All {n} runs that match, with the columns shown.").format(n=total),
        )


def selected_words(count: int) -> str:
    return ngettext("{n} run selected", "{n} runs selected", count).format(n=count)


def actions(ws: Workspace, *, archived: bool = False) -> list[Action[RunSummary]]:
    """Compare, stop, archive; ``archived``: they are in the archive and may be brought back."""

    def stop(items: Sequence[RunSummary]) -> None:
        open_runs = [run for run in items if not run.status.is_final]
        for run in open_runs:
            runs.stop(ws, run.id)
        count = len(open_runs)
        notify(ngettext("{n} run is stopping", "{n} runs are stopping", count).format(n=count))

    def archive(items: Sequence[RunSummary]) -> None:
        for run in items:
            (runs.unarchive if archived else runs.archive)(ws, run.id)
        notify(_("Taken out of the archive") if archived else _("Archived"))

    return [
        Action(
            _("Compare"),
            ":material/compare_arrows:",
            lambda items: links.go("compare", runs=[run.id for run in items]),
            lambda items: 2 <= len(items) <= 50,
            primary=True,
            hint=_("Select 2 to 50 runs."),
        ),
        Action(
            _("Stop"),
            ":material/stop_circle:",
            stop,
            lambda items: any(not run.status.is_final for run in items),
            ask=_("Waiting runs are withdrawn, running ones end and keep what they measured."),
            hint=_("None of these waits or runs."),
        ),
        Action(
            _("Take out of the archive") if archived else _("Archive"),
            ":material/unarchive:" if archived else ":material/archive:",
            archive,
            lambda items: all(run.status.is_final for run in items),
            hint=_("Only runs that are over can be archived."),
        ),
    ]


def export(
    ws: Workspace, chosen: dict[str, filters.Value], columns: Sequence[str]
) -> Callable[[], bytes]:
    """Makes the CSV of every run that matches when it is asked for."""
    header = [_("Run"), _("Status"), _("Model"), _("Experiment"), _("Version")]
    shown = [name for name in columns if name != "experiment"]
    header += [run_columns.label(name) + run_columns.unit(name) for name in shown]

    def make() -> bytes:
        lines: list[list[object]] = []
        cursor: str | None = None
        while True:
            page = _page(ws, chosen, cursor, 500)
            for run, row in zip(page.items, run_columns.rows(ws, page.items, shown), strict=True):
                fixed = [run.id, str(run.status), run.model_name, run.experiment_name]
                lines.append([*fixed, run.experiment_version, *(_plain(row[n]) for n in shown)])
            cursor = page.cursor
            if cursor is None:
                return to_csv(header, lines)

    return make


def _plain(value: Any) -> object:
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _nothing_matches() -> None:
    with empty_state(
        _("No run matches"),
        _("Nothing fits all the filters above."),
        icon=":material/filter_alt_off:",
    ):
        st.button(
            _("Clear the filters"),
            on_click=filters.clear,
            args=(SCOPE, DEFAULTS, *NARROWING),
            type="primary",
        )
