"""The right size on the pages: before a start, and after an end."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from mlops_core.domain.configs import ResourceAllocation
from mlops_core.domain.results import Usage
from mlops_core.domain.states import EndReason
from mlops_core.services import experiments, queueing, resources
from tests.pages.lab import Lab, open_page, text_of

SMALL = Usage(peak_memory_mb=300.0, cpu_seconds=40.0, wall_seconds=42.0)
ROOMY = ResourceAllocation(cpu_cores=1, memory_gb=6.0, time_limit_hours=2.0)


@pytest.fixture(autouse=True)
def _no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queueing, "wake", lambda _ws: None)


def ended(lab: Lab, usage: Usage, reason: EndReason = EndReason.FINISHED) -> int:
    """A run of a random forest that used this; an experiment of its own each time."""
    dataset, name = lab.dataset(str(reason)), f"first {reason}"
    _experiment, (run_id,) = lab.experiment(dataset, name, algorithms=("random_forest",))
    lab.end(run_id, reason, usage=usage)
    return run_id


def composer(lab: Lab, asked: ResourceAllocation = ROOMY) -> AppTest:
    """The composer with one random forest and a profile that asks for this."""
    profile = resources.save(lab.ws, "Roomy", asked)
    at = open_page("experiments", new=1, resources=profile.id)
    field = next(one for one in at.multiselect if one.label == "Models")
    return field.set_value(["random_forest"]).run()


def test_before_any_run_the_estimate_says_that_it_is_one(lab: Lab) -> None:
    lab.dataset()
    at = open_page("experiments", new=1)
    assert not at.exception
    text = text_of(at)
    assert "Each likely needs" in text
    assert "Estimated from the table: no run like" in text
    assert "use_suggested" not in {button.key for button in at.button}


def test_one_click_asks_for_what_suits(lab: Lab) -> None:
    ended(lab, SMALL)
    at = composer(lab)
    assert not at.exception
    text = text_of(at)
    assert "You ask for 6 GB; these runs are likely to use 0.29 GB." in text
    assert "Based on 1 run of the same configuration of “Random forest”." in text
    at.button(key="use_suggested").click().run()
    assert not at.exception
    assert "use_suggested" not in {button.key for button in at.button}
    at.button(key="compose_train").click().run()
    assert not at.exception
    (made,) = [one for one in experiments.list_experiments(lab.ws).items if one.name == "finished"]
    assert experiments.get_experiment(lab.ws, made.id).config.resources == ResourceAllocation(
        cpu_cores=1, memory_gb=1.0, time_limit_hours=0.1
    )


def test_what_will_probably_be_stopped_is_said_before_the_start(lab: Lab) -> None:
    ended(lab, SMALL.model_copy(update={"peak_memory_mb": 3000.0, "wall_seconds": 9000.0}))
    at = composer(lab, ResourceAllocation(cpu_cores=1, memory_gb=2.0, time_limit_hours=1.0))
    (warning,) = [one.value.replace("\\", "") for one in at.warning]
    assert "“Random forest” is likely to need 2.9 GB of memory and would be stopped at 2" in warning
    assert "is likely to take 2 h 30 min and would be stopped after 1 h." in warning
    assert not at.button(key="compose_train").disabled
    assert at.button(key="use_suggested").label == "Use 1 core, 4 GB, 8 h"


def test_what_no_machine_like_this_can_give_has_another_way_out(lab: Lab) -> None:
    ended(lab, SMALL.model_copy(update={"peak_memory_mb": 4e6}))
    at = composer(lab)
    (warning,) = [one.value.replace("\\", "") for one in at.warning]
    assert "Use fewer rows or columns, or a simpler model." in warning
    assert "use_suggested" not in {button.key for button in at.button}


def test_the_page_of_a_run_says_what_would_do_next_time(lab: Lab) -> None:
    fitting = SMALL.model_copy(update={"peak_memory_mb": 900.0})
    assert "Next time" not in text_of(open_page("run", id=ended(lab, fitting)))

    stopped = SMALL.model_copy(update={"peak_memory_mb": 2048.0})
    run_id = ended(lab, stopped, EndReason.MEMORY_LIMIT)
    text = text_of(open_page("run", id=run_id))
    assert "Next time 1 core, 3 GB, 6 min would do." in text
