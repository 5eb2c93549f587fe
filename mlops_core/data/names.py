"""Safe, distinct column names; the header's own words are kept beside them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

MAX_NAME = 200
_JOINERS = "\u200c\u200d"  # within words of some scripts and within emoji; elsewhere a trick
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BLANKS = re.compile(r"\s+")
# Letters that look like Latin ones, after NFKC and without case. From the confusables of Unicode
# Technical Standard 39; those that typical fonts draw alike.
_LOOKS_LIKE = str.maketrans(
    "авекмнорстухіјѕԁһԛԝ" "αβεηικμνορτυχ" "ıøł",
    "abekmhopctyxijsdhqw" "abenikmvoptux" "iol",
)  # fmt: skip


def distinct_names(originals: Sequence[str], width: int) -> list[str]:
    """One name for each of ``width`` columns, kept as it is wherever possible.

    What cannot be seen goes, letters are composed (NFC), blanks become one blank; very long names
    are cut; an empty name becomes ``column_3``. A name that is there already gets a number: the
    query engine does not tell ``Age`` from ``age``, and a person does not tell a Cyrillic letter
    from a Latin one. Where two look alike the plainer one keeps its name.
    """
    places = range(width)
    cleaned = [_clean(originals[place]) if place < len(originals) else "" for place in places]
    names = [name or f"column_{place + 1}" for place, name in zip(places, cleaned, strict=True)]
    kept = {
        place
        for place in places
        if place < len(originals)
        and names[place] == originals[place]
        and _looks(names[place]) == names[place].casefold()
    }
    wanted = {_looks(name) for name in names}
    used: set[str] = set()
    last: dict[str, int] = {}  # number of each look: thousands of equal names are not counted anew
    for place in sorted(places, key=lambda place: place not in kept):
        look = _looks(names[place])
        if look in used:
            names[place], last[look] = _numbered(names[place], last.get(look, 1), used, wanted)
        used.add(_looks(names[place]))
    return names


def _clean(original: str) -> str:
    composed = unicodedata.normalize("NFC", original)
    seen = "".join(
        _seen(sign, composed[max(0, place - 1) : place], composed[place + 1 : place + 2])
        for place, sign in enumerate(composed[: 4 * MAX_NAME])
    )
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", seen))[:MAX_NAME].strip()


def _seen(sign: str, before: str, after: str) -> str:
    """``sign`` as it may stand in a name; nothing, or a blank, for what cannot be seen."""
    if unicodedata.category(sign) not in _UNSEEN:
        return sign
    if sign in _JOINERS and before and after and not (before + after).isascii():
        return sign
    return " " if sign.isspace() or unicodedata.category(sign) == "Cc" else ""


def _looks(name: str) -> str:
    """What a name looks like: the same for names that a person or the engine would confuse."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return plain.translate(_LOOKS_LIKE)


def _numbered(name: str, number: int, *taken: set[str]) -> tuple[str, int]:
    """``name`` with the first number after ``number`` that is free, and that number."""
    while True:
        number += 1
        numbered = f"{name[: MAX_NAME - len(str(number)) - 1]}_{number}"
        if not any(_looks(numbered) in names for names in taken):
            return numbered, number
