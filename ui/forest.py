"""The forest plot: the difference of every run to one of them, with its interval."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from mlops_core import words
from mlops_core.domain.records import RunSummary
from mlops_core.i18n import _
from mlops_core.metrics import METRICS
from mlops_core.services.comparison import GroupJudgement, Pair, Verdict
from mlops_core.words.judged import run_name
from ui import charts

LINE = 44  # pixels that a run takes


def forest(
    group: GroupJudgement,
    order: Sequence[int],
    runs: Mapping[int, RunSummary],
    beside: int,
    metric: str,
) -> None:
    """One line a run: its difference to ``beside`` with the interval; the band is negligible.

    ``order``: ids of the runs, from the top.
    """
    pairs = [pair for id in order if id != beside and (pair := group.pair(id, beside)) is not None]
    if not pairs:
        return
    names = {pair.a: run_name(runs[pair.a]) for pair in pairs}
    rising = METRICS[metric].greater_is_better
    side = _("better to the right") if rising else _("better to the left")
    figure = charts.base(
        side,
        "",
        *lines(pairs, names, metric),
        showlegend=False,
        height=80 + LINE * len(pairs),
    )
    figure.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=[charts.plain(name) for name in names.values()],
        autorange="reversed",
        labelalias=charts.short_labels(names.values()),
        showgrid=False,
    )
    figure.update_xaxes(zeroline=True)
    if group.rope:
        figure.add_vrect(
            x0=-group.rope, x1=group.rope, fillcolor="#8A8FA3", opacity=0.16, line_width=0
        )
    charts.show(
        figure,
        key=f"compare_forest_{beside}",
        alt=_("The difference of every run to {run}, with its 95 % interval.").format(
            run=run_name(runs[beside])
        ),
    )


def lines(pairs: Sequence[Pair], names: Mapping[int, str], metric: str) -> list[go.Scatter]:
    """One trace a colour: a trace a run would take a second to draw at fifty."""
    better, worse = charts.tones()
    toned: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        tone = {Verdict.BETTER: better, Verdict.WORSE: worse}.get(pair.verdict, "#8A8FA3")
        toned[tone].append(pair)
    return [_trace(some, names, metric, colour) for colour, some in toned.items()]


def _trace(pairs: Sequence[Pair], names: Mapping[int, str], metric: str, colour: str) -> go.Scatter:
    difference = np.array([pair.difference for pair in pairs])
    labels = [charts.plain(names[pair.a]) for pair in pairs]
    told = [
        (label, words.metric_value(metric, pair.low), words.metric_value(metric, pair.high))
        for label, pair in zip(labels, pairs, strict=True)
    ]
    return go.Scatter(
        x=difference,
        y=labels,
        customdata=told,
        mode="markers",
        marker={"size": 11, "color": colour},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": np.array([pair.high for pair in pairs]) - difference,
            "arrayminus": difference - np.array([pair.low for pair in pairs]),
            "color": colour,
            "thickness": 2,
            "width": 5,
        },
        hovertemplate="%{customdata[0]}: %{x:+.4f} (%{customdata[1]} – %{customdata[2]})"
        "<extra></extra>",
    )
