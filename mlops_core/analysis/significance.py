"""Which of several models is better, and how sure that is. Arrays in, plain numbers out.

Two ways to know how a difference varies:

- over the **hold-out** rows: the bootstrap of ``metrics.resampling``, the same resamples for all.
  It takes the two fits as they are. Whether another fit (another seed) would say the same, only
  the folds can tell; the wider of the two counts;
- over the **folds**: their values vary too little, because they learn from the same rows, so the
  variance is corrected as in Nadeau and Bengio 2003, "Inference for the generalization error",
  Machine Learning 52, equation (14); with the same scale, Student's t is the posterior of Corani
  and Benavoli 2015, "A Bayesian approach for comparing cross-validated algorithms on multiple data
  sets", Machine Learning 100.

Each gives a scale and degrees of freedom, and Student's t around the difference gives everything
else: interval, p value, and the probabilities that the difference is worth having or lies in the
region of practical equivalence (Kruschke 2013; Benavoli et al. 2017, "Time for a change", JMLR 18).
p values of all pairs are corrected together (Holm 1979).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import special

LEVEL = 0.95
FEWEST_REFITS = 3
ROPE = 0.01  # of the best value: a smaller difference is negligible


class Verdict(StrEnum):
    """What is known about the first run of a pair beside the second."""

    BETTER = "better"
    WORSE = "worse"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"


@dataclass(frozen=True, kw_only=True)
class Scale:
    """How far an estimate may be off: Student's t with ``df`` degrees of freedom, times ``scale``;
    normal where ``df`` is infinite, certain where ``scale`` is 0."""

    scale: float
    df: float

    def reach(self, level: float = LEVEL) -> float:
        """Half the width of an interval."""
        return self.scale * _quantile(0.5 + level / 2, self.df) if self.scale else 0.0

    def interval(self, around: float, level: float = LEVEL) -> tuple[float, float]:
        return around - self.reach(level), around + self.reach(level)

    def below(self, value: float, around: float) -> float:
        """The probability of less than ``value``, half of that of exactly ``value`` with it."""
        if self.scale == 0.0:
            return 0.5 if value == around else float(value > around)
        return _cdf((value - around) / self.scale, self.df)

    def p_value(self, difference: float) -> float:
        """Of no difference, two-sided."""
        if self.scale == 0.0:
            return 1.0 if difference == 0.0 else 0.0
        return 2.0 * _cdf(-abs(difference) / self.scale, self.df)


def _cdf(x: float, df: float) -> float:
    return float(special.ndtr(x) if math.isinf(df) else special.stdtr(df, x))


def _quantile(share: float, df: float) -> float:
    return float(special.ndtri(share) if math.isinf(df) else special.stdtrit(df, share))


def over_folds(values: NDArray[np.float64], ratio: float) -> Scale:
    """The scale of the mean of ``values``, one a fold, shape (folds,), NaN where there is none.

    Args:
        ratio: Judged rows ÷ learning rows of a fold.
    """
    known = values[np.isfinite(values)]
    folds = len(known)
    if folds < 2:
        return Scale(scale=math.inf, df=1.0)
    variance = float(np.var(known, ddof=1))
    return Scale(scale=math.sqrt((1.0 / folds + ratio) * variance), df=folds - 1.0)


def over_refits(differences: NDArray[np.float64]) -> Scale:
    """The scale of the difference of one fit each, from those of the folds, shape (folds,).

    A fold judges about as many rows as a hold-out does, by models that were fitted anew, so its
    differences vary as that of the hold-out does: by the rows and by the fit. Under three folds
    say nothing.
    """
    known = differences[np.isfinite(differences)]
    if len(known) < FEWEST_REFITS:
        return Scale(scale=0.0, df=math.inf)
    return Scale(scale=float(np.std(known, ddof=1)), df=len(known) - 1.0)


def over_rows(replicates: NDArray[np.float64], units: int) -> Scale:
    """The scale of a value whose resampled values are ``replicates``, shape (draws,).

    Args:
        units: How many rows (or groups, or rows of the rarest class) say something about it.
    """
    known = replicates[np.isfinite(replicates)]
    if len(known) < 2 or units < 2:
        return Scale(scale=math.inf, df=1.0)
    return Scale(scale=float(np.std(known, ddof=1)), df=units - 1.0)


def percentile_interval(
    replicates: NDArray[np.float64], level: float = LEVEL
) -> tuple[float, float] | None:
    """The bootstrap percentile interval; ``None`` where half of the resamples have no value."""
    known = replicates[np.isfinite(replicates)]
    if len(known) * 2 < len(replicates) or not len(known):
        return None
    low, high = np.quantile(known, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)


def unseen_share(rows: int, level: float = LEVEL) -> float:
    """How large a share may be of which ``rows`` rows showed none: Clopper and Pearson's bound."""
    return float(1.0 - ((1.0 - level) / 2.0) ** (1.0 / rows)) if rows else 1.0


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What one run knows about itself, laid out so that it can be paired with others.

    Attributes:
        values: Resampled values, shape (draws,), or one a fold, shape (folds,); the same resamples
            or folds for all that are compared.
        said: Digest of its answers: the same digest, the same answers on every row.
        refits: Beside resampled values those of the folds, shape (folds,): what they differ by from
            fit to fit, resampling the rows of one fit cannot show. Empty where there are none.
    """

    run_id: int
    estimate: float
    low: float | None
    high: float | None
    values: NDArray[np.float64]
    said: bytes
    refits: NDArray[np.float64] = field(default_factory=lambda: np.array([]))


@dataclass(frozen=True, kw_only=True)
class Yardstick:
    """How differences are measured, the same for all pairs.

    Attributes:
        rising: More is better.
        rope: Half the width of the region of practical equivalence, in units of the metric.
        ratio: Judged ÷ learning rows of a fold; ``None``: the values are resampled.
        units: Rows (groups, rows of the rarest class) that say something; infinite: unknown.
        blur: What is added to the scale of resampled shares, squared, so that few rows do not look
            like certainty: Bonett and Price 2012, "Adjusted Wald confidence interval for a
            difference of binomial proportions based on paired data", JEBS 37.
        unseen: The scale where no resample and no fold showed a difference, though the two did not
            say the same on every row: no number of rows proves that two models never differ.
    """

    rising: bool
    rope: float
    ratio: float | None = None
    units: int = 0
    blur: float = 0.0
    unseen: float = 0.0

    def scale(self, a: Evidence, b: Evidence) -> Scale:
        """The scale of the difference of two runs; 0 where both said the same on every row."""
        if a.said and a.said == b.said:
            return Scale(scale=0.0, df=math.inf)
        differences = a.values - b.values
        if self.ratio is not None:
            found = over_folds(differences, self.ratio)
            return replace(found, scale=found.scale or self.unseen)
        found = over_rows(differences, self.units)
        found = replace(found, scale=math.hypot(found.scale, self.blur) or self.unseen)
        if len(a.refits) != len(b.refits):
            return found
        return max(found, over_refits(a.refits - b.refits), key=Scale.reach)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One run beside another: ``a`` minus ``b``, in units of the metric.

    Attributes:
        p_better: That ``a`` is better by more than is negligible.
        p_equivalent: That the difference is negligible. What is left to 1: ``b`` is better.
        p_value: Of no difference, corrected for all pairs that were looked at.
    """

    a: int
    b: int
    difference: float
    low: float
    high: float
    p_better: float
    p_equivalent: float
    p_value: float
    verdict: Verdict

    def turned(self) -> Pair:
        """The same, seen from ``b``."""
        words = {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER}
        return Pair(
            a=self.b,
            b=self.a,
            difference=-self.difference,
            low=-self.high,
            high=-self.low,
            p_better=max(0.0, 1.0 - self.p_better - self.p_equivalent),
            p_equivalent=self.p_equivalent,
            p_value=self.p_value,
            verdict=words.get(self.verdict, self.verdict),
        )


