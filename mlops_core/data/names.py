"""Safe, distinct column names; the header's own words are kept beside them."""

from __future__ import annotations

import re
from collections.abc import Sequence

MAX_NAME = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def distinct_names(originals: Sequence[str], width: int) -> list[str]:
    """One name for each of ``width`` columns, kept as it is wherever possible.

    Empty names become ``column_3``; a name that is there already, in whatever case, gets a number
    (the query engine does not tell ``Age`` from ``age``); control characters become a blank; very
    long names are cut.
    """
    names: list[str] = []
    taken = {original.casefold() for original in originals}
    used: set[str] = set()
    for place in range(width):
        original = originals[place] if place < len(originals) else ""
        name = _CONTROL.sub(" ", original)[:MAX_NAME]
        if not name.strip():
            name = f"column_{place + 1}"
        if name.casefold() in used or (name != original and name.casefold() in taken):
            name = _numbered(name, used | taken)
        used.add(name.casefold())
        names.append(name)
    return names


def _numbered(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name}_{number}".casefold() in taken:
        number += 1
    return f"{name}_{number}"
