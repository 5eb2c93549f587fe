"""A model that is asked: by its process, with what a Korean office's table holds."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import partial_dependence

from mlops_core.cli import main
from mlops_core.domain.columns import ColumnRole
from mlops_core.domain.configs import EvaluationConfig, FeatureConfig
from mlops_core.domain.params import Task
from mlops_core.errors import Conflict, InvalidInput, NotFound, StoreError
from mlops_core.runners import predictor
from mlops_core.services import asking, datasets, experiments, runs, what_if
from mlops_core.services.asking import Asking
from mlops_core.settings import load_settings
from mlops_core.store.locks import try_lock
from mlops_core.store.predictions import read_predictions
from mlops_core.store.workspace import Workspace
from mlops_core.training.artifact import load_model
from tests.processes.test_takeaway import WORDS, korean_table
from tests.support import wait_until
from tests.unit.services.outcomes import plan, trained, without

pytestmark = pytest.mark.process

ASKED = {
    "상태": ("gradient_boosting", "logistic_regression", "svm"),  # truth values in words
    "도시": ("random_forest",),  # four classes, one of them missing
    "사용액": ("ridge",),
}


@dataclass
class Office:
    """A workspace with one table, and a trained run by target and algorithm."""

    ws: Workspace
    runs: dict[tuple[str, str], int]

    def open(self, target: str, algorithm: str) -> Asking:
        return asking.open_run(self.ws, runs.get_run(self.ws, self.runs[target, algorithm]))

    def model(self, asked: Asking) -> Path:
        return self.ws.run_paths(asked.run.id).model


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """What every test of this file asks; training again for each would take longer than asking."""
    folder = tmp_path_factory.mktemp("office")
    ws = Workspace.open(load_settings({"MLOPS_HOME": str(folder / "home")}))
    lock = try_lock(ws.scheduler_lock)
    table = korean_table(folder)
    text = table.read_text("cp949")
    for word, truth in zip(WORDS, ("예", "아니오"), strict=True):
        text = text.replace(f",{word},", f",{truth},")
    table.write_text(text, "cp949")
    data = datasets.add_file(ws, table, name="고객", target="상태")
    roles = {"큰수": ColumnRole.CATEGORICAL, "후기": ColumnRole.TEXT}
    made: dict[tuple[str, str], int] = {}
    for target, algorithms in ASKED.items():
        task = Task.REGRESSION if target == "사용액" else Task.CLASSIFICATION
        judged = EvaluationConfig(folds=2, holdout=0.25)
        config = plan(data.id, *algorithms, target=target, task=task, evaluation=judged)
        asked = {name: role for name, role in roles.items() if name != target}
        config = config.model_copy(update={"features": FeatureConfig(roles=asked)})
        for algorithm, run_id in zip(
            algorithms, experiments.train(ws, target, config)[1], strict=True
        ):
            trained(ws, run_id)
            made[target, algorithm] = run_id
    yield Office(ws, made)
    what_if.close_all()
    if lock is not None:
        lock.close()
    ws.close()


@pytest.mark.parametrize(
    ("target", "algorithm"), [(target, key) for target, keys in ASKED.items() for key in keys]
)
def test_a_model_says_of_a_row_what_its_run_said(
    office: Office, target: str, algorithm: str
) -> None:
    asked = office.open(target, algorithm)
    classes, positive = asked.result.classes, asked.result.positive_class
    path = office.ws.run_paths(asked.run.id).predictions
    known = read_predictions(path, classes, positive)
    assert known is not None
    held = known.held_out()
    begun = [asking.start(asked, int(row) + 1) for row in held.rows]
    assert {one.part for one in begun} == {"judged"}
    said = what_if.ask(office.ws, asked, [one.values for one in begun])
    if not classes:
        np.testing.assert_allclose([one.said for one in said], held.seen.predicted, rtol=1e-12)
        assert [one.truth for one in begun] == held.seen.truth.tolist()
        return
    assert [one.said for one in said] == [classes[place] for place in held.seen.predicted]
    assert [one.truth for one in begun] == [classes[place] for place in held.seen.truth]
    assert held.seen.scores is not None
    given = [list((one.given or {}).values()) for one in said]
    np.testing.assert_allclose(given, held.seen.scores, rtol=1e-9, atol=1e-12)
    assert {one.probabilities for one in said} == {held.seen.probabilities}


def test_an_effect_is_what_scikit_learn_computes(
    office: Office,
) -> None:
    asked = office.open("상태", "gradient_boosting")
    begin = asking.start(asked, 3)
    found = what_if.effect(office.ws, asked, "사용액", begin.values)
    pipeline = load_model(office.model(asked))
    assert asked.judged is not None
    names = [field.column.name for field in asked.fields]
    table = pd.read_parquet(asked.dataset.table_path, columns=names)
    sample = table.iloc[np.sort(asked.judged.part.rows)].astype({"사용액": float})
    peer = partial_dependence(
        pipeline,
        sample,
        [names.index("사용액")],
        custom_values={names.index("사용액"): np.asarray(found.values, dtype=float)},
        kind="both",
        method="brute",
    )
    positive = asked.result.positive_class or ""
    np.testing.assert_allclose(found.mean[positive], peer["average"][0], rtol=1e-9)
    lines = peer["individual"][0]
    np.testing.assert_allclose(found.low[positive], np.quantile(lines, 0.1, axis=0), rtol=1e-9)
    np.testing.assert_allclose(found.high[positive], np.quantile(lines, 0.9, axis=0), rtol=1e-9)
    (now,) = what_if.ask(office.ws, asked, [begin.values])
    assert found.at is not None
    assert found.own[positive][found.at] == pytest.approx((now.given or {})[positive], abs=1e-12)
    assert found.rows == len(sample)


def test_every_kind_of_column_can_be_changed_and_moved(
    office: Office,
) -> None:
    asked = office.open("상태", "logistic_regression")
    begin = asking.start(asked, 3)
    changes = {
        "가입일": "2026-01-31",
        "최근접속": "2025-01-03 11:45",
        "도시": "제주",
        "사용액": "99999.5",
        "큰수": str(2**58 + 1),
        "후기": "최악",
    }
    values = asking.edited(asked, begin.values, changes)
    before, after = what_if.ask(office.ws, asked, [begin.values, values])
    assert before.given != after.given
    told = " ".join(asking.cautions(asked, values))
    assert "사용액" in told and "제주" in told and "큰수" not in told
    bare = asking.edited(asked, begin.values, dict.fromkeys(changes, None))
    assert [bare[name] for name in changes] == [None] * len(changes)
    assert "“가입일” is never missing" in " ".join(asking.cautions(asked, bare))
    movable = [field.column.name for field in what_if.movable(asked)]
    assert set(changes) - {"후기"} <= set(movable)
    assert "후기" not in movable
    for name in movable:
        found = what_if.effect(office.ws, asked, name, bare if name == "도시" else values)
        assert found.at is not None
        assert found.values[found.at] == (None if name == "도시" else values[name])
        assert {len(line) for line in found.mean.values()} == {len(found.values)}
        np.testing.assert_allclose(np.sum(list(found.own.values()), axis=0), 1.0)
    assert (
        what_if.effect(office.ws, asked, "사용액", bare).at is None
    )  # missing is no place on a line
    with pytest.raises(InvalidInput, match="free text"):
        what_if.effect(office.ws, asked, "후기", values)


def test_what_cannot_be_a_value_is_refused_beside_its_column(
    office: Office,
) -> None:
    asked = office.open("도시", "random_forest")
    begin = asking.start(asked)
    for name, text in (
        ("사용액", "많이"),
        ("가입일", "2024-13-01"),
        ("상태", "모름"),
        ("큰수", "1.5"),
        ("큰수", "1e30"),
    ):
        with pytest.raises(InvalidInput) as caught:
            asking.edited(asked, begin.values, {name: text})
        assert caught.value.field == name
    with pytest.raises(InvalidInput, match="does not look at a column"):
        asking.edited(asked, begin.values, {"도시": "서울"})
    for row in (0, 121):
        with pytest.raises(InvalidInput, match="1 to 120"):
            asking.start(asked, row)
    learned = {asking.start(asked, row).part for row in range(1, 121)}
    assert learned == {"judged", "learned", "unused"}  # a city is missing now and then


def test_a_model_that_cannot_be_asked_says_why(
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = office.open("상태", "logistic_regression")
    begin = asking.start(asked)
    what_if.close_all()
    what_if.ask(office.ws, asked, [begin.values])
    (held,) = (place.held for place in what_if._places.values())
    assert held is not None
    process = held.predictor._process
    with monkeypatch.context() as patch:
        patch.setattr(predictor, "ANSWER_SECONDS", 0.3)
        os.kill(process.pid, signal.SIGSTOP)
        with pytest.raises(StoreError, match="did not answer"):
            what_if.ask(office.ws, asked, [begin.values])
    assert what_if.ask(office.ws, asked, [begin.values])  # another one took its place
    (held,) = (place.held for place in what_if._places.values())
    assert held is not None
    os.kill(held.predictor._process.pid, signal.SIGKILL)
    wait_until(lambda: not held.predictor.alive)
    assert what_if.ask(office.ws, asked, [begin.values])
    what_if.close_all()
    with monkeypatch.context() as patch:
        all_but_little = int(asked.run.memory_gb * 1024 - 20) * predictor.MB
        patch.setattr(predictor, "SHARED_BYTES", -all_but_little)
        with pytest.raises(StoreError, match="more than the"):
            what_if.ask(office.ws, asked, [begin.values])
    model = office.model(asked)
    with without(model):
        with pytest.raises(Conflict, match="model"):
            what_if.ask(office.ws, asked, [begin.values])
        with pytest.raises(Conflict, match="no model that could be asked"):
            asking.open_run(office.ws, asked.run)
    content = model.read_bytes()
    model.write_bytes(b"PK not a model")
    with pytest.raises(InvalidInput, match="not a model file"):
        what_if.ask(office.ws, asked, [begin.values])
    model.write_bytes(content)
    with without(asked.dataset.table_path), pytest.raises(NotFound, match="is gone"):
        asking.open_run(office.ws, asked.run)


def test_only_the_last_models_stay_and_none_outlives_its_caller(
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = office.open("사용액", "ridge")
    begin = asking.start(asked)
    model = office.model(asked)
    monkeypatch.setattr(what_if, "KEPT", 1)
    seen = []
    for _again in range(2):
        os.utime(model, ns=(0, model.stat().st_mtime_ns + 10**9))
        what_if.ask(office.ws, asked, [begin.values])
        seen.append(list(what_if._places.values())[-1].held)
    assert [held is not None and held.predictor.alive for held in seen] == [False, True]
    last = seen[-1]
    assert last is not None
    stdin = last.predictor._process.stdin
    assert stdin is not None
    stdin.close()  # as it is when the app ends
    wait_until(lambda: not last.predictor.alive)


def test_the_shell_asks_the_same(
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = office.open("상태", "logistic_regression")
    monkeypatch.setattr("mlops_core.cli.output.workspace", lambda: office.ws)
    run_id = str(asked.run.id)
    begin = asking.start(asked)
    values = asking.edited(asked, begin.values, {"도시": "부산"})
    before, after = what_if.ask(office.ws, asked, [begin.values, values])
    assert main(["runs", "predict", run_id, "--set", "도시=부산", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["row"], told["part"], told["truth"]) == (begin.number, "judged", begin.truth)
    assert (told["before"]["said"], told["after"]["given"]) == (before.said, after.given)
    assert told["values"]["도시"] == "부산"
    assert main(["runs", "predict", run_id, "--row", "5", "--set", "도시="]) == 0
    assert "Changed: " in capsys.readouterr().out
    assert main(["runs", "effect", run_id, "도시", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {point["value"] for point in told["points"]} == {"서울", "부산", "대구", None}
    assert main(["runs", "effect", run_id, "사용액"]) == 0
    assert "Averages are over" in capsys.readouterr().out
    assert main(["runs", "predict", run_id, "--set", "도시"]) == 2
    assert "Write it like --set" in capsys.readouterr().err