def pairs_of(runs: Sequence[Evidence], stick: Yardstick) -> tuple[Pair, ...]:
    """Every pair of ``runs``, in their order."""
    couples = list(combinations(runs, 2))
    scales = [stick.scale(a, b) for a, b in couples]
    raw = [
        scale.p_value(a.estimate - b.estimate)
        for (a, b), scale in zip(couples, scales, strict=True)
    ]
    return tuple(
        _pair(a, b, scale, stick, p)
        for (a, b), scale, p in zip(couples, scales, holm(raw), strict=True)
    )


def _pair(a: Evidence, b: Evidence, scale: Scale, stick: Yardstick, p_value: float) -> Pair:
    difference = a.estimate - b.estimate
    low, high = scale.interval(difference)
    under = scale.below(-stick.rope, difference)
    over = 1.0 - scale.below(stick.rope, difference)
    within = max(0.0, 1.0 - under - over)
    if scale.scale == 0.0 and abs(difference) <= stick.rope:
        under, over, within = 0.0, 0.0, 1.0
    better, worse = (over, under) if stick.rising else (under, over)
    return Pair(
        a=a.run_id,
        b=b.run_id,
        difference=difference,
        low=low,
        high=high,
        p_better=better,
        p_equivalent=within,
        p_value=p_value,
        verdict=_verdict(better, within, worse, p_value),
    )


def _verdict(better: float, within: float, worse: float, p_value: float) -> Verdict:
    """A difference must be real and worth having; both to the level, or nothing is said."""
    if within >= LEVEL:
        return Verdict.EQUIVALENT
    if p_value <= 1.0 - LEVEL and better >= LEVEL:
        return Verdict.BETTER
    if p_value <= 1.0 - LEVEL and worse >= LEVEL:
        return Verdict.WORSE
    return Verdict.UNDECIDED


def corrected(pairs: Sequence[Pair], among: int) -> tuple[Pair, ...]:
    """``pairs``, each looked at by itself so far, as the ones that stand out of ``among``."""
    adjusted = holm([pair.p_value for pair in pairs], among)
    return tuple(
        replace(
            pair,
            p_value=p,
            verdict=_verdict(
                pair.p_better, pair.p_equivalent, 1.0 - pair.p_better - pair.p_equivalent, p
            ),
        )
        for pair, p in zip(pairs, adjusted, strict=True)
    )


def holm(p_values: Sequence[float], among: int | None = None) -> list[float]:
    """p values corrected for their number (Holm 1979), in their order.

    ``among``: how many there are with those that were not computed, which are taken for larger.
    """
    order = np.argsort(p_values, kind="stable")
    count = len(p_values) if among is None else max(among, len(p_values))
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for place, index in enumerate(order):
        highest = max(highest, min(1.0, (count - place) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def best_of(runs: Sequence[Evidence], *, rising: bool) -> Evidence:
    """The best estimate; of equal ones the first."""
    return max(runs, key=lambda run: run.estimate if rising else -run.estimate)


def level_with(best: int, pairs: Sequence[Pair]) -> tuple[int, ...]:
    """``best`` and the runs that it is not known to be better than, in the order of the pairs."""
    found = {best: None}
    for pair in pairs:
        if best not in (pair.a, pair.b):
            continue
        seen = pair if pair.a == best else pair.turned()
        if seen.verdict is not Verdict.BETTER:
            found[seen.b] = None
    return tuple(found)
