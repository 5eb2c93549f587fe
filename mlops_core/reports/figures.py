"""Charts as SVG inside a document: no script, no font, no file beside it, and they print.

Colours are those of the document's style sheet (``var(--…)``), so they follow light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from markupsafe import Markup, escape

from mlops_core import words
from mlops_core.domain.results import Curve, Importance, Residuals
from mlops_core.i18n import _
from mlops_core.services.comparison import Pair, Verdict

T = TypeVar("T")
WIDTH, HEIGHT = 460.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 16.0, 12.0, 46.0
LINE = 30.0  # pixels of a line in a chart of lines
BROAD = 690.0
NAME = 150.0  # pixels for the names of lines
TICKS = 5
MOST_BARS = 15
SERIES = 10  # colours of the style sheet


@dataclass(frozen=True)
class Scale:
    """From values between ``low`` and ``high`` to pixels between ``start`` and ``end``."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        span = self.high - self.low or 1.0
        return self.start + (value - self.low) / span * (self.end - self.start)


def ticks(low: float, high: float, most: int = TICKS) -> list[float]:
    """Round values between two ends, a step of 1, 2 or 5 times a power of ten apart."""
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return [low]
    step = 10.0 ** math.floor(math.log10(span / most))
    step *= next(factor for factor in (1, 2, 5, 10) if span / (step * factor) <= most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [place * step for place in range(first, last + 1)]


def padded(values: Iterable[float], share: float = 0.05) -> tuple[float, float]:
    """The ends of an axis on which all values lie, with some room; 0 to 1 without any."""
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    room = (high - low) * share or abs(high) * share or 1.0
    return low - room, high + room


def curves(found: Sequence[Curve], x_label: str, y_label: str, *, diagonal: bool) -> Markup:
    """Lines between 0 and 1, one a class."""
    x, y = _plane((0.0, 1.0), (0.0, 1.0))
    parts = list(_axes(x, y, x_label, y_label))
    if diagonal:
        parts.append(_line(x(0), y(0), x(1), y(1), "guide"))
    for place, curve in enumerate(found[:SERIES]):
        path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in zip(curve.x, curve.y, strict=True))
        parts.append(Markup('<polyline class="s{}" points="{}"/>').format(place, path))
    return _svg(parts, HEIGHT, f"{y_label}, {x_label}")


def residuals(found: Residuals, target: str) -> Markup:
    """Every row as a dot: what was predicted, and how far the truth lay from it."""
    pairs = list(zip(found.predicted, found.actual, strict=True))
    off = [actual - predicted for predicted, actual in pairs]
    x, y = _plane(padded(found.predicted), padded(off))
    x_label = _("Predicted {target}").format(target=words.clip(target, 40))
    y_label = _("True minus predicted")
    parts = list(_axes(x, y, x_label, y_label))
    if y.low < 0 < y.high:
        parts.append(_line(x.start, y(0), x.end, y(0), "guide"))
    parts += [
        Markup('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="2.2"/>').format(x(at), y(fault))
        for (at, _actual), fault in zip(pairs, off, strict=True)
    ]
    return _svg(parts, HEIGHT, f"{y_label}, {x_label}")


def importance(found: Sequence[Importance], metric: str) -> Markup:
    """How much the score falls when a column is shuffled, the largest on top, with its spread."""
    shown = found[:MOST_BARS]
    ends = [end for item in shown for end in (item.mean - item.std, item.mean + item.std)]
    x = _along([0.0, *ends], WIDTH)
    label = _("Fall of {metric}").format(metric=words.metric_label(metric))

    def bar(item: Importance, y: float) -> Iterator[Markup]:
        left, right = sorted((x(0.0), x(item.mean)))
        yield Markup('<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{}"/>').format(
            left, y - LINE / 4, max(right - left, 0.5), LINE / 2
        )
        yield _line(x(item.mean - item.std), y, x(item.mean + item.std), y, "whisker")

    return _lines(x, [(item.feature, item) for item in shown], bar, label)


