"""Text of unknown origin, made safe for a terminal."""

from __future__ import annotations

import sys


def plain(text: str) -> str:
    """``text`` without what would move the cursor or change colours."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def say(text: str) -> None:
    """A line for people on standard output."""
    print(plain(text))


def note(text: str) -> None:
    """Something by the way, on standard error."""
    print(plain(text), file=sys.stderr)
