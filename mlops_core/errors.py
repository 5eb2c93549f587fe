"""Every error a person may meet, and nothing else.

    MlopsError
    ├── InvalidInput      what was given cannot be used; ``field`` says which part
    │   └── TooBig        it is well formed, but this machine can never start it
    ├── NotFound          there is no such thing
    ├── Conflict          it exists, but its state forbids what was asked
    ├── StoreError        the database or the disk did not do its part
    ├── Cancelled         somebody took it back
    └── UsageError        a command line that cannot be understood

Foreign errors are translated where they enter (``store/session``, ``data/read``, ``runners``).
"""

from __future__ import annotations


class MlopsError(Exception):
    """Something went wrong that can be said in a sentence.

    Attributes:
        message: What happened and where, one sentence with a full stop.
        hint: What to do about it, one sentence, or empty.
        field: Dotted name of the input it belongs to (``params.max_depth``), or ``None``.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "", field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.field = field

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class InvalidInput(MlopsError):
    """What was given cannot be used."""

    exit_code = 2


class TooBig(InvalidInput):
    """What was asked for can never start on this machine."""


class UsageError(InvalidInput):
    """The command line cannot be understood."""


class NotFound(MlopsError):
    """There is no such thing."""

    exit_code = 2


class Conflict(MlopsError):
    """It exists, but its state forbids what was asked."""

    exit_code = 2


class StoreError(MlopsError):
    """The database or the disk did not do its part."""


class Cancelled(MlopsError):
    """Somebody took it back."""

    exit_code = 130
