"""``dataset``: add a file, list, show, export, remove."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mlops_core.cli import reading
from mlops_core.cli.plain import plain, say
from mlops_core.errors import NotFound
from mlops_core.i18n import _

if TYPE_CHECKING:
    from mlops_core.domain.findings import Finding
    from mlops_core.domain.records import Dataset
    from mlops_core.store.workspace import Workspace

app = typer.Typer(help="Tables to learn from.", rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Which = Annotated[str, typer.Argument(help="Id, name or name@version.", metavar="DATASET")]


class TaskChoice(StrEnum):
    AUTO = "auto"
    CLASSIFICATION = "classification"
    REGRESSION = "regression"


@app.command()
def add(
    file: reading.File,
    name: Annotated[str | None, typer.Option(help="Its name; a known name gets a version.")] = None,
    target: Annotated[str | None, typer.Option(help="The column to learn.")] = None,
    task: Annotated[TaskChoice, typer.Option(help="What to learn of it.")] = TaskChoice.AUTO,
    description: Annotated[str, typer.Option(help="A few words about it.")] = "",
    tag: Annotated[list[str] | None, typer.Option(help="A tag; may be repeated.")] = None,
    encoding: reading.Encoding = None,
    delimiter: reading.Delimiter = None,
    quote: reading.Quote = None,
    header: reading.Header = None,
    decimal: reading.Decimal = None,
    sheet: reading.Sheet = None,
    types: reading.Types = None,
    missing: reading.Missing = None,
    dates: reading.Dates = None,
    skip_top: reading.SkipTop = None,
    skip_bottom: reading.SkipBottom = None,
    as_json: Json = False,
) -> None:
    """Read a file into the workspace."""
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.cli.progress import import_bar
    from mlops_core.services import datasets
    from mlops_core.services.reading import Watch

    options = reading.text_options(encoding, delimiter, quote, header, decimal, sheet)
    options = reading.with_cells(options, types, missing, dates, skip_top, skip_bottom)
    ws = workspace()
    with import_bar(plain(file.name)) as tell:
        dataset = datasets.add_file(
            ws,
            file,
            name=name,
            target=target,
            task=task.value,
            description=description,
            tags=tag or (),
            options=options,
            watch=Watch(tell=tell),
        )
    if as_json:
        print_json(_content(dataset))
        return
    say(f"Added “{dataset.name}” version {dataset.version} as dataset {dataset.id}.")
    _describe(dataset)


@app.command("list")
def list_(
    search: Annotated[str, typer.Option(help="Part of a name, description or tag.")] = "",
    tag: Annotated[str | None, typer.Option(help="A whole tag.")] = None,
    versions: Annotated[bool, typer.Option("--all", help="Every version.")] = False,
    as_json: Json = False,
) -> None:
    """List the datasets."""
    from mlops_core.cli.output import print_json, table, workspace
    from mlops_core.services import datasets

    found = datasets.list_datasets(workspace(), search=search, tag=tag, latest_only=not versions)
    if as_json:
        print_json({"datasets": found})
    elif not found:
        say("No dataset. Add one with: dataset add FILE")
    else:
        table(
            ("id", "name", "version", "rows", "columns", "target", "task", "added"),
            (
                (d.id, d.name, d.version, d.rows, d.column_count, d.target, d.task, d.created_at)
                for d in found
            ),
        )


@app.command()
def show(dataset: Which, as_json: Json = False) -> None:
    """Show what was understood of a dataset."""
    from mlops_core.cli.output import print_json, workspace

    found = find(workspace(), dataset)
    if as_json:
        print_json(_content(found))
        return
    _describe(found)


@app.command()
def export(
    dataset: Which,
    out: Annotated[Path, typer.Argument(help="OUT.csv or OUT.parquet.", metavar="OUT")],
    as_json: Json = False,
) -> None:
    """Write a dataset as it was read to a file."""
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.services import datasets

    ws = workspace()
    found = datasets.export(ws, find(ws, dataset).id, out)
    if as_json:
        print_json({"id": found.id, "file": str(out), "rows": found.rows})
    else:
        say(f"Wrote {found.rows} rows to {out}.")


@app.command()
def compare(before: Which, after: Which, as_json: Json = False) -> None:
    """Say what changed from one dataset to another: rows, columns, what is spread differently."""
    from mlops_core.cli.output import facts, print_json, workspace
    from mlops_core.services import versions

    ws = workspace()
    found = versions.compare(ws, find(ws, before).id, find(ws, after).id)
    if as_json:
        print_json(
            {
                "before": found.before.id,
                "after": found.after.id,
                "rows": (found.before.rows, found.after.rows),
                "came": [column.name for column in found.came],
                "went": [column.name for column in found.went],
                "retyped": [(one.name, one.type, two.type) for one, two in found.retyped],
                "moved": found.moved,
            }
        )
        return
    facts(
        (
            ("rows", f"{found.before.rows} → {found.after.rows}"),
            ("came", ", ".join(column.name for column in found.came) or None),
            ("went", ", ".join(column.name for column in found.went) or None),
            ("other type", ", ".join(one.name for one, _two in found.retyped) or None),
        )
    )
    for shift in found.moved:
        spread = shift.spread
        what = f"moved by {spread.effect:.2f}" if shift.moved else "missing more or less often"
        say(f"{spread.column}: {what}")


@app.command()
def accept(
    dataset: Which,
    code: Annotated[str, typer.Argument(help="Such as leakage; dataset show says it.")],
    column: Annotated[str | None, typer.Option(help="The column it is about, if any.")] = None,
    reason: Annotated[str, typer.Option(help="Why it may stay as it is.")] = "",
    as_json: Json = False,
) -> None:
    """Let a finding be, with a reason; it then counts as looked at."""
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.services import findings

    ws = workspace()
    found = findings.accept(ws, find(ws, dataset).id, code, column, reason)
    finding = findings.find(found, code, column)
    if as_json:
        print_json({"id": found.id, "finding": findings.content(finding)})
    else:
        say(_finding_line(finding))


@app.command()
def remove(dataset: Which, as_json: Json = False) -> None:
    """Remove one version of a dataset that nothing uses."""
    from mlops_core.cli.output import print_json, workspace
    from mlops_core.services import datasets

    ws = workspace()
    found = find(ws, dataset)
    datasets.remove(ws, found.id)
    if as_json:
        print_json({"removed": found.id, "name": found.name, "version": found.version})
    else:
        say(f"Removed “{found.name}” version {found.version}.")


def find(ws: Workspace, which: str) -> Dataset:
    """A dataset by id, name or ``name@version``.

    Raises:
        NotFound: there is none.
    """
    from mlops_core.services import datasets

    if which.isascii() and which.isdigit():
        if len(which) > 9:
            raise NotFound(_("There is no dataset {id}.").format(id=which))
        return datasets.get_dataset(ws, int(which))
    name, at, version = which.rpartition("@")
    if at and version.isascii() and version.isdigit() and len(version) < 10:
        return datasets.find_dataset(ws, name, int(version))
    return datasets.find_dataset(ws, which)


def _content(dataset: Dataset) -> dict[str, Any]:
    from mlops_core.services import findings
    from mlops_core.services.rejects import rejects

    report = dataset.report
    return {
        "id": dataset.id,
        "name": dataset.name,
        "version": dataset.version,
        "rows": dataset.rows,
        "columns": [
            {
                "name": column.name,
                "original": column.original,
                "type": column.type,
                "role": column.role,
                "missing": column.profile.missing,
                "distinct": column.profile.distinct,
            }
            for column in dataset.columns
        ],
        "encoding": report.encoding,
        "delimiter": report.delimiter,
        "header": report.header,
        "format": report.format,
        "sheet": report.sheet,
        "rejects": [
            {"line": one.line, "column": one.column, "reason": one.sentence}
            for one in rejects(dataset)
        ],
        "reject_count": report.reject_count,
        "findings": [findings.content(finding) for finding in dataset.findings],
        "notes": [str(note) for note in report.notes],
        "decisions": report.decisions,
        "target": dataset.target,
        "task": dataset.task,
        "positive_class": dataset.positive_class,
        "description": dataset.description,
        "tags": dataset.tags,
        "fingerprint": dataset.fingerprint,
        "created_at": dataset.created_at,
    }


def _describe(dataset: Dataset) -> None:
    from mlops_core.cli.output import facts, table

    report = dataset.report
    facts(
        (
            ("dataset", f"{dataset.id}: {dataset.name} v{dataset.version}"),
            ("rows", dataset.rows),
            ("target", f"{dataset.target} ({dataset.task})" if dataset.target else None),
            ("encoding", report.encoding),
            ("delimiter", repr(report.delimiter)),
            ("header", report.header),
            ("rows left out", report.reject_count),
        )
    )
    print()
    table(
        ("column", "type", "role", "missing", "distinct"),
        (
            (c.name, c.type.value, c.role.value, c.profile.missing, c.profile.distinct)
            for c in dataset.columns
        ),
    )
    for reject in report.rejects[:5]:
        say(f"Line {reject.line} was left out: {reject.sentence}")
    for finding in dataset.findings:
        say(_finding_line(finding))


def _finding_line(finding: Finding) -> str:
    """One finding: its severity and sentence, its code and column for ``accept``, and why."""
    where = f"{finding.code}, column {finding.column}" if finding.column else finding.code
    line = f"{finding.severity.value}: {finding.sentence} [{where}]"
    return f"{line} Accepted: {finding.accepted.reason}" if finding.accepted else line
