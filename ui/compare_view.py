"""A comparison: metrics, spread, trade-offs, curves, parameters, usage."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st

from mlops_core import words
from mlops_core.domain.records import ExperimentRun
from mlops_core.i18n import _, current_language, ngettext
from mlops_core.reports import MOST_RUNS
from mlops_core.services import aligning, overview, runs
from mlops_core.services import comparison as comparisons
from mlops_core.services.comparison import Comparison, MetricRow
from mlops_core.store.workspace import Workspace
from mlops_core.words.judged import run_name
from ui import compare_charts, compare_parallel, links, owner, pair_view
from ui.compare_details import params_table
from ui.compare_metrics import CUT, metrics_table, ordered, subjects
from ui.compare_usage import over_time, usage_table
from ui.compare_verdicts import verdicts
from ui.errors import attempt, show_error
from ui.layout import card, notify
from ui.live import refresh_while

_MARKED = "_comparison_marked"
CHOSEN = "_comparison_chosen"  # the page chose the runs itself: the table closes


def show(ws: Workspace, ids: Sequence[int]) -> None:
    """Everything about the runs ``ids`` (two or more that exist)."""
    found = comparisons.compare(ws, ids)
    if not st.session_state.get(_MARKED):
        overview.mark_compared(ws)
        st.session_state[_MARKED] = True
    baseline, row = _controls(found)
    shown = ordered(found, row, baseline)
    for note in found.notes:
        st.warning(words.md(note), icon=":material/balance:")
    if not found.comparable:
        _bring_together(ws, found, baseline)
    _follow(ws, [run.id for run in found.runs if not run.status.is_final])
    with card(_("Metrics"), key="compare_metrics", height="content"):
        metrics_table(found, shown, baseline, row.key if row else None)
        st.caption(
            _(
                "Above: the hold-out. Below: mean ± standard deviation over folds. "
                "▲ better and ▼ worse than the baseline, by each metric's own direction."
            )
        )
    if row is not None:
        title = _("Which run is better")
        with card(title, words.metric_label(row.key), key="compare_verdicts", height="content"):
            verdicts(ws, found, row, baseline)
    if row is None:
        st.caption(_("None of these runs has a metric to draw."))
    else:
        _charts(ws, found, _cut(shown, row), shown, row)
    title = _("Two runs beside each other")
    with card(title, _("row by row, part by part"), key="compare_pair", height="content"):
        pair_view.pair(ws, shown, baseline, row.key if row else None)
    with card(_("Parameters"), key="compare_params", height="content"):
        _params(found, _cut(shown, row))
    with card(_("Usage"), _("what each run took of the machine"), key="compare_usage"):
        usage_table(shown)
        over_time(ws, _cut(shown, row) if row else shown[:CUT], row.key if row else None)


def _follow(ws: Workspace, going_on: Sequence[int]) -> None:
    """Say that some are not over, and show the page anew as soon as one of them is."""
    if not going_on:
        return

    @refresh_while(True)
    def line() -> None:
        left = runs.list_runs(ws, runs.RunFilter(ids=tuple(going_on)), limit=len(going_on)).items
        if any(run.status.is_final for run in left):
            st.rerun()
        text = ngettext(
            "{n} of these runs is not over. It joins the comparison when it is.",
            "{n} of these runs are not over. Each joins the comparison when it is.",
            len(going_on),
        )
        st.info(text.format(n=len(going_on)), icon=":material/schedule:")

    line()


def _bring_together(ws: Workspace, found: Comparison, baseline: int) -> None:
    """Offer to run the others on the data and split of the baseline."""
    label = _("Run the others on the data and split of run {id}").format(id=baseline)
    why = _("Their models are trained anew on its data, target and split, and can then be ranked.")
    if not st.button(label, icon=":material/merge:", key="compare_align", help=why):
        return
    outcome = attempt(lambda: aligning.align(ws, found, baseline, by=owner.submission()))
    if outcome.value is None:
        show_error(outcome.error)
        return
    for run_id, sentence in outcome.value.refused.items():
        notify(_("Run {id}: {why}").format(id=run_id, why=sentence), icon=":material/block:")
    if count := len(outcome.value.queued):
        text = ngettext("{n} run is queued.", "{n} runs are queued.", count)
        notify(text.format(n=count), icon=":material/merge:")
    if len(outcome.value.runs) > 1:
        links.set_query(runs=list(outcome.value.runs))
        st.session_state[CHOSEN] = True
        st.rerun()
    elif not outcome.value.refused:
        notify(_("On one split they are the same run."), icon=":material/info:")


def _controls(found: Comparison) -> tuple[int, MetricRow | None]:
    """Baseline and metric, from the URL and back into it."""
    names = {run.id: run_name(run) for run in found.runs}
    asked = links.query_int("baseline")
    subject = subjects(found)
    first = found.runs[0].id
    dummies = (run.id for run in found.runs if run.algorithm == "dummy")
    dummy = next((id for id in dummies if subject[id] == subject[first]), first)
    if st.session_state.get("compare.baseline") not in names:
        st.session_state["compare.baseline"] = asked if asked in names else dummy
    metrics = {row.key: row for row in found.metrics}
    wanted = links.query_text("metric")
    if st.session_state.get("compare.metric") not in metrics and metrics:
        primary = found.runs[0].metric
        begin = next(key for key in (wanted, primary, *metrics) if key in metrics)
        st.session_state["compare.metric"] = begin
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        baseline = st.selectbox(
            _("Baseline"),
            list(names),
            format_func=names.__getitem__,
            key="compare.baseline",
            help=_("Every difference is measured from this run."),
            width=300,
        )
        metric = None
        if metrics:
            metric = st.selectbox(
                _("Metric"),
                list(metrics),
                format_func=words.metric_label,
                key="compare.metric",
                help=_("Sorts the table and leads the charts."),
                width=240,
            )
        if len(found.runs) > CUT:
            st.toggle(_("Draw all {n}").format(n=len(found.runs)), key="compare.all")
        if len(found.runs) <= MOST_RUNS:
            _report_link(found, baseline, metric)
    links.set_query(baseline=baseline, metric=metric)
    return baseline, metrics.get(metric or "")


def _report_link(found: Comparison, baseline: int, metric: str | None) -> None:
    """What is compared here, to keep or send."""
    asked = {
        "runs": ",".join(str(run.id) for run in found.runs),
        "baseline": baseline,
        "metric": metric or "",
        "by": links.query_text("by"),
        "lang": current_language(),
    }
    st.link_button(
        _("Report"),
        f"/api/report?{urlencode(asked, safe=',')}",
        icon=":material/download:",
        help=_("One HTML file to keep or send, with every configuration and digest."),
    )


def _cut(runs: Sequence[ExperimentRun], row: MetricRow | None) -> Sequence[ExperimentRun]:
    """The runs that charts and wide tables show: the baseline and the best after it."""
    return runs if st.session_state.get("compare.all") else runs[:CUT]


def _charts(
    ws: Workspace,
    found: Comparison,
    few: Sequence[ExperimentRun],
    runs: Sequence[ExperimentRun],
    row: MetricRow,
) -> None:
    if len(few) < len(runs):
        st.caption(
            _("Showing {few} of {all} in charts and parameters: the baseline and the best.").format(
                few=len(few), all=len(runs)
            )
        )
    left, right = st.columns(2, gap="small")
    with left, card(key="compare_spread"):
        compare_charts.fold_strip(row, few)
    with right, card(key="compare_trade"):
        compare_charts.trade_off(found, runs, row.key)
    with card(key="compare_curves", height="content"):
        compare_charts.curves(ws, few, row.key)
    title = _("Parameters and results")
    with card(title, _("one line a run"), key="compare_parallel", height="content"):
        compare_parallel.parallel(found, few, row)


def _params(found: Comparison, runs: Sequence[ExperimentRun]) -> None:
    st.session_state.setdefault("compare.same", links.query_text("same") == "1")
    same = st.toggle(_("Show those that are the same, too"), key="compare.same")
    links.set_query(same=1 if same else None)
    rows = [row for row in found.params if same or row.differs]
    if not rows:
        st.caption(_("All parameters are the same."))
        return
    params_table(found, runs, rows)
    hidden = len(found.params) - len(rows)
    if hidden:
        text = ngettext(
            "{n} parameter is the same in all runs.",
            "{n} parameters are the same in all runs.",
            hidden,
        )
        st.caption(text.format(n=hidden))
