"""Which model is better: against published software, known formulas, and by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.tree import DecisionTreeClassifier

from mlops_core.analysis.significance import (
    Evidence,
    Pair,
    Scale,
    Verdict,
    Yardstick,
    best_of,
    holm,
    level_with,
    over_folds,
    pairs_of,
    unseen_share,
)
from mlops_core.analysis.verdicts import Ground, evidence_of, yardstick
from mlops_core.domain.configs import EvaluationConfig
from mlops_core.domain.params import Task
from mlops_core.features.split import Split, split_rows
from mlops_core.metrics import METRICS, Metric, Observed
from mlops_core.metrics.resampling import resample
from mlops_core.training.judge import joined

A = np.array([0.81, 0.79, 0.84, 0.80, 0.83, 0.78, 0.82, 0.85, 0.80, 0.81])
B = np.array([0.80, 0.80, 0.81, 0.79, 0.81, 0.77, 0.80, 0.83, 0.79, 0.82])


def evidence(run_id: int, values: np.ndarray, said: bytes = b"") -> Evidence:
    return Evidence(
        run_id=run_id, estimate=float(values.mean()), low=None, high=None, values=values, said=said
    )


def one_pair(a: np.ndarray, b: np.ndarray, stick: Yardstick) -> Pair:
    (found,) = pairs_of([evidence(1, a), evidence(2, b)], stick)
    return found


# Against others ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rope", "better", "equivalent"),
    # Printed by baycomp 1.0.3: CorrelatedTTest(A, B, rope=rope, runs=1).probs()
    [(0.0, 0.9521430658196879, 0.0), (0.01, 0.5652903988442497, 0.4316121305762137)],
)
def test_folds_are_judged_as_baycomp_judges_them(
    rope: float, better: float, equivalent: float
) -> None:
    found = one_pair(A, B, Yardstick(rising=True, rope=rope, ratio=1 / 9))
    assert found.difference == pytest.approx(0.011)
    assert (found.p_better, found.p_equivalent) == pytest.approx((better, equivalent), abs=1e-9)


def test_the_corrected_variance_is_that_of_nadeau_and_bengio() -> None:
    scale = over_folds(A - B, 1 / 9)
    assert scale.scale**2 == pytest.approx(3.495061728395038e-05)  # baycomp 1.0.3, too
    low, high = scale.interval(0.011)
    assert (low, high) == pytest.approx(stats.t.interval(0.95, 9, 0.011, scale.scale))
    t = stats.ttest_rel(A, B)
    assert t.pvalue < scale.p_value(0.011)  # uncorrected, it is surer than it may be


def test_holm_is_that_of_the_textbook() -> None:
    # https://en.wikipedia.org/wiki/Holm–Bonferroni_method, its example
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0.0, 1.0), max_size=12))
def test_correcting_never_makes_a_p_value_smaller_nor_changes_their_order(
    values: list[float],
) -> None:
    found = holm(values)
    assert all(value <= new <= 1.0 for value, new in zip(values, found, strict=True))
    order = np.argsort(values, kind="stable")
    assert (np.diff(np.array(found)[order]) >= 0).all()


def test_faults_that_were_not_seen_are_bounded_by_clopper_and_pearson() -> None:
    exact = stats.binomtest(0, 69).proportion_ci(0.95, "exact")
    assert unseen_share(69) == pytest.approx(exact.high)


# Rules -------------------------------------------------------------------------------------------

values = st.lists(st.floats(0.0, 1.0).map(lambda x: round(x, 4)), min_size=5, max_size=5)


@given(values, values, st.booleans(), st.floats(0.0, 0.2))
def test_a_pair_seen_from_the_other_side_says_the_same(
    a: list[float], b: list[float], rising: bool, rope: float
) -> None:
    stick = Yardstick(rising=rising, rope=rope, ratio=0.25)
    one = one_pair(np.array(a), np.array(b), stick)
    other = one_pair(np.array(b), np.array(a), stick)
    turned = one.turned()
    assert turned.verdict == other.verdict
    for field in ("difference", "low", "high", "p_better", "p_equivalent", "p_value"):
        assert getattr(turned, field) == pytest.approx(getattr(other, field), abs=1e-9), field
    assert 0.0 <= one.p_better + one.p_equivalent <= 1.0 + 1e-9
    assert one.low <= one.difference <= one.high
    if one.verdict is Verdict.BETTER:
        assert (one.difference > 0) == rising
        assert abs(one.difference) > rope


def test_the_same_answers_are_equivalent_for_certain() -> None:
    both = [evidence(1, A, b"same"), evidence(2, A, b"same")]
    (found,) = pairs_of(both, Yardstick(rising=True, rope=0.0, ratio=1 / 9))
    assert (found.verdict, found.p_equivalent, found.p_value) == (Verdict.EQUIVALENT, 1.0, 1.0)
    assert (found.low, found.high) == (0.0, 0.0)


def test_answers_that_only_look_the_same_are_not_certain() -> None:
    stick = Yardstick(rising=True, rope=0.01, ratio=1 / 9, unseen=0.05)
    assert one_pair(A, A, stick).verdict is Verdict.UNDECIDED


def test_a_difference_that_is_real_and_negligible_is_no_reason_to_change() -> None:
    b = A - 0.001 + np.linspace(-1e-5, 1e-5, len(A))
    assert one_pair(A, b, Yardstick(rising=True, rope=0.0, ratio=1 / 9)).verdict is Verdict.BETTER
    found = one_pair(A, b, Yardstick(rising=True, rope=0.008, ratio=1 / 9))
    assert (found.verdict, found.p_value < 0.05) == (Verdict.EQUIVALENT, True)


def test_less_is_better_where_it_is() -> None:
    rng = np.random.default_rng(0)
    good, bad = 1.0 + rng.normal(0, 0.01, 5), 2.0 + rng.normal(0, 0.01, 5)
    found = one_pair(good, bad, Yardstick(rising=False, rope=0.01, ratio=0.25))
    assert (found.verdict, found.difference < 0) == (Verdict.BETTER, True)
    runs = [evidence(1, bad), evidence(2, good)]
    assert best_of(runs, rising=False).run_id == 2


def test_one_fold_and_rows_without_a_value_know_nothing() -> None:
    found = one_pair(A[:1], B[:1], Yardstick(rising=True, rope=0.01, ratio=0.25))
    assert (found.verdict, found.p_value, found.high) == (Verdict.UNDECIDED, 1.0, math.inf)
    nothing = np.full(100, math.nan)
    stick = Yardstick(rising=True, rope=0.01, units=100)
    assert one_pair(nothing, nothing, stick).verdict is Verdict.UNDECIDED
    assert Scale(scale=0.0, df=math.inf).p_value(0.1) == 0.0


def test_the_best_is_level_with_those_it_does_not_beat() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 0.01, (3, 10))
    runs = [evidence(1, 0.5 + noise[0]), evidence(2, 0.9 + noise[1]), evidence(3, 0.9 + noise[2])]
    pairs = pairs_of(runs, Yardstick(rising=True, rope=0.01, ratio=1 / 9))
    best = best_of(runs, rising=True).run_id
    assert set(level_with(best, pairs)) == {2, 3}


# By simulation ------------------------------------------------------------------------------------

ROWS, DRAWS = 400, 80


def fitted(
    x: np.ndarray, y: np.ndarray, learn: np.ndarray, judge: np.ndarray, seed: int
) -> Observed:
    tree = DecisionTreeClassifier(max_features=3, max_depth=6, random_state=seed)
    scores = tree.fit(x[learn], y[learn]).predict_proba(x[judge])
    return Observed(
        truth=y[judge],
        predicted=scores.argmax(axis=1),
        classes=2,
        positive=1,
        scores=scores,
        probabilities=True,
    )


def judged(metric: Metric, split: Split, x: np.ndarray, y: np.ndarray, draw: int, by: str) -> Pair:
    """Two runs that differ by their seed alone."""
    folds = np.repeat(
        np.arange(1, 6, dtype=np.int32), [len(judge) for _learn, judge in split.folds]
    )
    on_folds = np.concatenate([judge for _learn, judge in split.folds])
    runs = []
    for run_id in (1, 2):
        seed = 1000 * draw + 100 * run_id
        held = fitted(x, y, split.train, split.holdout, seed)
        parts = joined(
            [
                fitted(x, y, learn, judge, seed + place)
                for place, (learn, judge) in enumerate(split.folds, start=1)
            ]
        )
        if by == "folds":
            ground = Ground(truth=y[on_folds], folds=folds, classes=2, positive=1, ratio=0.25)
            found = evidence_of(run_id, metric, parts, ground)
        else:
            ground = Ground(
                truth=y[split.holdout],
                folds=np.zeros(len(split.holdout), dtype=np.int32),
                classes=2,
                positive=1,
                resamples=resample(len(split.holdout), draw),
            )
            refits = (parts, folds) if by == "holdout" else None
            found = evidence_of(run_id, metric, held, ground, refits)
        assert found is not None
        runs.append(found)
    (pair,) = pairs_of(runs, yardstick(metric, ground, 0.01 * abs(runs[0].estimate)))
    return pair


def share_called_different(key: str, by: str) -> float:
    """How often one of two runs that differ by their seed alone is called the better one."""
    called = 0
    for draw in range(DRAWS):
        rng = np.random.default_rng(draw)
        x = rng.normal(size=(ROWS, 6))
        y = (x[:, 0] + x[:, 1] * x[:, 2] + rng.logistic(size=ROWS) > 0).astype(int)
        split = split_rows(EvaluationConfig(seed=draw), Task.CLASSIFICATION, y)
        pair = judged(METRICS[key], split, x, y, draw, by)
        called += pair.verdict in (Verdict.BETTER, Verdict.WORSE)
    return called / DRAWS


@pytest.mark.parametrize("key", ["roc_auc", "recall"])
@pytest.mark.parametrize("by", ["holdout", "folds"])
def test_another_seed_is_not_called_better(key: str, by: str) -> None:
    assert share_called_different(key, by) <= 0.05


def test_the_rows_of_one_fit_alone_would_call_it_better() -> None:
    """What the test above is for: without the folds a hold-out takes luck for skill."""
    assert share_called_different("recall", "rows alone") > 0.10
