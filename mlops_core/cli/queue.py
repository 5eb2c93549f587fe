"""``queue``: what runs, what waits and why, and who goes first."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from mlops_core.cli.datasets import Json
from mlops_core.cli.plain import say
from mlops_core.cli.runs import MAX_ID

app = typer.Typer(help="What runs and waits, and in which order.", rich_markup_mode=None)


class PriorityChoice(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


@app.command("show")
def show(as_json: Json = False) -> None:
    """Show what runs and what waits, in its order, with the reason and the latest start."""
    from mlops_core.cli.output import print_json, table, workspace
    from mlops_core.services import queue

    found = queue.look(workspace())
    if as_json:
        print_json({"queue": found})
        return
    if not found.running and not found.total:
        say("Nothing runs or waits.")
        return
    going = [
        (None, run.id, run.model_name, run.owner, run.priority.word, "runs", None)
        for run in found.running
    ]
    waiting = [
        (
            one.wait.place,
            one.run.id,
            one.run.model_name,
            one.run.owner,
            one.run.priority.word,
            f"waits: {one.wait.holdup.value}",
            one.wait.starts_by,
        )
        for one in found.waiting
    ]
    head = ("place", "run", "model", "owner", "priority", "state", "starts by")
    table(head, [*going, *waiting])
    if found.total > len(found.waiting):
        say(f"Showing {len(found.waiting)} of {found.total} that wait.")


@app.command()
def priority(
    run_id: Annotated[
        int, typer.Argument(help="Id of a run that waits.", metavar="ID", min=1, max=MAX_ID)
    ],
    level: Annotated[PriorityChoice, typer.Argument(help="How urgent it is.", metavar="LEVEL")],
    as_json: Json = False,
) -> None:
    """Change the priority of a run that waits."""
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.domain.queue import Priority
    from mlops_core.services import queue

    queue.set_priority(workspace(), run_id, Priority.named(level.value))
    if as_json:
        print_json({"run_id": run_id, "priority": level.value})
    else:
        say(f"Run {run_id} has {level.value} priority now.")


@app.command("stop-mine")
def stop_mine(
    owner: Annotated[str, typer.Option(help="Whose; your own without.")] = "",
    as_json: Json = False,
) -> None:
    """Withdraw every run of an owner that waits and stop those that run."""
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.services import queue

    ws = workspace()
    whose = owner or ws.settings.owner
    count = queue.stop_all_of(ws, whose)
    if as_json:
        print_json({"owner": whose, "stopped": count})
    else:
        say(f"{count} runs of {whose} were withdrawn or asked to stop.")
