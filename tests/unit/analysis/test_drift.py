"""Columns of two tables beside each other: what moved, and what chance alone does."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from mlops_core.analysis.drift import (
    benjamini_hochberg,
    chi_square_p,
    judge,
    kolmogorov_smirnov_p,
)
from mlops_core.data.drift import chi_square, jensen_shannon, spreads
from mlops_core.data.read import import_file
from mlops_core.domain.drift import Kind, Shift, Spread
from mlops_core.domain.reading import StoredTable


def table(folder: Path, frame: pd.DataFrame, name: str) -> StoredTable:
    path = folder / f"{name}.csv"
    frame.to_csv(path, index=False)
    read = import_file(path, folder / name, checked=False)
    return StoredTable(path=read.table_path, columns=read.columns, rows=read.rows)


def shifts(folder: Path, before: pd.DataFrame, after: pd.DataFrame) -> dict[str, Shift]:
    found = spreads(table(folder, before, "before"), table(folder, after, "after"))
    return {shift.spread.column: shift for shift in judge(found)}


def mixed(rng: np.random.Generator, rows: int, columns: int = 25) -> pd.DataFrame:
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 365, rows), "D")
    numbers = {f"n{i}": rng.normal(size=rows).round(6) for i in range(columns)}
    kinds = {f"k{i}": rng.choice(list("abcdef"), rows) for i in range(columns)}
    missing = np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows))
    return pd.DataFrame({**numbers, **kinds, "day": days, "missing": missing})


def test_the_counts_are_those_of_other_libraries(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=900).round(3), rng.normal(0.3, 1.2, size=1100).round(3)
    before = pd.DataFrame({"x": x, "kind": rng.choice(list("abc"), 900, p=[0.5, 0.3, 0.2])})
    after = pd.DataFrame({"x": y, "kind": rng.choice(list("abc"), 1100)})
    found = shifts(tmp_path, before, after)
    spread = found["x"].spread
    expected = stats.ks_2samp(x, y, method="asymp")
    assert spread.statistic == pytest.approx(expected.statistic)
    assert kolmogorov_smirnov_p(spread.statistic, 900, 1100) == pytest.approx(
        expected.pvalue, rel=0.2
    )
    deviation = np.concatenate([x, y]).std()
    assert spread.effect == pytest.approx(stats.wasserstein_distance(x, y) / deviation)
    assert sum(spread.before) == 900 and sum(spread.after) == 1100
    assert spread.before == tuple(np.histogram(x, np.array(spread.edges))[0])
    kind = found["kind"].spread
    counts = pd.DataFrame(
        {"a": before["kind"].value_counts(), "b": after["kind"].value_counts()}
    ).loc[list(kind.values)]
    expected_chi = stats.chi2_contingency(counts.to_numpy().T, correction=False)
    assert (kind.statistic, kind.degrees) == (pytest.approx(expected_chi.statistic), 2)
    assert chi_square_p(kind.statistic, 2) == pytest.approx(expected_chi.pvalue)
    assert kind.effect == pytest.approx(jensenshannon(counts["a"], counts["b"], base=2))
    assert all(shift.moved for shift in found.values())


def test_chance_alone_raises_hardly_an_alarm(tmp_path: Path) -> None:
    alarms = 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        found = shifts(folder, mixed(rng, 1500), mixed(rng, 1000))
        assert len(found) == 52
        alarms += sum(shift.moved or shift.missing_moved for shift in found.values())
    assert alarms == 0


def test_what_moved_is_found_and_nothing_else(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    before, after = mixed(rng, 10_000), mixed(rng, 10_000)
    after["n3"] += 0.2
    after["k4"] = np.where(rng.random(10_000) < 0.2, "a", after["k4"])
    after["day"] += pd.to_timedelta(90, "D")
    after.loc[rng.random(10_000) < 0.05, "missing"] = np.nan
    after.loc[:, "n5"] = np.nan
    found = shifts(tmp_path, before, after.drop(columns="n7"))
    assert {name for name, one in found.items() if one.moved} == {"n3", "k4", "day"}
    assert {name for name, one in found.items() if one.missing_moved} == {"missing", "n5"}
    assert "n7" not in found
    assert found["n5"].spread.kind is Kind.NONE and found["n5"].p is None
    assert found["n3"].spread.effect == pytest.approx(0.2, abs=0.04)


def test_the_order_of_rows_and_sides_does_not_matter(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    one, two = mixed(rng, 700, columns=2), mixed(rng, 900, columns=2)
    folders = [tmp_path / name for name in ("a", "b", "c")]
    for folder in folders:
        folder.mkdir()
    first = shifts(folders[0], one, two)
    shuffled = shifts(folders[1], one.sample(frac=1, random_state=1), two)
    turned = shifts(folders[2], two, one)
    for name, shift in first.items():
        assert shuffled[name].p == shift.p and shuffled[name].spread == shift.spread
        assert turned[name].p == pytest.approx(shift.p)
        assert turned[name].spread.effect == pytest.approx(shift.spread.effect)


def test_of_a_large_table_an_even_part_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlops_core.data.drift.MOST_ROWS", 2000)
    rng = np.random.default_rng(2)
    before = table(tmp_path, mixed(rng, 20_000, columns=1), "before")
    after = table(tmp_path, mixed(rng, 1_500, columns=1), "after")
    found = spreads(before, after)
    assert 1700 < found.rows[0] < 2300 and found.rows[1] == 1500
    assert spreads(before, after) == found


def test_truth_values_names_and_other_types(tmp_path: Path) -> None:
    rows = 300
    before = pd.DataFrame(
        {
            "flag": ["예", "아니오"] * (rows // 2),
            "key": [f"k{i}" for i in range(rows)],
            "number": range(rows),
            "turned": range(rows),
            "constant": [4] * rows,
        }
    )
    after = before.assign(
        flag=["예"] * (rows - 60) + ["아니오"] * 60,
        key=[f"m{i}" for i in range(rows)],
        number=[value + 0.5 for value in range(rows)],
        turned=["word"] * rows,
    )
    found = shifts(tmp_path, before, after)
    assert found["flag"].moved and set(found["flag"].spread.values) == {"예", "아니오"}
    assert found["key"].spread.kind is Kind.NONE
    assert found["number"].spread.kind is Kind.NUMBERS and not found["number"].moved
    assert "turned" not in found  # its type changed, which is another thing to say
    assert not found["constant"].moved and found["constant"].spread.effect == 0


COUNTS = st.lists(
    st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), min_size=1, max_size=12
)


@given(COUNTS)
def test_distances_are_symmetric_and_bounded(counts: list[tuple[int, int]]) -> None:
    before, after = [a for a, _b in counts], [b for _a, b in counts]
    distance = jensen_shannon(before, after)
    assert 0 <= distance <= 1
    assert distance == pytest.approx(jensen_shannon(after, before))
    assert jensen_shannon(before, [7 * count for count in before]) == pytest.approx(0, abs=1e-6)
    statistic, degrees = chi_square(before, after)
    assert statistic >= 0 and (statistic, degrees) == (
        pytest.approx(chi_square(after, before)[0]),
        chi_square(after, before)[1],
    )
    p = chi_square_p(statistic, degrees)
    assert p is None or 0 <= p <= 1


@given(st.lists(st.floats(0, 1) | st.none(), max_size=30))
def test_the_correction_is_that_of_another_library(found: list[float | None]) -> None:
    corrected = benjamini_hochberg(found)
    known = [p for p in found if p is not None]
    expected = iter(stats.false_discovery_control(known) if known else ())
    assert [None if p is None else float(next(expected)) for p in found] == [
        None if p is None else pytest.approx(p) for p in corrected
    ]


@given(st.floats(0, 1), st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_larger_distance_is_less_likely(distance: float, first: int, second: int) -> None:
    p = kolmogorov_smirnov_p(distance, first, second)
    assert 0 <= p <= 1 and not math.isnan(p)
    assert kolmogorov_smirnov_p(min(1.0, distance + 0.1), first, second) <= p


def test_a_spread_can_be_kept_and_read_back() -> None:
    spread = Spread(column="가", kind=Kind.NUMBERS, edges=(0.1, 0.2), before=(1,), after=(2,))
    assert Spread.model_validate_json(spread.model_dump_json()) == spread
