"""What the values of a column divide rows into."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mlops_core.analysis.parts import FEW_VALUES, MISSING, parts_of

codes_of = st.lists(st.integers(MISSING, 30), min_size=1, max_size=200)


def test_words_are_parts_the_most_frequent_first() -> None:
    codes = np.array([0, 1, 1, 2, 1, 0])
    found = parts_of(["a", "b", "c"], codes, 2, scaled=False)
    assert [(part.low, part.high, part.rows.tolist()) for part in found] == [
        ("b", None, [1, 2, 4]),
        ("a", None, [0, 5]),
    ]


def test_few_numbers_are_parts_of_their_own_in_their_order() -> None:
    found = parts_of([10, 20], np.array([1, 1, 0, MISSING]), 1, scaled=True)
    assert [(part.low, part.rows.tolist()) for part in found] == [
        (10, [2]),
        (20, [0, 1]),
        (None, [3]),
    ]


def test_many_numbers_are_cut_into_quarters() -> None:
    codes = np.arange(40) % 20
    found = parts_of(list(range(100, 120)), codes, 1, scaled=True)
    assert [(part.low, part.high) for part in found] == [
        (100, 104),
        (105, 109),
        (110, 114),
        (115, 119),
    ]
    assert {len(part.rows) for part in found} == {10}


def test_where_all_rows_are_alike_there_are_no_parts() -> None:
    assert parts_of(["a"], np.zeros(50, np.intp), 1, scaled=False) == ()
    assert parts_of([], np.full(50, MISSING), 1, scaled=True) == ()


@given(codes_of, st.integers(1, 20), st.booleans())
def test_no_row_is_in_two_parts_and_small_parts_are_left_out(
    raw: list[int], least: int, scaled: bool
) -> None:
    different = sorted({code for code in raw if code != MISSING})
    codes = np.array([MISSING if c == MISSING else different.index(c) for c in raw], np.intp)
    found = parts_of(different, codes, least, scaled=scaled)
    rows = [row for part in found for row in part.rows.tolist()]
    assert len(rows) == len(set(rows))
    assert all(len(part.rows) >= least for part in found)
    for part in found:
        inside = {raw[row] for row in part.rows}
        if part.low is None:
            assert inside == {MISSING}
        else:
            assert (min(inside), max(inside)) == (
                part.low,
                part.low if part.high is None else part.high,
            )
    if least == 1 and found and (scaled or len(different) <= FEW_VALUES):
        assert sorted(rows) == list(range(len(raw)))
