"""What happened lately, in words."""

from __future__ import annotations

from collections.abc import Callable

from mlops_core import words
from mlops_core.domain.records import RunSummary
from mlops_core.i18n import _
from mlops_core.services.judging import Verdict
from mlops_core.services.news import Contest


def title(days: int) -> str:
    """How far back is told of."""
    if days == 1:
        return _("Since yesterday")
    return _("In the last {n} days").format(n=days)


def contest_sentence(found: Contest, name: Callable[[RunSummary], str]) -> str:
    """Whether the best new run is better than all before, as far as that is known."""
    value = words.metric_value(found.metric, found.best.value)
    if found.before is None:
        text = _("{new} leads with {value}; there is no earlier run to rank it with.")
        return text.format(new=name(found.best), value=value)
    if found.best.value == found.before.value:
        text = _("{new} with {value} equals the best so far, {before}.")
    elif not found.ahead:
        text = _("{before} stays the best with {earlier}; the best new run is {new} with {value}.")
    elif found.verdict is Verdict.BETTER:
        text = _("{new} is the best so far with {value}, better than {before} with {earlier}.")
    elif found.verdict is None:
        text = _("{new} has the best value so far with {value}; before, {before} had {earlier}.")
    else:
        text = _(
            "{new} has the best value so far with {value}, and is not distinguishable from "
            "{before} with {earlier}."
        )
    return text.format(
        new=name(found.best),
        value=value,
        before=name(found.before),
        earlier=words.metric_value(found.metric, found.before.value),
    )
