"""Judging runs by their files: pairs, groups, hold-out and folds, and files that are gone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mlops_core.domain.configs import EvaluationConfig, SplitStrategy
from mlops_core.errors import InvalidInput, NotFound
from mlops_core.services import comparison, experiments, runs
from mlops_core.services.comparison import Basis, Judgement, Verdict, compare, judge
from mlops_core.services.judging import judge_run
from mlops_core.store.workspace import Workspace
from tests.unit.services.outcomes import complete, judged_rows, plan, table


def trained(
    ws: Workspace, folder: Path, *found: dict[str, np.ndarray], **evaluation: object
) -> list[int]:
    how = EvaluationConfig(metric="accuracy", **evaluation)  # type: ignore[arg-type]
    config = plan(table(ws, folder), *("dummy", "knn", "mlp")[: len(found)], evaluation=how)
    ids = list(experiments.train(ws, "a", config)[1])
    for run_id, rows in zip(ids, found, strict=True):
        complete(ws, run_id, rows)
    return ids


def judgement(ws: Workspace, ids: list[int], **how: object) -> Judgement:
    return judge(ws, compare(ws, ids), "accuracy", **how)  # type: ignore[arg-type]


def test_a_much_better_run_is_better_and_a_like_one_is_not(idle: Workspace, tmp_path: Path) -> None:
    parts = (judged_rows(0.5, 1, 5), judged_rows(0.9, 2, 5), judged_rows(0.9, 3, 5))
    ids = trained(idle, tmp_path, *parts)
    for by in (None, Basis.HOLDOUT, Basis.FOLDS):
        (group,) = judgement(idle, ids, by=by).groups
        assert group.basis is (by or Basis.HOLDOUT)
        assert group.rows == (1000 if by is Basis.FOLDS else 200)
        assert group.best in ids[1:]
        assert set(group.level_with_best) == set(ids[1:])
        better, worse = group.pair(ids[1], ids[0]), group.pair(ids[0], ids[1])
        assert better is not None
        assert worse is not None
        assert (better.verdict, worse.verdict) == (Verdict.BETTER, Verdict.WORSE)
        assert better.difference == pytest.approx(0.4, abs=0.1)
        assert group.rope == pytest.approx(0.009, abs=0.001)
        for run in group.runs:
            assert run.low is not None
            assert run.low < (run.estimate or 0) < (run.high or 0)


def test_every_run_stands_beside_no_model_at_all(idle: Workspace, tmp_path: Path) -> None:
    useless = judged_rows(0.5, 1, 5)
    ids = trained(idle, tmp_path, judged_rows(0.9, 2, 5), useless, judged_rows(0.1, 3, 5))
    for by in Basis:
        runs = judgement(idle, ids, by=by).runs
        good, none, bad = (runs[id].floor for id in ids)
        assert good is not None and none is not None and bad is not None
        assert good.says == "no"
        assert good.estimate == none.estimate == bad.estimate == pytest.approx(0.5, abs=0.08)
        assert good.pair.difference == pytest.approx(0.4, abs=0.1)
        assert good.pair.low < good.pair.difference < good.pair.high
        verdicts = (good.pair.verdict, none.pair.verdict, bad.pair.verdict)
        assert verdicts == (Verdict.BETTER, Verdict.UNDECIDED, Verdict.WORSE)
    found = compare(idle, ids)
    said = comparison.to_json(found, judge(idle, found, "accuracy"))["runs"][0]["floor"]
    assert (said["says"], said["verdict"]) == ("no", "better")


def test_one_run_is_judged_by_itself(idle: Workspace, tmp_path: Path) -> None:
    (run_id,) = trained(idle, tmp_path, judged_rows(0.9, 2, 5))
    alone = judge_run(idle, runs.get_run(idle, run_id), "accuracy")
    assert alone == judgement(idle, [run_id]).runs[run_id]
    assert alone.low is not None and alone.floor is not None
    assert judge_run(idle, runs.get_run(idle, run_id), "roc_auc").estimate is None


def test_a_single_row_says_nothing_about_the_floor(idle: Workspace, tmp_path: Path) -> None:
    (run_id,) = trained(idle, tmp_path, judged_rows(0.9, 2, 0, rows=1), folds=0)
    assert judgement(idle, [run_id]).runs[run_id].floor is None


def test_a_run_from_before_there_was_a_floor_has_none(idle: Workspace, tmp_path: Path) -> None:
    (run_id,) = trained(idle, tmp_path, judged_rows(0.9, 2, 5))
    path = idle.run_paths(run_id).result
    told = json.loads(path.read_text(encoding="utf-8"))
    del told["floor"]
    path.write_text(json.dumps(told), encoding="utf-8")
    alone = judgement(idle, [run_id]).runs[run_id]
    assert alone.floor is None and alone.low is not None


def test_a_run_without_a_fault_may_have_some(idle: Workspace, tmp_path: Path) -> None:
    ids = trained(idle, tmp_path, judged_rows(1.0, 1, 0), judged_rows(0.97, 2, 0), folds=0)
    perfect = judgement(idle, ids).runs[ids[0]]
    assert (perfect.estimate, perfect.high) == (1.0, 1.0)
    assert perfect.low == pytest.approx(0.9817, abs=0.001)  # Clopper-Pearson of 200 of 200


def test_what_is_negligible_can_be_said(idle: Workspace, tmp_path: Path) -> None:
    ids = trained(idle, tmp_path, judged_rows(0.8, 1, 5), judged_rows(0.9, 2, 5))
    (group,) = judgement(idle, ids, rope=0.5).groups
    assert group.pairs[0].verdict is Verdict.EQUIVALENT
    for wrong in (-0.1, 1.0, float("nan")):
        with pytest.raises(InvalidInput, match="negligible"):
            judgement(idle, ids, rope=wrong)


def test_without_predictions_there_is_a_value_and_a_word(idle: Workspace, tmp_path: Path) -> None:
    ids = trained(idle, tmp_path, *(judged_rows(0.9, seed, 3) for seed in (1, 2, 3)))
    idle.run_paths(ids[0]).predictions.unlink()
    idle.run_paths(ids[1]).predictions.write_bytes(b"PAR1 no more")
    (group,) = judgement(idle, ids).groups
    assert [run.low is None for run in group.runs] == [True, True, False]
    assert all(run.estimate is not None for run in group.runs)
    assert group.notes == (
        f"Runs {ids[0]}, {ids[1]} kept no predictions, so they have no intervals.",
    )
    assert (group.best, group.pairs) == (ids[2], ())


def test_a_run_that_was_judged_on_other_rows_is_not_ranked(idle: Workspace, tmp_path: Path) -> None:
    other = judged_rows(0.9, 3, 3)
    other["row"] = other["row"] + 1
    ids = trained(idle, tmp_path, judged_rows(0.5, 1, 3), judged_rows(0.6, 2, 3), other)
    (group,) = judgement(idle, ids).groups
    assert group.notes == (f"Run {ids[2]} was judged on other rows, so it is not ranked.",)
    assert [(pair.a, pair.b) for pair in group.pairs] == [(ids[0], ids[1])]
    assert ids[2] not in group.level_with_best


def test_other_seeds_are_other_groups_and_nothing_is_best(idle: Workspace, tmp_path: Path) -> None:
    ids = trained(idle, tmp_path, judged_rows(0.5, 1, 3), judged_rows(0.6, 2, 3))
    evaluation = EvaluationConfig(metric="accuracy", seed=1)
    config = plan(compare(idle, ids).runs[0].dataset_id, "dummy", evaluation=evaluation)
    (other,) = experiments.train(idle, "b", config)[1]
    complete(idle, other, judged_rows(0.99, 3, 3))
    found = compare(idle, [*ids, other])
    assert found.groups == (tuple(ids), (other,))
    said = comparison.to_json(found, judge(idle, found))
    assert (said["comparable"], said["best"], said["indistinguishable_from_best"]) == (
        False,
        None,
        [],
    )
    assert {(pair["a"], pair["b"]) for pair in said["pairs"]} == {tuple(ids)}
    assert "different seeds" in said["notes"][0]
    assert (said["metric"], said["direction"]) == ("accuracy", "maximize")


def test_few_rows_and_rows_in_time_are_remarked(idle: Workspace, tmp_path: Path) -> None:
    few = [judged_rows(0.9, seed, 3, rows=12) for seed in (1, 2)]
    ids = trained(idle, tmp_path, *few, strategy=SplitStrategy.TIME, time_column="age", folds=3)
    notes = " ".join(judgement(idle, ids).groups[0].notes)
    assert "Only 12 rows" in notes
    assert "in time" in notes


def test_a_metric_that_no_run_has_is_refused(idle: Workspace, tmp_path: Path) -> None:
    ids = trained(idle, tmp_path, judged_rows(0.5, 1, 3), judged_rows(0.6, 2, 3))
    with pytest.raises(InvalidInput, match="has the metric rmse"):
        judge(idle, compare(idle, ids), "rmse")
    with pytest.raises(NotFound, match="no metric 'auc'"):
        judge(idle, compare(idle, ids), "auc")
