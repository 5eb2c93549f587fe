"""Encodings of one byte a letter: which alphabet, and which languages, the bytes are of."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"[^\W\d_]{2,}")
_CYRILLIC = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"  # the most frequent letters first, here and below
_GREEK = "αοιετσνηυρπκμλςόίάέήδγχθωφβύώξζψϊϋΐΰ"
_ALPHABETS = (  # encoding, first and last letter, letters
    ("cp1251", "Ё", "ё", _CYRILLIC),
    ("koi8_r", "Ё", "ё", _CYRILLIC),
    ("cp1253", "Ά", "ώ", _GREEK),
)
LIKELIER = 0.07  # that Cyrillic is written so, and no longer in KOI8-R
_LANGUAGES = {
    "cp1252": (
        "äöüß",
        "àâçéèêëîïôùûüÿœ",
        "áéíñóúü¿¡ªº",
        "àáâãçéêíóôú",
        "àèéìíîòóùú",
        "åäöé",
        "æøåé",
        "áéëèïöü",
        "áðéíóúýþæö",
    ),
    "cp1250": (
        "ąćęłńóśźż",
        "áčďéěíňóřšťúůýž",
        "áäčďéíĺľňóôŕšťúýž",
        "áéíóöőúüű",
        "ăâîşţșț",
        "čćđšž",
    ),
}


def latin(sample: bytes, least: float = 0.0) -> str:
    """The encoding in which the letters with accents are those of one language.

    Nothing where they are those of none: the best of them has less than the share ``least``.
    """
    western, central = (_best_language(sample, name) for name in ("cp1252", "cp1250"))
    if max(western, central) < least:
        return ""
    return "cp1250" if central > max(western, 0.9) else "cp1252"


def _best_language(sample: bytes, encoding: str) -> float:
    text = sample.decode(encoding, "replace").lower()
    text = text.replace("õe", "ãe")  # Portuguese has õ nowhere else; in cp1250 this is Hungarian
    # Signs beside letters are what the other encoding makes of letters.
    wide = [
        char
        for place, char in enumerate(text)
        if char > "\x7f" and (char.isalpha() or _beside_letters(text, place))
    ]
    return max(_share(wide, frozenset(letters)) for letters in _LANGUAGES[encoding])


def _beside_letters(text: str, place: int) -> bool:
    return text[place - 1 : place].isalpha() or text[place + 1 : place + 2].isalpha()


def _share(chars: Iterable[str], known: frozenset[str]) -> float:
    chars = list(chars)
    return sum(char in known for char in chars) / len(chars) if chars else 0.0


def _everyday(text: str, letters: str) -> float:
    """From 0 to 1: how far ahead in ``letters`` those of ``text`` stand, on average."""
    ranks = {letter: rank for rank, letter in enumerate(letters)}
    return 1 - sum(ranks.get(char, len(letters)) for char in text) / (len(letters) * len(text))


def other_alphabet(sample: bytes) -> str:
    """Cyrillic and Greek, whose words are written small but for the first letter, or all large.

    In the other encodings of their alphabet large and small letters come out mixed, or all letters
    are rare ones.
    """
    found = {}
    for encoding, first, last, letters in _ALPHABETS:
        text = sample.decode(encoding, "replace")
        words = [word for word in _WORD.findall(text) if not word.isascii()]
        good = [
            word
            for word in words
            if (word[1:].islower() or word.isupper() or word.islower())
            and all(first <= sign <= last for sign in word)
        ]
        if sum(map(len, good)) >= 0.9 * sum(map(len, words)) > 0:
            found[encoding] = _everyday("".join(good).lower(), letters)
    if "cp1251" in found:
        found["cp1251"] += LIKELIER
    return max(found, key=lambda encoding: found[encoding], default="")
