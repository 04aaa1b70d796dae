"""Counts against expectations: what few events say, where relative differences say nothing.

Three faults where one was expected is chance, 3,000 where 1,000 were expected is not; so counts are
not compared by their ratio but by their likelihood. It is negative binomial: a Poisson count whose
mean is known within limits. The variance of a leaf expected at m is (1 + f) m + a m^2: f is 1 where
the expectation is itself one earlier count, a is how unsteady every leaf is in proportion. An
expectation that was hardly counted is drawn towards the mean of all. What fits is taken: the values
that make the leaves likeliest, while some of them may be anything, so that those under a cause do
not decide.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, ndtr

from trueline.problems.evidence import LeafEvidence
from trueline.problems.leaves import Floats
from trueline.problems.rates import SHIFTS, unevenly

EARLIER = (0.0, 0.5, 2.0)
UNSTEADY = (0.0, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
# How much of the table's mean is mixed into an expectation, where it is itself hardly counted.
MIXED = (0.2, 0.5, 0.8)
# What is expected at least, where the expectation is zero or next to it.
FLOORS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
# The relative noise of amounts that happen to be whole numbers.
STEADY = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
NARROWEST = 0.05
# Nats by which whole numbers have to look like amounts rather than counts.
PLAINLY = 10.0
# Of the leaves, so many may be anything: few where most are without a cause, many where it is not
# known how many are under one.
FEW_ANYTHING, MANY_ANYTHING = 0.01, 0.2
ALIKE, NEARLY = 0.5, 5.0
# So many leaves, evenly taken from the table, decide; fewer than `FEW` are held to be unsteady.
SAMPLE = 2_000
FEW, LEAST_UNSTEADY = 20, 0.01
# Nats that a count's leaves bring beyond naming the cause and choosing its shift.
FIXED = 2.0
CHUNK = 50_000
STEEPEST = 1e7


@dataclass(frozen=True, order=True)
class Spread:
    """How counts scatter about their expectation, the least one, and how much of the mean of all
    is mixed into each."""

    earlier: float
    unsteady: float
    mixed: float
    floor: float
    middle: float


def are_counts(actual: Floats, expected: Floats) -> bool:
    """Whole numbers that scatter as counts do, not as amounts with a relative noise."""
    if (actual < 0).any() or (expected < 0).any() or (actual != np.floor(actual)).any():
        return False
    some = (expected > 0) | (actual > 0)
    a, e = _sample(actual[some], expected[some])
    if not len(a):
        return False
    steady = max(_robust(_rounded(a, e, noise), a, e) for noise in _steady(len(a)))
    return steady - PLAINLY < max(
        _robust(_log_likelihood(a, e, one), a, e) for one in _spreads(a, e)
    )


def spread_of(actual: Floats, expected: Floats) -> Spread:
    """The spread that makes the counts likeliest, when few of them may be anything."""
    return _spread_of(actual, expected, FEW_ANYTHING, ALIKE)


def tightest_spread_of(actual: Floats, expected: Floats) -> Spread:
    """The least spread that is nearly the likeliest, when many counts may be anything."""
    return _spread_of(actual, expected, MANY_ANYTHING, NEARLY)


def _spread_of(actual: Floats, expected: Floats, anything: float, nearly: float) -> Spread:
    a, e = _sample(actual, expected)
    logs = {
        spread: _robust(_log_likelihood(a, e, spread), a, e, anything) for spread in _spreads(a, e)
    }
    most = max(logs.values())
    return min(spread for spread, log in logs.items() if log >= most - nearly)


def likelihood(actual: Floats, expected: Floats, spread: Spread) -> float:
    """ln of how likely the counts are when there is no cause."""
    return float(_log_likelihood(actual, expected, spread).sum())


def count_evidence(actual: Floats, expected: Floats, spread: Spread) -> LeafEvidence:
    """Gain of every leaf under each shift of its mean, up and down."""
    shifts = SHIFTS[SHIFTS != 0]
    gain = np.empty((len(actual), len(shifts)), dtype=np.float32)
    for start in range(0, len(actual), CHUNK):
        part = slice(start, start + CHUNK)
        gain[part] = unevenly(_gains(actual[part], expected[part], spread), SHIFTS)[:, SHIFTS != 0]
    return LeafEvidence(gain, fixed=FIXED + 0.5 * float(np.log(len(shifts))))


def _gains(actual: Floats, expected: Floats, spread: Spread) -> Floats:
    mean, size = _mean_and_size(expected, spread)
    moved = mean[:, None] * np.exp(SHIFTS)[None, :]
    ratio = np.log((size + mean)[:, None] / (size[:, None] + moved))
    gains: Floats = actual[:, None] * SHIFTS[None, :] + (actual + size)[:, None] * ratio
    return gains


def _mean_and_size(expected: Floats, spread: Spread) -> tuple[Floats, Floats]:
    """The mean, and the negative binomial's size: the larger, the nearer to Poisson."""
    mixed = expected + spread.mixed * (spread.middle - expected)
    mean = np.maximum(mixed, spread.floor)
    with np.errstate(divide="ignore"):
        size: Floats = np.minimum(mean / (spread.earlier + spread.unsteady * mean), STEEPEST)
    return mean, size


def _log_likelihood(actual: Floats, expected: Floats, spread: Spread) -> Floats:
    mean, size = _mean_and_size(expected, spread)
    logs = gammaln(actual + size) - gammaln(size) - gammaln(actual + 1)
    logs += size * np.log(size / (size + mean)) + actual * np.log(mean / (size + mean))
    return np.asarray(logs, dtype=np.float64)


def _rounded(actual: Floats, expected: Floats, noise: float) -> Floats:
    """Log-likelihood of amounts with relative noise, rounded to whole numbers."""
    width = np.maximum(noise * expected, NARROWEST)
    upper, lower = (actual + 0.5 - expected) / width, (actual - 0.5 - expected) / width
    flip = lower > 0
    upper, lower = np.where(flip, -lower, upper), np.where(flip, -upper, lower)
    logs: Floats = np.log(np.maximum(ndtr(upper) - ndtr(lower), 1e-300))
    return logs


def _robust(
    logs: Floats, actual: Floats, expected: Floats, anything: float = FEW_ANYTHING
) -> float:
    least = np.log(anything) - np.log1p(np.maximum(actual, expected))
    return float(np.logaddexp(np.log(1 - anything) + logs, least).sum())


def _spreads(actual: Floats, expected: Floats) -> list[Spread]:
    lows = expected[expected > 0]
    least = float(lows.min()) if len(lows) else 1.0
    floors = FLOORS if ((expected < FLOORS[0]) & (actual > 0)).any() else FLOORS[:1]
    if least < FLOORS[0]:
        floors = (least, *floors)
    unsteady = [one for one in UNSTEADY if len(actual) >= FEW or one >= LEAST_UNSTEADY]
    whole = float(expected.mean()) if len(expected) else 0.0
    means = [(0.0, floor) for floor in floors] + [(mixed, floors[0]) for mixed in MIXED]
    return [
        Spread(earlier, own, mixed, floor, whole)
        for earlier, own, (mixed, floor) in itertools.product(EARLIER, unsteady, means)
    ]


def _steady(leaves: int) -> list[float]:
    return [noise for noise in STEADY if leaves >= FEW or noise >= LEAST_UNSTEADY**0.5]


def _sample(actual: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Every so many leaves in the order of their figures, whatever the order of the table."""
    order = np.lexsort((actual, expected))[:: max(1, len(actual) // SAMPLE)]
    return actual[order], expected[order]
