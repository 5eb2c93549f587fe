"""The Resources page: the machine, how limits are enforced on it, and saved profiles."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from mlops_core import words
from mlops_core.domain.params import Problem
from mlops_core.domain.records import ResourceProfile
from mlops_core.errors import MlopsError
from mlops_core.i18n import N_, _
from mlops_core.runners.machine import Machine
from mlops_core.services import resources
from mlops_core.store.workspace import Workspace
from mlops_core.words import allocations
from ui import links
from ui.build import do, pick_table, show_kept_error, when_column
from ui.errors import attempt, field_errors, other_errors, show_error
from ui.forms import allocation_form
from ui.layout import card, confirm, metric_card, notify, page_header, time_zone
from ui.live import refresh_while
from ui.plan import current_plan, plan_strip, set_plan

REFRESH_SECONDS = 5.0
LAYERS = {
    "hard": (N_("Enforced by the system"), "green", ":material/lock:"),
    "polled": (N_("Watched and stopped"), "orange", ":material/visibility:"),
    "none": (N_("Not available here"), "gray", ":material/block:"),
}
RESOURCES = {
    "memory": N_("Memory"),
    "cpu": N_("CPU cores"),
    "time": N_("Time"),
    "gpu": N_("GPUs"),
    "disk": N_("Disk"),
}


def show(ws: Workspace) -> None:
    profiles = resources.list_profiles(ws)
    opened, error = _opened(ws)
    with page_header(
        _("Resources"), _("What this machine has, and how much of it one run may use.")
    ):
        _actions(opened)
    plan_strip("resources")
    show_kept_error()
    if error is not None:
        show_error(error)

    @refresh_while(True, every=REFRESH_SECONDS)
    def now() -> None:
        _machine_cards(resources.machine(ws))

    now()
    with card(_("Profiles"), key="profiles", height="content"):
        _profiles(ws, profiles, opened)
    left, right = st.columns([3, 2])
    with left:
        title = (
            _("Change {name}").format(name=opened.name) if opened is not None else _("New profile")
        )
        with card(title, _("every change is a new version"), key="profile", height="content"):
            _form(ws, opened)
        if opened is not None:
            _versions(ws, opened)
    with right, card(_("How limits hold on this machine"), key="enforcement", height="content"):
        _enforcement(resources.machine(ws))


def _opened(ws: Workspace) -> tuple[ResourceProfile | None, MlopsError | None]:
    """The profile of ``?profile=``, else the plan's; ``new`` stands for none."""
    if links.query_text("profile") == "new":
        return None, None
    asked = links.query_int("profile") or current_plan().resources
    if asked is None:
        return None, None
    found = attempt(lambda: resources.get_profile(ws, asked))
    return found.value, found.error


def _actions(opened: ResourceProfile | None) -> None:
    plan = current_plan()
    if opened is not None:
        if st.button(_("New profile"), icon=":material/add:"):
            links.set_query(profile="new")
            st.rerun()
        if plan.resources != opened.id:
            if st.button(
                _("Use {name}").format(name=words.md(words.clip(opened.name, 24))), type="primary"
            ):
                set_plan(resources=opened.id)
                st.rerun()
            return
    if st.button(_("Go on to training"), icon=":material/arrow_forward:", type="primary"):
        links.go("experiments", **plan.query(), new=1)


# The machine --------------------------------------------------------------------------------------


def _machine_cards(here: Machine) -> None:
    with st.grid(4, min_column_width=190) as grid:
        with grid.cell():
            used = here.cpu_percent
            metric_card(
                _("CPU cores"),
                words.integer(here.cores),
                note=_("{share} in use").format(share=words.percent(used / 100))
                if used is not None
                else _("measuring its use"),
                help=words.md(here.cpu_model) or None,
                icon=":material/memory:",
            )
        with grid.cell():
            metric_card(
                _("Memory"),
                words.gigabytes(here.memory_gb),
                note=_("{size} free").format(size=words.gigabytes(here.memory_free_gb)),
                icon=":material/memory_alt:",
            )
        with grid.cell():
            names = ", ".join(f"{gpu.name} ({words.gigabytes(gpu.memory_gb)})" for gpu in here.gpus)
            metric_card(
                _("GPUs"),
                words.integer(len(here.gpus)) if here.gpus else _("None"),
                note=names or _("runs use the CPU"),
                help=_("Driver {version}").format(version=here.gpus[0].driver)
                if here.gpus and here.gpus[0].driver
                else None,
                icon=":material/developer_board:",
            )
        with grid.cell():
            metric_card(
                _("Disk free"),
                words.gigabytes(here.disk_free_gb),
                note=_("for data and results"),
                icon=":material/hard_drive:",
            )


