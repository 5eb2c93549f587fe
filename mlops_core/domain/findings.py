"""What a person should know about the data before a model sees it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

from mlops_core.domain.sentences import Sentence

Fix: TypeAlias = Literal["drop", "categorical", "text"]
Identity: TypeAlias = tuple[str, str | None]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    PROBLEM = "problem"

    @property
    def rank(self) -> int:
        """Its place in a list that begins with the gravest."""
        return (Severity.PROBLEM, Severity.WARNING, Severity.INFO).index(self)


class Acceptance(_Model):
    """Somebody has looked at a finding and lets it be."""

    reason: str
    at: datetime


class Finding(_Model):
    """Something about the data that a person should know before a model sees it.

    Attributes:
        code: What it is about: identifier_like, constant, mostly_missing, rare_classes …
        message: The sentence in the language of who imported the table.
        said: The same for readers of every language; older findings have none.
        evidence: What shows that it is so.
        fix: The role that a column should rather have.
    """

    code: str
    severity: Severity
    message: str
    column: str | None = None
    fix: Fix | None = None
    said: Sentence | None = None
    evidence: Sentence | None = None
    accepted: Acceptance | None = None

    @classmethod
    def of(
        cls,
        code: str,
        severity: Severity,
        said: Sentence,
        *,
        column: str | None = None,
        fix: Fix | None = None,
        evidence: Sentence | None = None,
    ) -> Finding:
        """A finding whose message is what ``said`` reads now."""
        return cls(
            code=code,
            severity=severity,
            message=str(said),
            column=column,
            fix=fix,
            said=said,
            evidence=evidence,
        )

    @property
    def identity(self) -> Identity:
        """What stays the same when the table is looked at again."""
        return self.code, self.column

    @property
    def sentence(self) -> str:
        """The message in the reader's language."""
        return str(self.said) if self.said else self.message


def keep_accepted(found: Iterable[Finding], *before: Iterable[Finding]) -> tuple[Finding, ...]:
    """``found``, with what was accepted of the same findings ``before``; the first one counts."""
    known: dict[Identity, Acceptance] = {}
    for findings in before:
        for one in findings:
            if one.accepted is not None:
                known.setdefault(one.identity, one.accepted)
    return tuple(
        one.model_copy(update={"accepted": known[one.identity]}) if one.identity in known else one
        for one in found
    )
