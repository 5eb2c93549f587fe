"""``demo``: samples, baselines, comparison, without a browser."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlops_core.cli.datasets import Json
from mlops_core.cli.plain import note, say

if TYPE_CHECKING:
    from mlops_core.domain.records import Dataset, Experiment
    from mlops_core.services.comparison import Comparison
    from mlops_core.store.workspace import Workspace

WAKE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Trained:
    """One sample under way: its dataset, its baseline and the baseline's runs."""

    key: str
    dataset: Dataset
    experiment: Experiment
    runs: tuple[int, ...]


def demo(
    sample: Annotated[
        list[str] | None, typer.Option(help="Key of a sample; may be repeated. Default: all.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Train baselines on the shipped samples and compare them."""
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.data.samples import SAMPLES, find_sample
    from mlops_core.services import baselines, comparison, datasets, overview

    keys = [find_sample(key).key for key in sample or ()] or [one.key for one in SAMPLES]
    ws = workspace()
    started = []
    for key in keys:
        dataset = datasets.add_sample(ws, key)
        experiment, ids = baselines.train(ws, dataset.id)
        started.append(Trained(key=key, dataset=dataset, experiment=experiment, runs=ids))
    seconds = _wait(ws, started)
    compared = [comparison.compare(ws, one.runs) for one in started]
    overview.mark_compared(ws)
    pairs = list(zip(started, compared, strict=True))
    if as_json:
        content = [_content(ws, one, found) for one, found in pairs]
        print_json({"seconds": round(seconds, 1), "samples": content})
    else:
        for one, found in pairs:
            _show(ws, one, found)
    if any(run.status.value != "completed" for found in compared for run in found.runs):
        raise typer.Exit(1)


def _wait(ws: Workspace, started: list[Trained]) -> float:
    """Wait for all runs, the progress on standard error; how long it took, in seconds."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    from mlops_core.services import queueing, runs

    begun = woken = time.monotonic()
    wanted = runs.RunFilter(ids=tuple(run for one in started for run in one.runs), archived=None)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    try:
        with Progress(*columns, console=Console(stderr=True)) as progress:
            bar = progress.add_task("Training baselines", total=len(wanted.ids))
            while True:
                found = runs.list_runs(ws, wanted, limit=len(wanted.ids)).items
                done = sum(1.0 if run.status.is_final else run.progress for run in found)
                progress.update(bar, completed=done)
                if all(run.status.is_final for run in found):
                    return time.monotonic() - begun
                if time.monotonic() - woken >= WAKE_SECONDS:
                    queueing.wake(ws)
                    woken = time.monotonic()
                time.sleep(0.2)
    except KeyboardInterrupt:
        note("The runs go on. See them with: python -m mlops_core runs list")
        raise typer.Exit(130) from None


def _content(ws: Workspace, one: Trained, found: Comparison) -> dict[str, Any]:
    from mlops_core.services import comparison
    from mlops_core.services.run_json import summary_json

    experiment = one.experiment
    return {
        "sample": one.key,
        "dataset": {
            "id": one.dataset.id,
            "name": one.dataset.name,
            "version": one.dataset.version,
        },
        "experiment": {
            "id": experiment.id,
            "name": experiment.name,
            "version": experiment.version,
        },
        "runs": [summary_json(ws, run_id) for run_id in one.runs],
        "comparison": comparison.to_json(found, comparison.judge(ws, found)),
    }


def _show(ws: Workspace, one: Trained, found: Comparison) -> None:
    from mlops_core.cli.side_by_side import show_comparison
    from mlops_core.services import comparison

    print()
    say(f"{one.dataset.name}: {one.dataset.task} of {one.dataset.target}")
    show_comparison(found, comparison.judge(ws, found))
