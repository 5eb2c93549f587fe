"""The options of ``dataset add`` that say how a file is to be read."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mlops_core.errors import InvalidInput
from mlops_core.i18n import _

if TYPE_CHECKING:
    from mlops_core.domain.columns import ColumnType, ReadOptions


class DecimalChoice(StrEnum):
    POINT = "."
    COMMA = ","


class DatesChoice(StrEnum):
    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


File = Annotated[
    Path,
    typer.Argument(
        help="CSV, Excel, Parquet, JSON lines, or one of them in gzip or zip.", metavar="FILE"
    ),
]
Encoding = Annotated[str | None, typer.Option(help="Such as cp949; else found out.")]
Delimiter = Annotated[str | None, typer.Option(help="One character; else found out.")]
Quote = Annotated[str | None, typer.Option(help="One character, or nothing.")]
Header = Annotated[
    bool | None, typer.Option("--header/--no-header", help="Whether names stand first.")
]
Decimal = Annotated[DecimalChoice | None, typer.Option(help="The decimal mark.")]
Sheet = Annotated[str | None, typer.Option(help="The sheet of a workbook.")]
Types = Annotated[
    list[str] | None,
    typer.Option(
        "--type",
        metavar="COLUMN=TYPE",
        help="integer, number, boolean, date, datetime or text; may be repeated.",
    ),
]
Missing = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WORD",
        help="A word for a missing value, instead of the usual ones; may be repeated.",
    ),
]
Dates = Annotated[DatesChoice | None, typer.Option(help="For dates that fit both ways.")]
SkipTop = Annotated[
    int | None, typer.Option(min=0, help="Lines above the table to leave out, but for blank ones.")
]
SkipBottom = Annotated[
    int | None, typer.Option(min=0, help="Lines below the table to leave out, but for blank ones.")
]


def text_options(
    encoding: str | None,
    delimiter: str | None,
    quote: str | None,
    header: bool | None,
    decimal: DecimalChoice | None,
    sheet: str | None,
) -> ReadOptions:
    """How the text is cut into cells."""
    from mlops_core.domain.columns import ReadOptions

    return ReadOptions(
        encoding=encoding,
        delimiter="\t" if delimiter == "\\t" else delimiter,
        quote=quote,
        header=header,
        decimal=decimal.value if decimal else None,
        sheet=sheet,
    )


def with_cells(
    options: ReadOptions,
    types: Sequence[str] | None,
    missing: Sequence[str] | None,
    dates: DatesChoice | None,
    skip_top: int | None,
    skip_bottom: int | None,
) -> ReadOptions:
    """``options``, and how the cells are read and which lines are.

    Raises:
        InvalidInput: a type cannot be understood.
    """
    return options.model_copy(
        update={
            "types": dict(map(_typed, types)) if types else None,
            "missing": tuple(word for word in missing if word) if missing else None,
            "dates": dates.value.replace("-", " ") if dates else None,
            "skip_top": skip_top,
            "skip_bottom": skip_bottom,
        }
    )


def _typed(text: str) -> tuple[str, ColumnType]:
    from mlops_core.domain.columns import ColumnType

    name, equals, wanted = text.rpartition("=")
    known = [one.value for one in ColumnType]
    if not equals or wanted not in known:
        raise InvalidInput(
            _("“{text}” does not say the type of a column.").format(text=text),
            _("Write COLUMN=TYPE, with one of the types {types}.").format(types=", ".join(known)),
            field="types",
        )
    return name, ColumnType(wanted)
