"""Parameters that differ."""

from __future__ import annotations

from collections.abc import Sequence

from mlops_core import words
from mlops_core.domain.configs import MISSING
from mlops_core.domain.records import RunSummary
from mlops_core.i18n import _
from mlops_core.services.comparison import Comparison, ParamRow
from mlops_core.words.configs import path_words, value_words
from ui import charts, links
from ui.wide_table import Cell, wide_table


def params_table(
    comparison: Comparison, runs: Sequence[RunSummary], rows: Sequence[ParamRow]
) -> None:
    """One row a parameter, one column a run; what differs from the first run stands out."""
    place = {run.id: index for index, run in enumerate(comparison.runs)}
    head = [Cell(_("Parameter")), *(run_head(run) for run in runs)]
    lines = []
    for row in rows:
        values = [row.values[place[run.id]] for run in runs]
        lines.append(
            [Cell(path_words(row.path)), *(_value(v, values[0], row.path) for v in values)]
        )
    wide_table(head, lines, label=_("Parameters of the compared runs"), numeric=False)


def run_head(run: RunSummary) -> Cell:
    return Cell(
        words.model_name(run.model_name, run.algorithm),
        note=_("run {id}").format(id=run.id),
        href=links.href("run", id=run.id),
        colour=charts.run_colour(run.id),
    )


def _value(value: object, first: object, path: str) -> Cell:
    tone = "faint" if value == MISSING else "strong" if value != first else ""
    return Cell(value_words(value, path), tone=tone)
