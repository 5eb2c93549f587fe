"""Before a start: what will run, what is wrong, what changed; then save or train."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mlops_core import words
from mlops_core.domain.configs import Bump, Change, ExperimentConfig, ResourceAllocation, diff
from mlops_core.domain.params import Problem
from mlops_core.domain.queue import Priority
from mlops_core.domain.records import Experiment
from mlops_core.errors import MlopsError
from mlops_core.i18n import _, ngettext
from mlops_core.services import datasets, experiment_plans, experiments, findings, sizing
from mlops_core.services.sizing import Advice
from mlops_core.store.workspace import Workspace
from mlops_core.words import allocations
from ui import data_findings, finding_words, links, owner, sizing_view
from ui.errors import attempt, field_errors, other_errors
from ui.experiment_changes import changes_list
from ui.layout import card, facts, notify

SHOWN_FINDINGS = 3
SUGGESTED = -1  # the place of a suggested size among the profiles


@dataclass
class Draft:
    """What the fields hold by now; ``config`` is ``None`` while it cannot be built.

    ``blocked``: a field is wrong and has said so itself.
    """

    name: str
    version: str
    bump: Bump | None
    description: str
    tags: tuple[str, ...]
    priority: Priority = Priority.NORMAL
    blocked: bool = False
    config: ExperimentConfig | None = None
    problems: list[Problem] = field(default_factory=list)


def footer(
    ws: Workspace,
    parent: Experiment | None,
    draft: Draft,
    slots: Mapping[str, DeltaGenerator],
) -> None:
    """The side card: what will run, and the two buttons."""
    problems = list(draft.problems)
    if draft.config is not None:
        problems += experiments.problems(ws, draft.config)
    _beside_fields(problems, slots)
    with card(_("What will run"), key="compose_summary", height="content"):
        stopped = draft.blocked or bool(problems)
        if draft.config is not None:
            advice = None if stopped else _advice(ws, draft.config)
            _what_will_run(draft.config, advice)
            if advice is not None:
                sizing_view.before(advice, partial(use_suggestion, form_key(parent)))
            _unresolved(ws, draft.config)
        if stopped:
            count = max(len(problems), 1)
            text = ngettext(
                "{n} thing to put right first, marked beside its field.",
                "{n} things to put right first, marked beside their fields.",
                count,
            )
            st.caption(f":material/error: {text.format(n=count)}")
        train, save = _buttons(draft, stopped)
        if draft.config is not None and (train or save):
            _submit(ws, parent, draft, draft.config, start=train, slots=slots)
    if parent is not None and draft.config is not None:
        _what_changes(ws, parent, draft.config)


def _what_changes(ws: Workspace, parent: Experiment, config: ExperimentConfig) -> None:
    with card(_("What changes"), key="compose_changes", height="content"):
        changes = config_changes(ws, parent, config)
        if changes:
            changes_list(changes)
        else:
            version = words.version(parent.version)
            st.caption(_("Nothing yet: it computes what {version} does.").format(version=version))


def _buttons(draft: Draft, stopped: bool) -> tuple[bool, bool]:
    with st.container(gap="small"):
        train = st.button(
            _("Train"),
            icon=":material/play_arrow:",
            type="primary",
            key="compose_train",
            disabled=stopped,
            width="stretch",
        )
        save = st.button(
            _("Save as planned"),
            icon=":material/edit_calendar:",
            key="compose_save",
            disabled=draft.config is None or draft.blocked,
            width="stretch",
        )
    return train, save


def _beside_fields(problems: Sequence[Problem], slots: Mapping[str, DeltaGenerator]) -> None:
    for problem in problems:
        part = problem.field.split(".")[0]
        if part in slots:
            with slots[part]:
                field_errors([problem], problem.field)
    other_errors([p for p in problems if p.field.split(".")[0] not in slots])


def form_key(parent: Experiment | None) -> str:
    """What the keys of all fields of a composer begin with."""
    return f"compose.{parent.id}" if parent else "compose.new"


def use_suggestion(key: str, allocation: ResourceAllocation) -> None:
    """Choose the suggested size as the field of the profile would."""
    st.session_state[f"{key}.suggested"] = allocation
    st.session_state[f"{key}.profile"] = SUGGESTED


def _advice(ws: Workspace, config: ExperimentConfig) -> Advice | None:
    dataset = attempt(lambda: datasets.get_dataset(ws, config.dataset_id)).value
    if dataset is None:
        return None
    return attempt(lambda: sizing.advise(ws, config, dataset)).value


def _what_will_run(config: ExperimentConfig, advice: Advice | None) -> None:
    count, one = len(config.models), config.resources
    parts = []
    if config.evaluation.folds:
        n = config.evaluation.folds
        parts.append(ngettext("{n} fold", "{n} folds", n).format(n=n))
    if config.evaluation.holdout:
        share = words.percent(config.evaluation.holdout)
        parts.append(_("hold-out of {share}").format(share=share))
    facts(
        [
            (_("Runs"), words.integer(count)),
            (_("Each gets"), allocations.needs(one)),
            (_("Each likely needs"), sizing_view.likely(advice) if advice else ""),
            (_("Each lasts at most"), words.duration(one.time_limit_seconds)),
            (_("All, one by one"), words.duration(one.time_limit_seconds * count)),
            (_("Judged by"), ", ".join(parts)),
        ]
    )


def _unresolved(ws: Workspace, config: ExperimentConfig) -> None:
    """What of the data nobody has answered yet; it is said and forbids nothing."""
    dataset = attempt(lambda: datasets.get_dataset(ws, config.dataset_id)).value
    if dataset is None:
        return
    left = findings.unresolved(dataset, config.features, config.target)
    if not left:
        return
    with st.container(gap="xxsmall"):
        told = data_findings.unresolved_words(left)
        links.link(
            f"**{told}**", "data", icon=":material/warning:", dataset=dataset.id, part="overview"
        )
        for finding in left[:SHOWN_FINDINGS]:
            st.caption(finding_words.in_short(finding))
        more = len(left) - SHOWN_FINDINGS
        if more > 0:
            text = ngettext("and {n} more", "and {n} more", more)
            st.caption(text.format(n=words.integer(more)))


def _submit(
    ws: Workspace,
    parent: Experiment | None,
    draft: Draft,
    config: ExperimentConfig,
    *,
    start: bool,
    slots: Mapping[str, DeltaGenerator],
) -> None:
    outcome = attempt(lambda: _save(ws, parent, draft, config, start=start))
    if outcome.value is not None:
        notify(_("Added to the queue") if start else _("Saved as planned"))
        _forget_fields()
        links.go("experiments", id=outcome.value)
    if outcome.error is not None:
        _refused(outcome.error, slots)


def _refused(error: MlopsError, slots: Mapping[str, DeltaGenerator]) -> None:
    part = (error.field or "").split(".")[0]
    if part in slots:
        with slots[part]:
            field_errors(error, error.field or "")
    else:
        other_errors(error)


def _save(
    ws: Workspace,
    parent: Experiment | None,
    draft: Draft,
    config: ExperimentConfig,
    *,
    start: bool,
) -> int:
    if parent is not None and draft.bump is not None:
        made = experiments.new_version(
            ws,
            parent.id,
            draft.bump,
            config,
            description=draft.description,
            tags=draft.tags,
        )
        if start:
            experiments.start(ws, made.id, by=owner.submission(draft.priority))
        return made.id
    by = owner.submission(draft.priority)
    told: dict[str, Any] = {
        "version": draft.version,
        "description": draft.description,
        "tags": draft.tags,
    }
    if start:
        return experiments.train(ws, draft.name, config, by=by, **told)[0].id
    return experiments.create(ws, draft.name, config, **told).id


def _forget_fields() -> None:
    for key in [key for key in st.session_state if str(key).startswith("compose.")]:
        del st.session_state[key]


def config_changes(ws: Workspace, parent: Experiment, config: ExperimentConfig) -> list[Change]:
    """What a version with ``config`` would compute differently."""
    dataset = datasets.get_dataset(ws, config.dataset_id)
    draft = replace(
        parent, config=config, dataset_name=dataset.name, dataset_version=dataset.version
    )
    return diff(experiment_plans.content(parent), experiment_plans.content(draft))
