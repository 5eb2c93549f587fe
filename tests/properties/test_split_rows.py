"""Rules of splitting that hold for every table, plan and seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mlops_core.domain.configs import EvaluationConfig, SplitStrategy
from mlops_core.domain.params import Task
from mlops_core.errors import InvalidInput
from mlops_core.features.assign import held_out_rows
from mlops_core.features.split import Split, split_rows

SHARES = st.sampled_from([0.0, 0.1, 0.2, 0.33, 0.5])
FOLDS = st.sampled_from([0, 2, 3, 5, 10])
SEEDS = st.integers(0, 2**32 - 1)


@st.composite
def plans(draw: st.DrawFn, strategy: SplitStrategy) -> EvaluationConfig:
    holdout, folds = draw(SHARES), draw(FOLDS)
    assume(holdout or folds)
    return EvaluationConfig(
        holdout=holdout,
        folds=folds,
        strategy=strategy,
        seed=draw(SEEDS),
        group_column="group",
        time_column="time",
    )


def split_or_skip(plan: EvaluationConfig, task: Task, target: object, **more: object) -> Split:
    try:
        return split_rows(plan, task, np.array(target), **more)  # type: ignore[arg-type]
    except InvalidInput:
        assume(False)
        raise


def check_disjoint(split: Split, rows: int, folds: int) -> None:
    every = np.concatenate([split.holdout, split.train])
    assert sorted(every.tolist()) == list(range(rows))
    assert len(split.folds) == folds
    for learn, judge in split.folds:
        assert not set(learn) & set(judge)
        assert not (set(learn) | set(judge)) & set(split.holdout)
        assert len(learn)
    judged = [row for _learn, judge in split.folds for row in judge.tolist()]
    assert len(judged) == len(set(judged))


CLASSES = st.lists(st.integers(0, 4), min_size=4, max_size=80).map(
    lambda codes: np.unique(codes, return_inverse=True)[1]
)


@given(plans(SplitStrategy.STRATIFIED), CLASSES)
def test_a_stratified_split_is_disjoint_and_spreads_every_class(
    plan: EvaluationConfig, codes: np.ndarray
) -> None:
    split = split_or_skip(plan, Task.CLASSIFICATION, codes)

    check_disjoint(split, len(codes), plan.folds)
    for code in np.unique(codes):
        left = int((codes[split.train] == code).sum())
        assert left >= 1
        wanted = held_out_rows(plan.holdout, len(codes)) * (codes == code).mean()
        assert int((codes[split.holdout] == code).sum()) <= wanted + len(np.unique(codes))
        counts = [int((codes[judge] == code).sum()) for _learn, judge in split.folds]
        if plan.folds:
            assert max(counts) - min(counts) <= 1
            assert sum(counts) == (left if left > 1 else 0)
        for learn, _judge in split.folds:
            assert code in codes[learn]


@given(plans(SplitStrategy.RANDOM), st.integers(4, 80))
def test_a_random_split_judges_every_training_row_once_in_folds_of_one_size(
    plan: EvaluationConfig, rows: int
) -> None:
    split = split_or_skip(plan, Task.REGRESSION, np.arange(rows, dtype=float))

    check_disjoint(split, rows, plan.folds)
    assert len(split.holdout) == held_out_rows(plan.holdout, rows)
    if plan.folds:
        sizes = [len(judge) for _learn, judge in split.folds]
        assert sum(sizes) == len(split.train)
        assert max(sizes) - min(sizes) <= 1


@given(plans(SplitStrategy.GROUPED), st.lists(st.integers(0, 15), min_size=4, max_size=80))
def test_a_grouped_split_never_tears_a_group_apart(
    plan: EvaluationConfig, groups: list[int]
) -> None:
    target = np.arange(len(groups), dtype=float)
    codes = np.array(groups)
    split = split_or_skip(plan, Task.REGRESSION, target, groups=codes)

    check_disjoint(split, len(groups), plan.folds)
    fate = split.assignment()
    for group in set(groups):
        assert len(set(fate[codes == group].tolist())) == 1
    assert all(len(judge) for _learn, judge in split.folds)
    assert bool(len(split.holdout)) == bool(plan.holdout)


@given(
    plans(SplitStrategy.TIME),
    st.lists(st.floats(0, 50) | st.just(float("nan")), min_size=4, max_size=80),
)
def test_a_time_ordered_split_never_learns_from_the_future(
    plan: EvaluationConfig, times: list[float]
) -> None:
    moments = np.array(times)
    split = split_or_skip(plan, Task.REGRESSION, np.arange(len(times), dtype=float), times=moments)

    check_disjoint(split, len(times), plan.folds)
    known = np.where(np.isnan(moments), -np.inf, moments)
    if len(split.holdout):
        assert known[split.train].max() <= known[split.holdout].min()
    for learn, judge in split.folds:
        assert known[learn].max() <= known[judge].min()
    assert bool(split.warnings) == bool(np.isnan(moments).any())


@given(plans(SplitStrategy.STRATIFIED), CLASSES)
def test_the_same_seed_gives_the_same_split(plan: EvaluationConfig, codes: np.ndarray) -> None:
    first = split_or_skip(plan, Task.CLASSIFICATION, codes)
    second = split_rows(plan, Task.CLASSIFICATION, codes)
    assert first.digest() == second.digest()
    assert first.warnings == second.warnings


def test_another_seed_gives_another_split() -> None:
    target = np.arange(100.0)
    digests = {
        split_rows(EvaluationConfig(seed=seed), Task.REGRESSION, target).digest()
        for seed in range(5)
    }
    assert len(digests) == 5


@pytest.mark.parametrize(
    ("plan", "target", "more", "said"),
    [
        ({}, [0] * 30, {}, "single class"),
        ({"folds": 20}, [0, 1] * 8, {}, "too few for 20 folds"),
        ({}, list(range(30)), {}, "single row"),
        (
            {"strategy": "grouped", "group_column": "g"},
            [0, 1] * 15,
            {"groups": np.arange(30) % 4},
            "4 groups; this plan needs at least 6",
        ),
    ],
)
def test_what_cannot_be_split_is_refused_in_a_sentence(
    plan: dict[str, object], target: list[int], more: dict[str, object], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said) as caught:
        split_rows(
            EvaluationConfig.model_validate(plan),
            Task.CLASSIFICATION,
            np.array(target),
            **more,  # type: ignore[arg-type]
        )
    assert caught.value.hint


def test_rare_classes_are_named_with_their_rows() -> None:
    plan = EvaluationConfig(folds=5)
    codes = np.array([0] * 50 + [1] * 3)
    split = split_rows(plan, Task.CLASSIFICATION, codes, class_names=["많음", "드묾"])
    [sentence] = split.warnings
    assert "드묾 (2)" in sentence
    assert "많음" not in sentence