def _enforcement(here: Machine) -> None:
    for item in here.enforcement:
        label, colour, icon = LAYERS[item.layer]
        name = _(RESOURCES.get(item.resource, item.resource))
        st.markdown(f"**{words.md(name)}** :{colour}-badge[{icon} {_(label)}]")
        st.caption(words.md(_(item.how)))


# Profiles -----------------------------------------------------------------------------------------


def _profiles(
    ws: Workspace, profiles: Sequence[ResourceProfile], opened: ResourceProfile | None
) -> None:
    chosen = current_plan().resources
    pick_table(
        [
            {
                "name": profile.name,
                "version": words.version(profile.version),
                "allocation": allocations.limits(profile.allocation),
                "fits": _fit_word(resources.fits(ws, profile.allocation)),
                "plan": _("in the plan") if profile.id == chosen else "",
                "description": profile.description,
            }
            for profile in profiles
        ],
        [profile.id for profile in profiles],
        {
            "name": st.column_config.TextColumn(_("Name")),
            "version": st.column_config.TextColumn(_("Version"), width="small"),
            "allocation": st.column_config.TextColumn(_("One run may use"), width="medium"),
            "fits": st.column_config.TextColumn(_("Starts here")),
            "plan": st.column_config.TextColumn(_("Plan"), width="small"),
            "description": st.column_config.TextColumn(_("Description"), width="medium"),
        },
        key="profiles_table",
        on_pick=lambda id: links.set_query(profile=id),
        alt=_("Resource profiles"),
    )
    if opened is None:
        st.caption(_("Choose a row to open it, change it or use it in the plan."))


def _fit_word(problems: Sequence[Problem]) -> str:
    return _("For a bigger machine") if problems else _("Yes")


def _form(ws: Workspace, opened: ResourceProfile | None) -> None:
    key = f"allocation_{opened.id if opened else 0}"
    error: MlopsError | None = st.session_state.pop("_profile_error", None)
    start = opened.allocation if opened else resources.default_allocation(ws)
    allocation = allocation_form(
        key, ws.settings.bounds, start, lambda asked: resources.fits(ws, asked)
    )
    too_big = bool(resources.fits(ws, allocation))
    if too_big:
        st.warning(
            _("This can be saved for a bigger machine, but no run with it starts here."),
            icon=":material/open_in_full:",
        )
    name = st.text_input(
        _("Name"),
        opened.name if opened else "",
        key=f"{key}_name",
        placeholder=_("Night runs"),
        help=_("A name that exists gets its next version."),
    )
    field_errors(error, "name")
    description = st.text_input(
        _("Description"), opened.description if opened else "", key=f"{key}_description"
    )
    other_errors(error, "name")
    label = _("Save for a bigger machine") if too_big else _("Save")
    if st.button(label, icon=":material/check:"):
        outcome = attempt(lambda: resources.save(ws, name, allocation, description=description))
        st.session_state["_profile_error"] = outcome.error
        if outcome.value is not None:
            saved = outcome.value
            told = _("{name} {version} was saved")
            notify(told.format(name=saved.name, version=words.version(saved.version)))
            links.set_query(profile=saved.id)
        st.rerun()


def _versions(ws: Workspace, opened: ResourceProfile) -> None:
    every = resources.versions(ws, opened.name)
    with card(_("Versions"), key="profile_versions", height="content"):
        pick_table(
            [
                {
                    "version": words.version(item.version),
                    "shown": _("shown") if item.id == opened.id else "",
                    "allocation": allocations.limits(item.allocation),
                    "saved": item.created_at.astimezone(time_zone()),
                }
                for item in every
            ],
            [item.id for item in every],
            {
                "version": st.column_config.TextColumn(_("Version"), width="small"),
                "shown": st.column_config.TextColumn("", width="small"),
                "allocation": st.column_config.TextColumn(_("One run may use"), width="medium"),
                "saved": when_column(_("Saved")),
            },
            key="profile_versions_table",
            on_pick=lambda id: links.set_query(profile=id),
            alt=_("Versions of {name}").format(name=opened.name),
        )
        label = _("Remove {version}").format(version=words.version(opened.version))
        if st.button(words.md(label), icon=":material/delete:", disabled=opened.used):
            confirm(
                words.md(label),
                _("This version of {name} is deleted for good; the others stay.").format(
                    name=opened.name
                ),
                _("Remove"),
                lambda: _remove(ws, opened),
            )
        if opened.used:
            st.caption(_("An experiment uses this version, so it is kept."))


def _remove(ws: Workspace, profile: ResourceProfile) -> None:
    def call() -> bool:
        resources.remove(ws, profile.id)
        return True

    if do(call, lambda _removed: _("{name} was removed").format(name=profile.name)):
        if current_plan().resources == profile.id:
            set_plan(resources=None)
        links.set_query(profile="new")
