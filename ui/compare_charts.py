"""The charts of a comparison: spread over folds, trade-offs, curves over each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from mlops_core.domain.params import Task
from mlops_core.domain.records import MetricPoint, RunSummary
from mlops_core.domain.results import Curve, TrainingResult
from mlops_core.i18n import N_, _
from mlops_core.services import runs as run_service
from mlops_core.services.comparison import Comparison, MetricRow
from mlops_core.store.workspace import Workspace
from ui import calibration_view, charts, words
from ui.compare_metrics import cell_of, run_name, value_of
from ui.layout import section

AXES = {"time": N_("Time (s)"), "memory": N_("Peak memory (MB)")}
CURVES = {
    "roc": N_("ROC"),
    "pr": N_("Precision and recall"),
    "calibration": N_("Calibration"),
    "confusion": N_("Confusion matrices"),
    "learning": N_("Learning curve"),
}


def fold_strip(row: MetricRow, runs: Sequence[RunSummary]) -> None:
    """One dot a fold and a tick at the mean, one line a run."""
    traces: list[Any] = []
    for run in runs:
        cell = cell_of(row, run.id)
        if cell is None or not cell.folds:
            continue
        colour, name = charts.run_colour(run.id), charts.plain(run_name(run))
        values = np.asarray(cell.folds, dtype=float)
        traces.append(_dots(values, name, colour))
        traces.append(_mean(float(values.mean()), name, colour))
    section(_("Spread over folds"), words.metric_label(row.key))
    if not traces:
        st.caption(_("None of these runs was judged on folds."))
        return
    figure = go.Figure(traces)
    figure.update_layout(
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        height=100 + 20 * len(traces),
        showlegend=False,
        xaxis={"title": {"text": words.metric_label(row.key)}, "automargin": True},
        yaxis={
            "type": "category",
            "autorange": "reversed",
            "automargin": True,
            "labelalias": charts.short_labels(map(run_name, runs)),
        },
    )
    alt = _("{metric} of every fold, one line a run").format(metric=words.metric_label(row.key))
    charts.show(figure, alt=alt, key="compare_folds")


def _dots(values: np.ndarray[Any, Any], name: str, colour: str) -> go.Scatter:
    return go.Scatter(
        x=values,
        y=[name] * len(values),
        customdata=np.arange(1, len(values) + 1),
        mode="markers",
        marker={"size": 10, "opacity": 0.7, "color": colour},
        hovertemplate=_("fold {n}: {x}").format(n="%{customdata}", x="%{x:.4f}")
        + "<extra></extra>",
    )


def _mean(value: float, name: str, colour: str) -> go.Scatter:
    return go.Scatter(
        x=np.array([value]),
        y=[name],
        mode="markers",
        marker={"symbol": "line-ns", "size": 26, "line": {"width": 2, "color": colour}},
        hovertemplate=_("mean {x}").format(x="%{x:.4f}") + "<extra></extra>",
    )


def trade_off(comparison: Comparison, runs: Sequence[RunSummary], metric: str) -> None:
    """Any metric against time, memory or another metric, one dot a run."""
    section(_("Trade-off"), _("one dot a run"))
    names = [*AXES, *(row.key for row in comparison.metrics)]
    with st.container(horizontal=True, gap="small"):
        x = st.selectbox(_("Across"), names, format_func=axis_label, key="compare.x")
        y = st.selectbox(
            _("Up"),
            names,
            index=names.index(metric),
            format_func=axis_label,
            key=f"compare.y.{metric}",
        )
    points = [
        charts.Point(run.id, run_name(run), across, up)
        for run in runs
        if (across := axis_value(comparison, run, x)) is not None
        and (up := axis_value(comparison, run, y)) is not None
    ]
    if not points:
        st.caption(_("No run has both of these."))
        return
    alt = _("{y} against {x}, one dot a run").format(x=axis_label(x), y=axis_label(y))
    figure = charts.scatter(points, axis_label(x), axis_label(y))
    charts.show(figure, alt=alt, key="compare_trade_off")


def axis_label(name: str) -> str:
    return _(AXES[name]) if name in AXES else words.metric_label(name)


def axis_value(comparison: Comparison, run: RunSummary, name: str) -> float | None:
    """Where a run stands on an axis: seconds, megabytes, or a metric's value."""
    if name == "time":
        return run.usage.wall_seconds
    if name == "memory":
        return run.usage.peak_memory_mb
    row = next((row for row in comparison.metrics if row.key == name), None)
    cell = cell_of(row, run.id) if row else None
    return value_of(cell) if cell else None


