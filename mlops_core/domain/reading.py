"""What a reader process is asked for, and the files in which it and its caller meet.

A reader opens files on behalf of the app, so that the app's memory stays what it is, a file of any
size or nature can be given up at any instant, and other people are answered meanwhile.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from mlops_core.domain.columns import Column, ReadOptions, ReadReport
from mlops_core.domain.findings import Finding
from mlops_core.domain.params import Task
from mlops_core.domain.relations import Relations


class _Job(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    memory_mb: int  # most memory of the engine
    language: str = "en"


class ImportJob(_Job):
    """Read ``source`` into the folder's table; ``linked``: it may get a second name there."""

    kind: Literal["import"] = "import"
    source: Path
    original_name: str
    options: ReadOptions
    max_bytes: int
    linked: bool = False


class LookJob(_Job):
    """Say how ``source`` would be read, with its first rows."""

    kind: Literal["look"] = "look"
    source: Path
    options: ReadOptions
    max_bytes: int


class CheckJob(_Job):
    """Find what a person should know about a table; its columns carry their profiles.

    With a target also how each column relates to it.
    """

    kind: Literal["check"] = "check"
    table: Path
    columns: tuple[Column, ...]
    target: str | None = None
    task: Task | None = None
    report: ReadReport | None = None


class Checked(BaseModel):
    """What was found about a table; ``relations`` where it has a target."""

    model_config = ConfigDict(frozen=True)

    findings: tuple[Finding, ...] = ()
    relations: Relations | None = None


class StoredTable(BaseModel):
    """A table as a reader needs to know it; its columns carry their profiles."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path
    columns: tuple[Column, ...]
    rows: int


class CompareJob(_Job):
    """Count how the columns that two tables share are spread in each."""

    kind: Literal["compare"] = "compare"
    before: StoredTable
    after: StoredTable


class ExportJob(_Job):
    """Write a table to ``target``; ``form`` is csv or parquet, else the ending says which."""

    kind: Literal["export"] = "export"
    table: Path
    columns: tuple[Column, ...]
    target: Path
    form: str | None = None


Job = Annotated[
    ImportJob | LookJob | CheckJob | CompareJob | ExportJob, Field(discriminator="kind")
]
JOB: TypeAdapter[Job] = TypeAdapter(Job)


class Progress(BaseModel):
    """How far a reader is: what it does, and the share of everything, from 0 to 1."""

    model_config = ConfigDict(frozen=True)

    step: str = ""
    share: float = 0.0


class ReadingError(BaseModel):
    """Why there is no result: the error that a person meets."""

    model_config = ConfigDict(frozen=True)

    kind: str  # name of a class in mlops_core.errors
    message: str
    hint: str = ""
    field: str | None = None


class ReadingPaths:
    """The files of one job: ``job.json`` goes in, the others come out, each whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.job = folder / "job.json"
        self.progress = folder / "progress.json"
        self.result = folder / "result.json"
        self.error = folder / "error.json"
        self.log = folder / "reader.log"

    def clear(self) -> None:
        """Remove them; what a job made stays."""
        for path in (self.job, self.progress, self.result, self.error, self.log):
            path.unlink(missing_ok=True)
