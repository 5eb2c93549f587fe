"""The table of moves is complete and has no way back from an ending."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mlops_core.domain.states import (
    FINAL,
    MOVES,
    EndReason,
    ExperimentStatus,
    RunMove,
    RunStatus,
    end_move,
    experiment_status,
)


def test_every_move_stands_in_the_table() -> None:
    assert set(MOVES) == set(RunMove)


def test_no_move_leaves_a_final_status() -> None:
    assert not {move.source for move in MOVES.values()} & FINAL


def test_a_move_has_end_reasons_exactly_when_it_ends_the_run() -> None:
    for move in MOVES.values():
        assert bool(move.reasons) == move.target.is_final


def test_every_reason_ends_a_running_run_in_exactly_one_way() -> None:
    for reason in EndReason:
        ways = [
            move
            for move, rule in MOVES.items()
            if rule.source is RunStatus.RUNNING and reason in rule.reasons
        ]
        assert ways == [end_move(reason)]


def test_every_status_can_be_reached_from_the_queue() -> None:
    reached = {RunStatus.QUEUED}
    while grown := {m.target for m in MOVES.values() if m.source in reached} - reached:
        reached |= grown
    assert reached == set(RunStatus)


def test_an_experiment_without_runs_is_planned() -> None:
    assert experiment_status([]) is ExperimentStatus.PLANNED


@given(st.lists(st.sampled_from(RunStatus), min_size=1))
def test_an_experiment_goes_on_while_one_of_its_runs_does(runs: list[RunStatus]) -> None:
    status = experiment_status(runs)
    going_on = {ExperimentStatus.QUEUED, ExperimentStatus.RUNNING}
    assert (status in going_on) == any(not run.is_final for run in runs)
    if RunStatus.COMPLETED in runs and status not in going_on:
        assert status is ExperimentStatus.COMPLETED
