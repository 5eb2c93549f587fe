"""Looking into a dataset: its rows, narrowed and sorted."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_core.domain.conditions import Condition, Operator, Sort
from mlops_core.errors import InvalidInput, NotFound
from mlops_core.services import datasets, looking
from mlops_core.store.workspace import Workspace
from tests.unit.services.support import csv


def test_rows_are_shown_a_page_at_a_time(workspace: Workspace, tmp_path: Path) -> None:
    added = datasets.add_file(workspace, csv(tmp_path))
    page = looking.preview(workspace, added.id, offset=38, limit=10)
    assert page.columns == ("age", "plan", "amount", "churned")
    assert [row[2] for row in page.rows] == [57.0, 58.5]
    assert (page.numbers, page.total) == ((39, 40), 40)
    with pytest.raises(NotFound):
        looking.preview(workspace, 99)


def test_rows_are_narrowed_and_sorted_over_the_whole_table(
    workspace: Workspace, tmp_path: Path
) -> None:
    added = datasets.add_file(workspace, csv(tmp_path))
    page = looking.preview(
        workspace,
        added.id,
        offset=1,
        limit=2,
        columns=["amount"],
        filters=[Condition(column="plan", operator=Operator.IS, values=("plus",))],
        sort=Sort(column="amount", descending=True),
    )
    assert (page.total, page.numbers, page.rows) == (14, (37, 34), ((54.0,), (49.5,)))
    assert not list(workspace.uploads.iterdir())


def test_a_condition_is_checked_before_it_is_used(workspace: Workspace, tmp_path: Path) -> None:
    added = datasets.add_file(workspace, csv(tmp_path))
    good = Condition(column="age", operator=Operator.MORE, values=("30",))
    assert looking.check_condition(added, good).name == "age"
    with pytest.raises(InvalidInput, match="not a number"):
        looking.check_condition(added, good.model_copy(update={"values": ("old",)}))
