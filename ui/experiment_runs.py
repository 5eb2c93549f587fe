"""The table of all runs: filters, chosen columns, what can be done with those selected, export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from ui import links
from ui.experiment_batch import Action, bar, remember_picked
from ui.experiment_export import to_csv
from ui.layout import empty_state, notify
from ui.live import refresh_while
from ui.tables import Col, Kind, grid

SCOPE = "runs"
DEFAULTS: dict[str, filters.Value] = {
    "find": "",
    "state": [],
    "label": "",
    "table": "",
    "algorithm": "",
    "old": False,
    "by": "-created_at",
    "columns": ["dataset", "value", "wall", "created"],
}
NARROWING = ("find", "state", "label", "table", "algorithm", "old")
SHOWN = 200
_WIDTHS = {"value": 150, "text": 115, "duration": 95, "number": 100, "when": 122, "megabytes": 140}
_UNITS = {"duration": " (s)", "megabytes": " (MB)"}
_PICKED = "_runs_picked"

# What a run table can show beside run, status and model, and how it is read from a run.
_FIELDS: dict[str, tuple[str, Kind, Callable[[RunSummary], Any]]] = {
    "experiment": (N_("Experiment"), "link", lambda run: _experiment(run)),
    "dataset": (
        N_("Dataset"),
        "text",
        lambda run: f"{run.dataset_name} {words.version(run.dataset_version)}",
    ),
    "progress": (N_("Progress"), "percent", lambda run: run.progress),
    "metric": (N_("Metric"), "text", lambda run: words.metric_label(run.metric, short=True)),
    "value": (N_("Value"), "number", lambda run: run.value),
    "std": (N_("± folds"), "number", lambda run: run.std),
    "wall": (N_("Time"), "duration", lambda run: run.usage.wall_seconds),
    "cpu": (N_("CPU time"), "duration", lambda run: run.usage.cpu_seconds),
    "memory": (N_("Peak memory"), "megabytes", lambda run: run.usage.peak_memory_mb),
    "busy": (
        N_("Cores busy"),
        "percent",
        lambda run: run.usage.cpu_efficiency(run.cpu_cores),
    ),
    "tags": (N_("Tags"), "tags", lambda run: run.tags),
    "created": (N_("Submitted"), "when", lambda run: run.created_at),
    "ended": (N_("Ended"), "when", lambda run: run.ended_at),
    "reason": (N_("Reason"), "text", lambda run: words.reason_word(run.end_reason)),
}
SORTS = {
    "-created_at": N_("Newest"),
    "created_at": N_("Oldest"),
    "-wall_seconds": N_("Slowest"),
    "wall_seconds": N_("Fastest"),
    "-peak_memory_mb": N_("Most memory"),
    "experiment_name": N_("Experiment"),
    "algorithm": N_("Algorithm"),
}


def sort_labels() -> dict[str, str]:
    """Every order, the metrics' being best first by their own direction."""
    labels = {option: _(label) for option, label in SORTS.items()}
    for metric in METRICS.values():
        sign = "-" if metric.greater_is_better else ""
        name = words.metric_label(metric.key, short=True)
        labels[f"{sign}metric:{metric.key}"] = _("Best {metric}").format(metric=name)
    return labels


def _experiment(run: RunSummary) -> tuple[str, str]:
    name = f"{run.experiment_name} {words.version(run.experiment_version)}"
    return name, links.href("experiments", id=run.experiment_id)


def column_label(name: str) -> str:
    if name in _FIELDS:
        return _(_FIELDS[name][0])
    return words.metric_label(name, short=True)


def toolbar(datasets: Sequence[str], tags: Sequence[str]) -> dict[str, filters.Value]:
    """The filters, the sort order and the columns; their values by now."""
    statuses = [str(status) for status in RunStatus]
    sorts = sort_labels()
    columns = [*_FIELDS, *METRICS]
    algorithms = list(ALGORITHMS)
    filters.restore(
        SCOPE,
        DEFAULTS,
        {
            "state": statuses,
            "label": ["", *tags],
            "table": ["", *datasets],
            "algorithm": ["", *algorithms],
            "by": list(sorts),
            "columns": columns,
        },
    )
    _fields(datasets, tags, algorithms, sorts)
    _states_and_columns(statuses, columns)
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