@st.fragment
def curves(ws: Workspace, runs: Sequence[RunSummary], metric: str) -> None:
    """ROC, precision-recall or learning curves of all runs in one chart."""
    classes = all(run.task is Task.CLASSIFICATION for run in runs)
    kinds = list(CURVES) if classes else ["learning"]
    section(_("Curves"), _("of all runs"))
    kind = st.segmented_control(
        _("Which curve"),
        kinds,
        format_func=lambda name: _(CURVES[name]),
        key=f"compare.curve.{classes}",
        default=kinds[0],
        required=True,
        label_visibility="collapsed",
    )
    if kind == "learning":
        _learning(ws, runs, metric)
    elif kind == "calibration":
        calibration_view.of_runs(ws, runs)
    elif kind == "confusion":
        _confusions(ws, runs)
    else:
        _ranking(ws, runs, str(kind))


def _ranking(ws: Workspace, runs: Sequence[RunSummary], kind: str) -> None:
    results = {run.id: run_service.result(ws, run.id) for run in runs}
    labels = list(
        dict.fromkeys(
            curve.label for result in results.values() if result for curve in _of(result, kind)
        )
    )
    if not labels:
        st.caption(_("None of these runs has this curve."))
        return
    wanted = labels[0]
    if len(labels) > 1:
        wanted = st.selectbox(_("Class"), labels, key=f"compare.class.{kind}", width=260)
    series = [
        charts.Series(_with_area(run, curve), curve.x, curve.y, run_id=run.id)
        for run in runs
        if (result := results[run.id]) is not None
        for curve in _of(result, kind)
        if curve.label == wanted
    ]
    roc = kind == "roc"
    x, y = (
        (_("False positive rate"), _("True positive rate"))
        if roc
        else (_("Recall"), _("Precision"))
    )
    figure = charts.lines(series, x, y)
    figure.update_layout(hovermode="closest", height=380)
    figure.update_xaxes(range=[-0.01, 1.01])
    figure.update_yaxes(range=[-0.01, 1.02])
    if roc:
        line = {"dash": "dot", "width": 1, "color": "#8A94A6"}
        figure.add_shape(type="line", x0=0, y0=0, x1=1, y1=1, line=line)
    alt = _("{curve} curves of {n} runs").format(curve=_(CURVES[kind]), n=len(series))
    charts.show(figure, alt=alt, key=f"compare_{kind}")


def _confusions(ws: Workspace, runs: Sequence[RunSummary]) -> None:
    """One matrix a run, side by side; colour is the share of the row."""
    found = [
        (run, result.confusion)
        for run in runs
        if (result := run_service.result(ws, run.id)) is not None and result.confusion is not None
    ]
    if not found:
        st.caption(_("None of these runs has this curve."))
        return
    with st.grid(3, min_column_width=260) as grid:
        for run, confusion in found:
            with grid.cell():
                st.caption(f"**{words.md(run_name(run))}**")
                alt = _("How many rows of each true class were predicted as which class.")
                charts.show(charts.confusion(confusion), key=f"confusion_{run.id}", alt=alt)


def _of(result: TrainingResult, kind: str) -> tuple[Curve, ...]:
    return result.roc if kind == "roc" else result.precision_recall


def _with_area(run: RunSummary, curve: Curve) -> str:
    return run_name(run) if curve.area is None else f"{run_name(run)} ({curve.area:.3f})"


def _learning(ws: Workspace, runs: Sequence[RunSummary], metric: str) -> None:
    found = {run.id: run_service.points(ws, run.id) for run in runs}
    names = list(dict.fromkeys(p.name for points in found.values() for p in stepped(points)))
    if not names:
        st.caption(_("None of these algorithms learns step by step, so there is no curve to draw."))
        return
    start = names.index(metric) if metric in names else 0
    name = names[start]
    if len(names) > 1:
        name = st.selectbox(
            _("Metric"),
            names,
            index=start,
            format_func=words.metric_label,
            key="compare.learning",
            width=260,
        )
    series = []
    for run in runs:
        steps, values = mean_curve(stepped(found[run.id]), name)
        if steps:
            series.append(charts.Series(run_name(run), steps, values, run_id=run.id))
    figure = charts.lines(series, _("Iteration"), words.metric_label(name))
    figure.update_layout(height=380)
    alt = _("{metric} by iteration, mean over folds").format(metric=words.metric_label(name))
    charts.show(figure, alt=alt, key="compare_learning")
    st.caption(_("On validation rows, the mean of the folds that reached the iteration."))


def stepped(points: Iterable[MetricPoint]) -> list[MetricPoint]:
    """Validation points of measured curves; a single point a fold is no curve."""
    groups: dict[tuple[str, int], list[MetricPoint]] = defaultdict(list)
    for point in points:
        if point.split == "validation":
            groups[point.name, point.fold].append(point)
    return [point for group in groups.values() if len(group) > 1 for point in group]


def mean_curve(points: Iterable[MetricPoint], name: str) -> tuple[list[int], list[float]]:
    """Steps in order and, at each, the mean over the folds that have it."""
    by_step: dict[int, list[float]] = defaultdict(list)
    for point in points:
        if point.name == name:
            by_step[point.step].append(point.value)
    steps = sorted(by_step)
    return steps, [sum(by_step[step]) / len(by_step[step]) for step in steps]
