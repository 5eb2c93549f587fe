"""Which words mean a missing value, and blanks around a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mlops_core.data import words
from mlops_core.data.engine import literal

_LOWER = frozenset(word.lower() for word in words.MISSING | words.MISSING_AMONG_TYPED)


@dataclass(frozen=True)
class Missing:
    """The words that mean a missing value: the usual ones, or exactly ``given``.

    Of the usual ones some count only where everything else is a number, a date or a truth value.
    Those that a person gave are taken as they are written, before anything is converted.
    """

    given: frozenset[str] | None = None

    @classmethod
    def of(cls, given: Iterable[str] | None) -> Missing:
        if given is None:
            return cls()
        return cls(frozenset({"", *(word.strip(words.BLANKS) for word in given)}))

    def in_text(self, text: str) -> str:
        """SQL: whether ``text``, trimmed, is missing in a column of words."""
        return among(text, words.MISSING if self.given is None else self.given)

    def in_typed(self, text: str) -> str:
        """SQL: whether ``text``, trimmed, is missing among numbers, dates and truth values."""
        if self.given is not None:
            return self.in_text(text)
        return among(f"lower({text})", _LOWER)

    def before(self, text: str, converted: str) -> str:
        """SQL for ``converted``, unless ``text`` was given as a word for missing."""
        if self.given is None or self.given == {""}:
            return converted
        return f"CASE WHEN NOT {self.in_text(text)} THEN {converted} END"

    def holds(self, text: str) -> bool:
        return text in self.given if self.given is not None else text.lower() in _LOWER


def trimmed(text: str) -> str:
    """SQL for ``text``, the name of a column, without blanks around it.

    To see that there are none takes a third of the time that taking them away does.
    """
    ends = " OR ".join(f"suffix({text}, {literal(blank)})" for blank in words.BLANKS)
    wide = " OR ".join(
        f"({text} >= '{blank}' AND {text} < '{chr(ord(blank) + 1)}')"
        for blank in words.BLANKS
        if blank > "~"
    )
    padded = f"{text} < '!' OR {wide} OR {ends}"  # "!" comes after the plain blanks
    return f"(CASE WHEN {padded} THEN trim({text}, {literal(words.BLANKS)}) ELSE {text} END)"


def among(text: str, group: Iterable[str]) -> str:
    """SQL: whether ``text`` is one of ``group``.

    Of IN and of list_contains the engine makes a join, and then the rows lose their order.
    """
    return f"(list_position([{', '.join(map(literal, sorted(group)))}], {text}) IS NOT NULL)"
