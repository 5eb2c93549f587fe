"""Settings come from the environment; a wrong one is named in a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_core.errors import InvalidInput
from mlops_core.settings import BOUND_VARIABLES, VARIABLES, load_settings


def test_the_database_lies_in_the_data_folder(tmp_path: Path) -> None:
    settings = load_settings({"MLOPS_HOME": str(tmp_path)})
    assert settings.home == tmp_path
    assert settings.database_url == f"sqlite:///{tmp_path}/mlops.db"


def test_another_database_can_be_named(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/other.db"
    assert load_settings({"DATABASE_URL": url}).database_url == url


def test_bounds_can_be_set() -> None:
    bounds = load_settings({"MLOPS_MIN_TIME_LIMIT_HOURS": "0.001"}).bounds
    assert bounds.min_time_limit_hours == 0.001
    assert bounds.max_cpu_cores == 32


@pytest.mark.parametrize(
    "name", sorted({*BOUND_VARIABLES, *VARIABLES} - {"MLOPS_HOME", "DATABASE_URL", "MLOPS_OWNER"})
)
def test_a_setting_that_is_not_a_number_is_named(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        load_settings({name: "plenty"})
    assert caught.value.field == name
    assert name in caught.value.message
    assert "'plenty'" in caught.value.message


def test_an_owner_is_a_name_of_bounded_length_or_the_account() -> None:
    assert load_settings({"MLOPS_OWNER": "이수진"}).owner == "이수진"
    assert load_settings({"MLOPS_OWNER": ""}).owner
    with pytest.raises(InvalidInput) as caught:
        load_settings({"MLOPS_OWNER": "x" * 61})
    assert caught.value.field == "MLOPS_OWNER"
