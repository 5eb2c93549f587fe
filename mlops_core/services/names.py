"""Rules for what people name and tag, and sentences about what they misspelt or still use."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from mlops_core.domain.configs import NAME_LENGTH
from mlops_core.errors import Conflict, InvalidInput, NotFound
from mlops_core.features.resolve import near_misses
from mlops_core.i18n import _, ngettext

TAG_LENGTH = 60
MAX_TAGS = 30
DESCRIPTION_LENGTH = 5_000
SHOWN = 5
# Control characters, lone surrogates, line and paragraph separators: none of them can be seen.
_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})


def clean_name(name: str, field: str = "name") -> str:
    """``name`` trimmed, its letters composed (a file name from a Mac is not).

    Raises:
        InvalidInput: it is empty, too long, or holds characters that cannot be seen.
    """
    cleaned = unicodedata.normalize("NFC", name).strip()
    if not cleaned:
        raise InvalidInput(_("The name is empty."), _("Give it a name."), field=field)
    if len(cleaned) > NAME_LENGTH:
        raise InvalidInput(
            _("The name has {count} characters; the most allowed are {limit}.").format(
                count=len(cleaned), limit=NAME_LENGTH
            ),
            _("Shorten it."),
            field=field,
        )
    _refuse_unseen(cleaned, field)
    return cleaned


def seeded(name: str, seed: int) -> str:
    """The name of a model whose fits have a seed of their own."""
    tail = f", seed {seed}"
    return name[: NAME_LENGTH - len(tail)] + tail


def unseeded(name: str, seed: int | None) -> str:
    """The name without the seed that ``seeded`` put behind it."""
    return name if seed is None else name.removesuffix(f", seed {seed}")


def name_from_file(file_name: str) -> str:
    """A dataset's name made of the name of its file."""
    stem = unicodedata.normalize("NFC", Path(file_name).stem)
    seen = "".join(" " if unicodedata.category(sign) in _UNSEEN else sign for sign in stem)
    return seen.strip()[:NAME_LENGTH].strip() or "dataset"


def clean_tags(tags: Sequence[str], field: str = "tags") -> tuple[str, ...]:
    """``tags`` trimmed, each once, in the order given; empty ones left out.

    Raises:
        InvalidInput: too many, one too long, or one with characters that cannot be seen.
    """
    cleaned = tuple(
        dict.fromkeys(tag for given in tags if (tag := unicodedata.normalize("NFC", given).strip()))
    )
    if len(cleaned) > MAX_TAGS:
        raise InvalidInput(
            _("There are {count} tags; the most allowed are {limit}.").format(
                count=len(cleaned), limit=MAX_TAGS
            ),
            _("Keep those that you search by."),
            field=field,
        )
    for tag in cleaned:
        if len(tag) > TAG_LENGTH:
            raise InvalidInput(
                _("The tag “{tag}…” has {count} characters; the most allowed are {limit}.").format(
                    tag=tag[:20], count=len(tag), limit=TAG_LENGTH
                ),
                _("Shorten it."),
                field=field,
            )
        _refuse_unseen(tag, field)
    return cleaned


def clean_text(text: str, field: str = "description") -> str:
    """A description or note, trimmed.

    Raises:
        InvalidInput: it is too long to be one.
    """
    cleaned = text.strip()
    if len(cleaned) > DESCRIPTION_LENGTH:
        raise InvalidInput(
            _("The text has {count} characters; the most allowed are {limit}.").format(
                count=len(cleaned), limit=DESCRIPTION_LENGTH
            ),
            _("Shorten it."),
            field=field,
        )
    # What cannot be encoded cannot be stored, and nobody typed it.
    return cleaned.encode("utf-8", "replace").decode()


def _refuse_unseen(text: str, field: str) -> None:
    if any(unicodedata.category(sign) in _UNSEEN for sign in text):
        raise InvalidInput(
            _("“{text}” holds a line break or another character that cannot be seen.").format(
                text="".join(sign if sign.isprintable() else "�" for sign in text)
            ),
            _("Type it again instead of pasting it."),
            field=field,
        )


def no_such_name(message: str, name: str, known: Iterable[str]) -> NotFound:
    """The error ``message`` for a name that does not exist, with what may have been meant."""
    names = sorted(known)
    hint = ""
    if near := near_misses(name, names):
        hint = _("Did you mean {names}?").format(names=", ".join(f"“{one}”" for one in near))
    elif names:
        hint = _("There is: {names}.").format(names=", ".join(f"“{one}”" for one in names[:SHOWN]))
    return NotFound(message, hint, field="name")


def in_use(message: str, users: Sequence[str]) -> Conflict:
    """The error ``message`` for what cannot be removed because these experiments use it."""
    shown = ", ".join(users[:SHOWN])
    if len(users) > SHOWN:
        shown = _("{names} and {count} more").format(names=shown, count=len(users) - SHOWN)
    used = ngettext(
        "Used by {count} experiment: {names}.", "Used by {count} experiments: {names}.", len(users)
    ).format(count=len(users), names=shown)
    return Conflict(
        f"{message} {used}", _("What an experiment has used is kept, so that it can be repeated.")
    )
