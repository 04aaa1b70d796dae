"""Does a series rise or fall, how steeply, how sure, and what could have been seen at all?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trueline.errors import InputError
from trueline.trends.mann_kendall import (
    NORMAL,
    Score,
    autocorrelation_inflation,
    kendall_variance,
    seasonal_score,
    standard_score,
    two_sided,
)
from trueline.trends.observations import Floats, Observed, Values, one_series
from trueline.trends.pair_slopes import OrderedSlopes, PairSlopes

CONFIDENCE = 0.95
POWER = 0.80


@dataclass(frozen=True)
class TrendTest:
    """Mann-Kendall test with Theil-Sen slope, or seasonal Kendall test with seasonal slope.

    Slopes are in units of the values per point (per day, for daily values), also of a seasonal
    series. With fewer than three points, or none that differ, nothing was tested: `p_value` is 1
    and `detectable_slope` infinite.
    """

    points: int
    """Observed points."""
    season: int
    s: int
    variance: float
    """Variance of S by chance, ties counted, points taken as independent."""
    tau: float
    """S over the number of pairs compared (Kendall's tau-a)."""
    z: float
    p_value: float
    """Two-sided, points taken as independent."""
    inflation: float
    """How many times larger the variance of S is with the autocorrelation found."""
    p_adjusted: float
    """Two-sided, with autocorrelation (Hamed and Rao) or covariance of seasons (Hirsch, Slack)."""
    slope: float
    interval: tuple[float, float]
    """95 % interval of the slope, with the variance that counts autocorrelation."""
    intercept: float
    """Value of the trend line at position 0: median value less slope times median position."""
    detectable_slope: float
    """Smallest slope that would have been found with 80 % power at the 5 % level; infinite where
    most points are equal, for then the interval is a single 0 and says nothing."""

    @property
    def slope_per_season(self) -> float:
        """Change over one whole season."""
        return self.slope * self.season


def trend_test(values: Values, season: int = 1) -> TrendTest:
    """Test of one series (n,) in order of time; None and NaN are missing points.

    With `season` > 1, points are compared with those of the same season only.
    Raises InputError when the values are not one series of numbers or the season is not positive.
    """
    if season < 1:
        raise InputError(f"season is {season}", mend="give the number of points of a season, or 1")
    series = one_series(values)
    slopes = PairSlopes(series.position, series.value[:, 0], season)
    if season == 1:
        return plain_test(slopes)
    score, variance = seasonal_score(_cycles(series, season))
    inflation = variance / score.variance if score.variance > 0 else 1.0
    return decided(slopes, score, inflation, _around_the_median(slopes, score, inflation))


def plain_test(slopes: PairSlopes) -> TrendTest:
    """The test without seasons, of the slopes between all pairs."""
    size = len(slopes.value)
    score = Score(slopes.s, kendall_variance(slopes.value), size * (size - 1) // 2)
    inflation = autocorrelation_inflation(slopes.value)
    return decided(slopes, score, inflation, _around_the_median(slopes, score, inflation))


def decided(slopes: PairSlopes, score: Score, inflation: float, near: OrderedSlopes) -> TrendTest:
    """Everything that follows from the score, its inflation and the slopes near their median."""
    size = len(slopes.value)
    variance = score.variance * inflation
    z, adjusted = standard_score(score.s, score.variance), standard_score(score.s, variance)
    slope, low, high = _slopes(
        near, score.pairs, interval_ranks(score.pairs, score.variance, inflation)
    )
    tested = size >= 3 and score.variance > 0
    reach = (high - low) / 2 * (1 + NORMAL.inv_cdf(POWER) / NORMAL.inv_cdf((1 + CONFIDENCE) / 2))
    middle = float(np.median(slopes.value) - slope * np.median(slopes.position)) if size else np.nan
    return TrendTest(
        points=size,
        season=slopes.season,
        s=score.s,
        variance=score.variance,
        tau=score.tau,
        z=z,
        p_value=two_sided(z) if tested else 1.0,
        inflation=inflation,
        p_adjusted=two_sided(adjusted) if tested else 1.0,
        slope=slope,
        interval=(low, high),
        intercept=middle,
        detectable_slope=reach if tested and (reach > 0 or slope != 0) else np.inf,
    )


def interval_ranks(pairs: int, variance: float, inflation: float) -> tuple[int, int]:
    """0-based ranks of the bounds of the interval (Sen 1968; Gilbert 1987, 16.4)."""
    half = NORMAL.inv_cdf((1 + CONFIDENCE) / 2) * np.sqrt(variance * inflation)
    low = max(0, round((pairs - half) / 2) - 1)
    return low, max(low, min(pairs - 1, round((pairs + half) / 2)))


def _around_the_median(slopes: PairSlopes, score: Score, inflation: float) -> OrderedSlopes:
    return slopes.ordered(*interval_ranks(score.pairs, score.variance, inflation))


def _slopes(near: OrderedSlopes, pairs: int, ranks: tuple[int, int]) -> tuple[float, float, float]:
    """The median slope and the bounds of its interval; NaN where there is no pair."""
    if pairs == 0:
        return np.nan, np.nan, np.nan
    one, other, low, high = near.at((pairs - 1) // 2, pairs // 2, *ranks)
    return (one + other) / 2, low, high


def _cycles(series: Observed, season: int) -> Floats:
    """One row a cycle, one column a season, NaN where nothing was observed."""
    rows = -(-series.length // season) or 1
    cycles = np.full(rows * season, np.nan)
    cycles[series.position] = series.value[:, 0]
    return cycles.reshape(rows, season)
