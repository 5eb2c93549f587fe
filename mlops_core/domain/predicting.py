"""What a predictor process is told and asked, and what it answers: one JSON line each.

A predictor holds the model of one run and answers questions about it, so that the model's memory
is not the app's, and whatever happens in it ends nobody else. It is told a ``Subject`` first and
says ``Ready``; then every question gets its answer, or a ``Refusal``, until nobody asks any more.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from mlops_core.domain.columns import ColumnType

# A number, a truth value, a text, a date as ISO 8601, or nothing.
Cell: TypeAlias = bool | int | float | str | None
Row: TypeAlias = tuple[Cell, ...]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


class Subject(_Model):
    """The model that is asked, and what its rows look like.

    Attributes:
        model: The file of the fitted pipeline.
        digest: Its SHA-256 when the run wrote it.
        columns: Name and type of every feature; the cells of each row are in this order.
        classes: Names of the run's classes; empty for regression.
        sample: Rows over which an effect is averaged.
    """

    model: Path
    digest: str | None
    columns: tuple[tuple[str, ColumnType], ...]
    classes: tuple[str, ...]
    sample: tuple[Row, ...] = ()
    language: str = "en"


class RowsQuestion(_Model):
    """What does the model say to these rows?"""

    kind: Literal["rows"] = "rows"
    rows: tuple[Row, ...] = Field(min_length=1)


class EffectQuestion(_Model):
    """What would it say if ``column`` held each of ``values``: on average, and in ``row``?"""

    kind: Literal["effect"] = "effect"
    column: str
    values: tuple[Cell, ...] = Field(min_length=1)
    row: Row


Question = Annotated[RowsQuestion | EffectQuestion, Field(discriminator="kind")]
QUESTION: TypeAdapter[Question] = TypeAdapter(Question)


class Ready(_Model):
    """The model is loaded."""

    kind: Literal["ready"] = "ready"


class RowsAnswer(_Model):
    """What the model says to each row.

    Attributes:
        said: The class by its place among the run's, or the number.
        given: Probability (or score) of every class, a row each; ``None`` where it gives none.
        probabilities: Whether ``given`` are probabilities.
    """

    kind: Literal["rows"] = "rows"
    said: tuple[float, ...]
    given: tuple[tuple[float, ...], ...] | None = None
    probabilities: bool = False


class EffectAnswer(_Model):
    """What the model says at each value of a column, as numbers of each output.

    Outputs are the classes (a probability, a score, or 1 for the class that is named), or the one
    number of a regression. Every field has a row for each value and a number for each output.

    Attributes:
        mean: Over the sample: partial dependence (Friedman 2001,
            https://doi.org/10.1214/aos/1013203451).
        low: Below it lies a tenth of the sample's rows.
        high: Above it lies a tenth of them.
        own: For the row that was asked about: individual conditional expectation (Goldstein et
            al. 2015, https://doi.org/10.1080/10618600.2014.907095).
        probabilities: Whether they are probabilities.
    """

    kind: Literal["effect"] = "effect"
    mean: tuple[tuple[float, ...], ...]
    low: tuple[tuple[float, ...], ...]
    high: tuple[tuple[float, ...], ...]
    own: tuple[tuple[float, ...], ...]
    probabilities: bool = False


class Refusal(_Model):
    """Why there is no answer: the error that a person meets; ``kind`` is its class."""

    kind: Literal["refusal"] = "refusal"
    error: str
    message: str
    hint: str = ""


Answer = Annotated[Ready | RowsAnswer | EffectAnswer | Refusal, Field(discriminator="kind")]
ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)
