"""Charts as SVG: round ticks, whole documents, nobody's text as mark-up."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET  # our own output
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from mlops_core.domain.results import Curve, Importance, Residuals
from mlops_core.reports import figures
from mlops_core.services.comparison import Pair, Verdict

HOSTILE = "<script>alert('x')</script> & \"quotes\""
finite = st.floats(-1e9, 1e9)


def parsed(chart: Markup) -> ET.Element:
    return ET.fromstring(str(chart))


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e9))
def test_ticks_are_round_and_lie_between_the_ends(low: float, span: float) -> None:
    high = low + span
    found = figures.ticks(low, high)
    assert len(found) <= figures.TICKS + 1
    assert all(low - 1e-6 * span <= one <= high + 1e-6 * span for one in found)
    steps = {round(math.log10(b - a) % 1, 6) for a, b in pairwise(found)}
    round_ones = {round(math.log10(step), 6) for step in (1, 2, 5)} | {1.0}
    assert all(min(abs(step - one) for one in round_ones) < 1e-3 for step in steps)


@given(st.lists(st.floats(), max_size=8))
def test_an_axis_holds_every_number_and_is_never_without_length(values: list[float]) -> None:
    low, high = figures.padded(values)
    assert low < high or abs(low) > 1e300
    assert all(low <= value <= high for value in values if math.isfinite(value))


def test_every_chart_is_a_document_of_its_own_and_quotes_what_people_typed() -> None:
    pair = Pair(
        a=1, b=2, difference=0.1, low=-0.1, high=0.3, p_better=0.8, p_equivalent=0.1, p_value=0.4,
        verdict=Verdict.UNDECIDED,
    )  # fmt: skip
    curve = Curve(label=HOSTILE, x=(0, 0.5, 1), y=(0, 0.9, 1))
    charts = [
        figures.curves([curve], "x", "y", diagonal=True),
        figures.residuals(Residuals(actual=(1.0, 2.0), predicted=(1.5, 1.5)), HOSTILE),
        figures.residuals(Residuals(actual=(), predicted=()), "y"),
        figures.importance([Importance(feature=HOSTILE, mean=0.1, std=0.02)], "roc_auc"),
        figures.forest([(HOSTILE, pair)], 0.01, "better to the right"),
    ]
    for chart in charts:
        tree = parsed(chart)
        assert {element.tag for element in tree.iter()} <= {
            *("svg", "line", "text", "polyline", "circle", "rect", "title"),
        }
        assert tree.get("aria-label")
        assert "nan" not in str(chart)
    whole = [element.text for element in parsed(charts[-1]).iter("title")]
    assert whole == [HOSTILE]  # cut on the line, whole on hover


def test_marks_stand_where_their_numbers_are() -> None:
    pair = Pair(
        a=1, b=2, difference=0.2, low=0.1, high=0.3, p_better=1.0, p_equivalent=0.0, p_value=0.01,
        verdict=Verdict.BETTER,
    )  # fmt: skip
    tree = parsed(figures.forest([("a", pair)], 0.05, "x"))
    (dot,) = tree.iter("circle")
    interval = next(one for one in tree.iter("line") if "interval" in str(one.get("class")))
    band = next(one for one in tree.iter("rect") if one.get("class") == "band")
    left, right = float(interval.get("x1", 0)), float(interval.get("x2", 0))
    assert math.isclose(float(dot.get("cx", 0)), (left + right) / 2, abs_tol=0.11)
    per_unit = (right - left) / 0.2
    assert math.isclose(float(band.get("width", 0)), 0.1 * per_unit, rel_tol=0.01)
    assert dot.get("class") == "better"
