"""What a crash left goes away; what is being worked on, or is somebody else's, stays."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from mlops_core.services import datasets
from mlops_core.services.arrivals import arriving
from mlops_core.services.litter import sweep
from mlops_core.services.reading import desk
from mlops_core.store.locks import try_lock
from mlops_core.store.workspace import Workspace, utc_now


def csv(folder: Path, rows: int = 40) -> Path:
    path = folder / "churn.csv"
    lines = [f"{row},{row * 1.5},{'yes' if row % 3 else 'no'}" for row in range(rows)]
    path.write_text("age,amount,left\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_folder_without_a_lock_goes_once_it_is_old(workspace: Workspace) -> None:
    lost = workspace.datasets / ".import-lost"
    lost.mkdir()
    (lost / "original").write_text("a,b\n")
    assert sweep(workspace) == 0

    workspace.now = lambda: utc_now() + timedelta(hours=2)
    os.utime(lost, (0, 0))  # the folder is old, what is being written into it is not
    fresh = (utc_now() + timedelta(hours=2)).timestamp()
    os.utime(lost / "original", (fresh, fresh))
    assert sweep(workspace) == 0
    os.utime(lost / "original", (0, 0))
    assert sweep(workspace) == 1
    assert not lost.exists()


def test_what_is_worked_on_stays_whatever_its_age(workspace: Workspace) -> None:
    with desk(workspace) as folder:
        workspace.now = lambda: utc_now() + timedelta(days=9)
        assert sweep(workspace) == 0
        assert folder.exists()
    assert list(workspace.datasets.iterdir()) == []


def test_an_upload_that_broke_off_goes_at_once_a_whole_one_after_a_day(
    workspace: Workspace,
) -> None:
    broken = workspace.uploads / f"{'0a' * 16}.part"
    broken.write_text("a,b\n")
    coming = workspace.uploads / f"{'0b' * 16}.part"
    coming.write_text("a,b\n")
    lock = try_lock(coming)
    whole = workspace.uploads / f"{'0c' * 16}"
    whole.mkdir()
    assert lock is not None
    assert sweep(workspace) == 1
    assert not broken.exists()
    lock.close()
    assert sweep(workspace) == 1
    workspace.now = lambda: utc_now() + timedelta(hours=25)
    assert sweep(workspace) == 1
    assert list(workspace.uploads.iterdir()) == []


def test_what_another_database_or_a_person_put_there_stays(
    workspace: Workspace, tmp_path: Path
) -> None:
    added = datasets.add_file(workspace, csv(tmp_path))
    own = [workspace.datasets / "sales", workspace.uploads / "scans"]
    for folder in own:
        folder.mkdir()
        (folder / "important.csv").write_text("a,b\n")
    url = f"sqlite:///{tmp_path / 'another.db'}"
    other = Workspace.open(workspace.settings.model_copy(update={"database_url": url}))
    other.now = lambda: utc_now() + timedelta(hours=100)
    assert sweep(other) == 0
    other.close()
    assert all((folder / "important.csv").exists() for folder in own)
    assert datasets.get_dataset(workspace, added.id).table_path.exists()


def test_a_table_that_no_row_was_written_for_goes(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if it were killed before it tidies up.
    killed = SimpleNamespace(rmtree=lambda *_args, **_more: None)
    for module in ("arrivals", "datasets", "reading"):
        monkeypatch.setattr(f"mlops_core.services.{module}.shutil", killed)
    with pytest.raises(KeyError), arriving(workspace, csv(tmp_path), "churn.csv", None):
        raise KeyError
    kept = datasets.add_file(workspace, csv(tmp_path, rows=50))
    gone = datasets.add_file(workspace, csv(tmp_path, rows=60))
    datasets.remove(workspace, gone.id)
    monkeypatch.setattr("mlops_core.services.reading.shutil", shutil)
    monkeypatch.undo()
    assert len(list(workspace.datasets.iterdir())) > 2
    sweep(workspace)
    assert [one.name for one in workspace.datasets.iterdir()] == [kept.table_path.parent.name]
    assert {one.name for one in kept.table_path.parent.iterdir()} == {"original", "table.parquet"}
