"""The charts of a comparison: spread over folds, trade-offs, curves over each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from mlops_core import words
from mlops_core.domain.params import Task
from mlops_core.domain.records import ExperimentRun, MetricPoint, RunSummary
from mlops_core.domain.results import Curve, TrainingResult
from mlops_core.i18n import N_, _, ngettext
from mlops_core.services import runs as run_service
from mlops_core.services.comparison import Comparison, MetricRow
from mlops_core.store.workspace import Workspace
from mlops_core.words.judged import run_name
from ui import calibration_view, charts
from ui.compare_metrics import cell_of, value_of
from ui.confusion_chart import confusion
from ui.layout import section

AXES = {"time": N_("Time (s)"), "memory": N_("Peak memory (MB)")}
CURVES = {
    "roc": N_("ROC"),
    "pr": N_("Precision and recall"),
    "calibration": N_("Calibration"),
    "confusion": N_("Confusion matrices"),
    "residuals": N_("Residuals"),
    "importance": N_("What the models rely on"),
    "learning": N_("Learning curve"),
}
OF_CLASSES = ("roc", "pr", "calibration", "confusion")
TOP_COLUMNS = 12


def fold_strip(row: MetricRow, runs: Sequence[RunSummary]) -> None:
    """One dot a fold and a tick at the mean, one line a run."""
    folded = [
        (run, np.asarray(cell.folds, dtype=float))
        for run in runs
        if (cell := cell_of(row, run.id)) is not None and cell.folds
    ]
    section(_("Spread over folds"), words.metric_label(row.key))
    if not folded:
        st.caption(_("None of these runs was judged on folds."))
        return
    figure = charts.base(
        words.metric_label(row.key),
        "",
        *_fold_marks(folded),
        height=100 + 40 * len(folded),
        showlegend=False,
    )
    figure.update_yaxes(
        type="category",
        autorange="reversed",
        labelalias=charts.short_labels(run_name(run) for run, _folds in folded),
    )
    alt = _("{metric} of every fold, one line a run").format(metric=words.metric_label(row.key))
    charts.show(figure, alt=alt, key="compare_folds")


def _fold_marks(
    folded: Sequence[tuple[RunSummary, np.ndarray[Any, Any]]],
) -> tuple[go.Scatter, go.Scatter]:
    """The dots of all runs, and their means: a trace a run would take a second to draw at fifty."""
    names = [charts.plain(run_name(run)) for run, _folds in folded]
    colours = [charts.run_colour(run.id) for run, _folds in folded]
    sizes = [len(values) for _run, values in folded]
    dots = go.Scatter(
        x=np.concatenate([values for _run, values in folded]),
        y=_repeated(names, sizes),
        customdata=np.concatenate([np.arange(1, size + 1) for size in sizes]),
        mode="markers",
        marker={"size": 10, "opacity": 0.7, "color": _repeated(colours, sizes)},
        hovertemplate=_("fold {n}: {x}").format(n="%{customdata}", x="%{x:.4f}")
        + "<extra></extra>",
    )
    means = go.Scatter(
        x=np.array([values.mean() for _run, values in folded]),
        y=names,
        mode="markers",
        marker={"symbol": "line-ns", "size": 26, "line": {"width": 2, "color": colours}},
        hovertemplate=_("mean {x}").format(x="%{x:.4f}") + "<extra></extra>",
    )
    return dots, means


def _repeated(items: Sequence[str], times: Sequence[int]) -> list[str]:
    return [item for item, count in zip(items, times, strict=True) for _each in range(count)]


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
    best = front(points, rising_x=_rises(comparison, x), rising_y=_rises(comparison, y))
    if len(points) > 1 and x != y:
        charts.add_front(figure, best)
    charts.show(figure, alt=alt, key="compare_trade_off")
    if len(points) > 1 and x != y:
        labels = "; ".join(words.md(point.label) for point in best[:3])
        text = ngettext(
            "{n} of {all} runs is beaten by no other in both: {names}",
            "{n} of {all} runs are beaten by no other in both: {names}",
            len(best),
        )
        more = " …" if len(best) > 3 else ""
        st.caption(text.format(n=len(best), all=len(points), names=labels) + more)


def front(points: Sequence[charts.Point], *, rising_x: bool, rising_y: bool) -> list[charts.Point]:
    """The Pareto front, from left to right: no other point is as good in both and better in one."""

    def better(one: charts.Point) -> tuple[float, float]:
        return (one.x if rising_x else -one.x), (one.y if rising_y else -one.y)

    found: list[charts.Point] = []
    highest = -np.inf
    ranked = sorted(points, key=better, reverse=True)
    for place, point in enumerate(ranked):
        across, up = better(point)
        twin = place > 0 and found and better(found[-1]) == (across, up)
        if up > highest or twin:
            found.append(point)
            highest = max(highest, up)
    return sorted(found, key=lambda point: (point.x, point.y))


def _rises(comparison: Comparison, name: str) -> bool:
    """More of it is better; of time and memory, less is."""
    return any(row.key == name and row.greater_is_better for row in comparison.metrics)


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
def curves(ws: Workspace, runs: Sequence[ExperimentRun], metric: str) -> None:
    """ROC, precision-recall or learning curves of all runs in one chart."""
    classes = all(run.task is Task.CLASSIFICATION for run in runs)
    numbers = all(run.task is Task.REGRESSION for run in runs)
    kinds = [
        kind
        for kind in CURVES
        if (classes or kind not in OF_CLASSES) and (numbers or kind != "residuals")
    ]
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
    elif kind == "residuals":
        _residuals(ws, runs)
    elif kind == "importance":
        _importances(ws, runs)
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
        for run, matrix in found:
            with grid.cell():
                st.caption(f"**{words.md(run_name(run))}**")
                alt = _("How many rows of each true class were predicted as which class.")
                charts.show(confusion(matrix), key=f"confusion_{run.id}", alt=alt)


def _residuals(ws: Workspace, runs: Sequence[ExperimentRun]) -> None:
    """One chart a run, side by side, all on the same scale."""
    found = [
        (run, result.residuals)
        for run in runs
        if (result := run_service.result(ws, run.id)) is not None and result.residuals is not None
    ]
    if not found:
        st.caption(_("None of these runs has this curve."))
        return
    off = np.concatenate([np.subtract(one.actual, one.predicted) for _run, one in found])
    said = np.concatenate([one.predicted for _run, one in found])
    most = 1.05 * float(np.abs(off).max(initial=0.0))
    edge = 0.05 * float(np.ptp(said)) if len(said) else 0.0
    with st.grid(3, min_column_width=260) as grid:
        for run, residuals in found:
            with grid.cell():
                st.caption(f"**{words.md(run_name(run))}**")
                colour = charts.run_colour(run.id)
                figure = charts.residuals(residuals, run.spec.dataset.target, colour)
                figure.update_yaxes(range=[-most, most])
                if edge:
                    figure.update_xaxes(range=[said.min() - edge, said.max() + edge])
                alt = _("True minus predicted value against the predicted value.")
                charts.show(figure, key=f"residuals_{run.id}", alt=alt)


def _importances(ws: Workspace, runs: Sequence[RunSummary]) -> None:
    """A group of bars a column, one bar a run; the columns that any run relies on most."""
    found = {
        run.id: {item.feature: item for item in result.importance}
        for run in runs
        if (result := run_service.result(ws, run.id)) is not None and result.importance
    }
    if not found:
        st.caption(_("It was not measured for any of these runs."))
        return
    most: dict[str, float] = defaultdict(float)
    for items in found.values():
        # Of its run's largest: metrics have units of their own, and runs may be judged by several.
        top = max((item.mean for item in items.values()), default=0.0)
        for name, item in items.items():
            most[name] = max(most[name], item.mean / top if top > 0 else 0.0)
    names = sorted(most, key=lambda name: -most[name])[:TOP_COLUMNS][::-1]
    figure = charts.importances(
        [
            (run_name(run), run.id, [found[run.id].get(name) for name in names])
            for run in runs
            if run.id in found
        ],
        names,
    )
    alt = _("How much the score falls when one column is shuffled, one bar a run.")
    charts.show(figure, key="compare_importance", alt=alt)
    if len({run.metric for run in runs if run.id in found}) > 1:
        st.caption(_("They were measured by different metrics: compare the order, not the length."))
    if len(most) > len(names):
        st.caption(_("{shown} of {total}").format(shown=len(names), total=len(most)))


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
