"""One dataset: what to learn from it, what was understood, its columns, rows and versions."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from mlops_core import words
from mlops_core.data.roles import suggest_task
from mlops_core.domain.columns import Column
from mlops_core.domain.configs import FeatureConfig
from mlops_core.domain.params import Task
from mlops_core.domain.records import Dataset
from mlops_core.errors import MlopsError
from mlops_core.i18n import N_, _, ngettext
from mlops_core.services import baselines, datasets, findings
from mlops_core.store.workspace import Workspace
from ui import (
    data_columns,
    data_details,
    data_findings,
    data_reading,
    data_rows,
    data_versions,
    links,
    owner,
)
from ui import experiment_filters as filters
from ui.build import do, show_kept_error
from ui.data_reading import dialect
from ui.errors import attempt, field_errors, other_errors
from ui.layout import card, facts, notify, page_header, tags_md
from ui.plan import current_plan, plan_strip, planned_split

SCOPE = "dataset"
DEFAULTS: dict[str, filters.Value] = {"part": "overview"}
PARTS = {
    "overview": N_("Overview"),
    "columns": N_("Columns"),
    "rows": N_("Rows"),
    "reading": N_("How it was read"),
    "versions": N_("Versions"),
    "details": N_("Details"),
}


def show(ws: Workspace, dataset: Dataset) -> None:
    with page_header(f"{dataset.name} {words.version(dataset.version)}", _context(dataset)):
        _actions(ws, dataset)
    plan_strip("data")
    show_kept_error()
    _unresolved(ws, dataset)
    if dataset.tags or dataset.description:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if dataset.tags:
                st.markdown(tags_md(dataset.tags), width="content")
            if dataset.description:
                # That of a sample is ours, and reads in everybody's language.
                own = _(dataset.description) if dataset.sample else dataset.description
                st.caption(words.md(own))
    filters.restore(SCOPE, DEFAULTS, {"part": list(PARTS)})
    st.segmented_control(
        _("Part"),
        list(PARTS),
        format_func=lambda name: _(PARTS[name]),
        key=f"{SCOPE}.part",
        label_visibility="collapsed",
        required=True,
    )
    match filters.keep(SCOPE, DEFAULTS)["part"]:
        case "columns":
            data_columns.show_columns(ws, dataset)
        case "rows":
            data_rows.show(ws, dataset)
        case "reading":
            data_reading.show(ws, dataset)
        case "versions":
            data_versions.show(ws, dataset)
        case "details":
            data_details.show(ws, dataset)
        case _:
            _overview(ws, dataset)


def _context(dataset: Dataset) -> str:
    return _("{rows} rows, {columns} columns, {size}, added {when}").format(
        rows=words.integer(dataset.rows),
        columns=words.integer(dataset.column_count),
        size=words.size(dataset.bytes),
        when=words.ago(dataset.created_at),
    )


def _actions(ws: Workspace, dataset: Dataset) -> None:
    plan = current_plan().query()
    if st.button(_("All datasets"), icon=":material/arrow_back:"):
        links.go("data", **plan, view="all")
    if dataset.experiments and st.button(_("Leaderboard"), icon=":material/leaderboard:"):
        links.go("leaderboard", dataset=dataset.id)
    if st.button(_("Choose features"), icon=":material/tune:"):
        links.go("features", **plan)
    learnable = dataset.target or datasets.suggested_target(dataset)
    if st.button(
        _("Train a baseline now"),
        icon=":material/play_arrow:",
        type="primary",
        disabled=not learnable,
        help=None if learnable else _("No column can be learned; choose a target first."),
    ):
        _train(ws, dataset)


def _unresolved(ws: Workspace, dataset: Dataset) -> None:
    """What a baseline would be trained in spite of."""
    chosen = data_findings.planned_features(ws, dataset)
    left = findings.unresolved(dataset, chosen.config if chosen else FeatureConfig())
    if left:
        told = data_findings.unresolved_words(left)
        st.caption(_("{findings}; a baseline trains all the same.").format(findings=told))


def _train(ws: Workspace, dataset: Dataset) -> None:
    """Start the baseline on what is chosen, or on what is suggested."""
    with st.spinner(_("Starting the baseline")):
        if dataset.target is None:
            suggestion = datasets.suggested_target(dataset)
            if suggestion is not None:
                do(lambda: datasets.set_target(ws, dataset.id, *suggestion))
        chosen, split = data_findings.planned_features(ws, dataset), planned_split(dataset)
        started = do(lambda: baselines.train(ws, dataset.id, chosen, split, by=owner.submission()))
    if started is None:
        st.rerun()
    experiment, runs = started
    notify(
        ngettext("{n} run was queued", "{n} runs were queued", len(runs)).format(n=len(runs)),
        icon=":material/play_circle:",
    )
    links.go("experiments", id=experiment.id)


# Overview -----------------------------------------------------------------------------------------


def _overview(ws: Workspace, dataset: Dataset) -> None:
    left, right = st.columns([3, 2])
    with left, card(_("What to learn"), _goal_note(dataset), key="goal"):
        _goal_form(ws, dataset)
    with right, card(_("What was understood"), key="understood"):
        facts(_understood(dataset))
    data_findings.show(ws, dataset)


def _goal_note(dataset: Dataset) -> str:
    return "" if dataset.target else _("suggested, not yet chosen")


def _goal_form(ws: Workspace, dataset: Dataset) -> None:
    suggestion = datasets.suggested_target(dataset)
    names = [column.name for column in dataset.columns]
    start = dataset.target or (suggestion[0] if suggestion else None)
    key = f"goal_{dataset.id}"
    target = st.selectbox(
        _("Target"),
        names,
        index=names.index(start) if start in names else None,
        key=f"{key}_target",
        placeholder=_("Choose the column to predict"),
        help=_("The column that a model is to predict from the others."),
    )
    error: MlopsError | None = st.session_state.pop("_goal_error", None)
    field_errors(error, "target")
    column = dataset.column(target) if target else None
    if column is None:
        st.caption(_("Choose what a model is to predict; the other columns become its features."))
        return
    task = _task_field(dataset, column, key)
    field_errors(error, "task")
    positive = _positive_field(dataset, column, task, key)
    field_errors(error, "positive_class")
    other_errors(error, "target", "task", "positive_class")
    _target_distribution(column)
    same = (target, task, positive) == (dataset.target, dataset.task, dataset.positive_class)
    if not same and st.button(_("Use this target"), icon=":material/check:"):
        with st.spinner(_("Checking the data for this target")):
            outcome = attempt(
                lambda: datasets.set_target(ws, dataset.id, column.name, task, positive)
            )
        st.session_state["_goal_error"] = outcome.error
        if outcome.error is None:
            notify(_("The target is {name}").format(name=column.name))
        st.rerun()


def _task_field(dataset: Dataset, column: Column, key: str) -> Task:
    suggested = suggest_task(column)
    start = dataset.task if column.name == dataset.target and dataset.task else suggested
    task: Task = st.segmented_control(
        _("Task"),
        list(Task),
        default=start,
        format_func=words.task_word,
        required=True,
        key=f"{key}_task_{column.name}",
        help=_("Classification predicts one of several classes, regression predicts a number."),
    )
    if task is not suggested:
        told = _("The values look more like {task}.").format(task=words.task_word(suggested))
        st.caption(words.md(told))
    return task


def _positive_field(dataset: Dataset, column: Column, task: Task, key: str) -> str | None:
    """The class that counts as "yes", where there are exactly two."""
    values = [top.value for top in column.profile.top]
    if task is not Task.CLASSIFICATION or column.profile.distinct != 2 or len(values) != 2:
        return None
    options = ["", *values]
    saved = dataset.positive_class if column.name == dataset.target else None
    positive = st.selectbox(
        _("Positive class"),
        options,
        index=options.index(saved) if saved in options else 0,
        format_func=lambda value: value or _("Automatic"),
        key=f"{key}_positive_{column.name}",
        help=_("The class that precision, recall and the curves are about."),
    )
    return positive or None


def _target_distribution(column: Column) -> None:
    profile = column.profile
    text = _("about {n} distinct values") if profile.estimated else _("{n} distinct values")
    parts = [text.format(n=words.integer(profile.distinct))]
    if profile.missing:
        parts.append(_("{n} rows without a value are left out").format(n=profile.missing))
    st.caption(words.md(", ".join(parts)))
    data_columns.distribution(column, key="target_distribution", height=190)


def _understood(dataset: Dataset) -> list[tuple[str, str]]:
    kinds = Counter(words.type_word(column.type) for column in dataset.columns)
    report = dataset.report
    rows = [
        (_("File"), dataset.original_name),
        *dialect(report),
        (_("Types"), ", ".join(f"{count} × {kind}" for kind, count in kinds.most_common())),
        (_("Missing"), _missing(dataset)),
    ]
    if report.reject_count:
        rows.append((_("Rows not read"), words.integer(report.reject_count)))
    return rows


def _missing(dataset: Dataset) -> str:
    cells = dataset.rows * dataset.column_count
    missing = sum(column.profile.missing for column in dataset.columns)
    return _("{share} of all cells").format(share=words.percent(missing / cells if cells else 0.0))