def forest(pairs: Sequence[tuple[str, Pair]], rope: float, label: str) -> Markup:
    """Differences with their intervals, one a line; the band is negligible."""
    ends = [end for _name, pair in pairs for end in (pair.low, pair.high)]
    x = _along([0.0, -rope, rope, *ends], BROAD)

    def mark(pair: Pair, y: float) -> Iterator[Markup]:
        tone = {Verdict.BETTER: "better", Verdict.WORSE: "worse"}.get(pair.verdict, "level")
        yield _line(x(pair.low), y, x(pair.high), y, f"interval {tone}")
        yield Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="4.5"/>').format(
            tone, x(pair.difference), y
        )

    height = len(pairs) * LINE + TOP
    band = Markup('<rect class="band" x="{:.1f}" y="{}" width="{:.1f}" height="{}"/>').format(
        x(-rope), TOP, max(x(rope) - x(-rope), 0.0), height - TOP
    )
    zero = _line(x(0.0), TOP, x(0.0), height, "guide")
    return _lines(x, pairs, mark, label, behind=[band, zero])


# Pieces -------------------------------------------------------------------------------------------


def _plane(x: tuple[float, float], y: tuple[float, float]) -> tuple[Scale, Scale]:
    return Scale(*x, LEFT, WIDTH - RIGHT), Scale(*y, HEIGHT - BOTTOM, TOP)


def _along(values: Iterable[float], width: float) -> Scale:
    return Scale(*padded(values), NAME, width - RIGHT)


def _lines(
    x: Scale,
    lines: Sequence[tuple[str, T]],
    draw: Callable[[T, float], Iterator[Markup]],
    label: str,
    behind: Sequence[Markup] = (),
) -> Markup:
    """A chart with a name and some marks on each line, over one axis."""
    bottom = TOP + len(lines) * LINE
    parts = [*_rule(x, bottom), *behind]
    for place, (name, item) in enumerate(lines):
        y = TOP + (place + 0.5) * LINE
        parts.append(_text(NAME - 10, y + 4, words.clip(name, 22), "end", title=name))
        parts += draw(item, y)
    parts.append(_text((x.start + x.end) / 2, bottom + 38, label, "middle", kind="axis"))
    return _svg(parts, bottom + BOTTOM, label, width=x.end + RIGHT)


def _axes(x: Scale, y: Scale, x_label: str, y_label: str) -> Iterator[Markup]:
    yield from _rule(x, y.start)
    for value in ticks(y.low, y.high):
        yield _line(x.start, y(value), x.end, y(value), "grid")
        yield _text(x.start - 8, y(value) + 4, _plain(value), "end", kind="tick")
    yield _text((x.start + x.end) / 2, y.start + 38, x_label, "middle", kind="axis")
    middle = (y.start + y.end) / 2
    yield Markup(
        '<text class="axis" transform="translate(14 {:.1f}) rotate(-90)">{}</text>'
    ).format(middle, y_label)


def _rule(x: Scale, bottom: float) -> Iterator[Markup]:
    for value in ticks(x.low, x.high):
        yield _line(x(value), TOP, x(value), bottom, "grid")
        yield _text(x(value), bottom + 18, _plain(value), "middle", kind="tick")


def _plain(value: float) -> str:
    """A round number without zeros that say nothing."""
    if value and not 1e-4 <= abs(value) < 1e15:
        return words.number(value, 2)
    return f"{value:.10g}".replace("-", words.MINUS)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    return Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(
        kind, x1, y1, x2, y2
    )


def _text(
    x: float, y: float, text: str, anchor: str, *, kind: str = "name", title: str = ""
) -> Markup:
    more = Markup("<title>{}</title>").format(title) if title else ""
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}{}</text>').format(
        kind, x, y, anchor, text, more
    )


def _svg(parts: Iterable[Markup], height: float, label: str, *, width: float = WIDTH) -> Markup:
    content = Markup("").join(parts)
    return Markup('<svg viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}">{}</svg>').format(
        width, height, escape(label), content
    )
