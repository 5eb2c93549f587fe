"""What happened since somebody was here last, as far as that can be guessed: since yesterday."""

from __future__ import annotations

import streamlit as st

from mlops_core import words
from mlops_core.domain.records import RunSummary
from mlops_core.domain.states import RunStatus
from mlops_core.i18n import _
from mlops_core.services.news import Contest, News, news
from mlops_core.store.workspace import Workspace
from mlops_core.words.judged import run_name
from mlops_core.words.lately import contest_sentence, title
from ui import links
from ui.layout import card

_ENDED = (RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED)


def show(ws: Workspace) -> None:
    """The card; nothing where nothing ended for a month."""
    found = news(ws)
    if found is None:
        return
    note = "" if found.days == 1 else _("nothing ended since yesterday")
    with card(title(found.days), note, height="content", key="news"):
        _endings(found)
        for contest in found.contests:
            _contest(contest)


def _endings(found: News) -> None:
    """How many ended in which way, each a link to them, and why the others failed."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
        for status in _ENDED:
            if count := found.count(status):
                links.link(
                    f"**{words.integer(count)}** {words.status_word(status).lower()}",
                    "experiments",
                    icon=words.status_icon(status),
                    tab="runs",
                    state=status.value,
                    since=found.days,
                )
        if why := _why(found):
            st.caption(why)


def _why(found: News) -> str:
    failed = [one for one in found.endings if one.status is RunStatus.FAILED]
    counts = [f"{words.reason_word(one.reason)}: {words.integer(one.count)}" for one in failed]
    return words.md(" · ".join(counts))


def _contest(found: Contest) -> None:
    """One dataset: a link to its leaderboard, what came of it, a link to the runs that say so."""
    best = found.best
    name, text, on = st.columns([20, 66, 14], vertical_alignment="center", gap="small")
    with name:
        links.link(
            f"**{words.md(words.clip(best.dataset_name, 20))}** "
            f":gray[{words.metric_label(found.metric, short=True)}]",
            "leaderboard",
            dataset=best.dataset_id,
        )
    text.markdown(f":small[{contest_sentence(found, _name)}]")
    with on:
        if found.before is None:
            links.link(_("Open the run"), "run", icon=":material/arrow_forward:", id=best.id)
        else:
            links.link(
                _("Compare"),
                "compare",
                icon=":material/compare_arrows:",
                runs=[found.before.id, best.id],
            )


def _name(run: RunSummary) -> str:
    return f"**{words.md(run_name(run))}**"
