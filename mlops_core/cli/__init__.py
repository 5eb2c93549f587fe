"""The shell: the same capabilities as the pages, one command each.

Exit code 0: what was asked for is done, a run that was waited for completed. 1: a run ended in any
other way, or the machine failed. 2: the input is bad, said in one sentence on standard error.
130: a person interrupted the waiting; the run goes on.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TextIO, cast

import typer
from typer.exceptions import TyperException

from mlops_core.cli import (
    datasets,
    demo,
    insight,
    leaderboard,
    machine,
    news,
    queue,
    runs,
    takeaway,
    what_if,
)
from mlops_core.cli.plain import note
from mlops_core.errors import MlopsError

app = typer.Typer(
    name="mlops_core",
    help="Train tabular models within limits, watch them, compare them.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(datasets.app, name="dataset")
app.add_typer(runs.app, name="runs")
takeaway.add_to(runs.app)
insight.add_to(runs.app)
what_if.add_to(runs.app)
app.add_typer(queue.app, name="queue")
app.command("run")(runs.run)
app.command("compare")(runs.compare)
app.command("leaderboard")(leaderboard.leaderboard)
app.command("news")(news.news)
app.command("demo")(demo.demo)
app.command("machine")(machine.machine)
app.command("migrate")(machine.migrate)


@app.callback(invoke_without_command=True)
def root(context: typer.Context) -> None:
    """Show the help when no command is given."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code of the process."""
    for stream in (sys.stdout, sys.stderr):
        # A letter that the terminal does not know must not end the command.
        cast("TextIO", stream).reconfigure(errors="backslashreplace")  # type: ignore[attr-defined]
    command = typer.main.get_command(app)
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = command.main(given, prog_name="mlops_core", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except TyperException as error:
        return _refused(error.format_message(), error.exit_code)
    except MlopsError as error:
        return _refused(str(error), error.exit_code)
    except typer.Abort:
        return _refused("Interrupted.", 130)
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python's own flush at exit must not fail on it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _refused(sentence: str, code: int) -> int:
    # Typer passes on what pydantic says, with the class of the error before it.
    line = " ".join(sentence.replace("Value error, ", "").split())
    note(line if line.endswith((".", "?")) else f"{line}.")
    return code
