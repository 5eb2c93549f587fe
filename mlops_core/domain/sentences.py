"""Sentences that are kept, and read in whatever language their reader has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from mlops_core.i18n import _, ngettext

Fact: TypeAlias = str | int | float


class Sentence(BaseModel):
    """A sentence that is kept as it stands in the code and translated when it is shown.

    Attributes:
        text: The English sentence with places for the facts.
        plural: Its form for several things, where ``facts["count"]`` says how many.
        facts: What fills the places, the same in every language, or a sentence itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    plural: str = ""
    facts: dict[str, Fact | Sentence] = Field(default_factory=dict)

    def __str__(self) -> str:
        return self.filled(str)

    def filled(self, shown: Callable[[str], str]) -> str:
        """The sentence in the reader's language; facts that are text pass through ``shown``."""
        if self.plural:
            text = ngettext(self.text, self.plural, _count(self.facts.get("count")))
        else:
            text = _(self.text)
        return text.format(**{name: _shown(fact, shown) for name, fact in self.facts.items()})


def _shown(fact: Fact | Sentence, shown: Callable[[str], str]) -> Fact:
    if isinstance(fact, Sentence):
        return fact.filled(shown)
    return shown(fact) if isinstance(fact, str) else fact


def _count(fact: Fact | Sentence | None) -> int:
    return int(fact) if isinstance(fact, int | float) else 0


def say(text: str, **facts: Fact | Sentence) -> Sentence:
    """A sentence from a text that is marked with ``N_``."""
    return Sentence(text=text, facts=facts)


def say_many(forms: tuple[str, str], count: int, **facts: Fact | Sentence) -> Sentence:
    """A sentence about so many things, from two texts that are marked with ``NN_``."""
    return Sentence(text=forms[0], plural=forms[1], facts={"count": count, **facts})
