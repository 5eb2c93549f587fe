"""What a judgement says, in words: verdicts, differences, and how much a run is worth at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlops_core import words
from mlops_core.domain.records import RunSummary
from mlops_core.i18n import N_, _, ngettext
from mlops_core.metrics import METRICS
from mlops_core.services.judging import ROPE, Basis, FloorPair, GroupJudgement, Pair, Verdict

Quote = Callable[[str], str]  # makes a name that a person typed fit for where the words go

_VERDICTS = {
    Verdict.BETTER: N_("better"),
    Verdict.WORSE: N_("worse"),
    Verdict.EQUIVALENT: N_("equivalent"),
    Verdict.UNDECIDED: N_("undecided"),
}

BASES = {Basis.HOLDOUT: N_("Hold-out"), Basis.FOLDS: N_("Folds")}
_ROWS = {
    "total": N_("In the file"),
    "used": N_("Used"),
    "train": N_("Trained on"),
    "holdout": N_("Held out"),
    "no_target": N_("Left out, no target"),
}


def rows_word(key: str) -> str:
    """What a result counts rows for."""
    return _(_ROWS[key]) if key in _ROWS else key.replace("_", " ")


def verdict_word(verdict: Verdict) -> str:
    return _(_VERDICTS[verdict])


def run_name(run: RunSummary) -> str:
    """How a run is called wherever several stand together."""
    return _("{model}, run {id}").format(
        model=words.model_name(run.model_name, run.algorithm), id=run.id
    )


def signed(value: float, metric: str) -> str:
    """A difference, always with its sign."""
    sign = "+" if value > 0 else words.MINUS if value < 0 else ""
    return f"{sign}{words.metric_value(metric, abs(value))}"


def between(low: float | None, high: float | None, metric: str) -> str:
    return f"{words.metric_value(metric, low)} – {words.metric_value(metric, high)}"


def chances(pair: Pair) -> str:
    """How likely it is that the first is better, and that the two are as good."""
    return _("{better} better, {same} negligible").format(
        better=words.percent(pair.p_better), same=words.percent(pair.p_equivalent)
    )


def basis_sentence(group: GroupJudgement, metric: str, rope: float = ROPE) -> str:
    """What a judgement rests on, and what it calls negligible: a share ``rope`` of the best."""
    basis = _("hold-out rows") if group.basis is Basis.HOLDOUT else _("rows of the folds")
    text = _("Judged by {n} {rows}. A difference up to {rope} is negligible: {share} of the best.")
    return text.format(
        n=words.integer(group.rows),
        rows=basis,
        rope=words.metric_value(metric, group.rope),
        share=words.percent(rope),
    )


def best_sentence(
    group: GroupJudgement, runs: Mapping[int, RunSummary], quote: Quote = words.md
) -> str:
    """Who is best, and who may be as good, as Markdown; empty where nobody is."""
    if group.best is None:
        return ""
    best = quote(run_name(runs[group.best]))
    others = [quote(run_name(runs[id])) for id in group.level_with_best if id != group.best]
    if len(group.runs) == 1:
        return _("**{best}** has nobody to be ranked with.").format(best=best)
    if not others:
        return _("**{best}** is better than every other run.").format(best=best)
    few = "; ".join(others[:3]) + (" …" if len(others) > 3 else "")
    return ngettext(
        "**{best}** has the best value; {n} other run is not distinguishable from it: {others}.",
        "**{best}** has the best value; {n} other runs are not distinguishable from it: {others}.",
        len(others),
    ).format(best=best, n=len(others), others=few)


def floor_answer(says: str | None) -> str:
    """What the floor always says, as the name of a column or a row."""
    if says is None:
        return _("Always the mean")
    return _("Always “{answer}”").format(answer=words.clip(says, 20))


def floor_sentence(found: FloorPair, metric: str, quote: Quote = words.md) -> str:
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
    return text.format(answer=quote(words.clip(found.says or "", 40)), by=by)
