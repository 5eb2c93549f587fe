"""What moves by itself: the badge in the side bar, a run's charts and log, small refreshes.

The browser asks a JSON route by cursor and draws what is new; the page's script does not run for
it. Polling ends with the run, and slows down in a hidden tab.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from mlops_core import words
from mlops_core.domain.records import ExperimentRun
from mlops_core.i18n import _, current_language
from ui import charts, layout, links
from ui.assets import plotly_address, script, style

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

_BADGE = st.components.v2.component(
    "mlops_activity",
    html="<span class='act' role='status'></span>",
    css=style("activity"),
    js=script("activity"),
)
_RUN = st.components.v2.component(
    "mlops_live_run",
    html="<div class='lr'></div>",
    css=style("live"),
    js=script("load_plotly") + script("live"),
    isolate_styles=False,  # plotly.js puts its styles into the document
)


def refresh_while(active: bool, every: float = 2.0) -> Callable[[F], F]:
    """Decorate a small function so that it runs again every few seconds while ``active``.

    When nothing is active any more the function should call ``st.rerun()`` once; the page then
    decorates it with ``active=False`` and the polling is over.
    """
    return st.fragment(run_every=every if active else None)


def first(found: T, again: Callable[[], T]) -> Callable[[], T]:
    """What a part that refreshes itself asks: ``found`` at first, which the page has, then anew."""
    ready = [found]
    return lambda: ready.pop() if ready else again()


@refresh_while(False)  # a fragment: its component says when
def running_badge(refresh: bool) -> None:
    """How much runs right now; a run that ends anywhere says so in a corner.

    With ``refresh`` the whole page runs again when work begins or ends somewhere else.
    """
    result = _BADGE(
        key="_activity",
        data={
            "lang": current_language(),
            "href": links.href("queue"),
        },
        on_ended_change=lambda: None,
        on_changed_change=lambda: None,
        on_theme_change=lambda: None,
        width="content",
    )
    for run in getattr(result, "ended", None) or []:
        icon = words.STATUS_ICONS.get(run.get("status"), ":material/flag:")
        layout.notify(str(run.get("text", "")), icon=icon)
    layout.show_notices()
    if getattr(result, "theme", None) or (refresh and getattr(result, "changed", None)):
        st.rerun()


def run_live(run: ExperimentRun) -> bool:
    """Progress, metrics, processor, memory and log of a run; ``True`` once it has just ended."""
    result = _RUN(
        key=f"live-{run.id}",
        data={
            "run": run.id,
            "lang": current_language(),
            "plotly": plotly_address(),
            "metric": run.metric,
            "labels": {name: words.metric_label(name) for name in _metric_names(run)},
            "final": run.status.is_final,
            "palette": list(charts.palette()),
            "words": _words(run.status.is_final),
        },
        on_final_change=lambda: None,
    )
    return bool(getattr(result, "final", None))


def _metric_names(run: ExperimentRun) -> list[str]:
    from mlops_core.metrics import metrics_for

    keys = [metric.key for metric in metrics_for(run.task)] + ["loss"]
    return [*keys, *(f"{key}{words.PER_ITERATION}" for key in keys)]


def _words(final: bool) -> dict[str, str]:
    return {
        "progress": _("Progress"),
        "metric": _("Metric"),
        "no_points": _("The first value appears when the first fold has been measured."),
        "no_points_final": _("No value was measured."),
        "cpu": _("Processor"),
        "memory": _("Memory"),
        "cores": _("cores"),
        "core": _("core"),
        "threads": _("threads"),
        "gb": "GB",
        "disk": _("Disk"),
        "rate": "MB/s",
        "read": _("read"),
        "written": _("written"),
        "gpu": "GPU",
        "gpu_memory": _("GPU memory"),
        "allocated": _("allocated"),
        "time": _("Time since the start (s)"),
        "fold": _("fold {n}"),
        "train": _("training"),
        "holdout": _("hold-out"),
        "charts": _("Metric and use of the machine over time"),
        "log": _("Log"),
        "follow": _("Follow"),
        "search": _("Search the log"),
        "download": _("Download"),
        "empty_log": _("No log was written.") if final else _("Nothing has been written yet."),
        "hits": _("{n} lines"),
        "lost": _("The connection to the app was lost. Trying again."),
    }
