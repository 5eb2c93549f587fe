"""What a run that is over can still be asked: to export, reproduce, repeat, explain itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlops_core.cli.datasets import Json
from mlops_core.cli.plain import say
from mlops_core.cli.runs import MAX_ID, waiting

if TYPE_CHECKING:
    from mlops_core.services.row_by_row import JudgedRows

SHOWN_COLUMNS = 6  # more do not fit beside each other
Id = Annotated[int, typer.Argument(help="Id of a run.", metavar="ID", min=1, max=MAX_ID)]
Most = Annotated[int, typer.Option(help="How many rows at most.", min=1, max=100)]


def export(
    run_id: Id,
    script: Annotated[
        Path | None, typer.Option(help="A Python file that trains it anew.", metavar="OUT.py")
    ] = None,
    spec: Annotated[
        Path | None, typer.Option(help="A spec file that runs it again.", metavar="OUT.yaml")
    ] = None,
    as_json: Json = False,
) -> None:
    """Take a run away: as a script of pandas and scikit-learn, as a spec file."""
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.errors import InvalidInput
    from mlops_core.services import exports, runs

    if script is None and spec is None:
        raise InvalidInput(
            "Nothing was asked for.", "Name a file: --script OUT.py or --spec OUT.yaml."
        )
    ws = workspace()
    run = runs.get_run(ws, run_id)
    written = {}
    if script is not None:
        exports.write(script, exports.script(ws, run_id))
        written["script"] = str(script)
    if spec is not None:
        exports.write(spec, runs.spec_yaml(ws, run_id))
        written["spec"] = str(spec)
    if as_json:
        print_json({"run_id": run_id, "dataset_id": run.dataset_id, "files": written})
        return
    for path in written.values():
        say(f"Run {run_id} was written to {path}.")
    if script is not None:
        say(f"Its table: python -m mlops_core dataset export {run.dataset_id} TABLE.csv")
        say(f"Then: python {script} TABLE.csv")


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


def worst(run_id: Id, most: Most = 20, as_json: Json = False) -> None:
    """Show the rows that a run is most wrong about."""
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.services import row_by_row, runs

    ws = workspace()
    found = row_by_row.worst_rows(ws, runs.get_run(ws, run_id), most)
    rows = row_by_row.refuse_without_rows(found)
    if as_json:
        print_json(row_by_row.worst_json(run_id, rows))
        return
    _show_rows(rows, [run_id])
    say(f"{rows.wrong} of {rows.judged} rows were not answered exactly.")


def differ(
    run_id: Id,
    other: Annotated[int, typer.Argument(help="Id of another.", metavar="ID", min=1, max=MAX_ID)],
    most: Most = 20,
    as_json: Json = False,
) -> None:
    """Show the rows about which two runs say something else."""
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.services import row_by_row, runs

    ws = workspace()
    a, b = (runs.get_run(ws, id) for id in (run_id, other))
    found = row_by_row.refuse_without_rows(row_by_row.parting(ws, a, b, most))
    if as_json:
        print_json(row_by_row.parting_json(run_id, other, found))
        return
    _show_rows(found.rows, [run_id, other])
    both = found.agreement
    say(
        f"The same on {both.same} of {both.rows} rows. On the others run {run_id} is nearer to the "
        f"truth on {both.first}, run {other} on {both.second}."
    )


def slices(
    run_id: Id,
    other: Annotated[int, typer.Argument(help="Id of another.", metavar="ID", min=1, max=MAX_ID)],
    column: Annotated[
        str | None, typer.Option(help="Divide by it; without, the parts where the first loses.")
    ] = None,
    metric: Annotated[str | None, typer.Option(help="Judge by it.")] = None,
    least: Annotated[int, typer.Option(help="Rows of a part at least.", min=1)] = 30,
    as_json: Json = False,
) -> None:
    """Put two runs beside each other inside parts of the data."""
    from mlops_core.cli.output import print_json, table, workspace
    from mlops_core.services import row_by_row, runs, slicing

    ws = workspace()
    a, b = (runs.get_run(ws, id) for id in (run_id, other))
    key = metric or a.metric
    if column is None:
        asked = slicing.search(ws, a, b, key, least=least)
    else:
        asked = slicing.slices(ws, a, b, key, column, least=least)
    found = row_by_row.refuse_without_rows(asked)
    if as_json:
        print_json(slicing.to_json(found))
        return
    table(
        ("column", "from", "to", "rows", f"run {run_id}", f"run {other}", "difference", "verdict"),
        (
            (
                one.column.name,
                "missing" if one.low is None else str(one.low),
                "" if one.high is None else str(one.high),
                one.rows,
                one.a,
                one.b,
                "" if one.pair is None else f"{one.pair.low:+.3g} to {one.pair.high:+.3g}",
                "" if one.pair is None else one.pair.verdict.value,
            )
            for one in found.found
        ),
    )
    say(f"{found.looked_at} parts were looked at, by {key}.")


def _show_rows(found: JudgedRows, ids: Sequence[int]) -> None:
    from mlops_core.cli.output import cell, table

    columns = found.columns[:SHOWN_COLUMNS]
    table(
        ("row", "truth", *(f"run {id}" for id in ids), *(column.name for column in columns)),
        (
            (
                row.number,
                row.truth,
                *(one.said for one in row.answers),
                *(cell(value) for value in row.cells[:SHOWN_COLUMNS]),
            )
            for row in found.rows
        ),
    )


def add_to(app: typer.Typer) -> None:
    """Make them commands of ``app``."""
    app.command("export")(export)
    app.command("reproduce")(reproduce)
    app.command("repeat")(repeat)
    app.command("threshold")(threshold)
    app.command("worst")(worst)
    app.command("differ")(differ)
    app.command("slices")(slices)
