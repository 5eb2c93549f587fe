"""Syllables that EUC-KR writes by their parts.

KS X 1001 has 2,350 of the 11,172 syllables; others stand there as a filler and the letters they are
made of, eight bytes in all (annex 3 of the standard). Programs that know cp949 read these as four
letters.
"""

from __future__ import annotations

import re

_FILLER = "\u3164"
_LETTERS = "ㄱㄲㄳㄴㄵㄶㄷㄸㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅃㅄㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_FIRST = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_LAST = "".join(letter for letter in _LETTERS if letter not in "ㄸㅃㅉ")
_PARTS = re.compile(f"{_FILLER}([{_FIRST}])([ㅏ-ㅣ])([{_LAST}{_FILLER}])")
_LONGEST = 4


def composed(text: str) -> str:
    """``text`` with such syllables put together."""
    return _PARTS.sub(_syllable, text) if _FILLER in text else text


def begun(text: str) -> int:
    """Where the last, unfinished syllable of ``text`` begins; its length where there is none."""
    place = text.rfind(_FILLER, max(0, len(text) - _LONGEST + 1))
    if place < 0 or (place >= 3 and _PARTS.fullmatch(text[place - 3 :])):
        return len(text)  # there is none, or it ends one that is whole
    return place


def _syllable(parts: re.Match[str]) -> str:
    first, vowel, last = parts.groups()
    made = chr(
        0xAC00
        + (_FIRST.index(first) * 21 + ord(vowel) - ord("ㅏ")) * 28
        + (0 if last == _FILLER else _LAST.index(last) + 1)
    )
    known = len(made.encode("euc_kr")) == 2  # then it is not written so
    return parts[0] if known else made
