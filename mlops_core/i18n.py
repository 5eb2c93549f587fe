"""Words in the reader's language.

English is the source. ``_`` translates at the moment of the call into the language of the current
context (one Streamlit session, one command), so definitions that live at import time mark their
words with ``N_`` and translate them where they are shown. Catalogues are plain ``.po`` files in
``mlops_core/locale``; they are compiled in memory, once a process.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LANGUAGES: dict[str, str] = {"en": "English", "ko": "한국어"}
LOCALE_DIR = Path(__file__).parent / "locale"

_language: ContextVar[str | None] = ContextVar("language", default=None)
_asked: list[Callable[[], str | None]] = []


def use_language(code: str) -> None:
    """Translate into ``code`` from here on in this context; an unknown code means English."""
    _language.set(code if code in LANGUAGES else "en")


def ask_for_language(find: Callable[[], str | None]) -> None:
    """Let ``find`` say the language of a context that has chosen none; it may not know either."""
    _asked[:] = [find]


def current_language() -> str:
    code = _language.get()
    if code is None and _asked and (code := _asked[0]()) is not None:
        use_language(code)
    return _language.get() or "en"


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    source = LOCALE_DIR / code / "LC_MESSAGES" / "mlops.po"
    if code == "en" or not source.exists():
        return gettext.NullTranslations()
    # Not at the top: the supervisor and the trainer only ever speak English and stay light.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as file:
        catalog = read_po(file, locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _(message: str) -> str:
    """``message`` in the language of this context."""
    # A catalogue answers the empty message with its own header.
    return _catalogue(current_language()).gettext(message) if message else ""


def ngettext(singular: str, plural: str, n: int) -> str:
    """``singular`` or ``plural``, by ``n``, in the language of this context."""
    return _catalogue(current_language()).ngettext(singular, plural, n)


def N_(message: str) -> str:  # noqa: N802 - the customary name that extraction tools look for
    """Mark ``message`` for translation without translating it yet."""
    return message


def NN_(singular: str, plural: str) -> tuple[str, str]:  # noqa: N802
    """Mark both forms of a message that counts, for ``ngettext`` to choose from later."""
    return singular, plural
