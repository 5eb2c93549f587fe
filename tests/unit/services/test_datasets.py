"""Datasets: what is added is whole, versioned, found again and never lost while it is used."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import insert

from mlops_core.data.samples import SAMPLES, Sample
from mlops_core.domain.columns import ReadOptions
from mlops_core.domain.configs import FeatureConfig
from mlops_core.domain.params import Task
from mlops_core.errors import Conflict, InvalidInput, MlopsError, NotFound, StoreError
from mlops_core.services import datasets, features
from mlops_core.store.tables import dataset as dataset_table
from mlops_core.store.workspace import Workspace
from tests.unit.services.support import csv, use


def nothing_is_left(ws: Workspace) -> bool:
    return not list(ws.datasets.iterdir()) and not datasets.list_datasets(ws)


def test_a_file_becomes_a_dataset_named_after_it(workspace: Workspace, tmp_path: Path) -> None:
    path = csv(tmp_path)
    added = datasets.add_file(workspace, path)
    assert (added.name, added.version, added.rows, added.column_count) == ("churn", 1, 40, 4)
    assert added.original_path.read_bytes() == path.read_bytes()
    assert added.bytes == path.stat().st_size
    assert added.table_path.is_file()
    assert added.target is None
    assert path.exists()  # a person's own file stays where it is


def test_a_file_that_cannot_be_looked_for_is_bad_input(workspace: Workspace) -> None:
    for path in (Path("none.csv"), Path("a" * 300 + ".csv")):
        with pytest.raises(InvalidInput):
            datasets.add_file(workspace, path, name="a")
    assert nothing_is_left(workspace)


def test_a_name_that_exists_gets_the_next_version(workspace: Workspace, tmp_path: Path) -> None:
    first = datasets.add_file(workspace, csv(tmp_path), tags=["sales"], description="Of May")
    second = datasets.add_file(workspace, csv(tmp_path, rows=60))
    assert (second.version, second.versions) == (2, 2)
    assert (second.tags, second.description) == (("sales",), "Of May")
    assert [one.id for one in datasets.versions(workspace, "churn")] == [second.id, first.id]


def test_the_target_goes_on_to_the_next_version(workspace: Workspace, tmp_path: Path) -> None:
    first = datasets.add_file(workspace, csv(tmp_path), target="churned")
    datasets.set_target(workspace, first.id, "churned", positive_class="left")
    second = datasets.add_file(workspace, csv(tmp_path, rows=60))
    assert second.target == "churned"
    assert second.task is Task.CLASSIFICATION
    assert second.positive_class == "left"


def test_a_target_that_is_gone_is_not_taken_over(workspace: Workspace, tmp_path: Path) -> None:
    datasets.add_file(workspace, csv(tmp_path, extra="weight"), target="weight")
    second = datasets.add_file(workspace, csv(tmp_path))
    assert (second.target, second.task) == (None, None)


def test_a_task_that_no_longer_fits_is_found_anew(workspace: Workspace, tmp_path: Path) -> None:
    numbers = tmp_path / "table.csv"
    numbers.write_text("a,y\n" + "\n".join(f"{row},{row * 1.7}" for row in range(50)))
    assert datasets.add_file(workspace, numbers, target="y").task is Task.REGRESSION
    numbers.write_text("a,y\n" + "\n".join(f"{row},{'ab'[row % 2]}" for row in range(50)))
    assert datasets.add_file(workspace, numbers).task is Task.CLASSIFICATION


def test_the_same_file_is_not_added_twice(workspace: Workspace, tmp_path: Path) -> None:
    first = datasets.add_file(workspace, csv(tmp_path))
    again = datasets.add_file(workspace, csv(tmp_path), target="churned", tags=["new"])
    assert again.id == first.id
    assert (again.target, again.tags) == ("churned", ("new",))
    assert len(list(workspace.datasets.iterdir())) == 1
    datasets.add_file(workspace, csv(tmp_path))
    assert datasets.get_dataset(workspace, first.id).target == "churned"


def test_the_same_file_read_in_another_way_is_another_version(
    workspace: Workspace, tmp_path: Path
) -> None:
    datasets.add_file(workspace, csv(tmp_path))
    other = datasets.add_file(workspace, csv(tmp_path), options=ReadOptions(header=False))
    assert (other.version, other.rows) == (2, 41)


def test_the_same_file_under_another_name_is_another_dataset(
    workspace: Workspace, tmp_path: Path
) -> None:
    datasets.add_file(workspace, csv(tmp_path))
    assert datasets.add_file(workspace, csv(tmp_path), name="other").version == 1


def test_an_upload_is_moved(workspace: Workspace) -> None:
    path = csv(workspace.uploads, "3f9c.part")
    content = path.read_bytes()
    added = datasets.add_file(workspace, path, original_name="고객 이탈.csv")
    assert not path.exists()
    assert added.original_path.read_bytes() == content
    assert (added.name, added.original_name) == ("고객 이탈", "고객 이탈.csv")


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"target": "churn"}, "target"),
        ({"target": "plan", "task": "regression"}, "task"),
        ({"task": "regression"}, "target"),
        ({"name": "two\nlines"}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"tags": ["x" * 61]}, "tags"),
        ({"tags": [f"tag {number}" for number in range(31)]}, "tags"),
        ({"description": "x" * 5_001}, "description"),
    ],
)
def test_what_is_refused_leaves_nothing_behind(
    workspace: Workspace, wish: dict[str, object], field: str
) -> None:
    path = csv(workspace.uploads)
    with pytest.raises(InvalidInput) as refused:
        datasets.add_file(workspace, path, **wish)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert nothing_is_left(workspace)
    assert path.exists()  # so that the person can try again without another upload


def test_an_unknown_target_names_what_was_meant(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="'churned'"):
        datasets.add_file(workspace, csv(tmp_path), target="Churn ed")


def test_a_file_that_is_no_table_leaves_nothing_behind(
    workspace: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "picture.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with pytest.raises(InvalidInput):
        datasets.add_file(workspace, path)
    assert nothing_is_left(workspace)


def test_a_file_that_is_not_there_is_named(workspace: Workspace, tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.csv", tmp_path):
        with pytest.raises(InvalidInput, match=path.name):
            datasets.add_file(workspace, path)
    assert nothing_is_left(workspace)


def test_a_database_that_fails_leaves_nothing_behind(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "begin", workspace.read)  # a transaction that cannot write
    with pytest.raises(StoreError):
        datasets.add_file(workspace, csv(workspace.uploads))
    monkeypatch.undo()
    assert nothing_is_left(workspace)
    assert (workspace.uploads / "churn.csv").exists()


def test_racing_uploads_of_one_name_get_versions_of_their_own(
    workspace: Workspace, tmp_path: Path
) -> None:
    failures: list[MlopsError] = []

    def add(rows: int) -> None:
        try:
            datasets.add_file(workspace, csv(tmp_path, f"{rows}.csv", rows=rows), name="churn")
        except MlopsError as error:
            failures.append(error)

    threads = [Thread(target=add, args=(rows,)) for rows in range(30, 36)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    found = datasets.versions(workspace, "churn")
    assert [one.version for one in found] == [6, 5, 4, 3, 2, 1]
    assert len(list(workspace.datasets.iterdir())) == 6


def test_a_list_shows_the_newest_version_of_each_name(workspace: Workspace, tmp_path: Path) -> None:
    datasets.add_file(workspace, csv(tmp_path))
    newest = datasets.add_file(workspace, csv(tmp_path, rows=60))
    other = datasets.add_file(workspace, csv(tmp_path), name="other")
    listed = datasets.list_datasets(workspace)
    assert [(one.id, one.versions) for one in listed] == [(other.id, 1), (newest.id, 2)]
    assert len(datasets.list_datasets(workspace, latest_only=False)) == 3


def test_a_list_is_searched_by_words_and_tags(workspace: Workspace, tmp_path: Path) -> None:
    datasets.add_file(workspace, csv(tmp_path), name="Élan 100%", tags=["Sales"])
    datasets.add_file(workspace, csv(tmp_path), name="고객", description="From the shop")
    names = {
        search: [one.name for one in datasets.list_datasets(workspace, search=search)]
        for search in ("élan", "%", "고", "SHOP", "sal", "_")
    }
    assert names == {
        "élan": ["Élan 100%"],
        "%": ["Élan 100%"],
        "고": ["고객"],
        "SHOP": ["고객"],
        "sal": ["Élan 100%"],
        "_": [],
    }
    assert [one.name for one in datasets.list_datasets(workspace, tag="Sales")] == ["Élan 100%"]
    assert datasets.list_datasets(workspace, tag="Sale") == ()


def test_a_dataset_is_found_by_name_and_version(workspace: Workspace, tmp_path: Path) -> None:
    first = datasets.add_file(workspace, csv(tmp_path))
    second = datasets.add_file(workspace, csv(tmp_path, rows=60))
    assert datasets.find_dataset(workspace, "churn").id == second.id
    assert datasets.find_dataset(workspace, "churn", 1).id == first.id
    with pytest.raises(NotFound, match="“churn”"):
        datasets.find_dataset(workspace, "chrun")
    with pytest.raises(NotFound, match=r"no version 7\. It has: 1, 2"):
        datasets.find_dataset(workspace, "churn", 7)
    with pytest.raises(NotFound):
        datasets.get_dataset(workspace, 99)


def test_a_target_brings_its_task_and_its_findings(workspace: Workspace, tmp_path: Path) -> None:
    added = datasets.add_file(workspace, csv(tmp_path))
    assert datasets.suggested_target(added) == ("churned", Task.CLASSIFICATION)
    chosen = datasets.set_target(workspace, added.id, "churned", positive_class="stays")
    assert (chosen.target, chosen.task, chosen.positive_class) == (
        "churned",
        Task.CLASSIFICATION,
        "stays",
    )
    assert datasets.set_target(workspace, added.id, "amount").task is Task.REGRESSION
    codes = {finding.code for finding in datasets.get_dataset(workspace, added.id).findings}
    lines = [f"{row},{'rare' if row < 3 else 'common'}" for row in range(120)]
    (tmp_path / "rare.csv").write_text("\n".join(("number,kind", *lines)))
    rare = datasets.add_file(workspace, tmp_path / "rare.csv", target="kind")
    assert "rare_classes" in {finding.code for finding in rare.findings} - codes
    moved = datasets.set_target(workspace, rare.id, "number")
    assert "rare_classes" not in {finding.code for finding in moved.findings}


@pytest.mark.parametrize(
    ("target", "task", "positive", "field"),
    [
        ("chrned", None, None, "target"),
        ("plan", Task.REGRESSION, None, "task"),
        ("churned", None, "maybe", "positive_class"),
        ("amount", None, "1", "positive_class"),
        ("age", Task.CLASSIFICATION, "20", "positive_class"),
    ],
)
def test_a_goal_that_does_not_fit_is_refused_beside_its_field(
    workspace: Workspace,
    tmp_path: Path,
    target: str,
    task: Task | None,
    positive: str | None,
    field: str,
) -> None:
    added = datasets.add_file(workspace, csv(tmp_path), target="churned")
    with pytest.raises(InvalidInput) as refused:
        datasets.set_target(workspace, added.id, target, task, positive)
    assert refused.value.field == field
    assert datasets.get_dataset(workspace, added.id).target == "churned"


def test_a_new_name_goes_to_every_version_and_its_feature_sets(
    workspace: Workspace, tmp_path: Path
) -> None:
    first = datasets.add_file(workspace, csv(tmp_path))
    second = datasets.add_file(workspace, csv(tmp_path, rows=60))
    saved = features.save(workspace, "all", first.id, FeatureConfig())
    renamed = datasets.edit(workspace, second.id, name=" customers ")
    assert renamed.name == "customers"
    assert datasets.get_dataset(workspace, first.id).name == "customers"
    assert features.get_feature_set(workspace, saved.id).dataset_name == "customers"
    assert datasets.versions(workspace, "churn") == ()


def test_a_name_that_is_taken_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    added = datasets.add_file(workspace, csv(tmp_path))
    datasets.add_file(workspace, csv(tmp_path), name="other")
    with pytest.raises(Conflict, match="“other”"):
        datasets.edit(workspace, added.id, name="other", description="lost")
    assert datasets.get_dataset(workspace, added.id).description == ""
    assert datasets.edit(workspace, added.id, name="churn").name == "churn"


def test_words_and_tags_can_be_changed_and_emptied(workspace: Workspace, tmp_path: Path) -> None:
    added = datasets.add_file(workspace, csv(tmp_path), description="Old", tags=["a"])
    edited = datasets.edit(workspace, added.id, description="New", tags=[" b ", "b", "", "c"])
    assert (edited.description, edited.tags) == ("New", ("b", "c"))
    emptied = datasets.edit(workspace, added.id, description="", tags=())
    assert (emptied.description, emptied.tags, emptied.name) == ("", (), "churn")
    with pytest.raises(NotFound):
        datasets.edit(workspace, 99, description="nowhere")


def test_a_removed_dataset_leaves_no_file(workspace: Workspace, tmp_path: Path) -> None:
    added = datasets.add_file(workspace, csv(tmp_path))
    datasets.remove(workspace, added.id)
    assert nothing_is_left(workspace)
    with pytest.raises(NotFound):
        datasets.remove(workspace, added.id)


def test_a_dataset_in_use_is_kept_and_its_users_named(workspace: Workspace, tmp_path: Path) -> None:
    added = datasets.add_file(workspace, csv(tmp_path))
    for number in range(7):
        use(workspace, added.id, name=f"trial {number}")
    with pytest.raises(Conflict, match=r"Used by 7 experiments: trial 0 v1.2.0, .* and 2 more\."):
        datasets.remove(workspace, added.id)
    kept = datasets.get_dataset(workspace, added.id)
    assert kept.experiments == 7
    assert kept.table_path.exists()


def test_a_dataset_with_feature_sets_is_kept(workspace: Workspace, tmp_path: Path) -> None:
    added = datasets.add_file(workspace, csv(tmp_path))
    saved = features.save(workspace, "all", added.id, FeatureConfig())
    with pytest.raises(Conflict, match="all v1"):
        datasets.remove(workspace, added.id)
    features.remove(workspace, saved.id)
    datasets.remove(workspace, added.id)
    assert nothing_is_left(workspace)


def test_a_thousand_datasets_are_listed_without_their_columns(
    workspace: Workspace, tmp_path: Path
) -> None:
    added = datasets.add_file(workspace, csv(tmp_path))
    with workspace.begin() as connection:
        row = dict(connection.execute(dataset_table.select()).mappings().one())
        del row["id"]
        # Not valid on purpose: a list that read them would fail.
        row |= {"columns": ["not read"], "report": {}, "findings": ["not read"]}
        connection.execute(
            insert(dataset_table), [{**row, "name": f"n{number}"} for number in range(1000)]
        )
    assert len(datasets.list_datasets(workspace)) == 1001
    assert datasets.get_dataset(workspace, added.id).columns


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.key)
def test_a_sample_is_added_once(workspace: Workspace, sample: Sample) -> None:
    added = datasets.add_sample(workspace, sample.key)
    assert (added.name, added.rows) == (sample.name, sample.rows)
    assert (added.target, added.task, added.sample) == (sample.target, sample.task, sample.key)
    assert datasets.add_sample(workspace, sample.key).id == added.id
    datasets.edit(workspace, added.id, name="mine")
    assert datasets.add_sample(workspace, sample.key).id == added.id
    assert len(datasets.list_datasets(workspace, latest_only=False)) == 1


def test_a_sample_is_no_version_of_a_persons_own_table(
    workspace: Workspace, tmp_path: Path
) -> None:
    own = datasets.add_file(workspace, csv(tmp_path), name="penguins")
    sample = datasets.add_sample(workspace, "penguins")
    assert (sample.name, sample.version) == ("penguins (sample)", 1)
    assert datasets.get_dataset(workspace, own.id).versions == 1
    with pytest.raises(NotFound, match="penguins"):
        datasets.add_sample(workspace, "penguin")
