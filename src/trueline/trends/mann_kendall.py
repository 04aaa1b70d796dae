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

from trueline.trends.observations import Floats, to_unit_size

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


def kendall_variances(values: Floats) -> list[float]:
    """That of each row of `values` (series, days), NaN where a day is missing."""
    ascending = np.sort(values, axis=1)
    tied = (np.count_nonzero(np.diff(ascending, axis=1) == 0, axis=1) > 0).tolist()
    sizes = np.isfinite(values).sum(axis=1).tolist()
    return [
        kendall_variance(row[:size]) if ties else size * (size - 1) * (2 * size + 5) / 18
        for row, size, ties in zip(ascending, sizes, tied, strict=True)
    ]


def hamed_rao_factor(values: Floats, slope: float) -> float:
    """The factor on the variance of S as published by Hamed and Rao (1998), for values (n,).

    With the autocorrelations of the ranks of what the Theil-Sen `slope` leaves, of all lags at
    which they are outside of the 95 % bounds of white noise. It can be less than 1.
    `trend_test` uses `autocorrelation_inflation`, which neither takes a step for autocorrelation
    nor far lags, significant by chance, for news.
    """
    size = len(values)
    rank = rankdata(values - slope * np.arange(1, size + 1))
    rank = rank - rank.mean()
    power = float(rank @ rank)
    if size < 3 or power <= 0:
        return 1.0
    lags = np.arange(1, size)
    correlation = np.correlate(rank, rank, "full")[size:] / power
    beyond = np.abs(correlation) > NORMAL.inv_cdf(0.975) / np.sqrt(size)
    weight = (size - lags) * (size - lags - 1.0) * (size - lags - 2.0)
    total = float((weight * correlation)[beyond].sum())
    return 1 + 2 * total / (size * (size - 1) * (size - 2))


def autocorrelation_inflation(values: Floats) -> float:
    """How many times larger the variance of S is than that of independent points, at least 1.

    Hamed and Rao (1998), with the autocorrelations of the ranks of what a line leaves in each part
    of the series, up to four parts of forty points or more: a step or a kink left in would pass
    for autocorrelation and hide itself. Lags count from the first up to the last before one falls
    below its one-sided 95 % bound for white noise; each with the first-order correction for the
    fitted line, (2 + 4 r) / n (Marriott and Pope 1954).
    """
    return _inflations(values[None, :])[0]


def autocorrelation_inflations(values: Floats) -> list[float]:
    """The same of each row of `values` (series, days); a missing day, NaN, is left out."""
    whole: list[bool] = (np.isfinite(values).sum(axis=1) == values.shape[1]).tolist()
    found = iter(_inflations(values[whole]))
    return [
        next(found) if complete else autocorrelation_inflation(row[np.isfinite(row)])
        for row, complete in zip(values, whole, strict=True)
    ]


def _inflations(values: Floats) -> list[float]:
    """For rows (series, size) without gaps."""
    size = values.shape[1]
    if size < 10 or not len(values):
        return [1.0] * len(values)
    values = np.stack([to_unit_size(row) for row in values])
    parts = max(1, min(MOST_PARTS, size // LEAST_PART))
    edges = [round(at * size / parts) for at in range(parts + 1)]
    left = np.concatenate([without_line(values[:, a:b]) for a, b in pairwise(edges)], axis=1)
    rank = rankdata(left, axis=1) - (size + 1) / 2
    power = np.square(rank).sum(axis=1)
    open_ = (power > 0) & (np.ptp(left, axis=1) > 1e-9 * np.ptp(values, axis=1))
    bound = 1.645 / np.sqrt(size)
    inflation = np.zeros(len(values))
    for lag in range(1, min(size // (2 * parts), MOST_LAGS) + 1):
        product = np.einsum("ij,ij->i", rank[:, lag:], rank[:, :-lag])
        correlation = product / np.maximum(power, 1.0)
        unbiased = correlation + (2 + 4 * np.maximum(correlation, 0.0)) * parts / size
        open_ &= unbiased >= bound
        if not open_.any():
            break
        weight = float((size - lag) * (size - lag - 1) * (size - lag - 2))
        inflation += np.where(open_, weight * np.minimum(unbiased, 0.98), 0.0)
    found: list[float] = (1 + 2 * inflation / (size * (size - 1) * (size - 2))).tolist()
    return found


def without_line(values: Floats) -> Floats:
    """Rows (series, size) less their least-squares lines."""
    time = np.arange(values.shape[1]) - (values.shape[1] - 1) / 2
    level = values.mean(axis=1, keepdims=True)
    slope = ((values - level) * time).sum(axis=1, keepdims=True) / max(float(time @ time), 1.0)
    left: Floats = values - level - slope * time
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
