"""Views: a filled store is read whole, and the newest are found by an index."""

from __future__ import annotations

from sqlalchemy import event

from benchmarks.fill import fill
from mlops_core.services import experiments, runs
from mlops_core.store.workspace import Workspace


def test_a_store_is_filled_with_what_lists_show(workspace: Workspace) -> None:
    first = fill(workspace, 40)
    second = fill(workspace, 8, seed=1)
    assert len({*first, *second}) == 48
    assert runs.list_runs(workspace).total == 48
    page = experiments.list_experiments(workspace)
    assert page.total == 12
    assert {one.runs for one in page.items} == {4}
    completed = next(one for one in page.items if one.completed)
    assert completed.best is not None
    assert len(runs.points(workspace, first[0])) == 20


def test_a_list_is_one_query_that_follows_an_index(workspace: Workspace) -> None:
    fill(workspace, 40)
    said: list[tuple[str, object]] = []
    event.listen(
        workspace._reader,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, values, *_rest: said.append((statement, values)),
    )
    runs.list_runs(workspace, limit=10)
    experiments.list_experiments(workspace, limit=10)
    lists = [one for one in said if not one[0].startswith("BEGIN")]
    assert len(lists) == 2
    with workspace.read() as connection:
        for (statement, values), index in zip(
            lists, ("ix_run_created", "ix_experiment_created_at"), strict=True
        ):
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            assert any(index in row[-1] for row in plan)
