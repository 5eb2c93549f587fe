"""What each of the compared runs used of the machine: in sum, and over its time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from mlops_core import words
from mlops_core.domain.records import RunSummary
from mlops_core.i18n import N_, _
from mlops_core.services import comparison as comparisons
from mlops_core.services import runs as run_service
from mlops_core.services.comparison import UsageLine
from mlops_core.store.workspace import Workspace
from mlops_core.words import allocations
from mlops_core.words.judged import run_name
from ui import charts
from ui.compare_details import run_head
from ui.wide_table import Cell, wide_table

RESOURCES = {"memory": N_("Memory (GB)"), "cpu": N_("Processor (cores)")}


def usage_table(runs: Sequence[RunSummary]) -> None:
    """Time, processor, memory and disk of each run, against what it was allowed."""
    head = [
        Cell(_("Run")),
        Cell(_("Time")),
        Cell(_("Processor time")),
        Cell(_("Peak memory")),
        Cell(_("Mean memory")),
        Cell(_("Read from disk")),
    ]
    on_gpu = any(run.gpus for run in runs)
    if on_gpu:
        head.append(Cell(_("Peak GPU memory")))
    lines = [[*_line(run), *([_gpu(run)] if on_gpu else [])] for run in runs]
    wide_table(head, lines, label=_("What the compared runs used"))


def _gpu(run: RunSummary) -> Cell:
    busy = run.usage.mean_gpu_percent
    if not run.gpus:
        return Cell(_("no GPU"))
    note = "" if busy is None else _("{share} busy").format(share=words.percent(busy / 100))
    return Cell(words.megabytes(run.usage.peak_gpu_memory_mb), note=note)


def _line(run: RunSummary) -> list[Cell]:
    usage = run.usage
    of_limit = _("of {limit} allowed")
    cores = allocations.cores(run.cpu_cores)
    busy = usage.cpu_efficiency(run.cpu_cores)
    if busy is not None:
        share = words.percent(round(busy, 2))
        cores = _("{share} of {cores}").format(share=share, cores=cores)
    return [
        run_head(run),
        Cell(
            words.duration(usage.wall_seconds),
            note=of_limit.format(limit=words.duration(run.time_limit_hours * 3600)),
        ),
        Cell(words.duration(usage.cpu_seconds), note=cores),
        Cell(
            words.megabytes(usage.peak_memory_mb),
            note=of_limit.format(limit=words.gigabytes(run.memory_gb)),
        ),
        Cell(words.megabytes(usage.mean_memory_mb)),
        Cell(
            words.megabytes(usage.read_mb),
            note=_("{size} written").format(size=words.megabytes(usage.write_mb)),
        ),
    ]


@st.fragment
def over_time(ws: Workspace, runs: Sequence[RunSummary], metric: str | None) -> None:
    """The metric as it came in over what each run used, on one time axis; dashed: what it had."""
    lines = comparisons.usage_lines(ws, [run.id for run in runs])
    if not lines:
        st.caption(_("These runs were over before anything could be sampled."))
        return
    kind = st.segmented_control(
        _("Which resource"),
        list(RESOURCES),
        format_func=lambda name: _(RESOURCES[name]),
        key="compare.resource",
        default="memory",
        required=True,
        label_visibility="collapsed",
    )
    shown = [run for run in runs if run.id in lines]
    above = _metric_traces(ws, shown, metric) if metric else []
    below = [_used(run, lines[run.id], str(kind)) for run in shown]
    figure = charts.base(_("Time since the start (s)"), _(RESOURCES[str(kind)]), *above, *below)
    figure.update_layout(height=460 if above else 300, hovermode="closest", legend={"y": 1.04})
    figure.update_yaxes(rangemode="tozero", domain=[0, 0.55 if above else 1])
    if above:
        title = {"text": words.metric_label(metric)}
        figure.update_layout(
            yaxis2={"title": title, "domain": [0.63, 1], "anchor": "x", "automargin": True}
        )
    for run in shown:
        given = run.memory_gb if kind == "memory" else run.cpu_cores
        line = {"dash": "dash", "width": 1.2, "color": charts.run_colour(run.id)}
        figure.add_shape(type="line", xref="paper", x0=0, x1=1, y0=given, y1=given, line=line)
    alt = _("{resource} of each run over its time, and what it was given").format(
        resource=_(RESOURCES[str(kind)])
    )
    charts.show(figure, alt=alt, key=f"compare_usage_{kind}")
    st.caption(_("Dashed: what a run was given."))


def _used(run: RunSummary, line: UsageLine, kind: str) -> go.Scatter:
    return go.Scatter(
        x=np.asarray(line.seconds),
        y=np.asarray(line.memory_gb if kind == "memory" else line.cores),
        mode="lines" if len(line.seconds) > 1 else "markers",
        name=charts.plain(words.clip(run_name(run), charts.LEGEND)),
        line={"width": 2, "color": charts.run_colour(run.id)},
    )


def _metric_traces(ws: Workspace, runs: Sequence[RunSummary], metric: str) -> list[Any]:
    traces = []
    for run in runs:
        found = [
            point
            for point in run_service.points(ws, run.id)
            if point.name == metric and point.split != "train"
        ]
        if not found or run.started_at is None:
            continue
        began = run.started_at.timestamp()
        traces.append(
            go.Scatter(
                x=np.asarray([point.at.timestamp() - began for point in found]),
                y=np.asarray([point.value for point in found]),
                mode="markers",
                name=charts.plain(words.clip(run_name(run), charts.LEGEND)),
                marker={"size": 8, "color": charts.run_colour(run.id)},
                yaxis="y2",
                showlegend=False,
            )
        )
    return traces
