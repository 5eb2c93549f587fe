"""The findings of a dataset: what each rests on, and what can be done about it with one click."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mlops_core import words
from mlops_core.domain.columns import Column, ColumnRole
from mlops_core.domain.configs import FeatureConfig, SplitStrategy
from mlops_core.domain.findings import Finding
from mlops_core.domain.records import Dataset, FeatureSet
from mlops_core.i18n import N_, _, ngettext
from mlops_core.services import features, findings
from mlops_core.store.workspace import Workspace
from ui.build import do
from ui.errors import attempt, field_errors, other_errors
from ui.finding_words import LONGEST_FACT, sentence
from ui.layout import card, notify, severity_badge
from ui.plan import current_plan, set_plan

SHOWN = 8
FIXES = {
    "drop": (N_("Leave it out"), ":material/visibility_off:"),
    "categorical": (N_("Treat as categories"), ":material/category:"),
    "text": (N_("Treat as text"), ":material/notes:"),
}
SPLITS = {
    SplitStrategy.TIME: (N_("Split in time order"), ":material/schedule:"),
    SplitStrategy.GROUPED: (N_("Split by group"), ":material/workspaces:"),
}


@dataclass(frozen=True)
class _Scene:
    """What the findings are held against: the features and the split of the plan."""

    ws: Workspace
    dataset: Dataset
    base: FeatureSet | None
    split: str

    @property
    def config(self) -> FeatureConfig:
        return self.base.config if self.base else FeatureConfig()

    @property
    def base_id(self) -> int | None:
        return self.base.id if self.base else None


def planned_features(ws: Workspace, dataset: Dataset) -> FeatureSet | None:
    """The saved features of the plan, if they are of this dataset."""
    chosen = current_plan().features
    if chosen is None:
        return None
    found = attempt(lambda: features.get_feature_set(ws, chosen)).value
    return found if found is not None and found.dataset_name == dataset.name else None


def unresolved_words(found: Sequence[Finding]) -> str:
    count = len(found)
    return ngettext("{n} finding is unresolved", "{n} findings are unresolved", count).format(
        n=words.integer(count)
    )


def show(ws: Workspace, dataset: Dataset) -> None:
    """The card with all findings: open, settled, accepted."""
    scene = _Scene(ws, dataset, planned_features(ws, dataset), current_plan().split)
    accepted = [one for one in dataset.findings if one.accepted]
    rest = [one for one in dataset.findings if not one.accepted]
    done = [_is_settled(scene, one) for one in rest]
    settled = [one for one, is_done in zip(rest, done, strict=True) if is_done]
    left = [one for one, is_done in zip(rest, done, strict=True) if not is_done]
    open_ = sorted(left, key=lambda one: one.severity.rank)
    note = words.integer(len(open_)) if open_ else ""
    with card(_("Findings"), note, key="findings", height="content"):
        if not open_:
            fine = _("Nothing stands in the way.")
            st.markdown(f":green[:material/check_circle:] {fine}")
        _some(scene, open_, "open", _open_line)
        _apply_all(scene, open_)
        if settled:
            with st.expander(_("Settled ({n})").format(n=words.integer(len(settled)))):
                _some(scene, settled, "settled", _settled_line)
        if accepted:
            with st.expander(_("Accepted ({n})").format(n=words.integer(len(accepted)))):
                _some(scene, accepted, "accepted", _accepted_line)


def _is_settled(scene: _Scene, finding: Finding) -> bool:
    strategy = findings.SPLITS.get(finding.code)
    if strategy is not None:
        return scene.split == f"{strategy}:{finding.column}"
    return findings.settled(scene.dataset, finding, scene.config)


def _some(
    scene: _Scene,
    found: Sequence[Finding],
    part: str,
    line: Callable[[_Scene, Finding, str], None],
) -> None:
    """The first findings of a part, and a button for more of them."""
    key = f"_findings_{part}_{scene.dataset.id}"
    shown = st.session_state.get(key, SHOWN)
    if len(found) <= shown + 2:  # a button would take their place
        shown = len(found)
    for finding in found[:shown]:
        line(scene, finding, f"{part}_{finding.code}_{finding.column or ''}")
    hidden = len(found) - shown
    if hidden > 0:
        label = ngettext("{n} more", "{n} more", hidden).format(n=words.integer(hidden))

        def more() -> None:
            st.session_state[key] = shown + 3 * SHOWN

        st.button(label, key=f"more_{part}", icon=":material/expand_more:", on_click=more)


# A line of each kind ------------------------------------------------------------------------------


def _open_line(scene: _Scene, finding: Finding, key: str) -> None:
    with _line(finding, badge=True):
        _fix_button(scene, finding, key)
        with st.popover(_("Accept"), key=f"accept_{key}"):
            _accept_form(scene, finding, key)


def _line(finding: Finding, *, badge: bool, remark: str = "") -> DeltaGenerator:
    """What a finding says and rests on; returns the row for buttons, below it on a phone."""
    left, right = st.columns([11, 5], vertical_alignment="center")
    with left, st.container(horizontal=True, gap="small", wrap=False):
        if badge:
            severity_badge(finding.severity)
        with st.container(gap="xxsmall", width="stretch"):
            st.markdown(sentence(finding))
            if finding.evidence:
                shown = finding.evidence.filled(lambda fact: words.clip(fact, 3 * LONGEST_FACT))
                st.caption(words.md(shown))
            if remark:
                st.caption(remark)
    with right:
        return st.container(horizontal=True, horizontal_alignment="right", gap="small")


def _fix_button(scene: _Scene, finding: Finding, key: str) -> None:
    strategy = findings.SPLITS.get(finding.code)
    if strategy is not None and finding.column:
        label, icon = SPLITS[strategy]
        wanted = f"{strategy}:{finding.column}"
        st.button(
            _(label), key=f"fix_{key}", icon=icon, on_click=_set_split, args=(wanted, strategy)
        )
    elif finding.fix and finding.column and finding.column != scene.dataset.target:
        label, icon = FIXES[finding.fix]
        st.button(_(label), key=f"fix_{key}", icon=icon, on_click=_fix, args=(scene, finding))


def _settled_line(scene: _Scene, finding: Finding, key: str) -> None:
    column = scene.dataset.column(finding.column or "")
    if column is None:
        return
    how = f":green[:material/check_circle:] {_how(scene, finding, column)}"
    with _line(finding, badge=False, remark=how):
        if finding.code in findings.SPLITS:
            st.button(_("Undo"), key=f"undo_{key}", on_click=_set_split, args=("", None))
        elif _changed(scene, finding, column):
            asked = scene.base is None and column.role is ColumnRole.DROP
            label = _("Use it anyway") if asked else _("Undo")
            st.button(label, key=f"undo_{key}", on_click=_undo, args=(scene, column.name))


def _changed(scene: _Scene, finding: Finding, column: Column) -> bool:
    """Whether it is this column that was changed, not the other one of a pair."""
    return not findings.is_used(scene.config, column) or finding.fix in ("categorical", "text")


def _how(scene: _Scene, finding: Finding, column: Column) -> str:
    """How the finding was settled."""
    if finding.code in findings.SPLITS:
        return _("Chosen for the next experiment.")
    where = ""
    if scene.base:
        name = f"{words.clip(scene.base.name, 40)} {words.version(scene.base.version)}"
        where = words.md(name)
    if findings.is_used(scene.config, column):
        if finding.fix in ("categorical", "text"):
            return _("Its role was changed in {features}.").format(features=where)
        return _("The other column is left out.")
    if not where or column.role is ColumnRole.DROP:
        return _("Left out, as suggested.")
    return _("Left out in {features}.").format(features=where)


def _accepted_line(scene: _Scene, finding: Finding, key: str) -> None:
    accepted = finding.accepted
    if accepted is None:
        return
    remark = f":material/task_alt: {words.md(accepted.reason)} · {words.md(words.ago(accepted.at))}"
    with _line(finding, badge=False, remark=remark):
        st.button(_("Reopen"), key=f"reopen_{key}", on_click=_reopen, args=(scene, finding))


def _accept_form(scene: _Scene, finding: Finding, key: str) -> None:
    with st.form(f"accept_form_{key}", border=False):
        reason = st.text_input(
            _("Why may it stay?"),
            key=f"reason_{key}",
            placeholder=_("Known, and meant to be so"),
            max_chars=500,
        )
        slot = st.container()
        if not st.form_submit_button(_("Accept"), type="primary"):
            return
    outcome = attempt(
        lambda: findings.accept(scene.ws, scene.dataset.id, finding.code, finding.column, reason)
    )
    if outcome.error is None:
        notify(_("The finding was accepted"))
        st.rerun()
    with slot:
        field_errors(outcome.error, "reason")
        other_errors(outcome.error, "reason")


# What a click does --------------------------------------------------------------------------------


def _fix(scene: _Scene, finding: Finding) -> None:
    column, name = finding.column or "", words.clip(finding.column or "", LONGEST_FACT)
    told = {
        "drop": N_("{column} is left out in {features}"),
        "categorical": N_("{column} is treated as categories in {features}"),
        "text": N_("{column} is treated as text in {features}"),
    }
    text = told[finding.fix or "drop"]
    saved = do(
        lambda: findings.apply_fix(scene.ws, scene.dataset.id, finding.code, column, scene.base_id),
        lambda saved: _(text).format(column=name, features=_title(saved)),
    )
    if saved is not None:
        set_plan(features=saved.id)


def _undo(scene: _Scene, column: str) -> None:
    saved = do(
        lambda: findings.undo_fix(scene.ws, scene.dataset.id, column, scene.base_id),
        lambda saved: _("{column} is used as before in {features}").format(
            column=words.clip(column, LONGEST_FACT), features=_title(saved)
        ),
    )
    if saved is not None:
        set_plan(features=saved.id)


def _apply_all(scene: _Scene, found: Sequence[Finding]) -> None:
    """Everything that features can do, at once."""
    target = scene.dataset.target
    count = len({one.column for one in found if one.fix and one.column != target})
    if count < 2:
        return

    def apply() -> None:
        saved = do(
            lambda: findings.apply_all(scene.ws, scene.dataset.id, scene.base_id),
            lambda saved: _("All suggestions are in {features}").format(features=_title(saved)),
        )
        if saved is not None:
            set_plan(features=saved.id)

    label = _("Apply all suggestions ({n})").format(n=words.integer(count))
    st.button(label, key="fix_all", icon=":material/auto_fix_high:", on_click=apply)


def _set_split(wanted: str, strategy: SplitStrategy | None) -> None:
    set_plan(split=wanted)
    if strategy is not None:
        notify(_("The next experiment is split so"))


def _reopen(scene: _Scene, finding: Finding) -> None:
    do(lambda: findings.reopen(scene.ws, scene.dataset.id, finding.code, finding.column))


def _title(saved: FeatureSet) -> str:
    return f"{words.clip(saved.name, 40)} {words.version(saved.version)}"
