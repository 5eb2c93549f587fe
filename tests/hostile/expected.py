"""What a file is said to hold: the words in which the cases are written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from mlops_core.domain.columns import ReadOptions

MARK = "│"  # between the cells of an expected row; no case uses it otherwise
Content: TypeAlias = bytes | str | Callable[[], bytes]


@dataclass(frozen=True)
class Refusal:
    """The file is no table; its message and hint hold these ``words``."""

    words: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """The file is a table.

    Attributes:
        names: Of the columns.
        types: One a column.
        rows: The cells as an export writes them; an empty one is missing.
        count: Of all rows, where ``rows`` are only the first ones.
        originals: The words of the header where they differ from ``names``.
        rejects: Line and column of every row that is left out.
        said: Words that the notes hold.
    """

    names: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    count: int | None = None
    originals: tuple[str, ...] | None = None
    encoding: str = "utf-8"
    delimiter: str | None = ","
    header: bool = True
    rejects: tuple[tuple[int, str | None], ...] = ()
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """A file, and what must come of it."""

    name: str
    content: Content
    expected: Table | Refusal
    options: ReadOptions = field(default_factory=ReadOptions)

    @property
    def data(self) -> bytes:
        if isinstance(self.content, str):
            return self.content.encode()
        return self.content if isinstance(self.content, bytes) else self.content()


def table(names: str, types: str, *rows: str, **more: object) -> Table:
    """``Table`` with names and cells between marks and types between blanks."""
    if isinstance(originals := more.get("originals"), str):
        more["originals"] = tuple(originals.split(MARK))
    if isinstance(said := more.get("said"), str):
        more["said"] = (said,)
    cells = tuple(tuple(row.split(MARK)) for row in rows)
    return Table(tuple(names.split(MARK)), tuple(types.split()), cells, **more)  # type: ignore[arg-type]


def refused(*words: str) -> Refusal:
    return Refusal(words)
