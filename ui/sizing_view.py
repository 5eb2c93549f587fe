"""What runs are likely to need, what that is told from, and what to ask for instead."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import streamlit as st

from mlops_core import words
from mlops_core.analysis.sizing import Basis, Fit, Need
from mlops_core.domain.configs import ResourceAllocation
from mlops_core.domain.records import ExperimentRun
from mlops_core.i18n import _, ngettext
from mlops_core.services import sizing
from mlops_core.services.sizing import Advice, RightSize
from mlops_core.store.workspace import Workspace
from mlops_core.words import allocations
from ui.errors import attempt


def likely(advice: Advice) -> str:
    """About 0.4 GB, about 2 min: what each run is likely to stay below."""
    parts = [_("about {amount}").format(amount=words.gigabytes(_rounded(advice.peak_gb)))]
    if advice.seconds is not None:
        parts.append(_("about {amount}").format(amount=words.duration(advice.seconds)))
    return ", ".join(parts)


def _rounded(gigabytes: float) -> float:
    """Two digits that count: an estimate should not look like a measurement."""
    return float(f"{gigabytes:.2g}")


def before(advice: Advice, use: Callable[[ResourceAllocation], None]) -> None:
    """Below what was asked for: where it comes from, what is wrong with it, the way out.

    Args:
        use: Called with the suggestion when a person takes it.
    """
    st.caption(evidence(advice.largest))
    troubles = list(problems(advice))
    if troubles:
        st.warning("  \n".join(map(words.md, troubles)), icon=":material/warning:")
    elif Fit.AMPLE in (advice.memory, advice.cores) and _known(advice):
        st.caption(f":material/lightbulb: {words.md(_ample(advice))}")
    else:
        return
    if advice.suggested != advice.asked and not advice.too_large:
        label = _("Use {limits}").format(limits=allocations.limits(advice.suggested))
        st.button(
            label,
            icon=":material/straighten:",
            key="use_suggested",
            on_click=use,
            args=(advice.suggested,),
            width="stretch",
        )


def after(ws: Workspace, run: ExperimentRun) -> None:
    """Below what a run used: what to ask for the next time, where that is something else."""
    advice = attempt(lambda: sizing.advise_run(ws, run)).value
    if advice is None or not _known(advice):
        return
    if Fit.SHORT not in (advice.memory, advice.time) and Fit.AMPLE not in (
        advice.memory,
        advice.cores,
        advice.gpus,
    ):
        return
    told = _("Next time {limits} would do.").format(limits=allocations.limits(advice.suggested))
    if advice.too_large:
        told = " ".join(problems(advice))
    st.caption(f":material/straighten: {words.md(told)} {words.md(evidence(advice.largest))}")


def _known(advice: Advice) -> bool:
    """Every run has others like it, or was stopped at a limit: no mere guess."""
    return all(size.need.basis is not Basis.FIRST or size.need.stopped for size in advice.sizes)


def _ample(advice: Advice) -> str:
    most = words.gigabytes(_rounded(advice.peak_gb))
    if advice.memory is Fit.AMPLE:
        return _("You ask for {asked}; these runs are likely to use {most}.").format(
            asked=words.gigabytes(advice.asked.memory_gb), most=most
        )
    busy = max((size.need.cores or 0.0) for size in advice.sizes)
    return _("You ask for {asked}; these runs are likely to keep {busy:.1f} busy.").format(
        asked=allocations.cores(advice.asked.cpu_cores), busy=busy
    )


def problems(advice: Advice) -> Iterator[str]:
    """What will probably go wrong, a sentence each."""
    name = words.model_name(advice.largest.model_name, advice.largest.algorithm)
    needs = words.gigabytes(_rounded(advice.peak_gb))
    if advice.too_large:
        yield _(
            "“{model}” is likely to need {needs} of memory; this machine can give {usable}. "
            "Use fewer rows or columns, or a simpler model."
        ).format(model=name, needs=needs, usable=words.gigabytes(_rounded(advice.usable_gb)))
    elif advice.memory is Fit.SHORT:
        yield _(
            "“{model}” is likely to need {needs} of memory and would be stopped at {asked}."
        ).format(model=name, needs=needs, asked=words.gigabytes(advice.asked.memory_gb))
    if advice.time is Fit.SHORT:
        longest = advice.longest
        yield _("“{model}” is likely to take {time} and would be stopped after {limit}.").format(
            model=words.model_name(longest.model_name, longest.algorithm),
            time=words.duration(longest.need.seconds),
            limit=words.duration(advice.asked.time_limit_seconds),
        )
    if advice.gpus is Fit.AMPLE:
        asked = allocations.gpus(advice.asked.gpus)
        if advice.suggested.gpus:
            yield _("You ask for {asked}; none of these models uses more than one.").format(
                asked=asked
            )
        else:
            yield _("You ask for {asked}; none of these models uses a GPU.").format(asked=asked)


def evidence(size: RightSize) -> str:
    """What an estimate rests on."""
    need = size.need
    name = words.model_name(size.model_name, size.algorithm)
    if need.basis is Basis.FIRST:
        return _first(need, name)
    count = len(need.runs)
    if need.basis is Basis.SAME:
        text = ngettext(
            "Based on {n} run of the same configuration of “{model}”.",
            "Based on {n} runs of the same configuration of “{model}”.",
            count,
        )
    else:
        text = ngettext(
            "Based on {n} run like “{model}” on a table of about this size.",
            "Based on {n} runs like “{model}” on tables of about this size.",
            count,
        )
    return text.format(n=count, model=name)


def _first(need: Need, name: str) -> str:
    if not need.stopped:
        return _("Estimated from the table: no run like “{model}” has ended yet.").format(
            model=name
        )
    count = len(need.stopped)
    return ngettext(
        "{n} run like “{model}” was stopped at a limit, and none has ended by itself.",
        "{n} runs like “{model}” were stopped at a limit, and none has ended by itself.",
        count,
    ).format(n=count, model=name)
