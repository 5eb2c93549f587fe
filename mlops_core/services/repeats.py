"""Repeating a run with other seeds: how much of its score is the luck of its fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from mlops_core.domain.configs import LAST_SEED, RunSpec
from mlops_core.domain.queue import Submission
from mlops_core.domain.records import ExperimentRun
from mlops_core.domain.states import RunStatus
from mlops_core.errors import Conflict, InvalidInput, TooBig
from mlops_core.i18n import _
from mlops_core.metrics.spread import mean_and_std
from mlops_core.services import queueing, resources, runs
from mlops_core.services.jsonable import jsonable
from mlops_core.services.names import seeded, unseeded
from mlops_core.store import experiments as marks
from mlops_core.store import runs as store
from mlops_core.store import series
from mlops_core.store.workspace import Workspace

SEEDS = 5
MOST_SEEDS = 50
STEP = 1000  # folds take the seeds that follow; no two runs may share one
KNOWN = 400  # runs of an experiment that are looked through


@dataclass(frozen=True, kw_only=True)
class Repeated:
    """One run of a family: alike in everything but the seed of its fits."""

    run_id: int
    seed: int
    value: float


@dataclass(frozen=True, kw_only=True)
class SeedSpread:
    """What one metric was with every seed.

    Attributes:
        metric: Its key.
        runs: The completed runs, by id.
        mean, std: Over them (ddof = 1).
        going_on: Runs of the family that are not over.
        over_folds: The deviation over the folds of the first of them; ``None`` without folds.
    """

    metric: str
    runs: tuple[Repeated, ...]
    mean: float
    std: float
    going_on: int
    over_folds: float | None


def repeat(
    ws: Workspace, run_id: int, seeds: int = SEEDS, *, by: Submission | None = None
) -> tuple[int, ...]:
    """Queue a completed run again with ``seeds`` other seeds for its fits, on the same split.

    Raises:
        NotFound: there is no such run.
        InvalidInput: that many cannot be asked for.
        Conflict: it did not complete.
        TooBig: this machine can never start it.
    """
    if not 1 <= seeds <= MOST_SEEDS:
        raise InvalidInput(
            _("A run is repeated with 1 to {most} seeds, not {n}.").format(
                n=seeds, most=MOST_SEEDS
            ),
            _("Ask for fewer; you can repeat it again later."),
            field="seeds",
        )
    run = runs.get_run(ws, run_id)
    if run.status is not RunStatus.COMPLETED:
        raise Conflict(
            _("Run {id} did not complete, so it is not repeated.").format(id=run_id),
            _("Choose a run that completed."),
        )
    queueing.refuse(resources.fits(ws, run.spec.resources), TooBig)
    name = unseeded(run.model_name, run.spec.model.seed)
    with ws.begin() as connection:
        taken = {spec.fit_seed for _id, _status, spec in _family(connection, run)}
        fresh = (seed for seed in _seeds(run.spec) if seed not in taken)
        made = tuple(
            store.insert_run(
                connection,
                experiment_id=run.experiment_id,
                dataset_id=run.dataset_id,
                model_name=seeded(name, seed),
                model_version_id=None,  # it is not quite what was saved
                spec=_with_seed(run.spec, seed),
                metric=run.metric,
                by=queueing.submission(ws, by),
                at=ws.now(),
            )
            for _place, seed in zip(range(seeds), fresh, strict=False)
        )
    queueing.wake(ws)
    return made


def _seeds(spec: RunSpec) -> Iterator[int]:
    return ((spec.evaluation.seed + STEP * place) % (LAST_SEED + 1) for place in count(1))


def _with_seed(spec: RunSpec, seed: int) -> RunSpec:
    return spec.model_copy(update={"model": spec.model.model_copy(update={"seed": seed})})


def _family(
    connection: marks.Connection, run: ExperimentRun
) -> list[tuple[int, RunStatus, RunSpec]]:
    """The runs of the experiment that differ from ``run`` in nothing but the seed of their fits."""
    found = marks.specs_of(connection, run.experiment_id, run.algorithm, limit=KNOWN)
    family = run.spec.family
    return [one for one in found if one[2].family == family]


def spread(ws: Workspace, run: ExperimentRun, metric: str | None = None) -> SeedSpread | None:
    """What the family of a run scored, each seed once; ``None`` where it has no value.

    Args:
        metric: Its key; the run's own primary metric where it is ``None``.
    """
    key = metric or run.metric
    with ws.read() as connection:
        family = _family(connection, run)
        ids = [id for id, status, _spec in family if status is RunStatus.COMPLETED]
        measured = {
            one.run_id: one for one in series.final_metrics(connection, ids) if one.name == key
        }
    by_seed: dict[int, Repeated] = {}
    for run_id, _status, spec in family:
        if (found := measured.get(run_id)) is None:
            continue
        value = found.mean if found.holdout is None else found.holdout
        if value is not None:
            by_seed.setdefault(
                spec.fit_seed, Repeated(run_id=run_id, seed=spec.fit_seed, value=value)
            )
    if not by_seed:
        return None
    known = tuple(by_seed.values())
    mean, std = mean_and_std([one.value for one in known])
    first = measured[known[0].run_id]
    return SeedSpread(
        metric=key,
        runs=known,
        mean=mean,
        std=std,
        going_on=sum(not status.is_final for _id, status, _spec in family),
        over_folds=first.std if len(first.folds) > 1 else None,
    )


def to_json(run_id: int, made: tuple[int, ...], found: SeedSpread | None) -> dict[str, Any]:
    """The new runs, and what is known of the family by now."""
    return {"run_id": run_id, "repeats": list(made), "spread": jsonable(found) if found else None}
