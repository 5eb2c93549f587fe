"""The forest plot: the difference of every run to one of them, with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
        *(_line(pair, names[pair.a], metric) for pair in pairs),
        showlegend=False,
        height=80 + LINE * len(pairs),
    )
    figure.update_yaxes(
        type="category",
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


def _line(pair: Pair, name: str, metric: str) -> go.Scatter:
    better, worse = charts.tones()
    colour = {Verdict.BETTER: better, Verdict.WORSE: worse}.get(pair.verdict, "#8A8FA3")
    between = f"{words.metric_value(metric, pair.low)} – {words.metric_value(metric, pair.high)}"
    return go.Scatter(
        x=[pair.difference],
        y=[charts.plain(name)],
        mode="markers",
        marker={"size": 11, "color": colour},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [pair.high - pair.difference],
            "arrayminus": [pair.difference - pair.low],
            "color": colour,
            "thickness": 2,
            "width": 5,
        },
        hovertemplate=f"{charts.plain(name)}: %{{x:+.4f}} ({between})<extra></extra>",
    )
