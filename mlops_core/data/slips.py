"""What is said of values that are not what the rest of their column is."""

from __future__ import annotations

from mlops_core.domain.columns import ColumnType
from mlops_core.domain.sentences import Sentence, say, say_many
from mlops_core.i18n import N_, NN_, _

MAX_SHOWN = 40
_WHAT = {
    ColumnType.INTEGER: N_("no whole number"),
    ColumnType.NUMBER: N_("no number"),
    ColumnType.BOOLEAN: N_("no truth value"),
    ColumnType.DATE: N_("no date"),
    ColumnType.DATETIME: N_("no date with a time"),
}


def no_such_value(wanted: ColumnType, cell: str) -> Sentence:
    """Why a row is left out."""
    return say(N_("“{cell}” is {what}."), cell=shortened(cell), what=say(_WHAT[wanted]))


def none_is(wanted: ColumnType, column: str, word: str) -> str:
    """Why a column cannot have a type."""
    return _("Every value of “{column}” is {what}, for example “{word}”.").format(
        column=column, what=_(_WHAT[wanted]), word=shortened(word)
    )


def left_out_note(wanted: ColumnType, column: str, count: int, word: str) -> Sentence:
    """What a person should know of a column that leaves out ``count`` rows."""
    forms = NN_(
        "“{column}”: {count} row was left out because its value is {what}: “{word}”."
        " Read the column as text to keep it.",
        "“{column}”: {count} rows were left out because their value is {what},"
        " for example “{word}”. Read the column as text to keep them.",
    )
    what = say(_WHAT[wanted])
    return say_many(forms, count, column=column, what=what, word=shortened(word))


def shortened(cell: str, length: int = MAX_SHOWN) -> str:
    return cell if len(cell) <= length else f"{cell[: length - 1]}…"
