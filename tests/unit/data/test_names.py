"""Column names: distinct, visible, bounded, whatever stands in the header."""

from __future__ import annotations

import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from mlops_core.data.names import MAX_NAME, distinct_names

HEADERS = st.lists(
    st.text(max_size=12) | st.text("aAаé\u0301\u200b \u202e_23", max_size=5), min_size=1, max_size=8
)


@given(HEADERS)
@example(["a", "a", "a_2", "A", "", "\u200b", "column_5"])
@example(["x" * 500, "x" * 501])
def test_names_are_distinct_visible_and_stay_so(originals: list[str]) -> None:
    names = distinct_names(originals, len(originals) + 1)
    assert len({unicodedata.normalize("NFKC", name).casefold() for name in names}) == len(names)
    for name in names:
        assert 0 < len(name) <= MAX_NAME and name == name.strip()
        assert not any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in name)
        assert not set(name) & set("\u200b\u202e\u2060\ufeff")
    assert distinct_names(names, len(names)) == names