def _states_and_columns(statuses: Sequence[str], columns: Sequence[str]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.pills(
            _("Status"),
            statuses,
            selection_mode="multi",
            format_func=lambda status: f"{words.status_icon(status)} {words.status_word(status)}",
            key=f"{SCOPE}.state",
            label_visibility="collapsed",
        )
        with st.popover(_("Columns"), icon=":material/view_column:"):
            st.multiselect(
                _("Columns, metrics included"),
                columns,
                format_func=column_label,
                key=f"{SCOPE}.columns",
                placeholder=_("Choose one or several"),
            )
        st.toggle(_("Archived"), key=f"{SCOPE}.old")


def run_filter(chosen: dict[str, filters.Value]) -> runs.RunFilter:
    return runs.RunFilter(
        search=str(chosen["find"]),
        status=tuple(RunStatus(status) for status in chosen["state"]),  # type: ignore[union-attr]
        tag=str(chosen["label"]) or None,
        dataset_name=str(chosen["table"]) or None,
        algorithm=str(chosen["algorithm"]) or None,
        archived=bool(chosen["old"]),
    )


def _page(
    ws: Workspace, chosen: dict[str, filters.Value], cursor: str | None = None, limit: int = SHOWN
) -> Page[RunSummary]:
    return runs.list_runs(
        ws,
        run_filter(chosen),
        sort=str(chosen["by"]).removeprefix("-"),
        descending=str(chosen["by"]).startswith("-"),
        limit=limit,
        cursor=cursor,
    )


def show(ws: Workspace, chosen: dict[str, filters.Value]) -> None:
    """The table, kept up to date while something in it waits or runs."""
    page = _page(ws, chosen)
    if not page.items:
        _nothing_matches()
        return
    columns = list(chosen["columns"])  # type: ignore[arg-type]
    live = _is_live(page)

    @refresh_while(live)
    def table() -> None:
        found = _page(ws, chosen)
        if live and not _is_live(found):
            st.rerun()  # nothing moves any more: the page ends the polling
        picked = grid(
            rows(ws, found.items, columns),
            grid_columns(columns),
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
        st.caption(filters.cut(shown, total) if shown < total else text, width="stretch")
        st.download_button(
            _("Export CSV"),
            export(ws, chosen, columns),
            file_name="runs.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            help=_("All {n} runs that match, with the columns shown.").format(n=total),
        )


def rows(
    ws: Workspace, found: Sequence[RunSummary], columns: Sequence[str]
) -> list[dict[str, Any]]:
    """Rows for ``grid_columns``: one per run, a metric's value being hold-out, else over folds."""
    metrics = _metrics(ws, found, columns)
    table = []
    for run in found:
        row: dict[str, Any] = {
            "id": run.id,
            "run": run.id,
            "status": run.status,
            "model": words.model_name(run.model_name, run.algorithm),
            "experiment": _experiment(run),
        }
        for name in columns:
            field = _FIELDS.get(name)
            row[name] = field[2](run) if field else metrics.get((run.id, name))
        table.append(row | _scores(run, named="metric" not in columns))
    return table


def _scores(run: RunSummary, *, named: bool) -> dict[str, str]:
    """The words of its value and spread, as its own metric is read; ``named``: with the name."""
    if run.value is None:
        return {}
    value = words.metric_value(run.metric, run.value)
    name = words.metric_label(run.metric, short=True)
    return {
        "value__text": f"{name} {value}" if named else value,
        "std__text": words.metric_value(run.metric, run.std),
    }


def _metrics(
    ws: Workspace, found: Sequence[RunSummary], columns: Sequence[str]
) -> dict[tuple[int, str], float | None]:
    if not any(name in METRICS for name in columns):
        return {}
    return {
        (item.run_id, item.name): item.mean if item.holdout is None else item.holdout
        for item in runs.final_metrics(ws, [run.id for run in found])
    }


def grid_columns(columns: Sequence[str]) -> list[Col]:
    fixed = [
        Col("run", _("Run"), "run", width=98),
        Col("status", _("Status"), "status", width=122),
        Col("model", _("Model"), flex=1, min_width=125),
        Col("experiment", _("Experiment"), "link", flex=1, min_width=135),
    ]
    chosen = [name for name in columns if name != "experiment"]
    return fixed + [
        Col(name, column_label(name), "metric", metric=name, width=120)
        if name in METRICS
        else Col(name, column_label(name), _FIELDS[name][1], width=_width(name))
        for name in chosen
    ]


def _width(name: str) -> int:
    return _WIDTHS.get(name) or _WIDTHS.get(_FIELDS[name][1], 130)


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
    header += [
        column_label(name) + (_UNITS.get(_FIELDS[name][1], "") if name in _FIELDS else "")
        for name in shown
    ]

    def make() -> bytes:
        lines: list[list[object]] = []
        cursor: str | None = None
        while True:
            page = _page(ws, chosen, cursor, 500)
            for run, row in zip(page.items, rows(ws, page.items, shown), strict=True):
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
