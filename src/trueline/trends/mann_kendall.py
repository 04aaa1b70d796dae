"""Kendall's score of a series and how far chance alone moves it.

Mann (1945), Kendall (1975, ties in chapter 4); seasonal: Hirsch, Slack and Smith
(1982); covariance between seasons: Hirsch and Slack (1984); autocorrelation: Hamed and Rao (1998).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from trueline.trends.observations import Floats
from trueline.trends.segment_costs import basis

NORMAL = NormalDist()
MOST_LAGS = 30
MOST_PARTS = 4
LEAST_PART = 40


@dataclass(frozen=True)
class Score:
    """Pairs that rise less pairs that fall, of `pairs` compared, and the variance by chance."""

    s: int
    variance: float
    pairs: int

    @property
    def tau(self) -> float:
        return self.s / self.pairs if self.pairs else 0.0


def kendall_score(values: Floats) -> Score:
    """S and its variance with ties, for values (n,) in order of time."""
    size = len(values)
    s = 0
    for at in range(size - 1):
        later = values[at + 1 :]
        s += int(np.count_nonzero(later > values[at])) - int(np.count_nonzero(later < values[at]))
    return Score(s, kendall_variance(values), size * (size - 1) // 2)


def kendall_variance(values: Floats) -> float:
    """n (n - 1) (2 n + 5) / 18 less the same of every group of ties."""
    size = len(values)
    ties = np.unique(values, return_counts=True)[1].astype(float)
    total = size * (size - 1) * (2 * size + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()
    return float(total) / 18


def standard_score(s: int, variance: float) -> float:
    """Z with the continuity correction of one; 0 where nothing can vary."""
    return float((s - np.sign(s)) / np.sqrt(variance)) if variance > 0 else 0.0


def two_sided(z: float) -> float:
    """Probability of a score at least as far from 0 in either direction."""
    return 2 * NORMAL.cdf(-abs(z))


def autocorrelation_inflation(values: Floats) -> float:
    """How many times larger the variance of S is than that of independent points, at least 1.

    Hamed and Rao (1998), with the autocorrelations of the ranks of what a line leaves in each part
    of the series, up to four parts of forty points or more: a step or a kink left in would pass
    for autocorrelation and hide itself. Lags count from the first up to the last before one falls
    below its one-sided 95 % bound for white noise; each with the first-order correction for the
    fitted line, (2 + 4 r) / n (Marriott and Pope 1954).
    """
    size = len(values)
    parts = max(1, min(MOST_PARTS, size // LEAST_PART))
    edges = [round(at * size / parts) for at in range(parts + 1)]
    left = np.concatenate([without_line(values[a:b]) for a, b in pairwise(edges)])
    rank = rankdata(left)
    rank = rank - rank.mean()
    power = float(rank @ rank)
    if size < 10 or power <= 0 or np.ptp(left) <= 1e-9 * np.ptp(values):
        return 1.0
    bound = 1.645 / np.sqrt(size)
    inflation = 0.0
    for lag in range(1, min(size // (2 * parts), MOST_LAGS) + 1):
        correlation = float(rank[lag:] @ rank[:-lag]) / power
        unbiased = min(0.98, correlation + (2 + 4 * max(correlation, 0.0)) * parts / size)
        if unbiased < bound:
            break
        inflation += (size - lag) * (size - lag - 1) * (size - lag - 2) * unbiased
    return 1 + 2 * inflation / (size * (size - 1) * (size - 2))


def without_line(values: Floats) -> Floats:
    """Values (n,) less their least-squares line."""
    shape = basis(len(values), 1)
    left: Floats = values - shape @ (shape.T @ values)
    return left


def seasonal_score(cycles: Floats) -> tuple[Score, float]:
    """The sum of the scores of each season, and the variance with their covariance.

    `cycles` is (cycles, season), NaN where a point is missing.
    """
    scores = [kendall_score(one[np.isfinite(one)]) for one in cycles.T]
    total = Score(
        sum(one.s for one in scores),
        sum(one.variance for one in scores),
        sum(one.pairs for one in scores),
    )
    covariance = _covariances(cycles)
    np.fill_diagonal(covariance, 0.0)
    return total, max(total.variance + float(covariance.sum()), 1e-12)


def _covariances(cycles: Floats) -> Floats:
    """Hirsch and Slack (1984), equation 14, (season, season); a missing point has the mid rank."""
    rising = np.sign(np.nan_to_num(cycles[None, :, :] - cycles[:, None, :]))
    upper = np.triu_indices(len(cycles), 1)
    agreement = rising[upper].T @ rising[upper]
    ranks, counts = _ranks(cycles)
    product = ranks.T @ ranks
    expected = len(cycles) * np.outer(counts + 1, counts + 1)
    covariance: Floats = (agreement + 4 * product - expected) / 3
    return covariance


def _ranks(cycles: Floats) -> tuple[Floats, NDArray[np.intp]]:
    counts = np.isfinite(cycles).sum(axis=0)
    ranks = np.tile((counts + 1) / 2, (len(cycles), 1)).astype(np.float64)
    for column, one in enumerate(cycles.T):
        seen = np.isfinite(one)
        ranks[seen, column] = rankdata(one[seen])
    return ranks, counts
