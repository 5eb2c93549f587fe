"""The Models page: the catalogue by family, what was saved, and versions side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from mlops_core import words
from mlops_core.algorithms import ALGORITHMS
from mlops_core.domain.configs import MISSING
from mlops_core.domain.params import Algorithm, Task
from mlops_core.domain.records import ModelVersion
from mlops_core.i18n import N_, _, ngettext
from mlops_core.services import datasets, models
from mlops_core.store.workspace import Workspace
from ui import experiment_filters as filters
from ui import links
from ui.build import pick_table, search_field, show_kept_error, when_column
from ui.errors import attempt
from ui.layout import card, empty_state, page_header, time_zone
from ui.plan import current_plan, plan_strip, set_plan

SCOPE = "models"
VIEWS = {
    "catalogue": N_("Catalogue"),
    "saved": N_("Saved models"),
    "compare": N_("Side by side"),
}
FAMILIES = {
    "baseline": N_("Baseline"),
    "linear": N_("Linear"),
    "neighbors": N_("Neighbours"),
    "trees": N_("Trees"),
    "ensembles": N_("Many trees"),
    "svm": N_("Support vectors"),
    "bayes": N_("Bayes"),
    "neural": N_("Neural network"),
}
MOST_COMPARED = 4


def show(ws: Workspace) -> None:
    plan = current_plan()
    with page_header(
        _("Models"), _("What can be trained, when to use it, and what you have set on it.")
    ):
        if st.button(_("Choose resources"), icon=":material/arrow_forward:", type="primary"):
            links.go("resources", **plan.query())
    plan_strip("models")
    show_kept_error()
    chosen = _toolbar(ws)
    task = Task(str(chosen["task"]))
    match chosen["view"]:
        case "saved":
            _saved(ws, task, str(chosen["q"]))
        case "compare":
            _side_by_side(ws, task)
        case _:
            _catalogue(task, str(chosen["q"]))


def plan_task(ws: Workspace) -> Task:
    """The task of the plan's dataset, where it has one."""
    dataset_id = current_plan().dataset
    if dataset_id is None:
        return Task.CLASSIFICATION
    found = attempt(lambda: datasets.get_dataset(ws, dataset_id)).value
    return found.task if found is not None and found.task else Task.CLASSIFICATION


def _toolbar(ws: Workspace) -> dict[str, filters.Value]:
    defaults: dict[str, filters.Value] = {
        "view": "catalogue",
        "task": plan_task(ws).value,
        "q": "",
    }
    filters.restore(SCOPE, defaults, {"view": list(VIEWS), "task": [str(task) for task in Task]})
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.segmented_control(
            _("View"),
            list(VIEWS),
            format_func=lambda name: _(VIEWS[name]),
            key=f"{SCOPE}.view",
            label_visibility="collapsed",
            required=True,
        )
        st.segmented_control(
            _("Task"),
            [str(task) for task in Task],
            format_func=words.task_word,
            key=f"{SCOPE}.task",
            label_visibility="collapsed",
            required=True,
        )
        if st.session_state[f"{SCOPE}.view"] != "compare":
            search_field(_("Search"), key=f"{SCOPE}.q", placeholder=_("Search models"))
    return filters.keep(SCOPE, defaults)


def _nothing_matches() -> None:
    with empty_state(
        _("No model matches"),
        _("Nothing for this task has these words."),
        icon=":material/search_off:",
    ):
        st.button(
            _("Clear the search"), on_click=lambda: st.session_state.update({f"{SCOPE}.q": ""})
        )


# Catalogue ----------------------------------------------------------------------------------------


def _catalogue(task: Task, search: str) -> None:
    wanted = search.strip().casefold()
    found = [
        algorithm
        for algorithm in models.catalogue(task)
        if any(
            wanted in text.casefold()
            for text in (_(algorithm.label), _(algorithm.summary), algorithm.key)
        )
    ]
    if not found:
        _nothing_matches()
        return
    with st.grid(3, min_column_width=260):
        for algorithm in found:
            _algorithm_card(algorithm, task)


def _algorithm_card(algorithm: Algorithm, task: Task) -> None:
    with card(_(algorithm.label), _(FAMILIES[algorithm.family]), key=f"algorithm_{algorithm.key}"):
        st.caption(words.md(_(algorithm.summary)))
        count = len(algorithm.params_for(task))
        told = ngettext("{n} parameter", "{n} parameters", count).format(n=count)
        if not algorithm.is_installed:
            problem = algorithm.not_installed()
            st.caption(f":material/download: {words.md(f'{problem.message} {problem.hint}')}")
            return
        if algorithm.on_gpu:
            told = _("{told}, can use a GPU").format(told=told)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if st.button(_("Set up"), key=f"set_{algorithm.key}", icon=":material/tune:"):
                links.go(
                    "models", **current_plan().query(), algorithm=algorithm.key, task=str(task)
                )
            st.caption(told, width="content")


# Saved --------------------------------------------------------------------------------------------


def _saved(ws: Workspace, task: Task, search: str) -> None:
    every = models.list_models(ws, task=task)
    if not every:
        with empty_state(
            _("Nothing saved for this task"),
            _("Set up an algorithm and save it under a name; then a plan can use it."),
            icon=":material/category:",
        ):
            st.button(
                _("Open the catalogue"),
                on_click=lambda: st.session_state.update({f"{SCOPE}.view": "catalogue"}),
            )
        return
    _in_plan(ws, task)
    found = models.list_models(ws, task=task, search=search)
    if not found:
        _nothing_matches()
        return
    _saved_table(found)


