"""The best runs of one dataset over all its experiments, with ranks that may span places."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mlops_core import words
from mlops_core.domain.records import DatasetSummary
from mlops_core.i18n import _, ngettext
from mlops_core.services import datasets, leaderboard
from mlops_core.services.leaderboard import Board, Leaderboard, Place
from mlops_core.store.workspace import Workspace
from mlops_core.words.judged import basis_sentence, best_sentence, between
from ui import charts, links
from ui.compare_verdicts import beside_cells
from ui.errors import attempt, show_error
from ui.layout import card, empty_state, page_header
from ui.wide_table import Cell, wide_table

COMPARED = 10  # runs that the link to Compare takes along


def show(ws: Workspace) -> None:
    """The whole page."""
    page_header(
        _("Leaderboard"), _("The best run of every model on one dataset, over all experiments.")
    )
    known = [one for one in datasets.list_datasets(ws, latest_only=False) if one.experiments]
    if not known:
        _nothing_yet()
        return
    _if_not_here(ws, known)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        dataset = _dataset(known)
        metric = links.query_text("metric") or None
        outcome = attempt(lambda: leaderboard.leaderboard(ws, dataset, metric))
        if outcome.value is None:  # a link names a metric that there is not
            outcome = attempt(lambda: leaderboard.leaderboard(ws, dataset))
        if outcome.value is not None and outcome.value.metrics:
            _metric(outcome.value)
    if outcome.value is None:
        show_error(outcome.error)
    elif not outcome.value.boards:
        st.caption(_("No run on this dataset has completed with this metric."))
    else:
        _boards(outcome.value)


def _nothing_yet() -> None:
    with empty_state(
        _("Nothing to rank yet"),
        _("A leaderboard starts with the first completed runs on a dataset."),
        icon=":material/leaderboard:",
    ):
        links.step(_("Train a baseline"), "data", icon=":material/database:")


def _if_not_here(ws: Workspace, known: Sequence[DatasetSummary]) -> None:
    """A link to a dataset that cannot be shown says so before another one is."""
    asked = links.query_int("dataset")
    if asked is None or any(one.id == asked for one in known):
        return
    found = attempt(lambda: datasets.get_dataset(ws, asked))
    if found.error is not None:
        show_error(found.error)
    elif found.value is not None:
        name = words.md(f"{found.value.name} {words.version(found.value.version)}")
        st.info(_("No run has used {name} yet.").format(name=name), icon=":material/info:")


def _dataset(known: Sequence[DatasetSummary]) -> int:
    names = {one.id: f"{one.name} {words.version(one.version)}" for one in known}
    key = "leaderboard.dataset"
    if st.session_state.get(key) not in names:
        asked = links.query_int("dataset")
        st.session_state[key] = asked if asked in names else next(iter(names))
    chosen: int = st.selectbox(
        _("Dataset"),
        list(names),
        format_func=lambda id: words.clip(names[id], 40),
        key=key,
        width=300,
    )
    links.set_query(dataset=chosen)
    return chosen


def _metric(found: Leaderboard) -> None:
    """Another choice runs the page anew, which then reads it from the URL."""
    key = f"leaderboard.metric.{found.dataset.id}.{found.metric}"
    chosen = st.selectbox(
        _("Metric"),
        list(found.metrics),
        index=found.metrics.index(found.metric) if found.metric in found.metrics else 0,
        format_func=words.metric_label,
        key=key,
        width=240,
    )
    usual = chosen == found.metrics[0]
    links.set_query(metric=None if usual else chosen)
    if chosen != found.metric:
        st.rerun()


def _boards(found: Leaderboard) -> None:
    if len(found.boards) > 1:
        st.warning(
            _(
                "Runs with different splits, seeds or targets are ranked only among each other: "
                "their scores are of different rows."
            ),
            icon=":material/balance:",
        )
    for board in found.boards:
        _board(found, board)
    if found.total > found.looked_at:
        text = ngettext(
            "{shown} run is ranked of {total}: of each model of an experiment the best, and of "
            "those the best {most}.",
            "{shown} runs are ranked of {total}: of each model of an experiment the best, and of "
            "those the best {most}.",
            found.looked_at,
        )
        st.caption(
            text.format(
                shown=words.integer(found.looked_at),
                total=words.integer(found.total),
                most=leaderboard.MOST,
            )
        )


def _board(found: Leaderboard, board: Board) -> None:
    metric = found.metric or ""
    first = board.places[0].run
    judged = first.spec.evaluation
    title = _("Predicting {target}").format(target=first.spec.dataset.target)
    note = _("{split} split, seed {seed}").format(
        split=words.split_word(judged.settled(first.task)), seed=judged.seed
    )
    with card(title, note, height="content", key=f"board_{first.id}"):
        runs = {place.run.id: place.run for place in board.places}
        if len(runs) > 1 and (line := best_sentence(board.group, runs)):
            st.markdown(line)
        head = [
            Cell(_("Run")),
            Cell(_("Rank")),
            Cell(words.metric_label(metric, short=True), note=_("95 % interval")),
            Cell(_("Difference"), note=_("to the best")),
            Cell(_("Time")),
            Cell(_("Peak memory")),
        ]
        wide_table(
            head,
            [_line(board, place, metric) for place in board.places],
            label=_("Leaderboard"),
        )
        st.caption(words.md(basis_sentence(board.group, metric)))
        for sentence in board.group.notes:
            st.caption(words.md(sentence))
        if len(runs) > 1:
            links.link(
                _("Compare the best {n}").format(n=min(COMPARED, len(runs))),
                "compare",
                icon=":material/compare_arrows:",
                runs=list(runs)[:COMPARED],
                baseline=first.id,
                metric=metric,
            )


def _line(board: Board, place: Place, metric: str) -> list[Cell]:
    run, judged = place.run, place.judged
    best = board.places[0].run.id
    difference, _verdict = beside_cells(board.group.pair(run.id, best), metric)
    interval = "" if judged.low is None else between(judged.low, judged.high, metric)
    rank = f"{place.first}" if place.first == place.last else f"{place.first}–{place.last}"
    return [
        Cell(
            words.model_name(run.model_name, run.algorithm),
            note=f"{run.experiment_name} {words.version(run.experiment_version)}, "
            + _("run {id}").format(id=run.id),
            href=links.href("run", id=run.id),
            colour=charts.run_colour(run.id),
        ),
        Cell(rank, tone="strong" if place.first == 1 else ""),
        Cell(words.metric_value(metric, judged.estimate), note=interval),
        difference if run.id != best else Cell(words.NOTHING, tone="faint"),
        Cell(words.duration(run.usage.wall_seconds)),
        Cell(words.megabytes(run.usage.peak_memory_mb)),
    ]
