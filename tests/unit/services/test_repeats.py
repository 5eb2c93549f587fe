"""A run repeated with other seeds: what is asked, and how far the seeds lie apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_core.domain.configs import EvaluationConfig, ModelConfig
from mlops_core.errors import Conflict, InvalidInput
from mlops_core.services import comparison, repeats, runs
from mlops_core.services.experiments import train
from mlops_core.services.specs import load_spec
from mlops_core.store.workspace import Workspace
from tests.unit.services.outcomes import finish, plan, table


def ran(ws: Workspace, folder: Path, value: float = 0.8) -> int:
    how = EvaluationConfig(folds=3, seed=42)
    first, _other = train(ws, "first", plan(table(ws, folder), "mlp", "knn", evaluation=how))[1]
    finish(ws, first, {"roc_auc": value}, folds={"roc_auc": (0.7, 0.8, 0.9)})
    return first


def test_a_repeat_differs_in_the_seed_of_its_fits_alone(idle: Workspace, tmp_path: Path) -> None:
    first = ran(idle, tmp_path)
    made = repeats.repeat(idle, first, 3)
    was = runs.get_run(idle, first)
    for run_id, seed in zip(made, (1042, 2042, 3042), strict=True):
        run = runs.get_run(idle, run_id)
        assert run.spec.fit_seed == seed
        assert run.spec.evaluation == was.spec.evaluation
        assert run.model_name == f"mlp, seed {seed}"
        assert run.spec.family == was.spec.family
        assert run.digest != was.digest
    assert comparison.compare(idle, [first, *made]).comparable


def test_a_seed_is_never_taken_twice(idle: Workspace, tmp_path: Path) -> None:
    first = ran(idle, tmp_path)
    one = repeats.repeat(idle, first, 2)
    finish(idle, one[0], {"roc_auc": 0.7})
    two = repeats.repeat(idle, one[0], 2)
    names = [runs.get_run(idle, id).model_name for id in (*one, *two)]
    assert names == [f"mlp, seed {n}042" for n in (1, 2, 3, 4)]


def test_the_spread_is_over_completed_runs_of_the_family(idle: Workspace, tmp_path: Path) -> None:
    first = ran(idle, tmp_path, 0.8)
    alone = repeats.spread(idle, runs.get_run(idle, first))
    assert alone is not None and (alone.mean, alone.std) == (0.8, 0.0)
    made = repeats.repeat(idle, first, 3)
    finish(idle, made[0], {"roc_auc": 0.9})
    finish(idle, made[1], {"roc_auc": 0.7})
    again = runs.rerun(idle, first)  # the same seed once more says nothing new
    finish(idle, again, {"roc_auc": 0.8})
    for run_id in (first, made[0], again):
        found = repeats.spread(idle, runs.get_run(idle, run_id))
        assert found is not None
        assert [one.seed for one in found.runs] == [42, 1042, 2042]
        assert (found.mean, found.std) == pytest.approx((0.8, 0.1))
        assert (found.going_on, found.over_folds) == (1, 0.01)
    assert repeats.spread(idle, runs.get_run(idle, first), "log_loss") is None
    said = repeats.to_json(first, made, found)
    assert [one["value"] for one in said["spread"]["runs"]] == [0.8, 0.9, 0.7]


def test_what_did_not_complete_is_not_repeated(idle: Workspace, tmp_path: Path) -> None:
    first = ran(idle, tmp_path)
    with pytest.raises(Conflict, match="did not complete"):
        repeats.repeat(idle, first + 1)
    for seeds in (0, 51):
        with pytest.raises(InvalidInput, match="1 to 50 seeds"):
            repeats.repeat(idle, first, seeds)


def test_the_spec_of_a_repeat_asks_for_it_again(idle: Workspace, tmp_path: Path) -> None:
    first = ran(idle, tmp_path)
    (repeated,) = repeats.repeat(idle, first, 1)
    digests = []
    for run_id in (first, repeated):
        path = tmp_path / f"{run_id}.yaml"
        path.write_text(runs.spec_yaml(idle, run_id), encoding="utf-8")
        asked = load_spec(path)
        new = runs.submit_spec(idle, asked, base=tmp_path)
        digests.append(runs.get_run(idle, new).digest)
    assert digests == [runs.get_run(idle, id).digest for id in (first, repeated)]
    assert "seed: 1042" in runs.spec_yaml(idle, repeated)


def test_what_was_asked_before_there_was_a_seed_of_fits_is_the_same() -> None:
    """The digest of a spec as the version before wrote it."""
    from tests.conformance.tables import job_for

    spec = job_for(Path("x"), {"a": "numeric"}).spec
    assert spec.digest == "6b4c4ff1c08ab36562f37ccd95f0224a9523e006ad23293ccfde79089e6953ee"
    assert ModelConfig.model_validate({"algorithm": "knn", "params": {}}).seed is None
