"""What became of a run that was run again, on the new run's page."""

from __future__ import annotations

import streamlit as st

from mlops_core import words
from mlops_core.domain.records import ExperimentRun
from mlops_core.domain.states import RunStatus
from mlops_core.i18n import _, ngettext
from mlops_core.services import reproducing
from mlops_core.services.reproducing import Outcome, Reproduction
from mlops_core.store.workspace import Workspace
from ui import links


def show(ws: Workspace, run: ExperimentRun) -> None:
    """Whether a completed run reproduces the first one of its configuration; nothing else."""
    if run.status is not RunStatus.COMPLETED:
        return
    original = reproducing.original_of(ws, run)
    found = None if original is None else reproducing.compare(ws, original, run.id)
    if original is None or found is None:
        return
    lines = [_headline(original, found), *(words.md(sentence) for sentence in found.why)]
    text = "  \n".join(lines)
    match found.outcome:
        case Outcome.IDENTICAL:
            st.success(text, icon=":material/check_circle:")
        case Outcome.WITHIN_TOLERANCE:
            st.info(text, icon=":material/info:")
        case Outcome.DIFFERENT:
            st.warning(text, icon=":material/difference:")


def _headline(original: int, found: Reproduction) -> str:
    run = f"[{_('run {id}').format(id=original)}]({links.href('run', id=original)})"
    if found.outcome is Outcome.IDENTICAL:
        return _("**Reproduced**: every number is the same as in {run}, to the last bit.").format(
            run=run
        )
    if found.outcome is Outcome.WITHIN_TOLERANCE:
        return _(
            "**Reproduced within tolerance**: the scores of {run} differ by less than a millionth."
        ).format(run=run)
    head = _("**Not reproduced**: the same was asked as in {run}, and something else came out.")
    if not found.changed or found.rows is None:
        return head.format(run=run)
    some = ngettext(
        "{changed} of {n} prediction differs.", "{changed} of {n} predictions differ.", found.rows
    ).format(changed=words.integer(found.changed), n=words.integer(found.rows))
    return f"{head.format(run=run)} {some}"
