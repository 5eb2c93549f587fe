"""How wrong answers are, and where two models part."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mlops_core.analysis.faults import agreement, faults, parted, worst
from mlops_core.metrics import Observed


def numbers(*said: float) -> Observed:
    return Observed(truth=np.array([1.0, 2.0, 3.0, 4.0]), predicted=np.array(said))


def classes(
    said: list[int], scores: list[list[float]] | None = None, probabilities: bool = True
) -> Observed:
    return Observed(
        truth=np.array([0, 1, 2, 0]),
        predicted=np.array(said),
        classes=3,
        scores=None if scores is None else np.array(scores),
        probabilities=probabilities,
    )


SHARES = [[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.4, 0.3, 0.3]]


def test_a_number_is_as_wrong_as_it_is_far_off() -> None:
    assert faults(numbers(1.5, 2.0, -1.0, 4.5)).tolist() == [0.5, 0.0, 4.0, 0.5]
    assert worst(numbers(1.5, 2.0, -1.0, 4.5), 10).tolist() == [2, 0, 3]
    assert worst(numbers(1.5, 2.0, -1.0, 4.5), 1).tolist() == [2]


def test_a_class_is_as_wrong_as_what_its_truth_was_not_given() -> None:
    seen = classes([0, 0, 1, 0], SHARES)
    assert np.allclose(faults(seen), [0.3, 0.7, 0.9, 0.6])
    assert worst(seen, 10).tolist() == [2, 1]  # the last is unsure, but right


def test_of_scores_it_is_by_how_much_another_class_had_more() -> None:
    seen = classes([0, 0, 1, 0], SHARES, probabilities=False)
    assert np.allclose(faults(seen), [0.0, 0.3, 0.7, 0.0])


def test_without_scores_an_answer_is_right_or_wrong() -> None:
    assert faults(classes([0, 1, 0, 1])).tolist() == [0.0, 0.0, 1.0, 1.0]


def test_two_models_agree_and_part() -> None:
    a, b = classes([0, 1, 0, 2], SHARES), classes([0, 2, 1, 0], SHARES)
    found = agreement(a, b)
    # Row 1: the first is right, row 3 the second, row 2 neither.
    assert (found.rows, found.same, found.first, found.second) == (4, 1, 1, 1)
    near, far = numbers(1.0, 2.0, 3.5, 4.0), numbers(1.0, 2.5, 9.0, 4.0)
    found = agreement(near, far)
    assert (found.rows, found.same, found.first, found.second) == (4, 2, 2, 0)
    assert parted(near, far, 10).tolist() == [2, 1]
    assert parted(near, far, 1).tolist() == [2]


@given(
    st.lists(st.tuples(*[st.integers(0, 2)] * 3), min_size=1, max_size=40),
    st.integers(0, 50),
)
def test_turning_two_models_around_turns_what_is_said(
    rows: list[tuple[int, int, int]], most: int
) -> None:
    truth, one, two = (np.array(column) for column in zip(*rows, strict=True))
    a = Observed(truth=truth, predicted=one, classes=3)
    b = Observed(truth=truth, predicted=two, classes=3)
    said, turned = agreement(a, b), agreement(b, a)
    assert (said.same, said.first, said.second) == (turned.same, turned.second, turned.first)
    assert said.same + said.first + said.second <= said.rows
    places = parted(a, b, most)
    assert len(places) == min(most, said.rows - said.same)
    assert (one[places] != two[places]).all()
    assert (truth[worst(a, most)] != one[worst(a, most)]).all()
