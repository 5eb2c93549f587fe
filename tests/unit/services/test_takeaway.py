"""A run as a script, and run again to see whether it comes out the same."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mlops_core.errors import Conflict, NotFound, StoreError
from mlops_core.services import exports, reproducing, runs
from mlops_core.services.experiments import train
from mlops_core.services.reproducing import Outcome
from mlops_core.store.workspace import Workspace
from tests.unit.services.outcomes import complete, fail, judged_rows, plan, table

HOSTILE = '"""; import os; os.abort()  # \\ \u202e'


def one(ws: Workspace, folder: Path, name: str = "first") -> int:
    (run_id,) = train(ws, name, plan(table(ws, folder), "knn"))[1]
    return run_id


def test_a_script_is_python_and_names_cannot_change_what_it_does(
    idle: Workspace, tmp_path: Path
) -> None:
    run_id = one(idle, tmp_path, HOSTILE)
    complete(idle, run_id, judged_rows(0.9, 1, 3))
    tree = ast.parse(exports.script(idle, run_id))
    (about,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ABOUT"
    )
    assert ast.literal_eval(about)["experiment"] == f"{HOSTILE} v1.0.0"
    assert "abort" not in (ast.get_docstring(tree) or "")
    assert "\u202e" not in exports.script(idle, run_id)


def test_only_a_completed_run_with_its_result_has_a_script(idle: Workspace, tmp_path: Path) -> None:
    run_id, other = train(idle, "first", plan(table(idle, tmp_path), "knn", "dummy"))[1]
    fail(idle, other)
    for waits_or_failed in (run_id, other):
        with pytest.raises(Conflict, match="did not complete"):
            exports.script(idle, waits_or_failed)
        with pytest.raises(Conflict, match="did not complete"):
            reproducing.reproduce(idle, waits_or_failed)
    complete(idle, run_id, judged_rows(0.9, 1, 3))
    idle.run_paths(run_id).result.unlink()
    for ask in (exports.script, reproducing.reproduce):
        with pytest.raises(Conflict, match="no longer in its folder"):
            ask(idle, run_id)
    with pytest.raises(NotFound):
        exports.script(idle, 99)


def test_a_script_goes_where_there_is_a_place(tmp_path: Path) -> None:
    exports.write(tmp_path / "a.py", "x = 1\n")
    assert (tmp_path / "a.py").read_text(encoding="utf-8") == "x = 1\n"
    for place in (tmp_path / "none" / "a.py", tmp_path / "a.py" / "b.py", tmp_path):
        with pytest.raises(StoreError, match="could not be written"):
            exports.write(place, "")
    assert [path.name for path in tmp_path.iterdir()] == ["a.py"]


def test_a_run_is_held_against_the_first_of_its_kind(idle: Workspace, tmp_path: Path) -> None:
    first = one(idle, tmp_path)
    complete(idle, first, judged_rows(0.9, 1, 3))
    assert reproducing.original_of(idle, runs.get_run(idle, first)) is None
    again, other = reproducing.reproduce(idle, first), reproducing.reproduce(idle, first)
    assert reproducing.compare(idle, first, again) is None
    complete(idle, again, judged_rows(0.9, 1, 3))
    complete(idle, other, judged_rows(0.9, 2, 3))
    for run_id in (again, other):
        assert reproducing.original_of(idle, runs.get_run(idle, run_id)) == first
    same = reproducing.compare(idle, first, again)
    moved = reproducing.compare(idle, first, other)
    assert same is not None and moved is not None
    assert (same.outcome, same.rows, same.changed) == (Outcome.IDENTICAL, 800, 0)
    assert moved.outcome is Outcome.DIFFERENT
    assert moved.changed
    said = reproducing.to_json(first, runs.get_run(idle, other), moved)
    assert (said["verdict"], said["predictions"]["rows"]) == ("different", 800)
    assert any(pair["difference"] for pair in said["metrics"])


def test_a_run_that_failed_is_no_original(idle: Workspace, tmp_path: Path) -> None:
    first = one(idle, tmp_path)
    fail(idle, first)
    again = runs.rerun(idle, first)
    complete(idle, again, judged_rows(0.9, 1, 3))
    assert reproducing.original_of(idle, runs.get_run(idle, again)) is None
