"""What is known of one column and of a table: types, roles, profile."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mlops_core.domain.sentences import Sentence


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnType(StrEnum):
    """How the values are stored."""

    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    TEXT = "text"


class ColumnRole(StrEnum):
    """How a model should see the column."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    DATE = "date"
    TEXT = "text"
    DROP = "drop"


NATURAL_ROLES: dict[ColumnType, ColumnRole] = {
    ColumnType.INTEGER: ColumnRole.NUMERIC,
    ColumnType.NUMBER: ColumnRole.NUMERIC,
    ColumnType.BOOLEAN: ColumnRole.CATEGORICAL,
    ColumnType.DATE: ColumnRole.DATE,
    ColumnType.DATETIME: ColumnRole.DATE,
    ColumnType.TEXT: ColumnRole.CATEGORICAL,
}


class TopValue(_Model):
    value: str
    count: int


class ColumnProfile(_Model):
    """Facts of one column over the whole file.

    ``histogram`` holds the counts between consecutive ``edges`` (one edge more than counts);
    numbers and dates have it, dates with edges as seconds since 1970. ``top`` holds the most
    frequent values. Numbers are ``None`` where they make no sense for the type. ``estimated``: what
    ``distinct`` says was not counted but estimated.
    """

    missing: int = 0
    distinct: int = 0
    estimated: bool = False
    minimum: float | str | None = None
    maximum: float | str | None = None
    mean: float | None = None
    std: float | None = None
    quantiles: tuple[float, ...] = ()  # 5, 25, 50, 75, 95 %
    edges: tuple[float, ...] = ()
    histogram: tuple[int, ...] = ()
    top: tuple[TopValue, ...] = ()
    mean_length: float | None = None
    max_length: int | None = None


class Spelling(_Model):
    """How a file writes its truth values: the most frequent way of each."""

    false: str
    true: str

    def of(self, name: str) -> str:
        """The file's word for the class that is named ``true`` or ``false``."""
        return {"false": self.false, "true": self.true}.get(name, name)


class Column(_Model):
    """One column of a dataset. ``name`` is distinct in its table; ``original`` is the header's.

    ``spelling`` is there for truth values; their classes are called what the file calls them.
    """

    name: str
    original: str
    type: ColumnType
    role: ColumnRole  # the suggestion
    role_reason: str = ""
    spelling: Spelling | None = None
    profile: ColumnProfile = ColumnProfile()


class Reject(_Model):
    """A row of the file that could not be read.

    Attributes:
        line: Counted from 1, the header included.
        reason: In the language of who imported the file.
        said: The same for readers of every language; older ones have none.
    """

    line: int
    column: str | None = None
    reason: str
    raw: str = ""
    said: Sentence | None = None

    @property
    def sentence(self) -> str:
        """The reason in the reader's language."""
        return str(self.said) if self.said else self.reason


class FileFormat(StrEnum):
    """What a table came in, apart from archives around it."""

    CSV = "csv"
    WORKBOOK = "workbook"
    PARQUET = "parquet"
    JSON_LINES = "json_lines"


DateOrder = Literal["day first", "month first"]


class ReadOptions(_Model):
    """How to read a file. ``None`` means: find out.

    Attributes:
        types: Of columns by their names. Rows whose value does not convert are left out; text
            always works and keeps the cells as they are.
        missing: Exactly these words mean a missing value, in every column, beside the empty cell.
        dates: For dates that could be read both ways.
        skip_top: Lines above the table to leave out, blank ones not counted.
        skip_bottom: Lines below it; ``None`` leaves out none.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    header: bool | None = None
    decimal: Literal[".", ","] | None = None
    sheet: str | None = None  # of a workbook
    types: dict[str, ColumnType] | None = None
    missing: tuple[str, ...] | None = None
    dates: DateOrder | None = None
    skip_top: int | None = Field(default=None, ge=0)
    skip_bottom: int | None = Field(default=None, ge=0)


class ReadDecision(_Model):
    """One decision that was taken in reading a file, with an example of what it rests on.

    Attributes:
        name: encoding, delimiter, quote, escape, header, decimal, above, below, missing, dates,
            type, left_out.
        value: What was decided; of ``left_out`` the one value that explains all of it, if one does.
        example: As it is written in the file.
        column: The column that it is about, or the first one.
        count: Cells, rows or lines that it is about.
        cells: Of a type: some cells as they are written and as they were read.
    """

    name: str
    value: str
    example: str = ""
    column: str | None = None
    count: int | None = None
    cells: tuple[tuple[str, str], ...] = ()


class ReadReport(_Model):
    """What was understood of a file, every decision made explicit.

    ``asked`` is what was asked for. Imports of older versions have neither that nor decisions.
    """

    encoding: str
    delimiter: str
    quote: str
    header: bool
    decimal: Literal[".", ","] = "."
    rejects: tuple[Reject, ...] = ()  # the first hundred
    reject_count: int = 0
    notes: tuple[Sentence | str, ...] = ()  # text in those of older versions
    format: FileFormat = FileFormat.CSV
    sheet: str | None = None
    decisions: tuple[ReadDecision, ...] = ()
    asked: ReadOptions = ReadOptions()


JsonDict = dict[str, Any]
