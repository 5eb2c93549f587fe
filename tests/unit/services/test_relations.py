"""How columns relate to the target: kept with the dataset, for the target it has now."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_core.domain.params import Task
from mlops_core.domain.records import Dataset
from mlops_core.services import datasets
from mlops_core.services.relations import RELATIONS_FILE, relations
from mlops_core.store.workspace import Workspace


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    rows = [f"{i},{i % 7},{'yes' if i % 7 > 3 else 'no'},{i % 3}.5" for i in range(300)]
    path.write_text("id,size,left,price\n" + "\n".join(rows), encoding="utf-8")
    return path


def strengths(dataset: Dataset) -> dict[str, float | None]:
    found = relations(dataset)
    assert found is not None
    return {name: relation.strength for name, relation in found.columns.items()}


def test_a_table_without_a_target_has_none_until_it_gets_one(
    workspace: Workspace, path: Path
) -> None:
    added = datasets.add_file(workspace, path)
    assert relations(added) is None
    aimed = datasets.set_target(workspace, added.id, "left")
    found = strengths(aimed)
    assert set(found) == {"id", "size", "price"}
    assert (found["size"] or 0) > 0.9 > 0.3 > (found["price"] or 0)
    # Those to the first target are not told of the second one.
    again = datasets.set_target(workspace, added.id, "price", Task.REGRESSION)
    assert set(strengths(again)) == {"id", "size", "left"}
    assert relations(aimed) is None


def test_the_next_version_has_its_own(workspace: Workspace, path: Path) -> None:
    first = datasets.add_file(workspace, path, target="left")
    path.write_text(path.read_text().replace("\n1,", "\n1001,"), encoding="utf-8")
    second = datasets.add_file(workspace, path)
    assert second.version == 2 and second.target == "left"
    assert relations(first) and relations(second)


def test_the_same_file_with_another_target_changes_the_version_that_is_there(
    workspace: Workspace, path: Path
) -> None:
    first = datasets.add_file(workspace, path, target="left")
    same = datasets.add_file(workspace, path, target="size")
    assert same.id == first.id and same.target == "size"
    assert set(strengths(same)) == {"id", "left", "price"}
    assert datasets.add_file(workspace, path).target == "size"
    assert relations(datasets.get_dataset(workspace, first.id)) is not None


@pytest.mark.parametrize("content", [None, "", "{}", '{"target": "left"', "[1]"])
def test_what_cannot_be_read_is_not_there(
    workspace: Workspace, path: Path, content: str | None
) -> None:
    dataset = datasets.add_file(workspace, path, target="left")
    kept = dataset.table_path.with_name(RELATIONS_FILE)
    kept.unlink()
    if content is not None:
        kept.write_text(content, encoding="utf-8")
    assert relations(dataset) is None
