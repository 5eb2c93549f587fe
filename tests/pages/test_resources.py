"""The page Resources: the machine, profiles, what can never start here."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from mlops_core.domain.configs import ResourceAllocation
from mlops_core.services import resources
from mlops_core.store.workspace import Workspace
from tests.pages.lab import open_page, text_of


def test_the_machine_its_limits_and_ready_profiles_are_shown(ws: Workspace) -> None:
    at = open_page("resources")
    assert not at.exception
    text = text_of(at)
    here = resources.machine(ws)
    assert f"CPU cores {here.cores}" in text
    for item in here.enforcement:
        assert item.how in text
    names = list(at.dataframe[0].value["name"])
    assert names == [profile.name for profile in resources.list_profiles(ws)]


def test_a_profile_is_saved_and_opened(ws: Workspace) -> None:
    at = open_page("resources", profile="new")
    at.number_input(key="allocation_0.memory_gb").set_value(1.0).run()
    at.text_input(key="allocation_0_name").set_value("Night *runs*").run()
    save_button(at).click().run()
    assert not at.exception
    (saved,) = resources.versions(ws, "Night *runs*")
    assert saved.allocation.memory_gb == 1.0
    assert at.query_params["profile"] == str(saved.id)
    assert "Change Night *runs*" in text_of(at)


def save_button(at: AppTest) -> Button:
    return next(button for button in at.button if button.label.startswith("Save"))


def test_a_missing_name_is_said_beside_its_field_and_nothing_is_saved(ws: Workspace) -> None:
    before = len(resources.list_profiles(ws))
    at = open_page("resources", profile="new")
    save_button(at).click().run()
    assert "The name is empty." in text_of(at)
    assert len(resources.list_profiles(ws)) == before


def test_what_can_never_start_here_is_marked_and_can_still_be_saved(ws: Workspace) -> None:
    bounds = ws.settings.bounds
    at = open_page("resources", profile="new")
    at.number_input(key="allocation_0.gpus").set_value(bounds.max_gpus).run()
    text = text_of(at)
    assert "no run with it starts here" in text
    assert "It asks for 8 GPUs" in text
    at.text_input(key="allocation_0_name").set_value("Cluster").run()
    assert save_button(at).label == "Save for a bigger machine"
    save_button(at).click().run()
    assert resources.versions(ws, "Cluster")[0].allocation.gpus == bounds.max_gpus
    table = at.dataframe[0].value.set_index("name")
    assert table.loc["Cluster", "fits"] == "For a bigger machine"


def test_a_change_is_the_next_version_and_a_used_one_says_so(ws: Workspace) -> None:
    first = resources.save(ws, "Mine", ResourceAllocation(memory_gb=1.0))
    at = open_page("resources", profile=first.id)
    at.number_input(key=f"allocation_{first.id}.time_limit_hours").set_value(2.0).run()
    save_button(at).click().run()
    assert [item.version for item in resources.versions(ws, "Mine")] == [2, 1]
    assert "Mine v2" in " ".join(toast.value for toast in at.toast).replace("\\", "")


def test_a_profile_of_the_plan_is_opened_and_one_that_is_gone_is_said(ws: Workspace) -> None:
    saved = resources.save(ws, "Mine", ResourceAllocation(memory_gb=1.0))
    assert "Change Mine" in text_of(open_page("resources", resources=saved.id))
    at = open_page("resources", profile=999)
    assert not at.exception
    assert "no resource profile 999" in text_of(at)


def test_a_profile_can_be_put_into_the_plan(ws: Workspace) -> None:
    saved = resources.save(ws, "Mine", ResourceAllocation(memory_gb=1.0))
    at = open_page("resources", profile=saved.id)
    next(button for button in at.button if button.label == "Use Mine").click().run()
    assert at.query_params["resources"] == str(saved.id)


def test_many_profiles_stay_readable(ws: Workspace) -> None:
    for number in range(60):
        resources.save(ws, f"Profile {number:02}", ResourceAllocation(memory_gb=1.0))
    at = open_page("resources")
    assert not at.exception
    assert len(at.dataframe[0].value) == 60
