"""Which run is better, as far as that is known: intervals, differences, verdicts."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from mlops_core import words
from mlops_core.domain.records import RunSummary
from mlops_core.i18n import _
from mlops_core.services import comparison as comparisons
from mlops_core.services.comparison import (
    Basis,
    Comparison,
    FloorPair,
    GroupJudgement,
    MetricRow,
    Pair,
    RunJudgement,
    Verdict,
)
from mlops_core.store.workspace import Workspace
from mlops_core.words.judged import (
    BASES,
    basis_sentence,
    best_sentence,
    between,
    chances,
    floor_answer,
    run_name,
    signed,
    verdict_word,
)
from ui import charts, links
from ui.forest import forest
from ui.wide_table import Cell, wide_table

_TONES = {Verdict.BETTER: "better", Verdict.WORSE: "worse"}


def verdicts(ws: Workspace, found: Comparison, row: MetricRow, baseline: int) -> None:
    """Every group of runs that can be ranked, each beside the baseline or its own best run."""
    judged = comparisons.judge(ws, found, row.key, by=_basis(row))
    runs = {run.id: run for run in found.runs}
    for group in judged.groups:
        if not found.comparable:
            first = runs[group.runs[0].run_id]
            st.caption(
                _("{dataset}, seed {seed}").format(
                    dataset=words.md(f"{first.dataset_name} v{first.dataset_version}"),
                    seed=first.spec.evaluation.seed,
                )
            )
        if group.best is not None:
            st.markdown(best_sentence(group, runs))
            ids = [one.run_id for one in group.runs]
            _table(group, runs, baseline if baseline in ids else group.best, row)
        for note in group.notes:
            st.caption(words.md(note))
    st.caption(
        _(
            "Better: the difference is real (95 %, all pairs considered) and more than negligible. "
            "Undecided: these rows cannot tell."
        )
    )


def _basis(row: MetricRow) -> Basis | None:
    """What the numbers rest on, from the URL and back into it; ``None``: there is no choice."""
    held = any(cell.holdout is not None for cell in row.cells)
    folds = any(cell.mean is not None for cell in row.cells)
    if not (held and folds):
        links.set_query(by=None)
        return None
    if st.session_state.get("compare.by") not in BASES:
        asked = links.query_text("by")
        st.session_state["compare.by"] = Basis.FOLDS if asked == "folds" else Basis.HOLDOUT
    chosen = st.segmented_control(
        _("Judged by"),
        list(BASES),
        format_func=lambda basis: _(BASES[basis]),
        key="compare.by",
        required=True,
        help=_(
            "The hold-out judges the models that are kept; the folds judge more rows and several "
            "fits of each."
        ),
    )
    links.set_query(by=chosen if chosen is Basis.FOLDS else None)
    return chosen


def _table(
    group: GroupJudgement, runs: Mapping[int, RunSummary], beside: int, row: MetricRow
) -> None:
    name = run_name(runs[beside])
    head = [
        Cell(_("Run")),
        Cell(_("Verdict")),
        Cell(words.metric_label(row.key, short=True), note=_("95 % interval")),
        Cell(_("Difference"), note=_("to {run}").format(run=words.clip(name, 30))),
    ]
    order = group.best_first(row.key)
    lines = []
    for one in order:
        difference, verdict = beside_cells(group.pair(one.run_id, beside), row.key)
        run = _run(runs[one.run_id], one.run_id == group.best, one.run_id == beside)
        lines.append([run, verdict, _value(one, row.key), difference])
    floor = next((one.floor for one in order if one.run_id == beside), None)
    if floor is not None:
        lines.append(_floor(floor, row.key))
    wide_table(head, lines, label=_("Which run is better"))
    forest(group, [one.run_id for one in order], runs, beside, row.key)
    st.caption(words.md(basis_sentence(group, row.key)))


def _run(run: RunSummary, best: bool, beside: bool) -> Cell:
    note = _("run {id}, baseline") if beside else _("run {id}")
    return Cell(
        words.model_name(run.model_name, run.algorithm),
        note=note.format(id=run.id),
        mark=_("best") if best else "",
        href=links.href("run", id=run.id),
        colour=charts.run_colour(run.id),
    )


def _floor(found: FloorPair, metric: str) -> list[Cell]:
    """No model at all, beside the run that all others stand beside."""
    difference, _verdict = beside_cells(found.pair.turned(), metric)
    return [
        Cell(floor_answer(found.says), note=_("without a model")),
        Cell(words.NOTHING, tone="faint"),
        Cell(words.metric_value(metric, found.estimate)),
        difference,
    ]


def _value(one: RunJudgement, metric: str) -> Cell:
    if one.estimate is None:
        return Cell(words.NOTHING, tone="faint")
    note = "" if one.low is None else between(one.low, one.high, metric)
    return Cell(words.metric_value(metric, one.estimate), note=note)


def beside_cells(pair: Pair | None, metric: str) -> tuple[Cell, Cell]:
    """The difference with its interval, and the verdict with its probabilities."""
    if pair is None:
        return Cell(words.NOTHING, tone="faint"), Cell("")
    return (
        Cell(
            signed(pair.difference, metric),
            note=f"{signed(pair.low, metric)} – {signed(pair.high, metric)}",
        ),
        Cell(
            "",
            delta=verdict_word(pair.verdict),
            note=chances(pair),
            tone=_TONES.get(pair.verdict, "faint"),
        ),
    )
