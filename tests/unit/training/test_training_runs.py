"""A run's odd cases: what trains with a word of care, and what is refused in a sentence."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlops_core.algorithms import get_algorithm
from mlops_core.domain.columns import Spelling
from mlops_core.domain.configs import FeatureConfig
from mlops_core.domain.events import RunPaths, TrainerJob
from mlops_core.domain.params import Task
from mlops_core.domain.results import PartialResult, TrainingError, TrainingResult
from mlops_core.errors import InvalidInput, NotFound
from mlops_core.features.preflight import LARGEST_TARGET
from mlops_core.runners.gpus import read_gpus
from mlops_core.training.__main__ import describe_failure, main
from mlops_core.training.artifact import file_digest, load_model
from mlops_core.training.train import idle_gpus, train
from tests.conformance.tables import ROLES, job_for, mixed_frame, write_table
from tests.unit.training.support import roles_of, run, simple


def test_rows_without_a_target_are_left_out_and_counted(tmp_path: Path) -> None:
    frame = mixed_frame(60)
    frame.loc[:8, "답"] = None
    result = run(frame, tmp_path, "답", roles=ROLES)
    assert result.rows == {"total": 60, "used": 51, "train": 41, "holdout": 10, "no_target": 9}
    assert "9 rows have no target and were left out." in result.warnings
    said = pd.read_parquet(RunPaths(tmp_path).predictions)
    assert said["row"].min() >= 9
    assert not said["row"].duplicated().any()


def test_a_single_class_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="single class") as caught:
        run(simple(30, y=["a"] * 30), tmp_path)
    assert caught.value.field == "dataset.target"
    assert not RunPaths(tmp_path).result.exists()


def test_fewer_rows_than_folds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="too few for 10 folds") as caught:
        run(simple(8, y=list("abababab")), tmp_path, folds=10)
    assert caught.value.field == "evaluation.folds"


def test_one_row_per_class_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="single row"):
        run(simple(12, y=[f"c{i}" for i in range(12)]), tmp_path)


@pytest.mark.parametrize("algorithm", ["sgd", "ridge", "random_forest"])
def test_errors_of_any_size_make_a_result_that_can_be_read(algorithm: str, tmp_path: Path) -> None:
    frame = simple(60)
    frame["x"] *= 1e36
    frame["y"] = frame["z"] / frame["z"].abs().max() * LARGEST_TARGET
    frame["code"] = [f"c{index % 20}" for index in range(60)]
    asked: dict[str, Any] = {"algorithm": algorithm, "task": Task.REGRESSION, "folds": 3}
    if algorithm == "sgd":
        asked["params"] = {"learning_rate": "constant", "eta0": 1.0, "loss": "squared_error"}
    asked["features"] = FeatureConfig.model_validate(
        {"numeric": {"scale": "none"}, "categorical": {"encode": "target"}}
    )
    run(frame, tmp_path, roles=roles_of(frame, code="categorical"), **asked)
    read = TrainingResult.model_validate_json(RunPaths(tmp_path).result.read_text("utf-8"))
    for found in read.cv.values():
        assert np.isfinite([found.mean, found.std, *found.folds]).all()


def test_thirty_classes_train(tmp_path: Path) -> None:
    frame = simple(180, y=[f"c{index % 30}" for index in range(180)])
    result = run(frame, tmp_path, algorithm="random_forest", params={"n_estimators": 5})
    assert len(result.classes) == 30
    assert result.confusion is not None
    assert np.array(result.confusion.matrix).sum() == result.rows["holdout"]
    assert len(result.roc) == 30
    assert result.positive_class is None


@pytest.mark.parametrize("algorithm", ["logistic_regression", "hist_gradient_boosting"])
def test_a_class_rarer_than_the_folds_trains_with_a_warning(algorithm: str, tmp_path: Path) -> None:
    frame = simple(60, y=["a"] * 57 + ["b"] * 2 + ["c"])
    result = run(frame, tmp_path, algorithm=algorithm, folds=5)
    assert any(
        "fewer training rows than the 5 folds" in w and "c (1)" in w for w in result.warnings
    )
    assert "balanced_accuracy" in result.cv


def test_two_classes_of_which_one_has_a_single_row_train(tmp_path: Path) -> None:
    result = run(simple(40, y=["a"] * 39 + ["b"]), tmp_path, folds=3)
    assert result.rows["train"] == 32
    assert any(sentence.startswith("ROC AUC is left out") for sentence in result.warnings)


def test_two_thousand_columns_train_and_importance_says_what_it_left_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(60, 2000)), columns=[f"c{i}" for i in range(2000)])
    frame["y"] = np.where(frame["c7"] > 0, "yes", "no")
    result = run(frame, tmp_path, algorithm="random_forest", params={"n_estimators": 20})
    assert len(result.features) == 2000
    assert len(result.importance) == 60
    assert any("60 of 2000 columns" in sentence for sentence in result.warnings)


def test_groups_are_never_torn_apart(tmp_path: Path) -> None:
    frame = simple(90, y=["a", "b", "b"] * 30, who=[f"g{index % 15}" for index in range(90)])
    roles = roles_of(frame, who="drop")
    run(frame, tmp_path, roles=roles, strategy="grouped", group_column="who", folds=3)
    said = pd.read_parquet(RunPaths(tmp_path).predictions)
    assert (said.groupby(frame["who"].iloc[said["row"]].to_numpy())["fold"].nunique() == 1).all()
    assert len(said) == 90


def test_a_time_split_learns_from_the_past_and_is_judged_on_the_newest(tmp_path: Path) -> None:
    frame = simple(60, y=np.arange(60.0), at=pd.date_range("2024-01-01", periods=60)[::-1])
    roles = roles_of(frame, at="date")
    result = run(
        frame,
        tmp_path,
        roles=roles,
        algorithm="ridge",
        task=Task.REGRESSION,
        strategy="time",
        time_column="at",
        folds=3,
    )
    said = pd.read_parquet(RunPaths(tmp_path).predictions)
    held = said[said["split"] == "holdout"]
    assert sorted(held["row"]) == list(range(12))  # the first rows are the newest
    assert result.residuals is not None
    newest = said[said["fold"] == 3]["row"].max()
    oldest = said[said["fold"] == 1]["row"].min()
    assert newest < oldest


@pytest.mark.parametrize(
    ("values", "classes", "positive"),
    [
        ([0, 1], ("0", "1"), "1"),
        ([True, False], ("false", "true"), "true"),
        (["예", "아니오"], ("아니오", "예"), "예"),
        ([2.0, 10.0], ("2", "10"), "10"),
        ([0.5, 1.5], ("0.5", "1.5"), "1.5"),
        ([2.5e16, 1e17], ("1e+17", "2.5e+16"), "2.5e+16"),
        ([-0.0, 1.0], ("0", "1"), "1"),
        (
            [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-02 10:30")],
            ("2024-01-01", "2024-01-02 10:30:00"),
            "2024-01-02 10:30:00",
        ),
    ],
)
def test_targets_of_every_type_keep_their_names(
    values: list[Any], classes: tuple[str, ...], positive: str, tmp_path: Path
) -> None:
    frame = simple(40, y=values * 20)
    result = run(frame, tmp_path, algorithm="decision_tree")
    assert (result.classes, result.positive_class) == (classes, positive)
    said = pd.read_parquet(RunPaths(tmp_path).predictions)
    assert set(said["actual"]) == set(classes)
    assert [f"probability:{name}" for name in classes] == list(said.columns[-2:])


def test_classes_that_are_truth_values_are_called_what_the_file_calls_them(tmp_path: Path) -> None:
    table = write_table(simple(40, y=[True, False] * 20), tmp_path)
    job = job_for(table, roles_of(simple(1, y=[0])), target="y", positive_class="no")
    result = train(job.model_copy(update={"spelling": Spelling(false="no", true="Yes")}), tmp_path)
    assert (result.classes, result.positive_class) == (("no", "Yes"), "no")
    said = pd.read_parquet(RunPaths(tmp_path).predictions)
    assert set(said["actual"]) == {"no", "Yes"}


def test_large_whole_numbers_beside_missing_ones_keep_their_digits(tmp_path: Path) -> None:
    low = 9007199254740992
    y = pd.array([low, low + 1] * 20, dtype="Int64")
    y[3] = pd.NA
    result = run(simple(40, y=y), tmp_path, algorithm="decision_tree", positive_class=str(low))
    assert result.classes == (str(low), str(low + 1))
    assert (result.positive_class, result.rows["no_target"]) == (str(low), 1)


def test_texts_that_are_no_numbers_are_counted(tmp_path: Path) -> None:
    frame = simple(40, y=["a", "b"] * 20, size=["12"] * 37 + ["big", "small", None])
    result = run(frame, tmp_path, algorithm="decision_tree")
    said = "2 values of column 'size' are no numbers and count as missing."
    assert said in result.warnings


def test_a_listed_column_is_used_in_the_role_of_its_type(tmp_path: Path) -> None:
    frame = simple(40, y=["a", "b"] * 20, k=["u", "v", "w", "u"] * 10)
    roles = roles_of(frame, x="drop", k="drop")
    result = run(frame, tmp_path, roles=roles, features=FeatureConfig(include=("x", "k")))
    assert [(use.column, use.role) for use in result.features] == [
        ("x", "numeric"),
        ("k", "categorical"),
    ]


def test_a_fold_that_could_learn_one_class_only_is_left_out(tmp_path: Path) -> None:
    frame = simple(60, y=["a"] * 30 + ["b", "a"] * 15, at=range(60))
    asked: dict[str, Any] = {"strategy": "time", "time_column": "at", "folds": 4}
    result = run(frame, tmp_path, **asked)
    assert len(result.cv["accuracy"].folds) == 1
    said = "A fold whose training rows hold a single class was left out (fold 1, fold 2, fold 3)."
    assert said in result.warnings
    late = simple(60, y=["a"] * 50 + ["b"] * 10, at=range(60))
    with pytest.raises(InvalidInput, match="every fold hold a single class"):
        run(late, tmp_path, holdout=0.0, **asked)


def test_a_model_that_says_no_numbers_leaves_a_result_that_can_be_read(tmp_path: Path) -> None:
    # Without any variance naive Bayes divides by nothing; squares of 1e300 are infinite.
    for name, asked in (
        ("constant", {"y": ["a", "b"] * 20, "algorithm": "naive_bayes"}),
        ("huge", {"y": [1e300, -1e300] * 20, "algorithm": "ridge", "task": Task.REGRESSION}),
    ):
        folder = tmp_path / name
        folder.mkdir()
        frame = pd.DataFrame({"x": [5.0] * 40, "y": asked.pop("y")})
        result = run(frame, folder, **asked)
        assert any("left out" in sentence for sentence in result.warnings)
        assert result.importance == ()
        written = RunPaths(folder).result.read_text()
        assert TrainingResult.model_validate_json(written) == result


def test_the_positive_class_can_be_chosen_and_must_exist(tmp_path: Path) -> None:
    frame = simple(40, y=["yes", "no"] * 20)
    chosen = run(frame, tmp_path, algorithm="decision_tree", positive_class="no")
    assert chosen.positive_class == "no"
    with pytest.raises(InvalidInput, match="no value 'maybe'"):
        run(frame, tmp_path, positive_class="maybe")


def test_what_was_judged_so_far_is_there_before_the_end(tmp_path: Path) -> None:
    result = run(simple(60, y=["yes", "no", "no"] * 20), tmp_path)
    told = PartialResult.model_validate_json(RunPaths(tmp_path).partial.read_bytes())
    assert (told.cv, told.holdout) == (result.cv, result.holdout)
    assert told.folds == told.planned_folds == len(result.cv[result.primary_metric].folds)


def test_without_hold_out_the_folds_are_the_judges(tmp_path: Path) -> None:
    result = run(simple(40, y=["yes", "no"] * 20), tmp_path, holdout=0.0, folds=4)
    assert result.evaluated_on == "folds"
    assert result.holdout == {}
    assert result.confusion is not None
    assert np.array(result.confusion.matrix).sum() == 40
    assert result.importance


def test_a_primary_metric_that_the_model_can_never_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="needs probabilities") as caught:
        run(simple(40, y=["a", "b"] * 20), tmp_path, algorithm="svm", metric="log_loss")
    assert caught.value.field == "evaluation.metric"


def test_text_cannot_be_predicted_as_a_number(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="not a number"):
        run(simple(30, y=["a", "b", "c"] * 10), tmp_path, algorithm="ridge", task=Task.REGRESSION)


def test_an_unknown_column_or_parameter_is_refused(tmp_path: Path) -> None:
    frame = simple(30, y=["a", "b"] * 15)
    with pytest.raises(InvalidInput, match="no column 'X'") as caught:
        run(frame, tmp_path, features=FeatureConfig(include=("X",)))
    assert "'x'" in caught.value.hint
    with pytest.raises(InvalidInput, match="no parameter 'depth'"):
        run(frame, tmp_path, params={"depth": 3})


def test_a_seed_decides_and_two_threads_change_no_forest(tmp_path: Path) -> None:
    def importance_free(**asked: Any) -> dict[str, Any]:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        job = {"algorithm": "random_forest", "params": {"n_estimators": 8}, **asked}
        result = run(mixed_frame(60), folder, "grade", roles=ROLES, **job)
        return result.model_dump(include={"holdout", "cv", "importance"})

    one = importance_free(n_jobs=1)
    assert one == importance_free(n_jobs=2)
    assert one != importance_free(n_jobs=1, seed=43)


def test_unfinished_fits_are_said_once_in_plain_words(tmp_path: Path) -> None:
    frame = simple(40, y=["a", "b"] * 20)
    result = run(frame, tmp_path, algorithm="mlp", params={"max_iter": 2})
    [sentence] = [text for text in result.warnings if "settled" in text]
    assert sentence == (
        "Neural network stopped before it settled; allow more iterations "
        "(fold 1, fold 2, the final fit)."
    )


def test_the_digests_are_those_of_the_files(tmp_path: Path) -> None:
    result = run(simple(40, y=["a", "b"] * 20), tmp_path)
    paths = RunPaths(tmp_path)
    assert result.digests["model"] == file_digest(paths.model)
    assert result.digests["predictions"] == file_digest(paths.predictions)
    assert TrainingResult.model_validate_json(paths.result.read_text("utf-8")) == result


def test_a_foreign_or_swollen_model_file_is_refused(tmp_path: Path) -> None:
    run(simple(40, y=["a", "b"] * 20), tmp_path)
    path = RunPaths(tmp_path).model
    with pytest.raises(InvalidInput, match="unpacks to"):
        load_model(path, most_bytes=100)
    foreign = tmp_path / "foreign.skops"
    foreign.write_bytes(b"not a zip")
    with pytest.raises(InvalidInput, match="not a model file"):
        load_model(foreign)
    with pytest.raises(NotFound):
        load_model(tmp_path / "absent.skops")


def test_a_model_file_with_a_type_of_its_own_is_never_constructed(tmp_path: Path) -> None:
    import skops.io

    path = tmp_path / "other.skops"
    skops.io.dump(TrainerJob.model_construct(), path)
    with pytest.raises(InvalidInput, match=r"not trusted: .*TrainerJob"):
        load_model(path)


def test_the_process_leaves_a_sentence_for_what_it_cannot_do(tmp_path: Path) -> None:
    job = job_for(write_table(simple(30, y=["a"] * 30), tmp_path), roles_of(simple(1, y=[0])))
    job = job.model_copy(
        update={
            "spec": job.spec.model_copy(
                update={"dataset": job.spec.dataset.model_copy(update={"target": "y"})}
            )
        }
    )
    paths = RunPaths(tmp_path)
    paths.spec.write_text(job.model_dump_json(), encoding="utf-8")
    assert main([str(tmp_path)]) == 1
    error = TrainingError.model_validate_json(paths.error.read_text(encoding="utf-8"))
    assert (error.kind, error.phase, error.traceback) == ("InvalidInput", "loading", "")
    assert "single class" in error.message
    assert error.hint
    assert not paths.result.exists()


@pytest.mark.parametrize("spec", [None, "{}"])
def test_a_missing_or_broken_spec_is_a_sentence_too(spec: str | None, tmp_path: Path) -> None:
    if spec is not None:
        RunPaths(tmp_path).spec.write_text(spec, encoding="utf-8")
    assert main([str(tmp_path)]) == 1
    error = json.loads(RunPaths(tmp_path).error.read_text(encoding="utf-8"))
    assert "spec.json" in error["message"]


def test_faults_that_nobody_foresaw_are_described() -> None:
    assert "memory" in describe_failure(MemoryError(), "fold 1 of 2").message
    assert "No space" in describe_failure(OSError(28, "No space left"), "saving").message
    unforeseen = describe_failure(KeyError("x"), "fold 1 of 2")
    assert "KeyError" in unforeseen.message
    assert "KeyError" in unforeseen.traceback


@pytest.mark.process
def test_the_trainer_process_trains_and_imports_no_database_and_no_page(tmp_path: Path) -> None:
    table = write_table(mixed_frame(40), tmp_path)
    job = job_for(table, ROLES, algorithm="decision_tree")
    RunPaths(tmp_path).spec.write_text(job.model_dump_json(), encoding="utf-8")
    code = (
        "import sys; from mlops_core.training.__main__ import main; code = main(sys.argv[1:]);"
        "print(code, sorted({'sqlalchemy', 'streamlit'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert (done.stdout.strip(), done.stderr) == ("0 []", "")
    assert RunPaths(tmp_path).result.exists()


def test_a_crash_inside_a_library_says_where_it_was(tmp_path: Path) -> None:
    os.mkfifo(RunPaths(tmp_path).spec)  # so that it is known when the trainer reads it
    command = [sys.executable, "-m", "mlops_core.training", str(tmp_path)]
    trainer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    with RunPaths(tmp_path).spec.open("w"):
        trainer.send_signal(signal.SIGSEGV)
        _out, said = trainer.communicate(timeout=60)
    assert trainer.returncode == -signal.SIGSEGV
    assert "Segmentation fault" in said and "_read_job" in said


@pytest.mark.skipif(bool(read_gpus()), reason="this machine has a GPU")
@pytest.mark.parametrize("task", list(Task))
def test_xgboost_does_not_go_on_without_the_gpu_it_was_given(task: Task, tmp_path: Path) -> None:
    y = ["a", "b"] * 20 if task is Task.CLASSIFICATION else [1.0, 2.0] * 20
    with pytest.raises(InvalidInput, match="was to use cuda and used cpu"):
        run(simple(40, y=y), tmp_path, algorithm="xgboost", task=task, gpus=1)


def test_xgboost_says_where_it_was_fitted_and_with_which_release(tmp_path: Path) -> None:
    result = run(simple(40, y=["a", "b"] * 20), tmp_path, algorithm="xgboost")
    assert result.environment["device"] == "cpu"
    assert result.environment["xgboost"][0].isdigit()
    assert not result.warnings


def test_gpus_that_stand_idle_are_said(tmp_path: Path) -> None:
    result = run(simple(40, y=["a", "b"] * 20), tmp_path, algorithm="naive_bayes", gpus=1)
    said = "Naive Bayes does not use a GPU; what it was given stood idle."
    assert said in result.warnings
    assert list(idle_gpus(get_algorithm("xgboost"), 1)) == []
    (sentence,) = idle_gpus(get_algorithm("xgboost"), 3)
    assert "used one of its 3 GPUs" in sentence
