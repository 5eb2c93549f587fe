"""Running the models of other runs on the data and the split of one, so that they can be ranked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlops_core.domain.configs import RunSpec
from mlops_core.domain.queue import Submission
from mlops_core.domain.records import Dataset, ExperimentRun
from mlops_core.errors import InvalidInput, TooBig
from mlops_core.features import preflight
from mlops_core.i18n import _
from mlops_core.services import datasets, queueing, resources
from mlops_core.services.comparison import Comparison
from mlops_core.store import experiments as marks
from mlops_core.store import runs as store
from mlops_core.store.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Aligned:
    """What became of runs that were to be ranked with one of them.

    Attributes:
        runs: For each of the runs, in their order, itself, its like, or the run that was queued.
        queued: Those of them that were queued.
        refused: Why a run cannot be brought there, by its id; it is left out of ``runs``.
    """

    runs: tuple[int, ...]
    queued: tuple[int, ...]
    refused: dict[int, str]


def align(
    ws: Workspace, comparison: Comparison, anchor: int, *, by: Submission | None = None
) -> Aligned:
    """Queue the models of runs anew on the dataset, target and split of ``anchor``.

    What completed there before in the same configuration is taken and not run again.

    Raises:
        InvalidInput: ``anchor`` is none of the runs, or all of them can be ranked already.
        NotFound: the dataset of ``anchor`` is gone.
    """
    home = next((group for group in comparison.groups if anchor in group), None)
    if home is None or comparison.comparable:
        raise InvalidInput(
            _("There is nothing to bring together."),
            _("Choose runs on different data, targets or splits, and one of them to go by."),
        )
    by_id = {run.id: run for run in comparison.runs}
    goal = by_id[anchor]
    dataset = datasets.get_dataset(ws, goal.dataset_id)
    found: dict[int, int] = {}
    refused: dict[int, str] = {}
    wanted: list[tuple[ExperimentRun, RunSpec]] = []
    for run in comparison.runs:
        spec = _moved(run, goal)
        if run.id in home:
            found[run.id] = run.id
        elif problem := _problem(ws, run, spec, goal, dataset):
            refused[run.id] = problem
        elif (like := _like(ws, spec, dataset)) is not None:
            found[run.id] = like
        else:
            wanted.append((run, spec))
    queued = _queue(ws, wanted, goal, by)
    found |= queued
    order = [found[run.id] for run in comparison.runs if run.id in found]
    return Aligned(runs=tuple(dict.fromkeys(order)), queued=tuple(queued.values()), refused=refused)


def _moved(run: ExperimentRun, goal: ExperimentRun) -> RunSpec:
    """The model and features of ``run`` on the data and the split of ``goal``."""
    there = goal.spec
    return run.spec.model_copy(update={"dataset": there.dataset, "evaluation": there.evaluation})


def _problem(
    ws: Workspace, run: ExperimentRun, spec: RunSpec, goal: ExperimentRun, dataset: Dataset
) -> str | None:
    """Why ``run`` cannot be brought to the data of ``goal``, as a sentence."""
    asked, there = run.spec.dataset, goal.spec.dataset
    if (asked.target, asked.task) != (there.target, there.task):
        return _("It predicts {target}, not {other}.").format(
            target=asked.target, other=there.target
        )
    problems = preflight.problems(spec, dataset.columns, dataset.rows)
    return next((problem.message for problem in problems), None)


def _like(ws: Workspace, spec: RunSpec, dataset: Dataset) -> int | None:
    with ws.read() as connection:
        return marks.first_completed_like(connection, spec.digest, dataset_id=dataset.id)


def _queue(
    ws: Workspace,
    wanted: Sequence[tuple[ExperimentRun, RunSpec]],
    goal: ExperimentRun,
    by: Submission | None,
) -> dict[int, int]:
    """The new run of each; all of them are queued, or none."""
    for _run, spec in wanted:
        queueing.refuse(resources.fits(ws, spec.resources), TooBig)
    made: dict[int, int] = {}
    with ws.begin() as connection:
        for run, spec in wanted:
            made[run.id] = store.insert_run(
                connection,
                experiment_id=goal.experiment_id,
                dataset_id=goal.dataset_id,
                model_name=run.model_name,
                model_version_id=run.model_version_id,
                spec=spec,
                metric=goal.metric,
                by=queueing.submission(ws, by),
                at=ws.now(),
            )
    if made:
        queueing.wake(ws)
    return made
