"""The page Compare: two runs beside each other, and charts that set all of them side by side."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mlops_core.services import experiments
from tests.pages.lab import Lab, open_page, regression_result, text_of
from tests.unit.services.outcomes import complete, judged_rows, plan, table
from ui.charts import Point
from ui.compare_charts import front


def test_where_two_runs_part_is_shown_row_by_row(still: Lab, tmp_path: Path) -> None:
    data = table(still.ws, tmp_path, rows=900)
    ids = experiments.train(still.ws, "a", plan(data, "knn", "mlp", "dummy"))[1]
    for run_id in ids:
        complete(still.ws, run_id, judged_rows(0.8, run_id, 2))
    state = {"runs": ",".join(map(str, ids)), "baseline": ids[0], "metric": "accuracy"}
    at = open_page("compare", **state, look="rows")
    assert not at.exception
    assert "Both say the same on" in text_of(at)
    shown = at.dataframe[-1].value
    assert (shown["said0"] != shown["said1"]).all()
    choice = at.selectbox(key=f"compare.beside.{ids[0]}")
    other = next(run_id for run_id in ids[1:] if run_id != choice.value)
    choice.set_value(other).run()
    assert not at.exception
    assert at.query_params["beside"] == str(other)
    again = open_page("compare", **state, beside=other)
    assert again.selectbox(key=f"compare.beside.{ids[0]}").value == other


def test_two_runs_are_put_beside_each_other_in_parts_of_the_data(
    still: Lab, tmp_path: Path
) -> None:
    data = table(still.ws, tmp_path, rows=900)
    ids = experiments.train(still.ws, "a", plan(data, "knn", "mlp"))[1]
    for run_id, right in zip(ids, (0.7, 0.9), strict=True):
        complete(still.ws, run_id, judged_rows(right, run_id, 2))
    state = {"runs": ",".join(map(str, ids)), "baseline": ids[0], "metric": "accuracy"}
    at = open_page("compare", **state, look="parts", part="plan")
    assert not at.exception
    text = text_of(at)
    assert "basic" in text and "plus" in text and "All rows" in text
    at.selectbox(key="compare.part").set_value("").run()
    assert not at.exception
    assert "scores better on all rows together" in text_of(at)
    assert at.query_params["part"] == "*"
    at.number_input(key="compare.least").set_value(500).run()
    assert "in none of 0 parts" in text_of(at)
    at.selectbox(key="compare.part").set_value("plan").run()
    assert "makes no two parts of that many rows" in text_of(at)
    strange = open_page("compare", **state, look="x", part="no such column", least=-4)
    assert not strange.exception


def test_what_the_models_rely_on_and_the_pareto_front_are_shown(lab: Lab) -> None:
    _id, (one, two) = lab.experiment(lab.dataset(), algorithms=("dummy", "random_forest"))
    lab.end(one)
    lab.end(two)
    at = open_page("compare", runs=f"{one},{two}")
    assert not at.exception
    assert "beaten by no other in both" in text_of(at)
    at.segmented_control(key="compare.curve.True").set_value("importance").run()
    assert not at.exception


def test_residuals_of_runs_stand_side_by_side(lab: Lab) -> None:
    data = lab.dataset(target="price")
    _id, (one, two) = lab.experiment(data, algorithms=("dummy", "ridge"))
    lab.end(one, result=regression_result())
    lab.end(two, result=regression_result())
    at = open_page("compare", runs=f"{one},{two}")
    assert not at.exception
    assert at.segmented_control(key="compare.curve.False").value == "residuals"
    assert "None of these runs has this curve" not in text_of(at)


dots = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12)


@given(dots, st.booleans(), st.booleans())
def test_nothing_on_the_front_is_beaten_and_all_else_is(
    places: list[tuple[int, int]], rising_x: bool, rising_y: bool
) -> None:
    points = [Point(n, str(n), float(x), float(y)) for n, (x, y) in enumerate(places)]

    def beats(one: Point, other: Point) -> bool:
        gains = (
            (one.x - other.x) * (1 if rising_x else -1),
            (one.y - other.y) * (1 if rising_y else -1),
        )
        return min(gains) >= 0 and max(gains) > 0

    best = front(points, rising_x=rising_x, rising_y=rising_y)
    expected = {p.run_id for p in points if not any(beats(other, p) for other in points)}
    assert {point.run_id for point in best} == expected
