"""Facts of columns, whatever is in them."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mlops_core.data import estimates
from mlops_core.data import profile as module
from mlops_core.data.profile import profile
from mlops_core.domain.columns import Column, ColumnProfile, ColumnRole, ColumnType
from mlops_core.features.transformers import as_text


def profiles(tmp_path: Path, **values: tuple[ColumnType, list[object]]) -> list[ColumnProfile]:
    table = tmp_path / "t.parquet"
    pq.write_table(pa.table({name: cells for name, (_type, cells) in values.items()}), table)
    columns = [
        Column(name=name, original=name, type=type_, role=ColumnRole.NUMERIC)
        for name, (type_, _cells) in values.items()
    ]
    return [column.profile for column in profile(table, columns)]


def test_numbers_have_range_quantiles_and_histogram(tmp_path: Path) -> None:
    (found,) = profiles(tmp_path, n=(ColumnType.INTEGER, [*range(101), None]))
    assert (found.missing, found.distinct) == (1, 101)
    assert (found.minimum, found.maximum, found.mean) == (0, 100, 50)
    assert found.std == pytest.approx(29.30, abs=0.01)
    assert found.quantiles == (5, 25, 50, 75, 95)
    assert len(found.edges) == 21
    assert (found.edges[0], found.edges[-1]) == (0, 100)
    assert sum(found.histogram) == 101
    assert found.histogram[0] == 5
    assert found.histogram[-1] == 6  # the largest value belongs to the last bin


def test_what_is_no_finite_number_is_missing(tmp_path: Path) -> None:
    cells: list[object] = [1.0, math.nan, math.inf, -math.inf, None, 3.0]
    (found,) = profiles(tmp_path, n=(ColumnType.NUMBER, cells))
    assert (found.missing, found.distinct, found.mean) == (4, 2, 2.0)
    assert sum(found.histogram) == 2


@pytest.mark.parametrize(
    ("type_", "cells"),
    [
        (ColumnType.NUMBER, [1e308, -1e308, 0.5]),
        (ColumnType.NUMBER, [1e307, -1e307, 0.5]),
        (ColumnType.NUMBER, [math.nan, math.nan, math.nan]),
        (ColumnType.INTEGER, [2**62, -(2**62), 0]),
        (ColumnType.NUMBER, [5e-324, 0.0, 5e-324]),
        (ColumnType.NUMBER, [7.0, 7.0, 7.0]),
    ],
)
def test_extreme_numbers_break_nothing(
    tmp_path: Path, type_: ColumnType, cells: list[object]
) -> None:
    (found,) = profiles(tmp_path, n=(type_, cells))
    assert sum(found.histogram) in (0, 3)
    assert found.missing + sum(value.count for value in found.top) == 3


def test_words_have_their_most_frequent_values_and_lengths(tmp_path: Path) -> None:
    cells: list[object] = ["b"] * 3 + ["a"] * 3 + ["가나다"] + [None]
    (found,) = profiles(tmp_path, t=(ColumnType.TEXT, cells))
    assert [(value.value, value.count) for value in found.top] == [
        ("a", 3),
        ("b", 3),
        ("가나다", 1),
    ]
    assert (found.max_length, found.missing, found.distinct) == (3, 1, 3)
    assert found.mean_length == pytest.approx(9 / 7)
    assert found.minimum is None


def test_values_that_never_repeat_have_no_most_frequent_ones(tmp_path: Path) -> None:
    cells: list[object] = [f"id-{number}" for number in range(100)]
    (found,) = profiles(tmp_path, t=(ColumnType.TEXT, cells))
    assert (found.distinct, found.top) == (100, ())


def test_dates_have_first_and_last_day_and_bins_in_seconds(tmp_path: Path) -> None:
    import datetime as dt

    cells: list[object] = [dt.date(1970, 1, day) for day in range(1, 22)]
    (found,) = profiles(tmp_path, d=(ColumnType.DATE, cells))
    assert (found.minimum, found.maximum) == ("1970-01-01", "1970-01-21")
    assert (found.edges[0], found.edges[-1]) == (0, 20 * 86_400)
    assert sum(found.histogram) == 21
    assert found.mean is None


@pytest.mark.parametrize(
    ("type_", "cells"),
    [
        (ColumnType.NUMBER, [0.0, -0.0, 1.0, -2.0, 1.5, 1e-5, 0.1 + 0.2, 1e15, 9.1e15, 1e17]),
        (ColumnType.INTEGER, [0, -1, 9007199254740993]),
        (ColumnType.BOOLEAN, [True, False]),
        (ColumnType.DATE, [dt.date(2024, 1, 2), dt.date(1, 1, 1)]),
        (
            ColumnType.DATETIME,
            [dt.datetime(2024, 1, 2), dt.datetime(2024, 1, 2, 10, 30, 0, 500)],
        ),
        (ColumnType.TEXT, ["1.0", " a "]),
    ],
)
def test_values_have_the_names_that_a_model_gives_them(
    tmp_path: Path, type_: ColumnType, cells: list[object]
) -> None:
    (found,) = profiles(tmp_path, n=(type_, cells))
    assert {top.value for top in found.top} == {as_text(cell) for cell in cells}
    assert found.distinct == len(set(cells))


def test_truth_values_have_a_share(tmp_path: Path) -> None:
    (found,) = profiles(tmp_path, b=(ColumnType.BOOLEAN, [True, True, False, None]))
    assert found.mean == pytest.approx(2 / 3)
    assert [(value.value, value.count) for value in found.top] == [("true", 2), ("false", 1)]
    assert (found.minimum, found.histogram) == (None, ())


def test_an_empty_column_is_all_missing(tmp_path: Path) -> None:
    (found,) = profiles(tmp_path, t=(ColumnType.TEXT, pa.array([None, None], pa.string())))
    assert (found.missing, found.distinct, found.top) == (2, 0, ())


def test_a_huge_table_is_estimated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EXACT_ROWS", 100)
    numbers: list[object] = [float(n) for n in range(5000)]
    labels: list[object] = ["a", "b", "c", "d", None] * 1000
    found = profiles(tmp_path, n=(ColumnType.NUMBER, numbers), t=(ColumnType.TEXT, labels))
    assert (found[0].estimated, found[1].estimated) == (True, False)
    assert found[0].distinct == pytest.approx(5000, rel=0.1)
    assert found[0].quantiles[2] == pytest.approx(2500, rel=0.05)
    assert [value.count for value in found[1].top] == [1000] * 4
    assert found[1].missing == 1000


def test_a_huge_table_is_told_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day, noon = dt.date(2024, 2, 28), dt.datetime(2024, 2, 28, 12)
    values: dict[str, tuple[ColumnType, list[object]]] = {
        "n": (ColumnType.NUMBER, [0.5, 1.0, math.nan, None, math.inf, 1e200, -3.0, 0.0, -0.0, 7.0]),
        "i": (ColumnType.INTEGER, [*range(8), 7, None]),
        "b": (ColumnType.BOOLEAN, [True, False, None, *[True] * 7]),
        "d": (ColumnType.DATE, [*(day + dt.timedelta(days=n) for n in range(9)), None]),
        "s": (ColumnType.DATETIME, [*(noon + dt.timedelta(hours=n) for n in range(9)), None]),
        "drawn": (ColumnType.TEXT, ["a", "a", "", "다", None, "b", "b", "a b", "x1", "x0"]),
        "same": (ColumnType.INTEGER, [5] * 10),
        "none": (ColumnType.NUMBER, pa.array([None] * 10, pa.float64())),
        "file_row_number": (ColumnType.INTEGER, [1] * 10),
    }
    exact = profiles(tmp_path, **values)
    monkeypatch.setattr(module, "EXACT_ROWS", 10)
    assert profiles(tmp_path, **values) == exact


def test_quantiles_of_a_huge_table_come_from_values_all_over_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EXACT_ROWS", 100)
    monkeypatch.setattr(estimates, "DRAWN", 5000)
    rising: list[object] = [float(n) for n in range(100_000)]
    sparse: list[object] = [n if n % 100 == 0 else None for n in range(100_000)]
    found = profiles(tmp_path, r=(ColumnType.NUMBER, rising), s=(ColumnType.INTEGER, sparse))
    assert found[0].quantiles == pytest.approx([5000, 25000, 50000, 75000, 95000], abs=2500)
    assert found[1].quantiles == pytest.approx([4995, 24975, 49950, 74925, 94905])


def test_columns_keep_their_order_over_many_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BATCH", 3)
    values = {f"c{n}": (ColumnType.INTEGER, [n, n + 1]) for n in range(10)}
    found = profiles(tmp_path, **values)  # type: ignore[arg-type]
    assert [one.minimum for one in found] == list(range(10))
