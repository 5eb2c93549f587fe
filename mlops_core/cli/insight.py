"""``runs worst``, ``differ``, ``slices`` and ``changed``: where models fail, and where two part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mlops_core.cli.datasets import Json
from mlops_core.cli.plain import say
from mlops_core.cli.runs import MAX_ID
from mlops_core.cli.takeaway import Id

if TYPE_CHECKING:
    from mlops_core.services.row_by_row import JudgedRows
    from mlops_core.services.slicing import Slices

SHOWN_COLUMNS = 6  # more do not fit beside each other
Other = Annotated[int, typer.Argument(help="Id of another.", metavar="ID", min=1, max=MAX_ID)]
Most = Annotated[int, typer.Option(help="How many rows at most.", min=1, max=100)]


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
    other: Other,
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


def changed(run_id: Id, other: Other, as_json: Json = False) -> None:
    """Say what changed from one run to another, and what it did."""
    from mlops_core.cli.output import cell, print_json, table, workspace
    from mlops_core.services import changing, runs

    ws = workspace()
    before, after = (runs.get_run(ws, id) for id in (run_id, other))
    found = changing.changed(ws, before, after)
    if as_json:
        print_json(changing.to_json(found))
        return
    names = (f"run {run_id}", f"run {other}")
    table(
        ("changed", *names),
        ((one.path, cell(one.before), cell(one.after)) for one in found.changes),
    )
    say("")
    table(
        ("metric", *names, "difference", "verdict"),
        (
            (
                one.key,
                one.before,
                one.after,
                "" if one.pair is None else f"{one.pair.low:+.3g} to {one.pair.high:+.3g}",
                "" if one.pair is None else one.pair.verdict.value,
            )
            for one in found.metrics
        ),
    )
    for sentence in found.notes:
        say(sentence)


def slices(
    run_id: Id,
    other: Other,
    column: Annotated[
        str | None,
        typer.Option(help="Divide by it; without, the parts where the better run loses."),
    ] = None,
    metric: Annotated[str | None, typer.Option(help="Judge by it.")] = None,
    least: Annotated[int, typer.Option(help="Rows of a part at least.", min=1)] = 30,
    as_json: Json = False,
) -> None:
    """Put two runs beside each other inside parts of the data."""
    from mlops_core.cli.output import print_json, workspace
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
    _show_slices(found)
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


def _show_slices(found: Slices) -> None:
    from mlops_core.cli.output import table

    table(
        (
            "column",
            "from",
            "to",
            "rows",
            f"run {found.a}",
            f"run {found.b}",
            "difference",
            "verdict",
        ),
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


def add_to(app: typer.Typer) -> None:
    """Make them commands of ``app``."""
    app.command("worst")(worst)
    app.command("differ")(differ)
    app.command("slices")(slices)
    app.command("changed")(changed)
