"""Finding the truth about runs whose supervisor has gone, or never came."""

from __future__ import annotations

import logging
from datetime import timedelta

from mlops_core.domain.results import RunOutcome
from mlops_core.domain.states import EndReason
from mlops_core.runners import processes
from mlops_core.store import runs, work
from mlops_core.store.work import ActiveRun
from mlops_core.store.workspace import Workspace
from mlops_core.supervision import endings
from mlops_core.supervision.endings import Ending
from mlops_core.supervision.supervise import run_tag

log = logging.getLogger(__name__)
TAKE_UP_SECONDS = 15.0
START_TRIES = 3


def reconcile(ws: Workspace, run: ActiveRun, *, launched: bool | None) -> None:
    """Do what is due with one run that is claimed or running; mostly nothing.

    Args:
        launched: Whether the supervisor that this scheduler started for this attempt lives;
            ``None``: this scheduler did not start it (an earlier one may have).
    """
    if run.supervisor is not None:
        if not processes.is_alive(run.supervisor):
            _end_orphan(ws, run, rebooted=run.supervisor.boot_id != processes.boot_id())
    elif launched is False or (launched is None and _is_overdue(ws, run)):
        _give_back(ws, run)


def _is_overdue(ws: Workspace, run: ActiveRun) -> bool:
    # A claim that lies far ahead was made before somebody set the clock back.
    return abs(ws.now() - run.claimed_at) > timedelta(seconds=TAKE_UP_SECONDS)


def _end_orphan(ws: Workspace, run: ActiveRun, *, rebooted: bool) -> None:
    # First nothing of it may run, then what it left can be read: it cannot change any more.
    if not processes.kill_tagged(run_tag(ws.home, run.id, run.attempt)):
        log.error("run %d: a left-over process could not be ended", run.id)
        return
    left = endings.delivered(ws.run_paths(run.id))
    ending = left or endings.supervisor_gone(rebooted).with_folds(ws.run_paths(run.id))
    if _end(ws, run, ending):
        log.info("run %d: its supervisor has gone: %s", run.id, ending.reason)


def _give_back(ws: Workspace, run: ActiveRun) -> None:
    with ws.read() as connection:
        tries = 1 + work.times_given_back(connection, run.id)
    if tries >= START_TRIES:
        message = (
            "Its supervisor could not be started, three times in a row. The log of the scheduler "
            "may say why."
        )
        if _end(ws, run, Ending(EndReason.LOST, message)):
            log.error("run %d: %s", run.id, message)
        return
    with ws.begin() as connection:
        given = runs.give_back(connection, run.id, attempt=run.attempt, at=ws.now())
    if given:
        log.warning("run %d: no supervisor took it up; it waits again", run.id)


def _end(ws: Workspace, run: ActiveRun, ending: Ending) -> bool:
    outcome = RunOutcome(reason=ending.reason, message=ending.message)
    with ws.begin() as connection:
        return runs.end(
            connection,
            run.id,
            attempt=run.attempt,
            outcome=outcome,
            result=ending.result,
            partial=ending.partial,
            at=ws.now(),
        )
