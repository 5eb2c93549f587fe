"""How columns relate to the target: counts in groups, and a number that chance keeps at 0."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_core.data.read import ImportedTable, import_file
from mlops_core.data.target_relations import class_names, correlation_ratio, cramers_v, relate
from mlops_core.domain.params import Task
from mlops_core.domain.relations import Relation

ROWS = 1000


def read(folder: Path, **columns: object) -> ImportedTable:
    pd.DataFrame(columns).to_csv(folder / "in.csv", index=False)
    return import_file(folder / "in.csv", folder / "out")


def related(table: ImportedTable, target: str, task: Task) -> dict[str, Relation]:
    goal = next(column for column in table.columns if column.name == target)
    others = [column for column in table.columns if column.name != target]
    found = relate(table.table_path, others, goal, task)
    assert (found.target, found.task) == (target, task)
    return found.columns


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_classes_are_counted_in_ranges_and_by_value(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    x = rng.normal(size=ROWS).round(4)
    left = np.where(x + rng.normal(size=ROWS) > 1, "yes", "no")
    plan = np.where(left == "yes", rng.choice(["a", "b"], ROWS), rng.choice(["b", "c"], ROWS))
    frame = {"x": x, "plan": plan, "chance": rng.normal(size=ROWS).round(5), "left": left}
    found = related(read(tmp_path, **frame), "left", Task.CLASSIFICATION)
    ranges = found["x"]
    assert len(ranges.rows) == len(ranges.edges) - 1 == 10 and sum(ranges.rows) == ROWS
    assert 95 <= min(ranges.rows) <= max(ranges.rows) <= 105
    assert (ranges.edges[0], ranges.edges[-1]) == pytest.approx((x.min(), x.max()))
    # The file's words for truth are the classes, the most frequent first.
    shares = [yes / (no + yes) for no, yes in ranges.classes]
    assert shares[0] < 0.1 < 0.4 < shares[-1]
    values = found["plan"]
    expected = pd.crosstab(plan, left).loc[list(values.values), ["no", "yes"]]
    assert values.classes == tuple(map(tuple, expected.to_numpy().tolist()))
    assert (found["chance"].strength or 0) < 0.1 < 0.4 < (values.strength or 0)


def test_missing_other_and_naming_values_have_their_place(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    y = rng.choice(list("pqrstuv"), ROWS)
    city = rng.choice([f"city {i}" for i in range(15)], ROWS).astype(object)
    city[:50] = None
    y[:20] = ""
    table = read(tmp_path, city=city, key=[f"k{i}" for i in range(ROWS)], y=y)
    found = related(table, "y", Task.CLASSIFICATION)
    assert class_names(table.columns[2])[1]
    city_found = found["city"]
    assert len(city_found.values) == 10 and city_found.extra == ("others", "missing")
    assert city_found.rows[-1] == 30 and sum(city_found.rows) == ROWS - 20
    assert all(len(counts) == 6 for counts in city_found.classes)
    assert found["key"] == Relation()


def test_a_number_has_its_mean_and_spread_in_each_group(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, ROWS), "D")
    price = (day.day_of_year.to_numpy() + rng.normal(0, 10, ROWS)).round(3)
    kind = rng.choice(["new", "old"], ROWS)
    few = rng.choice([10, 9, 2], ROWS)
    table = read(tmp_path, day=day.date, kind=kind, few=few, price=price)
    found = related(table, "price", Task.REGRESSION)
    means = [mean or 0 for mean in found["day"].means]
    assert means == sorted(means) and sum(found["day"].rows) == ROWS
    assert found["day"].edges[0] == pd.Timestamp(day.min()).timestamp()
    assert (found["day"].strength or 0) > 0.95 and (found["kind"].strength or 0) < 0.1
    assert found["few"].values == ("2", "9", "10")
    for value, rows, mean, std in zip(
        found["kind"].values, found["kind"].rows, found["kind"].means, found["kind"].stds,
        strict=True,
    ):  # fmt: skip
        part = price[kind == value]
        assert (rows, mean, std) == (
            len(part), pytest.approx(part.mean()), pytest.approx(part.std(ddof=1))
        )  # fmt: skip


def test_truth_values_are_told_by_the_words_of_the_file(tmp_path: Path) -> None:
    flag = ["예", "아니오"] * 50
    table = read(tmp_path, flag=flag, y=["아니오", "예"] * 50)
    relation = related(table, "y", Task.CLASSIFICATION)["flag"]
    by_value = dict(zip(relation.values, relation.classes, strict=True))
    names = class_names(table.columns[1])[0]
    assert by_value["예"][names.index("아니오")] == 50 and by_value["예"][names.index("예")] == 0
    assert relation.strength == pytest.approx(1, abs=0.02)


COUNTS = st.lists(st.lists(st.integers(0, 500), min_size=3, max_size=3), min_size=1, max_size=6)


@given(COUNTS)
def test_the_strength_of_classes_is_a_share_whatever_the_order(counts: list[list[int]]) -> None:
    value = cramers_v(counts)
    assert value is None or 0 <= value <= 1
    assert cramers_v(counts[::-1]) == (None if value is None else pytest.approx(value))


def test_strengths_at_their_ends() -> None:
    assert cramers_v([[500, 0], [0, 500]]) == pytest.approx(1)
    assert cramers_v([[50, 50], [500, 500]]) == 0
    assert cramers_v([[10, 0], [20, 0]]) is None
    assert correlation_ratio([(10, 1.0, 0.0), (10, 5.0, 0.0)]) == pytest.approx(1)
    assert correlation_ratio([(100, 1.0, 2.0), (100, 1.0, 3.0)]) == 0
    assert correlation_ratio([(10, 1.0, 1.0)]) is None
    assert correlation_ratio([(10, 1.0, 0.0), (10, 1.0, None)]) is None


@given(st.integers(0, 2**32 - 1))
def test_chance_alone_is_hardly_ever_called_a_relation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.multinomial(400, [0.1] * 10, size=2).T
    assert (cramers_v(table.tolist()) or 0) < 0.3
    y, group = rng.normal(size=400), rng.integers(0, 10, 400)
    parts = [y[group == g] for g in range(10)]
    ratio = correlation_ratio([(len(p), float(p.mean()), float(p.std(ddof=1))) for p in parts])
    assert (ratio or 0) < 0.3 and not math.isnan(ratio or 0)
