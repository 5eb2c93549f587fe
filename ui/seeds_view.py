"""How much a score varies: over the folds, and over the seeds of its fits."""

from __future__ import annotations

import streamlit as st

from mlops_core import words
from mlops_core.domain.records import ExperimentRun
from mlops_core.domain.results import TrainingResult
from mlops_core.i18n import _, ngettext
from mlops_core.services import repeats
from mlops_core.services.repeats import SEEDS, SeedSpread
from mlops_core.store.workspace import Workspace
from ui import charts, links, owner
from ui.errors import attempt, show_error
from ui.layout import card, notify


def spread(ws: Workspace, run: ExperimentRun, result: TrainingResult) -> None:
    """A strip of the folds, one of the seeds where there are several, and a way to more seeds."""
    metric = result.primary_metric
    folds = result.cv.get(metric)
    seeds = repeats.spread(ws, run, metric)
    several = seeds is not None and len(seeds.runs) > 1
    with card(_("How much it varies"), words.metric_label(metric)):
        strips: dict[str, tuple[float, ...]] = {}
        names: dict[str, list[str]] = {}
        if folds is not None:
            strips[_("folds")] = folds.folds
        if seeds is not None and several:
            strips[_("seeds")] = tuple(one.value for one in seeds.runs)
            names[_("seeds")] = [_("seed {n}").format(n=one.seed) for one in seeds.runs]
        if strips:
            charts.show(
                charts.folds(strips, metric, names),
                key="folds",
                alt=_("The score of every fold and with every seed, and their means."),
            )
        if folds is None:
            st.caption(_("This run had no folds."))
        else:
            values = ", ".join(words.metric_value(metric, v) for v in folds.folds)
            st.caption(_("Fold by fold: {values}").format(values=values))
        if seeds is not None and several:
            st.markdown(_verdict(seeds))
        _more(ws, run, seeds)


def _verdict(found: SeedSpread) -> str:
    """Whether the luck of the fits or the rows move the score more."""
    count = len(found.runs)
    if found.std == 0.0:
        return _(
            "Every one of {n} seeds gives the same score: chance plays no part in this model."
        ).format(n=count)
    said = _("Over {n} seeds: **{spread}**.").format(
        n=count, spread=words.spread(found.mean, found.std, found.metric)
    )
    if found.over_folds is None:
        return said
    more = (
        _("The rows move this score more than the luck of a fit does.")
        if found.over_folds > found.std
        else _("The luck of a fit moves this score as much as the rows do: do not trust one run.")
    )
    return f"{said} {more}"


def _more(ws: Workspace, run: ExperimentRun, found: SeedSpread | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        label = _("Repeat with {n} other seeds").format(n=SEEDS)
        if st.button(
            label,
            icon=":material/casino:",
            key="run_repeat",
            help=_("The same rows are held out; only the fits are drawn anew."),
        ):
            outcome = attempt(lambda: repeats.repeat(ws, run.id, by=owner.submission()))
            if outcome.error is not None:
                show_error(outcome.error)
            else:
                notify(_("{n} runs are queued.").format(n=SEEDS), icon=":material/casino:")
                st.rerun()
        if found is not None and found.going_on:
            text = ngettext("{n} of them is going on", "{n} of them are going on", found.going_on)
            st.caption(text.format(n=found.going_on))
        if found is not None and len(found.runs) > 1:
            ids = [one.run_id for one in found.runs]
            links.link(_("Compare them"), "compare", icon=":material/compare_arrows:", runs=ids)
