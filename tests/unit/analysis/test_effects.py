"""Where a model is asked, to see how its answer moves with a column."""

from __future__ import annotations

from datetime import date, datetime

from hypothesis import given
from hypothesis import strategies as st

from mlops_core.analysis.effects import MOST_CATEGORIES, POINTS, grid
from mlops_core.domain.columns import ColumnRole

numbers = st.integers(-(2**62), 2**62) | st.floats(-1e12, 1e12)
days = st.dates(date(1900, 1, 1), date(2100, 1, 1))


@given(st.lists(st.none() | numbers, max_size=80), st.none() | numbers)
def test_numbers_are_asked_for_in_order_and_nowhere_beyond_what_is_known(
    values: list[float | None], own: float | None
) -> None:
    asked = grid(values, ColumnRole.NUMERIC, own)
    assert list(asked) == sorted(set(asked))
    assert own is None or own in asked
    known = [value for value in [*values, own] if value is not None]
    assert len(asked) <= POINTS + 1
    assert not known or (min(known) <= asked[0] and asked[-1] <= max(known))
    whole = all(isinstance(value, int) for value in known)
    assert not whole or all(isinstance(value, int) for value in asked)


@given(st.lists(st.none() | days, min_size=1, max_size=80), days)
def test_dates_stay_dates(values: list[date | None], own: date) -> None:
    asked = grid(values, ColumnRole.DATE, own)
    assert own in asked
    assert all(isinstance(value, date) and not isinstance(value, datetime) for value in asked)
    assert list(asked) == sorted(set(asked))


@given(
    st.lists(st.none() | st.text(max_size=2) | st.booleans(), max_size=60),
    st.none() | st.text(max_size=2) | st.booleans(),
)
def test_of_words_the_most_frequent_are_asked_for_and_the_rows_own(
    values: list[str | bool | None], own: str | bool | None
) -> None:
    asked = grid(values, ColumnRole.CATEGORICAL, own)
    assert own in asked
    assert len(asked) == len(set(asked)) <= MOST_CATEGORIES
    assert None not in asked[:-1]  # what is missing stands last
    often = max(values.count(value) for value in [*values, own])
    assert any(values.count(value) == often for value in asked)


def test_a_few_values_are_all_asked_for_and_many_evenly_without_the_ends() -> None:
    assert grid([1, 2, 3, 3, 1_000], ColumnRole.NUMERIC, 2) == (1, 2, 3, 1_000)
    asked = grid([*range(100), 1_000_000], ColumnRole.NUMERIC, 50)
    assert asked[0] == 5 and asked[-1] == 95
    moments = grid(
        [datetime(2024, 1, 1, hour) for hour in range(24)], ColumnRole.DATE, datetime(2025, 1, 1)
    )
    assert moments[-1] == datetime(2025, 1, 1)
    assert moments[0] == datetime(2024, 1, 1, 1)
