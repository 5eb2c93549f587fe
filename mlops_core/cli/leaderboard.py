"""``leaderboard``: the best runs of a dataset."""

from __future__ import annotations

from typing import Annotated

import typer

from mlops_core.cli.datasets import Json
from mlops_core.cli.plain import say


def leaderboard(
    name: Annotated[str, typer.Argument(help="Name of a dataset.")],
    version: Annotated[
        int | None, typer.Option(help="Its version; the newest without.", min=1)
    ] = None,
    metric: Annotated[
        str | None, typer.Option(help="Judge by it; what most runs were judged by without.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Rank the best runs of a dataset over all its experiments, as far as that is known."""
    from mlops_core.cli.output import print_json, table, workspace
    from mlops_core.services import datasets
    from mlops_core.services import leaderboard as boards

    ws = workspace()
    dataset = datasets.find_dataset(ws, name, version)
    found = boards.leaderboard(ws, dataset.id, metric)
    if as_json:
        print_json(boards.to_json(found))
        return
    for board in found.boards:
        first = board.places[0].run
        say(
            f"Predicting {first.spec.dataset.target}, seed {first.spec.evaluation.seed}, "
            f"by {found.metric} on {board.group.rows} rows:"
        )
        table(
            ("rank", "run", "experiment", "model", found.metric or "", "95 % interval"),
            (
                (
                    f"{place.first}–{place.last}" if place.first != place.last else place.first,
                    place.run.id,
                    f"{place.run.experiment_name} {place.run.experiment_version}",
                    place.run.model_name,
                    place.judged.estimate,
                    ""
                    if place.judged.low is None
                    else f"{place.judged.low:.4g} to {place.judged.high:.4g}",
                )
                for place in board.places
            ),
        )
    if not found.boards:
        say("No run on this dataset has completed.")