def _saved_table(found: Sequence[ModelVersion]) -> None:
    chosen = current_plan().models
    pick_table(
        [
            {
                "name": model.name,
                "algorithm": words.algorithm_label(model.config.algorithm),
                "version": words.version(model.version),
                "changed": _changed_words(model),
                "plan": _("in the plan") if model.id in chosen else "",
                "notes": model.notes,
                "saved": model.created_at.astimezone(time_zone()),
            }
            for model in found
        ],
        [model.id for model in found],
        {
            "name": st.column_config.TextColumn(_("Name"), width="medium"),
            "algorithm": st.column_config.TextColumn(_("Algorithm")),
            "version": st.column_config.TextColumn(_("Version"), width="small"),
            "changed": st.column_config.TextColumn(_("Other than the defaults"), width="medium"),
            "plan": st.column_config.TextColumn(_("Plan"), width="small"),
            "notes": st.column_config.TextColumn(_("Notes"), width="medium"),
            "saved": when_column(_("Saved")),
        },
        key="models_saved",
        on_pick=lambda id: links.set_query(model=id),
        alt=_("Saved models"),
    )
    st.caption(_("Choose a row to open it, change it and see its versions."))


def _changed_words(model: ModelVersion) -> str:
    """The parameters that are not at their defaults."""
    algorithm = ALGORITHMS.get(model.config.algorithm)
    if algorithm is None:
        return ""
    known = {param.name: param for param in algorithm.params_for(model.task)}
    return ", ".join(
        f"{_(known[name].label)} {words.param_value(value)}"
        for name, value in model.config.params.items()
        if name in known and value != known[name].default
    )


def _plan_models() -> None:
    set_plan(models=tuple(st.session_state["models_plan"]))


def _in_plan(ws: Workspace, task: Task) -> None:
    """Which saved models the plan trains, beside each other."""
    names = {
        model.id: f"{model.name} {words.version(model.version)}"
        for model in models.list_models(ws, task=task, latest_only=False)
    }
    plan = current_plan()
    st.session_state["models_plan"] = [id for id in plan.models if id in names]
    st.multiselect(
        _("In the plan"),
        list(names),
        format_func=names.__getitem__,
        key="models_plan",
        on_change=_plan_models,
        placeholder=_("Automatic: a baseline, a linear model and two kinds of trees"),
        help=_("An experiment trains all of these on the same data."),
    )


# Side by side -------------------------------------------------------------------------------------


def _side_by_side(ws: Workspace, task: Task) -> None:
    every = models.list_models(ws, task=task, latest_only=False)
    if len(every) < 2:
        with empty_state(
            _("Nothing to lay side by side yet"),
            _("Save a second version of a model, or a second model, and compare them here."),
            icon=":material/compare:",
        ):
            pass
        return
    by_id = {model.id: model for model in every}
    same = [model for model in every if model.name == every[0].name]
    asked = [id for id in links.query_ints("versions") if id in by_id][:MOST_COMPARED]
    start = asked or [model.id for model in (same if len(same) > 1 else every)[:2]][::-1]
    st.session_state.setdefault("models_compared", start)
    st.session_state["models_compared"] = [
        id for id in st.session_state["models_compared"] if id in by_id
    ]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        picked = st.multiselect(
            _("Versions"),
            list(by_id),
            format_func=lambda id: f"{by_id[id].name} {words.version(by_id[id].version)}",
            key="models_compared",
            max_selections=MOST_COMPARED,
            placeholder=_("Choose one or several"),
            width=560,
        )
        only = st.toggle(_("Only what differs"), value=True, key="models_differences")
    links.set_query(versions=picked)
    if len(picked) < 2:
        st.caption(_("Choose two to four versions; their parameters stand side by side."))
        return
    compare_table([by_id[id] for id in picked], only)


def settings(model: ModelVersion) -> dict[str, object]:
    """Everything set on a model, by label, parameters that came later at their defaults."""
    algorithm = ALGORITHMS.get(model.config.algorithm)
    content: dict[str, object] = {_("Algorithm"): words.algorithm_label(model.config.algorithm)}
    if algorithm is None:
        return content | dict(model.config.params)
    labels = {param.name: param for param in algorithm.params_for(model.task)}
    for name, value in algorithm.complete(model.config.params, model.task).items():
        param = labels.get(name)
        shown: object = value
        if param is not None and value is None:
            shown = _(param.none_label)
        content[_(param.label) if param else name] = shown
    return content


def compare_table(chosen: Sequence[ModelVersion], only_differences: bool) -> None:
    """One row a parameter, one column a version; what differs is bold."""
    columns = [settings(model) for model in chosen]
    names = list(dict.fromkeys(name for column in columns for name in column))
    differing = [name for name in names if _differs(name, columns)]
    shown = differing if only_differences else names
    if not shown:
        alike = _("They are set alike.")
        st.markdown(f":green[:material/check_circle:] {alike}")
        return
    table: dict[str, list[str]] = {_("Parameter"): [words.md(name) for name in shown]}
    for model, column in zip(chosen, columns, strict=True):
        title = words.md(f"{model.name} {words.version(model.version)}")
        table[title] = [_cell(column, name, name in differing) for name in shown]
    st.table(table, border="horizontal", hide_index=True, alt=_("Parameters side by side"))


def _differs(name: str, columns: Sequence[Mapping[str, object]]) -> bool:
    first = columns[0].get(name, MISSING)
    return any(column.get(name, MISSING) != first for column in columns)


def _cell(column: Mapping[str, object], name: str, bold: bool) -> str:
    if name not in column:
        return MISSING
    text = words.md(words.param_value(column[name]))
    return f"**{text}**" if bold else text
