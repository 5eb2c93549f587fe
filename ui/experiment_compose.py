"""Putting an experiment together: a new one, or the next version of one that was run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mlops_core import words
from mlops_core.domain.configs import (
    SEMVER,
    Bump,
    EvaluationConfig,
    ExperimentConfig,
    ExperimentModel,
    ResourceAllocation,
    SemanticVersion,
)
from mlops_core.domain.params import Problem, Task
from mlops_core.domain.queue import Priority
from mlops_core.domain.records import Dataset, DatasetSummary, Experiment, ExperimentSummary
from mlops_core.i18n import _
from mlops_core.services import baselines, datasets, experiments, features
from mlops_core.services.experiment_plans import split_by
from mlops_core.store.workspace import Workspace
from mlops_core.words import allocations
from ui import experiment_choices as choices
from ui import experiment_queueing, links
from ui.errors import attempt, field_errors, show_error
from ui.experiment_preflight import SUGGESTED, Draft, footer, form_key
from ui.forms import evaluation_form
from ui.layout import card, empty_state, page_header
from ui.plan import current_plan, missing_parts, plan_strip, planned_split, set_plan


@dataclass
class _Form:
    """What the fields of one composer share."""

    ws: Workspace
    key: str
    parent: Experiment | None
    start: ExperimentConfig | None
    slots: dict[str, DeltaGenerator] = field(default_factory=dict)

    def slot(self, *names: str) -> None:
        """Room below the last field for what is found wrong with it later."""
        place = st.container(gap="xxsmall")
        for name in names:
            self.slots[name] = place


def show(ws: Workspace, parent: Experiment | None = None) -> None:
    """The composer; with ``parent`` it makes the version after it."""
    if parent is None:
        title = _("New experiment")
        context = _("One dataset, one or several models, one way to judge them.")
    else:
        title = _("New version of {name}").format(name=parent.name)
        context = _("Starts from {version}, which stays as it is.").format(
            version=words.version(parent.version)
        )
    with page_header(title, context):
        if st.button(_("Back"), icon=":material/arrow_back:", key="compose_back"):
            links.go("experiments", id=parent.id if parent else None)
    strip = st.container()
    if parent is None:
        for error in missing_parts():
            show_error(error)
    known = datasets.list_datasets(ws, latest_only=False)
    if not known:
        _no_data()
        return
    form = _form(ws, parent, known)
    left, right = st.columns([2, 1], gap="medium")
    with left:
        draft = _fields(form, known)
    with right:
        footer(ws, form.parent, draft, form.slots)
    if parent is None:
        with strip:
            plan_strip("experiments")


def _no_data() -> None:
    with empty_state(
        _("An experiment needs data"),
        _("Upload a CSV or take a sample, then come back."),
        icon=":material/database:",
    ):
        links.step(_("Go to the data"), "data", icon=":material/database:")


def _form(ws: Workspace, parent: Experiment | None, known: Sequence[DatasetSummary]) -> _Form:
    if parent is not None:
        return _Form(ws, form_key(parent), parent, parent.config)
    planned = current_plan().dataset
    ids = [item.id for item in known]
    chosen = st.session_state.get("compose.new.dataset")
    dataset_id = next(id for id in (chosen, planned, ids[0]) if id in ids)
    start = attempt(lambda: baselines.config_of(ws, dataset_id)).value
    st.session_state.setdefault("compose.new.dataset", dataset_id)
    return _Form(ws, form_key(None), None, start)


def _fields(form: _Form, known: Sequence[DatasetSummary]) -> Draft:
    with card(_("What to learn"), key="compose_data"):
        dataset, target, task = _data_fields(form, known)
        feature_id, feature = _feature_field(form, dataset)
    with card(_("With which models"), key="compose_models"):
        chosen = _model_field(form, task)
    with card(_("Within which resources"), key="compose_resources"):
        profile_id, allocation = _resource_field(form)
        priority, retries = experiment_queueing.fields(form.key, form.start)
    with card(_("How to judge them"), key="compose_evaluation"):
        default = form.start.evaluation if form.start else EvaluationConfig()
        key = f"{form.key}.{dataset.id}.{task}.evaluation"
        split = planned_split(dataset) if form.parent is None else None
        if split is not None:
            default, key = split_by(default, split), f"{key}.{':'.join(split)}"
        evaluation = evaluation_form(key, dataset, task, default)
        form.slot("evaluation")
    with card(_("How to call it"), key="compose_name"):
        draft = _name_fields(form, dataset, priority)
    if form.parent is None:
        set_plan(
            dataset=dataset.id,
            features=feature_id if feature_id > 0 else None,
            models=[m.model_version_id for m in chosen if m.model_version_id is not None],
            resources=profile_id,
        )
    if not chosen:
        draft.problems.append(Problem(field="models", message=_("Choose at least one model.")))
    if not isinstance(evaluation, EvaluationConfig):
        draft.blocked = True  # the form has said why beside its fields
    elif chosen:
        draft.config = ExperimentConfig(
            dataset_id=dataset.id,
            target=target,
            task=task,
            positive_class=_positive_class(form, dataset, target),
            features=feature.config,
            feature_set_id=feature_id if feature_id > 0 else None,
            models=choices.distinct_names(chosen),
            resources=allocation,
            resource_profile_id=profile_id,
            retries=retries,
            evaluation=evaluation,
        )
    return draft


def _data_fields(form: _Form, known: Sequence[DatasetSummary]) -> tuple[Dataset, str, Task]:
    names = {
        item.id: _("{name} {version}, {rows} rows").format(
            name=item.name, version=words.version(item.version), rows=words.integer(item.rows)
        )
        for item in known
    }
    if form.start is not None:
        st.session_state.setdefault(f"{form.key}.dataset", form.start.dataset_id)
    dataset_id = st.selectbox(
        _("Dataset"), list(names), format_func=names.__getitem__, key=f"{form.key}.dataset"
    )
    form.slot("dataset", "dataset_id")
    dataset = datasets.get_dataset(form.ws, dataset_id)
    columns = [column.name for column in dataset.columns]
    target_key = f"{form.key}.{dataset.id}.target"
    task_key = f"{form.key}.{dataset.id}.task"
    aim = _aim(form, dataset)
    st.session_state.setdefault(target_key, aim[0] if aim else columns[-1])
    st.session_state.setdefault(task_key, aim[1] if aim else Task.CLASSIFICATION)
    with st.grid(2, min_column_width=240) as grid:
        with grid.cell():
            target = st.selectbox(_("Target"), columns, key=target_key)
            form.slot("target", "positive_class")
        with grid.cell():
            task = st.segmented_control(
                _("Task"),
                list(Task),
                format_func=words.task_word,
                key=task_key,
                required=True,
            )
            form.slot("task")
    return dataset, target, task or Task.CLASSIFICATION


def _aim(form: _Form, dataset: Dataset) -> tuple[str, Task] | None:
    """Target and task to begin with: the version's before, the dataset's own, the likely one."""
    start = form.start
    if start is not None and dataset.column(start.target) is not None:
        return start.target, start.task
    if dataset.target is not None and dataset.task is not None:
        return dataset.target, dataset.task
    return datasets.suggested_target(dataset)


def _positive_class(form: _Form, dataset: Dataset, target: str) -> str | None:
    start = form.start
    if start is not None and start.dataset_id == dataset.id and start.target == target:
        return start.positive_class
    return dataset.positive_class if target == dataset.target else None


def _feature_field(form: _Form, dataset: Dataset) -> tuple[int, choices.FeatureChoice]:
    start = form.start if form.parent else None
    options = choices.feature_choices(
        form.ws,
        dataset,
        start.features if start else None,
        start.feature_set_id if start else None,
    )
    key = f"{form.key}.{dataset.id}.features"
    if start is not None:
        wanted = start.feature_set_id or (-1 if -1 in options else 0)
    else:
        wanted = current_plan().features or 0
    st.session_state.setdefault(key, wanted if wanted in options else 0)
    chosen = st.selectbox(
        _("Features"),
        list(options),
        format_func=lambda id: options[id].label,
        key=key,
        help=_("Saved sets of columns come from the Features page."),
    )
    form.slot("features", "feature_set_id")
    feature_set = options[chosen].feature_set
    missing = features.missing_columns(feature_set, dataset) if feature_set else ()
    if missing:
        text = _("This version of the dataset lacks: {names}.").format(names=", ".join(missing))
        st.warning(words.md(text), icon=":material/warning:")
    return chosen, options[chosen]


def _model_field(form: _Form, task: Task) -> list[ExperimentModel]:
    start = form.start if form.start and form.start.task is task else None
    options = choices.model_choices(form.ws, task, start.models if start else ())
    key = f"{form.key}.{task}.models"
    planned = [f"model-{id}" for id in current_plan().models] if form.parent is None else []
    begin = [option for option in planned if option in options]
    if not begin and start is not None:
        begin = [o for m in start.models if (o := choices.option_of(m, options)) is not None]
    st.session_state.setdefault(key, begin)
    st.session_state[key] = [option for option in st.session_state[key] if option in options]
    picked = st.multiselect(
        _("Models"),
        list(options),
        format_func=lambda option: options[option].label,
        key=key,
        placeholder=_("Choose one or several"),
        help=_("Each one becomes a run. Parameters are set and saved on the Models page."),
    )
    form.slot("models")
    return [options[option].model for option in picked]


def _resource_field(form: _Form) -> tuple[int | None, ResourceAllocation]:
    known = choices.profiles(form.ws)
    key = f"{form.key}.profile"
    labels = {id: choices.profile_words(profile) for id, profile in known.items()}
    start = form.start
    kept = start is not None and start.resource_profile_id is None and form.parent is not None
    if kept:
        labels[0] = _("As before")
    suggested: ResourceAllocation | None = st.session_state.get(f"{form.key}.suggested")
    if suggested is not None:
        limits = allocations.limits(suggested)
        labels[SUGGESTED] = _("Suggested · {limits}").format(limits=limits)
    wanted = (0 if kept else start.resource_profile_id) if start else None
    if form.parent is None:
        alike = (id for id, p in known.items() if start and p.allocation == start.resources)
        wanted = current_plan().resources or wanted or next(alike, None)
    st.session_state.setdefault(key, wanted if wanted in labels else next(iter(labels)))
    chosen = st.selectbox(
        _("Profile"),
        list(labels),
        format_func=labels.__getitem__,
        key=key,
        help=_("Each run gets this much. Profiles are made on the Resources page."),
    )
    form.slot("resources", "resource_profile_id")
    if chosen == 0 and start is not None:
        return None, start.resources
    if chosen == SUGGESTED and suggested is not None:
        return None, suggested
    return chosen, known[chosen].allocation


def _name_fields(form: _Form, dataset: Dataset, priority: Priority) -> Draft:
    parent, key = form.parent, form.key
    if parent is not None:
        name, version, bump = parent.name, "", _bump_field(form, parent)
        problems: list[Problem] = []
    else:
        bump = None
        with st.grid(2, min_column_width=220) as grid:
            with grid.cell():
                st.session_state.setdefault(f"{key}.{dataset.id}.name", dataset.name)
                name = st.text_input(_("Name"), key=f"{key}.{dataset.id}.name", max_chars=120)
                name_slot = st.container()
            with grid.cell():
                st.session_state.setdefault(f"{key}.version", "1.0.0")
                version = st.text_input(_("Version"), key=f"{key}.version", max_chars=30)
                version_slot = st.container()
        problems = _name_problems(form.ws, name, version)
        with name_slot:
            field_errors(problems, "name")
        with version_slot:
            field_errors(problems, "version")
        form.slots |= {"name": name_slot, "version": version_slot}
    st.session_state.setdefault(f"{key}.description", parent.description if parent else "")
    description = st.text_area(_("Description"), key=f"{key}.description", height=90)
    st.session_state.setdefault(f"{key}.tags", list(parent.tags) if parent else [])
    known = sorted({*experiments.all_tags(form.ws), *st.session_state[f"{key}.tags"]})
    tags = st.multiselect(
        _("Tags"), known, key=f"{key}.tags", accept_new_options=True, placeholder=_("Add tags")
    )
    return Draft(
        name=name.strip(),
        version=version.strip(),
        bump=bump,
        description=description,
        tags=tuple(tags),
        priority=priority,
        blocked=bool(problems),
    )


def _bump_field(form: _Form, parent: Experiment) -> Bump:
    told = {
        bump: words.version(experiments.next_version(form.ws, parent.id, bump)) for bump in Bump
    }
    labels = {Bump.MAJOR: _("Major"), Bump.MINOR: _("Minor"), Bump.PATCH: _("Patch")}
    key = f"{form.key}.bump"
    st.session_state.setdefault(key, Bump.MINOR)
    chosen = st.segmented_control(
        _("Next version"),
        list(Bump),
        format_func=lambda bump: f"{labels[bump]} · {told[bump]}",
        key=key,
        required=True,
        help=_("Major: another question. Minor: another way to answer it. Patch: a small fix."),
    )
    form.slot("version", "name")
    return chosen or Bump.MINOR


def _name_problems(ws: Workspace, name: str, version: str) -> list[Problem]:
    found: list[Problem] = []
    if not name.strip():
        found.append(Problem(field="name", message=_("An experiment needs a name.")))
    if SEMVER.match(version.strip()) is None:
        message = _("{version} is not a version such as 1.0.0.").format(version=repr(version))
        return [*found, Problem(field="version", message=message)]
    wanted = str(SemanticVersion.parse(version))
    taken = [item.version for item in _history(ws, name.strip())]
    if wanted in taken:
        found.append(
            Problem(
                field="version",
                message=_("{name} {version} exists already.").format(
                    name=name.strip(), version=words.version(wanted)
                ),
                hint=_("Choose another name, or a version after {version}.").format(
                    version=words.version(taken[0])
                ),
            )
        )
    return found


def _history(ws: Workspace, name: str) -> Sequence[ExperimentSummary]:
    return experiments.history(ws, name) if name else ()
