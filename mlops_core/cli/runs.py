"""``run``, ``runs`` and ``compare``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlops_core.cli.datasets import Json
from mlops_core.cli.plain import note, say

if TYPE_CHECKING:
    from mlops_core.cli.progress import Watcher
    from mlops_core.domain.records import RunSummary
    from mlops_core.store.workspace import Workspace

MAX_ID = 2**31 - 1
app = typer.Typer(help="What ran, runs and waits.", rich_markup_mode=None)

Newest = Annotated[
    int | None,
    typer.Argument(help="Id of a run; the newest one without.", metavar="[ID]", min=1, max=MAX_ID),
]
Going = Annotated[
    int | None,
    typer.Argument(
        help="Id of a run; may be left out when only one waits or runs.",
        metavar="[ID]",
        min=1,
        max=MAX_ID,
    ),
]


class StatusChoice(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StreamChoice(StrEnum):
    LOG = "log"
    STDOUT = "stdout"
    STDERR = "stderr"


def run(
    spec: Annotated[Path, typer.Argument(help="A spec file.", metavar="SPEC.yaml")],
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for its end.")] = True,
    as_json: Json = False,
) -> None:
    """Train what a spec file describes."""
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.services import findings, runs
    from mlops_core.services.run_json import summary_json
    from mlops_core.services.specs import load_spec

    asked = load_spec(spec)
    ws = workspace()
    run_id = runs.submit_spec(ws, asked, base=spec.resolve().parent)
    _forewarn(ws, run_id)
    if wait:
        with waiting(run_id) as watcher:
            runs.wait(ws, run_id, on_tick=watcher.look)
    summary = summary_json(ws, run_id)
    left = findings.unresolved_of_run(ws, run_id)
    if as_json:
        print_json({**summary, "unresolved_findings": [findings.content(one) for one in left]})
    else:
        _describe(summary)
        for finding in left:
            say(f"Unresolved: {finding.sentence}")
        if not wait:
            say(f"Follow it with: python -m mlops_core runs show {run_id}")
    if wait and summary["status"] != "completed":
        raise typer.Exit(1)


def _forewarn(ws: Workspace, run_id: int) -> None:
    """Say at once what will probably end the run; it is an estimate and forbids nothing."""
    from mlops_core.analysis.sizing import Fit
    from mlops_core.cli.output import duration
    from mlops_core.errors import InvalidInput, NotFound
    from mlops_core.services import runs, sizing

    try:
        advice = sizing.advise_run(ws, runs.get_run(ws, run_id))
    except (NotFound, InvalidInput):
        return  # its dataset was removed meanwhile; the run will say so itself
    if advice.memory is Fit.SHORT:
        note(
            f"It is likely to need {advice.peak_gb:.2g} GB of memory and asks for "
            f"{advice.asked.memory_gb:g} GB."
        )
    if advice.time is Fit.SHORT:
        note(
            f"It is likely to take {duration(advice.seconds)} and asks for "
            f"{duration(advice.asked.time_limit_seconds)}."
        )


@contextmanager
def waiting(run_id: int) -> Iterator[Watcher]:
    """Show the progress; Ctrl-C leaves the run alone and says how to stop it."""
    from mlops_core.cli.progress import Watcher

    try:
        with Watcher() as watcher:
            yield watcher
    except KeyboardInterrupt:
        note(f"Run {run_id} goes on. Stop it with: python -m mlops_core runs stop {run_id}")
        raise typer.Exit(130) from None


def _describe(summary: dict[str, Any]) -> None:
    from mlops_core.cli.output import facts, table

    experiment = summary["experiment"]
    reason = f" ({summary['end_reason']})" if summary["end_reason"] else ""
    facts(
        (
            ("run", summary["run_id"]),
            ("experiment", f"{experiment['name']} v{experiment['version']}"),
            ("status", f"{summary['status']}{reason}"),
            ("message", summary["message"]),
            *_used(summary["usage"], summary["requested"]),
            *_right_size(summary["right_size"]),
            ("digest", summary["digest"]),
        )
    )
    holdout, folds = summary["metrics"]["holdout"], summary["metrics"]["cv"]
    if holdout or folds:
        print()
        empty: dict[str, Any] = {"mean": None, "std": None}
        floor = (summary["floor"] or {}).get("holdout" if holdout else "cv", {})
        table(
            ("metric", "hold-out", "mean of folds", "spread", "no model"),
            (
                (name, holdout.get(name), fold["mean"], fold["std"], floor.get(name))
                for name in {**holdout, **folds}
                for fold in (folds.get(name, empty),)
            ),
        )
    for warning in summary["warnings"]:
        say(f"Note: {warning}")


def _right_size(found: dict[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """What to ask for the next time; nothing while no run has told."""
    if found is None or found["basis"] == "first":
        return ()
    count = len(found["runs"])
    told = f"from {count} run" + ("s" if count > 1 else "")
    cores = f"{found['cpu_cores']} core" + ("s" if found["cpu_cores"] > 1 else "")
    asked = f"{cores}, {found['memory_gb']:g} GB, {found['time_limit_hours']:g} h"
    return (("enough next time", f"{asked} ({told})"),)


def _used(usage: dict[str, Any], asked: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """What a run used of what it was given."""
    from mlops_core.cli.output import NOTHING, duration, megabytes

    cores = f"{asked['cpu_cores']} core" + ("s" if asked["cpu_cores"] > 1 else "")
    busy = usage["cpu_efficiency"]
    of_cores = f"on {cores}" if busy is None else f"{busy:.0%} of {cores}"
    traffic = f"read {megabytes(usage['read_mb'])}, wrote {megabytes(usage['write_mb'])}"
    return (
        (
            "memory",
            f"peak {megabytes(usage['peak_memory_mb'])}, mean "
            f"{megabytes(usage['mean_memory_mb'])}, given {asked['memory_gb']:g} GB",
        ),
        ("time", f"{duration(usage['wall_seconds'])} of {asked['time_limit_hours']:g} h"),
        ("processor time", f"{duration(usage['cpu_seconds'])}, {of_cores}"),
        ("disk", traffic if usage["read_mb"] is not None else NOTHING),
    )


_LISTED = (
    "id", "experiment", "model", "dataset", "status", "metric", "value", "time", "asked for"
)  # fmt: skip


def _line(run: RunSummary) -> tuple[object, ...]:
    """A run as a line of the list; a failed one shows its reason for status."""
    from mlops_core.cli.output import duration

    return (
        run.id,
        f"{run.experiment_name} v{run.experiment_version}",
        run.model_name,
        f"{run.dataset_name} v{run.dataset_version}",
        (run.end_reason or run.status).value if run.status == "failed" else run.status.value,
        run.metric,
        run.value,
        duration(run.usage.wall_seconds),
        run.created_at,
    )


@app.command("list")
def list_(
    status: Annotated[
        list[StatusChoice] | None, typer.Option(help="A status; may be repeated.")
    ] = None,
    tag: Annotated[str | None, typer.Option(help="A tag of the experiment.")] = None,
    dataset: Annotated[str | None, typer.Option(help="Name of a dataset.")] = None,
    search: Annotated[str, typer.Option(help="Words in names and tags.")] = "",
    days: Annotated[
        int | None, typer.Option(help="Only runs that ended in the last DAYS.", min=1, max=36_500)
    ] = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=10_000)] = 50,
    as_json: Json = False,
) -> None:
    """List runs, the newest first."""
    from datetime import timedelta

    from mlops_core.cli.output import print_json, table, workspace
    from mlops_core.domain.states import RunStatus
    from mlops_core.services import runs

    ws = workspace()
    wanted = runs.RunFilter(
        search=search,
        status=tuple(RunStatus(one.value) for one in status or ()),
        tag=tag,
        dataset_name=dataset,
        ended_since=None if days is None else ws.now() - timedelta(days=days),
    )
    page = runs.list_runs(ws, wanted, limit=limit)
    if as_json:
        print_json({"runs": page.items, "total": page.total})
        return
    if not page.items:
        say("No run matches." if page.total or wanted != runs.RunFilter() else "No run yet.")
        return
    table(_LISTED, map(_line, page.items))
    if page.total > len(page.items):
        say(f"Showing {len(page.items)} of {page.total}.")


@app.command()
def show(run_id: Newest = None, as_json: Json = False) -> None:
    """Show one run."""
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.services import runs
    from mlops_core.services.run_json import summary_json

    ws = workspace()
    summary = summary_json(ws, run_id or runs.newest(ws))
    if as_json:
        print_json(summary)
    else:
        _describe(summary)


@app.command()
def logs(
    run_id: Newest = None,
    stream: Annotated[StreamChoice, typer.Option(help="Which log.")] = StreamChoice.LOG,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Until the run is over.")] = False,
    as_json: Json = False,
) -> None:
    """Print the log of a run."""
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.services import runs

    ws = workspace()
    run_id = runs.get_run(ws, run_id or runs.newest(ws)).id
    pieces = _log_pieces(ws, run_id, stream)
    if as_json:
        if follow:
            runs.wait(ws, run_id)
        print_json({"run_id": run_id, "stream": stream.value, "text": "".join(pieces)})
        return
    if not follow:
        for text in pieces:
            print(text, end="")
        return
    position = [0]

    def more(_run: object = None) -> None:
        for text in _log_pieces(ws, run_id, stream, position):
            print(text, end="", flush=True)

    with waiting(run_id):
        runs.wait(ws, run_id, on_tick=more)
    more()


def _log_pieces(
    ws: Workspace, run_id: int, stream: StreamChoice, position: list[int] | None = None
) -> Iterator[str]:
    """What a log holds from ``position[0]`` on, which is moved to its end."""
    from mlops_core.services import runs

    at = [0] if position is None else position
    while True:
        part = runs.log(ws, run_id, stream.value, after_byte=at[0])
        at[0] = part.next_byte
        if not part.text:
            return
        yield part.text


@app.command()
def stop(run_id: Going = None, as_json: Json = False) -> None:
    """Withdraw a run that waits, or stop one that runs."""
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.services import runs

    ws = workspace()
    run_id = run_id or runs.only_one_going_on(ws)
    status = runs.stop(ws, run_id)
    if as_json:
        print_json({"run_id": run_id, "status": status})
    elif status.is_final:
        say(f"Run {run_id} was withdrawn before it started.")
    else:
        say(f"Run {run_id} was asked to stop; it ends within seconds.")


class BasisChoice(StrEnum):
    HOLDOUT = "holdout"
    FOLDS = "folds"


def compare(
    ids: Annotated[
        list[int], typer.Argument(help="Ids of runs.", metavar="ID ID…", min=1, max=MAX_ID)
    ],
    metric: Annotated[
        str | None, typer.Option(help="The metric to judge by; the first run's own without.")
    ] = None,
    by: Annotated[
        BasisChoice | None, typer.Option(help="What to rest on; the hold-out where there is one.")
    ] = None,
    rope: Annotated[
        float, typer.Option(help="Share of the best value that is negligible.", min=0.0, max=0.99)
    ] = 0.01,
    report: Annotated[
        Path | None, typer.Option(help="Write a report as one HTML file.", metavar="OUT.html")
    ] = None,
    as_json: Json = False,
) -> None:
    """Lay runs side by side and say which are better, as far as that is known."""
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.cli.side_by_side import show_comparison
    from mlops_core.services import comparison, overview

    ws = workspace()
    found = comparison.compare(ws, ids)
    basis = comparison.Basis(by.value) if by else None
    judged = comparison.judge(ws, found, metric, by=basis, rope=rope)
    overview.mark_compared(ws)
    if report is not None:
        from mlops_core.reports.report import report as written
        from mlops_core.services import exports

        exports.write(report, written(ws, ids, metric, by=basis, rope=rope))
    if as_json:
        print_json(comparison.to_json(found, judged))
    else:
        show_comparison(found, judged)
