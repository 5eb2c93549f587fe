"""Figures, and what is sent of them."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_core import words
from mlops_core.analysis.significance import Pair, Verdict
from mlops_core.domain.results import Confusion
from ui import assets, charts, confusion_chart, forest

ROOT = Path(__file__).parents[3]
DRAWN = {"Scatter", "Bar"}  # what plotly-basic knows, and the app uses


@pytest.fixture(autouse=True, scope="module")
def light() -> Iterator[None]:
    """Without a browser there is no theme to ask for."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (charts, confusion_chart):
            patch.setattr(module, "is_dark", lambda: False)
        yield


def test_the_app_draws_only_what_the_small_plotly_knows() -> None:
    used = set()
    for path in (*ROOT.glob("ui/*.py"), *ROOT.glob("pages/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id == "go":
                    used.add(node.attr)
                assert node.attr != "plotly_chart", f"{path}: charts.show draws"
    assert used - {"Figure"} == DRAWN


counts = st.integers(1, 6).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, 10_000), min_size=size, max_size=size),
        min_size=size,
        max_size=size,
    )
)


def blue_of(colour: str) -> int:
    return int(colour[5:], 16)


@given(matrix=counts)
def test_every_cell_of_a_confusion_matrix_stands_in_its_place(matrix: list[list[int]]) -> None:
    size = len(matrix)
    names = tuple(f"<{n}>" for n in range(size))
    figure = confusion_chart.confusion(Confusion(labels=names, matrix=tuple(map(tuple, matrix))))
    (cells,) = figure.data
    placed = {
        (round(base + height / 2), round(x)): (shade, told)
        for x, base, height, shade, told in zip(
            cells.x, cells.base, cells.y, cells.marker.color, cells.customdata, strict=True
        )
    }
    notes = {(note.y, note.x): note.text for note in figure.layout.annotations}
    assert len(placed) == size * size
    for row, values in enumerate(matrix):
        for column, count in enumerate(values):
            shade, told = placed[row, column]
            share = count / max(sum(values), 1)
            assert blue_of(shade) == pytest.approx(0xFA + (0xCA - 0xFA) * share, abs=0.51)
            assert list(told[:3]) == [f"&lt;{row}&gt;", f"&lt;{column}&gt;", count]
            assert told[3] == pytest.approx(share * 100, abs=0.051)
            assert notes[row, column] == words.integer(count)
    assert figure.layout.yaxis.range == (size - 0.5, -0.5), "the first class stands at the top"


def pair(a: int, low: float, difference: float, high: float, verdict: Verdict) -> Pair:
    return Pair(
        a=a, b=0, difference=difference, low=low, high=high, p_better=0.5, p_equivalent=0.1,
        p_value=0.2, verdict=verdict,
    )  # fmt: skip


def test_a_forest_takes_one_trace_a_colour_and_shows_every_interval() -> None:
    verdicts = [Verdict.BETTER, Verdict.WORSE, Verdict.UNDECIDED]
    pairs = [
        pair(n, n / 100 - 0.02, n / 100, n / 100 + 0.05, verdicts[n % 3]) for n in range(1, 50)
    ]
    names = {one.a: f"run {one.a}" for one in pairs}
    traces = forest.lines(pairs, names, "roc_auc")
    assert len(traces) == 3
    better, worse = charts.tones()
    drawn = {}
    for trace in traces:
        for y, x, up, down in zip(
            trace.y, trace.x, trace.error_x.array, trace.error_x.arrayminus, strict=True
        ):
            drawn[y] = (x - down, x, x + up, trace.marker.color)
    for one in pairs:
        low, middle, high, colour = drawn[f"run {one.a}"]
        assert (low, middle, high) == pytest.approx((one.low, one.difference, one.high))
        tone = {Verdict.BETTER: better, Verdict.WORSE: worse}.get(one.verdict)
        assert tone in (colour, None)


def test_a_chart_is_sent_without_a_template(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = {}
    monkeypatch.setattr(charts, "_CHART", lambda **given: sent.update(given))
    figure = charts.base("x", "y", charts.go.Scatter(x=np.arange(3), y=np.array([1.0, np.nan, 2])))
    charts.show(figure, alt="Three points", key="three", height=111)
    spec = json.loads(sent["data"]["figure"])
    assert "template" not in spec["layout"], "the theme is laid over it where it is drawn"
    assert spec["data"][0]["type"] == "scatter"
    assert (sent["height"], sent["data"]["height"], sent["data"]["alt"]) == (
        111,
        111,
        "Three points",
    )


def test_what_plotly_says_is_said_in_the_language_of_the_page() -> None:
    script = (assets.FOLDER / assets.PLOTLY).read_text(encoding="utf-8")
    for said in charts.plotly_words():
        assert f'"{said}"' in script
