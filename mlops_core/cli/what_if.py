"""``runs predict`` and ``runs effect``: questions to the model of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from mlops_core.cli.datasets import Json
from mlops_core.cli.plain import say
from mlops_core.cli.takeaway import Id

if TYPE_CHECKING:
    from mlops_core.services.asking import Asking, Start, Values
    from mlops_core.services.what_if import Effect, Said

Row = Annotated[
    int | None,
    typer.Option(
        help="Begin with this row of its table, counted from 1; without, the first that judged it.",
        min=1,
    ),
]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Give a column another value; nothing after the sign makes it missing.",
        metavar="COLUMN=VALUE",
    ),
]


def predict(run_id: Id, row: Row = None, changes: Changes = None, as_json: Json = False) -> None:
    """Ask a run's model what it says to a row, and what it would if the row were different."""
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.services import asking, runs, what_if

    ws = workspace()
    asked = asking.open_run(ws, runs.get_run(ws, run_id))
    begin, values = _row(asked, row, changes or ())
    before, after = what_if.ask(ws, asked, [begin.values, values])
    cautions = asking.cautions(asked, values)
    if as_json:
        print_json(what_if.said_json(asked, begin, values, before, after))
        return
    part = {
        "judged": "it judged the model",
        "learned": "the model learned from it",
        "unused": "it has no target",
    }
    say(f"Row {begin.number} ({part[begin.part]}): {_told(before)}.")
    if begin.truth is not None:
        say(f"It is {begin.truth}.")
    if changes:
        say(f"Changed: {_told(after)}.")
        for sentence in cautions:
            say(sentence)


def effect(
    run_id: Id,
    column: Annotated[str, typer.Argument(help="Name of a column.")],
    row: Row = None,
    changes: Changes = None,
    as_json: Json = False,
) -> None:
    """Show how a model's answer moves with one column, on average and for one row."""
    from mlops_core.cli.output import cell, print_json, table, workspace
    from mlops_core.services import asking, runs, what_if

    ws = workspace()
    asked = asking.open_run(ws, runs.get_run(ws, run_id))
    begin, values = _row(asked, row, changes or ())
    found = what_if.effect(ws, asked, column, values)
    if as_json:
        print_json(what_if.effect_json(run_id, begin.number, found))
        return
    table((column, *_heads(found)), ((cell(value), *numbers) for value, numbers in _lines(found)))
    say(f"Averages are over {found.rows} rows.")


def _row(asked: Asking, row: int | None, changes: Sequence[str]) -> tuple[Start, Values]:
    from mlops_core.errors import InvalidInput
    from mlops_core.services import asking

    begin = asking.start(asked, row)
    given = {}
    for text in changes:
        name, sign, value = text.partition("=")
        if not sign:
            raise InvalidInput(
                f"“{text}” gives no column a value.", "Write it like --set COLUMN=VALUE."
            )
        given[name] = value
    return begin, asking.edited(asked, begin.values, given)


def _told(said: Said) -> str:
    if said.given is None:
        return f"{said.said:.6g}" if isinstance(said.said, float) else said.said
    kind = "probability" if said.probabilities else "score"
    return f"{said.said} ({kind} {said.given[str(said.said)]:.4g})"


def _heads(found: Effect) -> list[str]:
    return [
        f"{name} {output}".strip() for output in found.outputs for name in ("average", "this row")
    ]


def _lines(found: Effect) -> list[tuple[object, list[float]]]:
    return [
        (
            "missing" if value is None else value,
            [line[output][place] for output in found.outputs for line in (found.mean, found.own)],
        )
        for place, value in enumerate(found.values)
    ]


def add_to(app: typer.Typer) -> None:
    """Make them commands of ``app``."""
    app.command("predict")(predict)
    app.command("effect")(effect)
