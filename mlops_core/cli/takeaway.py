"""``runs export``, ``runs reproduce``, ``runs repeat`` and ``runs threshold``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from mlops_core.cli.datasets import Json
from mlops_core.cli.plain import say
from mlops_core.cli.runs import MAX_ID, waiting

Id = Annotated[int, typer.Argument(help="Id of a run.", metavar="ID", min=1, max=MAX_ID)]


def _file(help: str, name: str) -> Any:
    return typer.Option(help=help, metavar=name)


def export(
    run_id: Id,
    script: Annotated[Path | None, _file("A Python file that trains it anew.", "OUT.py")] = None,
    notebook: Annotated[Path | None, _file("The same as a notebook.", "OUT.ipynb")] = None,
    spec: Annotated[Path | None, _file("A spec file that runs it again.", "OUT.yaml")] = None,
    report: Annotated[Path | None, _file("A report as one HTML file.", "OUT.html")] = None,
    card: Annotated[Path | None, _file("A model card as Markdown.", "OUT.md")] = None,
    as_json: Json = False,
) -> None:
    """Take a run away: as a script, a notebook, a spec file, a report, a model card."""
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.errors import InvalidInput
    from mlops_core.reports import documents
    from mlops_core.services import exports, runs

    wanted = {
        name: path
        for name, path in (
            ("script", script),
            ("notebook", notebook),
            ("spec", spec),
            ("report", report),
            ("card", card),
        )
        if path is not None
    }
    if not wanted:
        raise InvalidInput(
            "Nothing was asked for.",
            "Name a file: --script OUT.py, --notebook OUT.ipynb, --spec OUT.yaml, "
            "--report OUT.html or --card OUT.md.",
        )
    ws = workspace()
    run = runs.get_run(ws, run_id)
    for name, path in wanted.items():
        exports.write(path, documents.of_run(ws, run_id, name))
    if as_json:
        files = {name: str(path) for name, path in wanted.items()}
        print_json({"run_id": run_id, "dataset_id": run.dataset_id, "files": files})
        return
    for path in wanted.values():
        say(f"Run {run_id} was written to {path}.")
    if script is not None:
        say(f"Its table: python -m mlops_core dataset export {run.dataset_id} TABLE.csv")
        say(f"Then: python {script} TABLE.csv")


def to_mlflow(
    run_ids: Annotated[
        list[int], typer.Argument(help="Ids of runs.", metavar="ID…", min=1, max=MAX_ID)
    ],
    uri: Annotated[
        str,
        typer.Option(
            help="The store: sqlite:///mlflow.db, or the address of a server.",
            envvar="MLFLOW_TRACKING_URI",
            metavar="URI",
        ),
    ],
    experiment: Annotated[
        str | None, typer.Option(help="Its experiment there; called as here without.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Put completed runs with their models into an MLflow store."""
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.reports import documents
    from mlops_core.services import exports

    ws = workspace()
    sent = []
    for run_id in run_ids:
        files = {
            f"{name}{documents.DOCUMENTS[name].suffix}": documents.of_run(ws, run_id, name)
            for name in ("script", "report", "card")
        }
        one = exports.to_mlflow(ws, run_id, uri, experiment=experiment, files=files)
        sent.append({"run_id": run_id, **asdict(one)})
        if not as_json:
            there = "was there already as" if one.existed else "is now"
            say(f"Run {run_id} {there} {one.mlflow_run_id} in the experiment {one.experiment}.")
    if as_json:
        print_json({"runs": sent})


def reproduce(run_id: Id, as_json: Json = False) -> None:
    """Run it again and say whether every number comes out the same.

    Exit code 1: it came out different, or the new run did not complete.
    """
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.services import reproducing, runs

    ws = workspace()
    again = reproducing.reproduce(ws, run_id)
    with waiting(again) as watcher:
        runs.wait(ws, again, on_tick=watcher.look)
    found = reproducing.compare(ws, run_id, again)
    run = runs.get_run(ws, again)
    if as_json:
        print_json(reproducing.to_json(run_id, run, found))
    elif found is None:
        say(f"Run {again} did not complete: {run.message}")
    else:
        say(f"Run {again} reproduces run {run_id}: {found.outcome.value.replace('_', ' ')}.")
        if found.changed:
            say(f"{found.changed} of {found.rows} predictions differ.")
        for sentence in found.why:
            say(sentence)
    if found is None or found.outcome is reproducing.Outcome.DIFFERENT:
        raise typer.Exit(1)


def repeat(
    run_id: Id,
    seeds: Annotated[int, typer.Option(help="How many other seeds.", min=1, max=50)] = 5,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for their ends.")] = True,
    as_json: Json = False,
) -> None:
    """Run it with other seeds for its fits, and say how much its score owes to luck."""
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.services import repeats, runs

    ws = workspace()
    made = repeats.repeat(ws, run_id, seeds)
    if wait:
        for new_id in made:
            with waiting(new_id) as watcher:
                runs.wait(ws, new_id, on_tick=watcher.look)
    found = repeats.spread(ws, runs.get_run(ws, run_id))
    if as_json:
        print_json(repeats.to_json(run_id, made, found))
    elif not wait:
        say(f"Runs {', '.join(map(str, made))} wait.")
    elif found is not None:
        folds = "" if found.over_folds is None else f"; over the folds ± {found.over_folds:.4g}"
        over = f"{found.metric} over {len(found.runs)} seeds"
        say(f"{over}: {found.mean:.4g} ± {found.std:.4g}{folds}.")


def threshold(
    run_id: Id,
    false_positive: Annotated[float, typer.Option(help="What a false positive costs.")] = 1.0,
    false_negative: Annotated[float, typer.Option(help="What a false negative costs.")] = 1.0,
    at: Annotated[float | None, typer.Option(help="A threshold to look at.")] = None,
    as_json: Json = False,
) -> None:
    """Say from which score on a row should count as positive, by what errors cost."""
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.services import deciding, runs

    ws = workspace()
    line = deciding.refuse_without_line(deciding.line_of(ws, runs.get_run(ws, run_id)))
    costs = deciding.Costs(false_positive=false_positive, false_negative=false_negative)
    found = deciding.decide(line, costs, at)
    if as_json:
        print_json(deciding.to_json(run_id, line, found))
        return
    for name, cut in (
        ("cheapest", found.cheapest),
        ("of the run", found.usual),
        *((("asked for", found.chosen),) if at is not None else ()),
    ):
        say(
            f"{name}: {line.positive} from {cut.threshold:.4g} on costs {cut.cost(costs):g}, with "
            f"{cut.false_positive} false positives and {cut.false_negative} false negatives"
        )
    if found.tried is not None:
        say(f"Chosen without the rows it is tried on, it costs {found.tried:g}.")


def add_to(app: typer.Typer) -> None:
    """Make them commands of ``app``."""
    app.command("export")(export)
    app.command("to-mlflow")(to_mlflow)
    app.command("reproduce")(reproduce)
    app.command("repeat")(repeat)
    app.command("threshold")(threshold)
