"""Setting up one algorithm, and opening what was saved of it."""

from __future__ import annotations

import streamlit as st

from mlops_core import words
from mlops_core.domain.configs import ModelConfig
from mlops_core.domain.params import Algorithm, Task
from mlops_core.domain.records import ModelVersion
from mlops_core.errors import MlopsError
from mlops_core.i18n import _
from mlops_core.services import models
from mlops_core.store.workspace import Workspace
from ui import links
from ui.build import do, pick_table, show_kept_error, when_column
from ui.errors import attempt, field_errors, other_errors, show_error
from ui.layout import card, confirm, notify, page_header, time_zone
from ui.models_view import compare_table, plan_task
from ui.param_form import param_form, reset_params
from ui.plan import current_plan, plan_strip, set_plan

_SHOWN_FIELDS = ("name", "notes")


def show_new(ws: Workspace, key: str, task_name: str) -> None:
    """An algorithm of the catalogue, at its defaults."""
    found = attempt(lambda: models.algorithm(key))
    if found.value is None:
        _not_there(found.error)
        return
    algorithm = found.value
    asked = Task(task_name) if task_name in [str(task) for task in Task] else plan_task(ws)
    task = asked if asked in algorithm.tasks else next(iter(sorted(algorithm.tasks)))
    _header(_(algorithm.label), _(algorithm.summary))
    _form(ws, algorithm, task, None)


def show_saved(ws: Workspace, model_id: int) -> None:
    """A saved configuration: change it into its next version, see the others, remove it."""
    found = attempt(lambda: models.get_model(ws, model_id))
    if found.value is None:
        _not_there(found.error)
        return
    model = found.value
    algorithm = models.algorithm(model.config.algorithm)
    _header(
        f"{model.name} {words.version(model.version)}",
        _("{algorithm} for {task}, saved {when}").format(
            algorithm=_(algorithm.label),
            task=words.task_word(model.task).lower(),
            when=words.ago(model.created_at),
        ),
        model,
    )
    _form(ws, algorithm, model.task, model)
    _versions(ws, model)


def _not_there(error: MlopsError | None) -> None:
    _header(_("Models"), _("What was asked for is not here."))
    if error is not None:
        show_error(error)


def _header(title: str, context: str, model: ModelVersion | None = None) -> None:
    plan = current_plan()
    with page_header(title, context):
        if st.button(_("All models"), icon=":material/arrow_back:"):
            links.go("models", **plan.query())
        if model is not None:
            chosen = model.id in plan.models
            if st.button(
                _("In the plan") if chosen else _("Add to the plan"),
                icon=":material/check:" if chosen else ":material/add:",
                disabled=chosen,
                type="primary",
            ):
                set_plan(models=(*plan.models, model.id))
                st.rerun()
    plan_strip("models")
    show_kept_error()


def _form(ws: Workspace, algorithm: Algorithm, task: Task, model: ModelVersion | None) -> None:
    key = f"params_{model.id if model else 0}_{algorithm.key}_{task}"
    error: MlopsError | None = st.session_state.pop("_model_error", None)
    with card(_("Parameters"), words.task_word(task), key="params", height="content"):
        start = model.config.params if model else {}
        values, problems = param_form(algorithm, task, key, start)
        st.button(
            _("Reset to defaults"),
            icon=":material/restart_alt:",
            on_click=reset_params,
            args=(algorithm, task, key),
            disabled=values == algorithm.defaults(task),
        )
    with card(_("Save"), _("every change is a new version"), key="saving", height="content"):
        name = st.text_input(
            _("Name"),
            model.name if model else _(algorithm.label),
            key=f"{key}_name",
            help=_("A name that exists gets its next version."),
        )
        field_errors(error, "name")
        notes = st.text_area(
            _("Notes"),
            model.notes if model else "",
            key=f"{key}_notes",
            height=80,
            placeholder=_("Why it is set this way. Optional."),
        )
        field_errors(error, "notes")
        other_errors(error, *_SHOWN_FIELDS)
        seed = model.config.seed if model else None  # a spec may have given its fits one
        config = ModelConfig(algorithm=algorithm.key, params=values, seed=seed)
        if st.button(
            _("Save as the next version") if model else _("Save"),
            icon=":material/check:",
            type="secondary" if model else "primary",
            disabled=bool(problems),
            help=_("Correct what is marked first.") if problems else None,
        ):
            _save(ws, name, task, config, notes)


def _save(ws: Workspace, name: str, task: Task, config: ModelConfig, notes: str) -> None:
    """Save, and put the new version into the plan in place of an older one of its name."""
    outcome = attempt(lambda: models.save(ws, name, task, config, notes=notes))
    if outcome.value is None:
        st.session_state["_model_error"] = outcome.error
        st.rerun()
    saved = outcome.value
    same = {model.id for model in models.versions(ws, saved.name)}
    plan = current_plan()
    plan = set_plan(models=(*(id for id in plan.models if id not in same), saved.id))
    told = _("{name} {version} was saved and is in the plan")
    notify(told.format(name=saved.name, version=words.version(saved.version)))
    links.go("models", **plan.query(), model=saved.id)


def _versions(ws: Workspace, model: ModelVersion) -> None:
    every = models.versions(ws, model.name)
    with card(_("Versions"), key="model_versions", height="content"):
        pick_table(
            [
                {
                    "version": words.version(item.version),
                    "shown": _("shown") if item.id == model.id else "",
                    "algorithm": words.algorithm_label(item.config.algorithm),
                    "notes": item.notes,
                    "saved": item.created_at.astimezone(time_zone()),
                }
                for item in every
            ],
            [item.id for item in every],
            {
                "version": st.column_config.TextColumn(_("Version"), width="small"),
                "shown": st.column_config.TextColumn("", width="small"),
                "algorithm": st.column_config.TextColumn(_("Algorithm")),
                "notes": st.column_config.TextColumn(_("Notes"), width="large"),
                "saved": when_column(_("Saved")),
            },
            key="model_versions_table",
            on_pick=lambda id: links.set_query(model=id),
            alt=_("Versions of {name}").format(name=model.name),
        )
        older = next((item for item in every if item.version < model.version), None)
        if older is not None:
            st.caption(
                _("What changed since {version}:").format(version=words.version(older.version))
            )
            compare_table([older, model], only_differences=True)
        _removal(ws, model)


def _removal(ws: Workspace, model: ModelVersion) -> None:
    label = _("Remove {version}").format(version=words.version(model.version))
    if st.button(words.md(label), icon=":material/delete:", disabled=model.used):
        confirm(
            words.md(label),
            _("This version of {name} is deleted for good; the others stay.").format(
                name=model.name
            ),
            _("Remove"),
            lambda: _remove(ws, model),
        )
    if model.used:
        st.caption(_("An experiment uses this version, so it is kept."))


def _remove(ws: Workspace, model: ModelVersion) -> None:
    def call() -> bool:
        models.remove(ws, model.id)
        return True

    if do(call, lambda _removed: _("{name} was removed").format(name=model.name)):
        plan = current_plan()
        set_plan(models=tuple(id for id in plan.models if id != model.id))
        links.set_query(model=None, view="saved")
