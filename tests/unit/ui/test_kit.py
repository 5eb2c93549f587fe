"""Charts, tables, links and errors of the shared kit."""

from __future__ import annotations

import itertools
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from mlops_core import words
from mlops_core.domain.results import Importance
from ui import charts, links, live, tables

ROOT = Path(__file__).parents[3]


def _config() -> dict[str, dict[str, list[str]]]:
    loaded: dict[str, dict[str, list[str]]] = tomllib.loads(
        (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    )["theme"]
    return loaded


def _luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, relative luminance: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("name", "colours"), [("light", charts.LIGHT), ("dark", charts.DARK)])
def test_the_ten_colours_are_the_themes_and_stand_out(name: str, colours: tuple[str, ...]) -> None:
    theme = _config()[name]
    assert tuple(theme["chartCategoricalColors"]) == colours
    assert len(set(colours)) == 10
    paper = str(theme["backgroundColor"])
    assert min(contrast(colour, paper) for colour in colours) >= 3


@pytest.mark.parametrize("name", ["light", "dark"])
def test_text_colours_can_be_read_on_the_paper(name: str) -> None:
    theme = _config()[name]
    papers = [str(theme["backgroundColor"]), str(theme["secondaryBackgroundColor"])]
    texts = [
        str(value)
        for key, value in theme.items()
        if key.endswith("TextColor") or key in {"textColor", "linkColor"}
    ]
    assert min(contrast(*pair) for pair in itertools.product(texts, papers)) >= 4.5


def test_a_run_keeps_its_colour() -> None:
    assert charts.run_colour(7) == charts.run_colour(17) == charts.palette()[7]


# Tables -------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(["::JSCODE::", "::", "JSCODE", "x", ":"])).map("".join))
def test_no_text_can_be_taken_for_code_by_the_grid(text: str) -> None:
    assert tables.MARKER not in tables.clean(text)


def test_large_integers_keep_their_digits() -> None:
    row = tables._row({"id": 1, "n": 2**60}, [tables.Col("n", "N", "integer")], "id")
    assert row["n__text"].replace(words.THIN, "") == str(2**60)


def test_a_moment_sorts_by_time_and_reads_as_words() -> None:
    when = datetime(2026, 1, 1, tzinfo=UTC)
    row = tables._row({"id": 1, "w": when}, [tables.Col("w", "When", "when")], "id")
    assert row["w"] == when.timestamp() and row["w__text"].endswith("ago")


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "//evil.example", "http://evil.example"]
)
def test_a_cell_links_to_pages_of_the_app_only(address: str) -> None:
    column = tables.Col("name", "Name", "link")
    away = tables._row({"id": 1, "name": ("x", address)}, [column], "id")
    here = tables._row({"id": 1, "name": ("x", "/run?id=1")}, [column], "id")
    assert away["name__href"] == "" and here["name__href"] == "/run?id=1"


def test_only_rows_that_are_there_count_as_selected() -> None:
    answer = SimpleNamespace(raw_data=["2", "9"])
    assert tables._picked(answer, [{"_id": "1"}, {"_id": "2"}], (1,)) == (2,)


def test_before_the_grid_has_spoken_the_asked_for_rows_are_selected() -> None:
    assert tables._picked(None, [{"_id": "1"}, {"_id": "2"}], (1,)) == (1,)


@pytest.mark.parametrize("cell", ["=1+1", "+cmd", "@SUM(A1)", "\t=1", "-2+3"])
def test_an_exported_cell_is_no_formula(cell: str) -> None:
    assert tables.csv_text(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["-2.5", "고객", "a=b", ""])
def test_an_exported_cell_stays_as_it_is(cell: str) -> None:
    assert tables.csv_text(cell) == cell


# Links --------------------------------------------------------------------------------------------


def test_an_address_carries_lists_and_leaves_out_what_is_empty() -> None:
    assert links.href("compare", runs=[3, 1], metric=None, ids=()) == "/compare?runs=3,1"
    assert links.href("home") == "/"


def test_every_page_of_the_menu_exists() -> None:
    assert all(entry.path.is_file() for entry in links.PAGES.values())


def _numbers() -> None:
    import streamlit as st

    from ui import links

    st.text(links.query_ints("ids", cap=3))
    st.text(links.query_int("id"))


@pytest.mark.parametrize(
    ("ids", "found"),
    [("1,2,2,x,-3,٣,4,5", "(1, 2, 4)"), ("", "()"), (",,,", "()"), ("9" * 99, "()")],
)
def test_lists_in_the_address_are_capped_and_cleaned(ids: str, found: str) -> None:
    at = AppTest.from_function(_numbers)
    at.query_params["ids"] = ids
    at.query_params["id"] = ids
    assert at.run().text[0].value == found


# Errors -------------------------------------------------------------------------------------------


def _unforeseen() -> None:
    from ui.errors import on_script_error

    on_script_error(ZeroDivisionError("secret detail"))


def test_an_unforeseen_error_shows_a_reference_and_logs_the_rest(
    caplog: pytest.LogCaptureFixture,
) -> None:
    at = AppTest.from_function(_unforeseen).run()
    (box,) = at.error
    assert "secret" not in box.value and "Traceback" not in box.value
    (record,) = [r for r in caplog.records if r.name == "mlops.app"]
    reference = record.getMessage().split()[-1]
    assert reference in box.value
    assert record.exc_info is not None


def _foreseen() -> None:
    from mlops_core.domain.params import Problem
    from mlops_core.errors import InvalidInput
    from ui.errors import attempt, field_errors, on_script_error, other_errors

    def fail() -> None:
        raise InvalidInput("It is *wrong*.", "Mend it.", field="name")

    error = attempt(fail).error
    assert error is not None
    on_script_error(error)
    assert field_errors(error, "name") and not field_errors(error, "other")
    assert not other_errors(error, "name")
    assert other_errors([Problem(field="x", message="Elsewhere.")], "name")


def test_a_foreseen_error_is_a_sentence_beside_its_field() -> None:
    at = AppTest.from_function(_foreseen).run()
    assert not at.exception
    assert at.error[0].value.replace("\\", "") == "**It is *wrong*.**  \nMend it."
    assert "It is *wrong*. Mend it." in at.markdown[0].value.replace("\\", "")
    assert at.error[1].value.replace("\\", "") == "Elsewhere."


def test_a_long_name_leaves_room_for_what_is_drawn() -> None:
    """Names of 300 characters pushed the bars out of the chart; both are still told apart."""
    one, other = "x" * 300 + "<b>1", "x" * 300 + "<b>2"
    items = [Importance(feature=name, mean=0.2, std=0.1) for name in (one, other)]
    figure = charts.importance(items, "roc_auc")
    assert len(set(figure.data[0].y)) == 2
    shown = figure.layout.yaxis.labelalias
    assert set(shown) == set(figure.data[0].y)
    assert max(map(len, shown.values())) < 40
    assert len(set(shown.values())) == 2
    assert not any("<" in text for text in shown.values())


def test_a_part_that_refreshes_itself_begins_with_what_the_page_has() -> None:
    asked = itertools.count()
    look = live.first("of the page", lambda: f"asked {next(asked)}")
    assert [look(), look(), look()] == ["of the page", "asked 0", "asked 1"]
