"""What changed from one run to another, and what it did."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mlops_core import words
from mlops_core.domain.configs import MISSING
from mlops_core.domain.records import ExperimentRun
from mlops_core.i18n import _, ngettext
from mlops_core.metrics import METRICS
from mlops_core.services import changing
from mlops_core.services.changing import Changed, MetricChange
from mlops_core.services.comparison import Basis, Verdict
from mlops_core.store.workspace import Workspace
from mlops_core.words.judged import BASES
from ui import charts, links
from ui.compare_verdicts import beside_cells
from ui.experiment_changes import changes_list
from ui.layout import section
from ui.wide_table import Cell, wide_table


def changed(ws: Workspace, before: ExperimentRun, after: ExperimentRun) -> None:
    """From ``before`` to ``after``: what was asked for otherwise, and what came of it."""
    by = Basis.FOLDS if links.query_text("by") == "folds" else None
    found = changing.changed(ws, before, after, by=by)
    left, right = st.columns([1, 3], gap="medium")
    with left:
        section(_("What was asked for"))
        _asked(found)
    with right:
        section(_("What came of it"))
        if line := _sentence(found):
            st.markdown(line)
        _table(found)
        if found.comparable and len(found.metrics) > 1:
            st.caption(_("Each metric is judged by itself; among many, one may stand out by luck."))
        for note in found.notes:
            st.caption(words.md(note))


def _asked(found: Changed) -> None:
    """What differs; what one algorithm has and the other does not is no change of anything."""
    own = [one for one in found.changes if MISSING in (one.before, one.after)]
    shared = [one for one in found.changes if one not in own]
    if found.before.algorithm == found.after.algorithm:
        shared, own = list(found.changes), []
    if shared:
        changes_list(shared)
    else:
        st.caption(_("Nothing: the two were asked for the same."))
    if own:
        text = ngettext(
            "{n} more parameter belongs to one of the algorithms alone.",
            "{n} more parameters belong to one of the algorithms alone.",
            len(own),
        )
        st.caption(text.format(n=len(own)))


def _sentence(found: Changed) -> str:
    """The primary metric in one sentence: within noise or not."""
    first = next(iter(found.metrics), None)
    if first is None or first.pair is None:
        return ""
    metric = words.metric_label(first.key)
    text = {
        Verdict.BETTER: _("**{metric} is better**, by more than noise and more than negligible."),
        Verdict.WORSE: _("**{metric} is worse**, by more than noise and more than negligible."),
        Verdict.EQUIVALENT: _("**{metric} is the same**, but for a negligible difference."),
        Verdict.UNDECIDED: _("**{metric} may have changed or not**: it is within noise."),
    }[first.pair.verdict]
    return text.format(metric=metric)


def _table(found: Changed) -> None:
    name = _("run {id}")
    head = [
        Cell(_("Metric"), note=_(BASES[found.basis]) if found.basis is not None else ""),
        Cell(_("Verdict")),
        Cell(name.format(id=found.before.id), colour=charts.run_colour(found.before.id)),
        Cell(name.format(id=found.after.id), colour=charts.run_colour(found.after.id)),
        Cell(_("Difference"), note=_("95 % interval")),
    ]
    lines = [_metric(one) for one in found.metrics]
    lines += _usage(found.before, found.after)
    wide_table(head, lines, label=_("What came of it"))


def _metric(one: MetricChange) -> list[Cell]:
    difference, verdict = beside_cells(one.pair, one.key)
    down = "" if METRICS[one.key].greater_is_better else _("lower is better")
    return [
        Cell(words.metric_label(one.key), note=down),
        verdict,
        Cell(words.metric_value(one.key, one.before)),
        Cell(words.metric_value(one.key, one.after)),
        difference,
    ]


def _usage(before: ExperimentRun, after: ExperimentRun) -> list[list[Cell]]:
    """What the two took of the machine; one run says nothing about noise here."""
    rows = (
        (_("Time"), "wall_seconds", words.duration),
        (_("Peak memory"), "peak_memory_mb", words.megabytes),
    )
    lines = []
    for name, key, shown in rows:
        values: Sequence[float | None] = [getattr(run.usage, key) for run in (before, after)]
        first, last = values
        times = Cell(words.NOTHING, tone="faint")
        if first and last:
            times = Cell(_("× {n}").format(n=words.number(last / first)))
        lines.append([Cell(name), Cell(""), Cell(shown(first)), Cell(shown(last)), times])
    return lines


def of_versions(ws: Workspace, before_id: int, after_id: int) -> None:
    """Two versions of an experiment: each model's newest run before and after."""
    pairs = changing.partners(ws, before_id, after_id)
    if not pairs:
        st.caption(
            _("What it did can be said once a model of the same name has completed in both.")
        )
        return
    head = [
        Cell(_("Model")),
        Cell(_("Metric")),
        Cell(_("Verdict")),
        Cell(_("Before")),
        Cell(_("After")),
        Cell(_("Difference"), note=_("95 % interval")),
    ]
    lines, notes = [], dict[str, None]()
    for before, after in pairs:
        found = changing.changed(ws, before, after, [before.metric])
        notes.update(dict.fromkeys(found.notes))
        for one in found.metrics:
            link = links.href("compare", runs=(before.id, after.id), baseline=before.id)
            name = words.model_name(after.model_name, after.algorithm)
            lines.append([Cell(words.clip(name, 40), href=link), *_metric(one)])
    wide_table(head, lines, label=_("What it did"))
    for note in notes:
        st.caption(words.md(note))
