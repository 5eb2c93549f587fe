"""The floor in words: what is scored without a model, and the run beside it."""

from __future__ import annotations

from mlops_core.i18n import _
from mlops_core.metrics import METRICS
from mlops_core.services.judging import FloorPair, Verdict
from ui import words


def answer(says: str | None) -> str:
    """What the floor always says, as the name of a column or a row."""
    if says is None:
        return _("Always the mean")
    return _("Always “{answer}”").format(answer=words.clip(says, 20))


def sentence(found: FloorPair, metric: str) -> str:
    """Whether the run is worth more than no model, as Markdown."""
    pair = found.pair
    gain = pair.difference if METRICS[metric].greater_is_better else -pair.difference
    by = _("{difference} ± {reach}").format(
        difference=words.metric_value(metric, abs(gain)),
        reach=words.metric_value(metric, (pair.high - pair.low) / 2),
    )
    if pair.verdict is Verdict.BETTER:
        text = (
            _("Better than always saying the mean by {by}.")
            if found.says is None
            else _("Better than always saying “{answer}” by {by}.")
        )
    elif pair.verdict is Verdict.WORSE:
        text = (
            _("Worse than always saying the mean by {by}.")
            if found.says is None
            else _("Worse than always saying “{answer}” by {by}.")
        )
    else:
        by = f"{words.MINUS if gain < 0 else ''}{by}"
        text = (
            _("Not distinguishable from always saying the mean: {by}.")
            if found.says is None
            else _("Not distinguishable from always saying “{answer}”: {by}.")
        )
    return text.format(answer=words.md(words.clip(found.says or "", 40)), by=by)
