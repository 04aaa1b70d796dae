"""The test of `trend_test` for many series of equal length, worked side by side."""

from __future__ import annotations

import numpy as np

from trueline.trends.mann_kendall import Score, autocorrelation_inflations, kendall_variances
from trueline.trends.many_slopes import kendall_sums, near_slopes
from trueline.trends.monotone_trend import TrendTest, decided, interval_ranks, plain_test
from trueline.trends.observations import Floats
from trueline.trends.pair_slopes import PairSlopes

LEAST_DAYS = 180
"""With fewer there are so few pairs that one series at a time costs no more."""
MOST_DAYS = 1500
"""With more the pairs of a block of series would not fit in some tens of megabytes."""


def plain_tests(values: Floats) -> list[TrendTest]:
    """The test without seasons of each row (series, days), NaN where a day is missing."""
    positions = [np.flatnonzero(seen) for seen in np.isfinite(values)]
    slopes = [PairSlopes(at, row[at]) for at, row in zip(positions, values, strict=True)]
    if not (len(values) and LEAST_DAYS <= values.shape[1] <= MOST_DAYS):
        return [plain_test(one) for one in slopes]
    sizes = [len(at) for at in positions]
    pairs = [size * (size - 1) // 2 for size in sizes]
    variances = kendall_variances(values)
    inflations = autocorrelation_inflations(values)
    ranks = [interval_ranks(*three) for three in zip(pairs, variances, inflations, strict=True)]
    nears = near_slopes(values, ranks, pairs)
    scores = map(Score, kendall_sums(values).tolist(), variances, pairs)
    return [
        decided(one, score, inflation, near or one.ordered(*rank))
        for one, score, inflation, near, rank in zip(
            slopes, scores, inflations, nears, ranks, strict=True
        )
    ]
