"""Settings of runs as columns, the order by them, and sets of columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_core.domain.configs import ModelConfig
from mlops_core.errors import Conflict, InvalidInput, NotFound
from mlops_core.services import column_sets, experiments, run_settings, runs
from mlops_core.store.workspace import Workspace
from tests.unit.services.outcomes import plan, table


@pytest.fixture
def ids(idle: Workspace, tmp_path: Path) -> tuple[int, ...]:
    """Five nearest-neighbour runs of many neighbours, a forest and a baseline."""
    config = plan(table(idle, tmp_path), *["knn"] * 5, "random_forest", "dummy")
    models = [
        model.model_copy(
            update={
                "name": f"m{place}",
                "config": ModelConfig(algorithm="knn", params={"n_neighbors": neighbors})
                if (neighbors := dict(enumerate((9, 100, 11, 9, 2))).get(place))
                else model.config,
            }
        )
        for place, model in enumerate(config.models)
    ]
    return experiments.train(idle, "a", config.model_copy(update={"models": tuple(models)}))[1]


def test_runs_are_sorted_by_a_setting_and_those_without_come_last(
    idle: Workspace, ids: tuple[int, ...]
) -> None:
    def order(descending: bool) -> list[int]:
        found, cursor = [], None
        while True:  # two at a time: a cursor between equal values loses and doubles nothing
            page = runs.list_runs(
                idle, sort="setting:params.n_neighbors", descending=descending, limit=2,
                cursor=cursor,
            )  # fmt: skip
            found += [run.id for run in page.items]
            cursor = page.cursor
            if cursor is None:
                return found

    up, down = order(False), order(True)
    assert sorted(up) == sorted(down) == list(ids)
    assert up[:5] == [ids[4], ids[0], ids[3], ids[2], ids[1]]
    assert down[:5] == [ids[1], ids[2], ids[3], ids[0], ids[4]]
    by_word = runs.list_runs(idle, sort="setting:params.weights", descending=False).items
    assert {run.id for run in by_word} == set(ids)
    for name in ("setting:params.nothing", "setting:", "setting:model"):
        with pytest.raises(InvalidInput, match="cannot be sorted"):
            runs.list_runs(idle, sort=name)


def test_what_a_run_was_asked_for_is_read_value_by_value(
    idle: Workspace, ids: tuple[int, ...]
) -> None:
    found = run_settings.values(
        idle, ids, ["params.n_neighbors", "evaluation.folds", "params.n_estimators"]
    )
    assert [found.get((id, "params.n_neighbors")) for id in ids] == [9, 100, 11, 9, 2, None, None]
    assert {found[id, "evaluation.folds"] for id in ids} == {3}
    assert (ids[5], "params.n_estimators") in found
    assert run_settings.values(idle, [], ["params.C"]) == {}


def test_every_setting_stands_in_a_specification(idle: Workspace, ids: tuple[int, ...]) -> None:
    """A name that no run could ever have would be a column of nothing."""
    spec = runs.get_run(idle, ids[0]).spec.model_dump(mode="json")
    for name, setting in run_settings.settings().items():
        inside: object = spec
        if name.startswith("params."):
            continue
        for part in setting.path:
            assert isinstance(inside, dict) and part in inside, name
            inside = inside[part]
        assert inside is None or isinstance(inside, int | float) == setting.number, name


def test_sets_of_columns_are_kept_for_everybody(idle: Workspace) -> None:
    assert column_sets.list_sets(idle) == {}
    assert column_sets.save(idle, " 튜닝 ", ["params.C", "roc_auc"]) == "튜닝"
    column_sets.save(idle, "Ant", ["wall"])
    column_sets.save(idle, "튜닝", ["roc_auc"])
    assert column_sets.list_sets(idle) == {"Ant": ("wall",), "튜닝": ("roc_auc",)}
    column_sets.remove(idle, "Ant")
    assert list(column_sets.list_sets(idle)) == ["튜닝"]
    with pytest.raises(NotFound):
        column_sets.remove(idle, "Ant")
    for name, columns in (("", ["wall"]), ("a\x00b", ["wall"]), ("empty", [])):
        with pytest.raises(InvalidInput):
            column_sets.save(idle, name, columns)


def test_there_is_an_end_to_sets(idle: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_sets, "MOST", 1)
    column_sets.save(idle, "one", ["wall"])
    column_sets.save(idle, "one", ["cpu"])
    with pytest.raises(Conflict, match="1 sets"):
        column_sets.save(idle, "two", ["wall"])
