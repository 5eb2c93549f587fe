"""How things read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlops_core import words
from mlops_core.domain.configs import SplitStrategy
from mlops_core.domain.states import EndReason, ExperimentStatus, RunStatus

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "—"),
        (float("nan"), "—"),
        (float("inf"), "∞"),
        (0, "0"),
        (0.9134, "0.913"),
        (0.99951, "1.00"),
        (12.44, "12.4"),
        (999.6, "1000"),
        (48_213.0, "48\u202f213"),
        (-0.00123, "−0.00123"),
        (1.234e-7, "1.23e−7"),
        (2e20, "2.00e20"),
    ],
)
def test_a_number_has_three_significant_digits(value: float | None, text: str) -> None:
    assert words.number(value) == text


@given(st.floats(min_value=1e-3, max_value=1e12))
def test_a_number_is_never_further_off_than_its_last_digit(value: float) -> None:
    read = float(words.number(value).replace(words.THIN, "").replace(words.MINUS, "-"))
    assert read == pytest.approx(value, rel=0.0051)


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_an_integer_loses_no_digit(value: int) -> None:
    text = words.integer(value).replace(words.THIN, "").replace(words.MINUS, "-")
    assert int(text) == value


@pytest.mark.parametrize(
    ("count", "text"),
    [(None, "—"), (1, "1 byte"), (512, "512 bytes"), (4200, "4.10 KB"), (1_450_000_000, "1.35 GB")],
)
def test_a_size_has_a_unit(count: int | None, text: str) -> None:
    assert words.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "—"), (0.44, "0.4 s"), (2, "2 s"), (12.4, "12 s"), (59.7, "1 min"),
        (222, "3 min 42 s"), (7500, "2 h 5 min"), (3599.8, "1 h"), (275_000, "3 d 4 h"),
    ],
)  # fmt: skip
def test_a_duration_has_at_most_two_units(seconds: float | None, text: str) -> None:
    assert words.duration(seconds) == text


@given(st.floats(min_value=0, max_value=1e8))
def test_no_duration_shows_a_unit_that_is_full(seconds: float) -> None:
    text = words.duration(seconds)
    assert not re.search(r"\b60 (s|min)\b|\b24 h\b", text), text


@pytest.mark.parametrize(
    ("back", "text"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=3), "3 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(days=5), "5 days ago"),
        (timedelta(days=200), "7 months ago"),
        (-timedelta(hours=2), "in 2 hours"),
    ],
)
def test_a_moment_is_told_from_now(back: timedelta, text: str) -> None:
    assert words.ago(NOW - back, NOW) == text


def test_an_exact_time_says_its_zone() -> None:
    assert words.absolute(NOW) == "2026-11-24 12:00:00 UTC"


@given(st.text(max_size=40))
@example(":A:")
def test_escaped_text_has_no_markdown_of_its_own(text: str) -> None:
    escaped = words.md(text)
    assert not re.search(r"(?<!\\)(?:\\\\)*[*_`\[\]<>$:|#~]", escaped)
    unescaped = re.sub(r"\\([\\`*_{}\[\]()#+\-.!|<>~$:^=&@])", r"\1", escaped)
    joiner = "\u2060"  # takes shortcodes apart and is not seen
    assert unescaped.replace(joiner, "") == " ".join(text.split()).replace(joiner, "")


def test_a_score_keeps_four_places_and_a_ratio_is_a_percentage() -> None:
    assert words.metric_value("roc_auc", 0.84213) == "0.8421"
    assert words.metric_value("mape", 0.0912) == "9.1\u202f%"
    assert words.spread(0.846, 0.0102, "roc_auc") == "0.8460 ± 0.0102"


def test_a_curve_inside_a_fit_is_named_after_its_metric() -> None:
    assert words.metric_label("log_loss.iterations") == "Log loss, by iteration"
    assert words.metric_label("loss.iterations") == "Loss, by iteration"
    assert words.metric_label("unheard_of") == "unheard of"


def test_every_status_reason_and_split_has_its_words() -> None:
    for status in (*RunStatus, *ExperimentStatus):
        assert words.status_word(status) and words.status_icon(status)
        assert words.status_colour(status)
    assert all(words.reason_word(reason) for reason in EndReason)
    assert all(words.split_word(strategy) for strategy in SplitStrategy)


def test_what_a_run_does_is_said_with_its_fold() -> None:
    assert words.phase_words("fold", 2, 5) == "Cross-validation, fold 2 of 5"
    assert words.phase_words("") == "Starting"
    assert words.phase_words("something new") == "something new"


@pytest.mark.parametrize(
    ("text", "clipped"),
    [
        ("short", "short"),
        ("a b\n c", "a b c"),
        ("abcdefghij", "abcd…hij"),
        ("", ""),
        ("통신 고객", "통신…객"),
    ],
)
def test_a_long_text_loses_its_middle(text: str, clipped: str) -> None:
    assert words.clip(text, 8) == clipped


@pytest.mark.parametrize(
    "text", [":material/home:", ":smile:", ":+1:", ":8ball:", "a -> b", "<->", "x >= 3", "--"]
)
def test_what_streamlit_reads_after_markdown_is_taken_apart(text: str) -> None:
    """An escaped shortcode became an icon all the same, and an arrow another sign."""
    shown = words.md(text).replace("\\", "")
    assert text not in shown
    assert shown.replace("\u2060", "") == text


@pytest.mark.parametrize("text", ["2026-11-24 14:03:12", "a: b", "x->y", "well-known", "3 > 2"])
def test_ordinary_texts_get_no_joiner(text: str) -> None:
    assert "\u2060" not in words.md(text)
