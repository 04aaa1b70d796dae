"""Slopes between all pairs of days of many series at once: their signs, and those near the middle.

One lag at a time, all series side by side: the pairs of a lag are two shifted blocks of memory, so
counting them costs little more than reading them. Single precision decides only what is far from a
bracket; whatever is near it is worked out in full, so the answers are those of `pair_slopes`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from trueline.trends.observations import Floats
from trueline.trends.pair_slopes import SAMPLED, OrderedSlopes, pairs_by_lag, some_pairs

SLACK = 0.035
"""Share of the sample by which a bracket is wider than the ranks asked for: 3.2 standard errors."""
ROUNDING = 2.0**-21
"""Bound of the error of a difference in single precision, of the largest value."""
FARTHEST = 2.0**17
"""Largest value, in half widths of the bracket, that single precision can tell apart."""
MOST_IN_A_BYTE = 255


class _Counts:
    """How often something was true of each series, added up in bytes that never run over.

    One axis are the days, which may be fewer from time to time, the other the series.
    """

    def __init__(self, shape: tuple[int, int], days: int) -> None:
        self._bytes = np.zeros(shape, dtype=np.uint8)
        self._days = days
        self._total = np.zeros(shape[1 - days], dtype=np.int64)
        self._added = 0

    def add(self, true: NDArray[np.bool_]) -> None:
        if self._added == MOST_IN_A_BYTE:
            self._empty()
        part = self._bytes[: true.shape[0], : true.shape[1]]
        np.add(part, true.view(np.uint8), out=part)
        self._added += 1

    def total(self) -> NDArray[np.int64]:
        self._empty()
        return self._total

    def _empty(self) -> None:
        self._total += self._bytes.sum(axis=self._days, dtype=np.int64)
        self._bytes[:] = 0
        self._added = 0


def kendall_sums(values: Floats) -> NDArray[np.int64]:
    """Kendall's S of each row of `values` (series, days), NaN where a day is missing."""
    rank = np.ascontiguousarray(_dense_ranks(values).T)
    days, rows = rank.shape
    size = np.isfinite(values).sum(axis=1)
    rising, falling = _Counts((days, rows), 0), _Counts((days, rows), 0)
    tied = bool((np.nanmax(rank, axis=0, initial=-1.0) + 1 < size).any())
    for lag in range(1, days):
        rising.add(rank[lag:] > rank[:-lag])
        if tied:
            falling.add(rank[lag:] < rank[:-lag])
    fallen = falling.total() if tied else size * (size - 1) // 2 - rising.total()
    return rising.total() - fallen


def _dense_ranks(values: Floats) -> NDArray[np.float32]:
    """Numbers in the order of the values, equal for equal ones, NaN for NaN; exact as singles."""
    order = np.argsort(values, axis=1)
    ascending = np.take_along_axis(values, order, axis=1)
    new = np.diff(ascending, axis=1, prepend=ascending[:, :1]) > 0
    rank = np.empty(values.shape, dtype=np.float32)
    np.put_along_axis(rank, order, np.cumsum(new, axis=1, dtype=np.float32), axis=1)
    rank[np.isnan(values)] = np.nan
    return rank


def near_slopes(
    values: Floats, ranks: Sequence[tuple[int, int]], pairs: Sequence[int]
) -> list[OrderedSlopes | None]:
    """Of each row of `values` (series, days) the slopes between two 0-based ranks, at least.

    `pairs` is the number of pairs of observed days of each row. None where a sample of the pairs
    did not bracket the ranks: `PairSlopes.ordered` finds them.
    """
    found: list[OrderedSlopes | None] = [None] * len(values)
    low, high = _brackets(values, ranks, pairs)
    half = (high - low) / 2
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        scaled = (values - ((low + high) / 2)[:, None] * np.arange(values.shape[1])) / half[:, None]
        largest = np.max(np.abs(np.nan_to_num(scaled, posinf=np.inf)), axis=1)
    good = np.flatnonzero(np.isfinite(half) & (half > 0) & (largest < FARTHEST))
    if len(good) == 0:
        return found
    below, slopes = _inside(
        values[good], scaled[good].astype(np.float32), float(largest[good].max())
    )
    for row, under, near in zip(good.tolist(), below, slopes, strict=True):
        too_low, inside = near < low[row], near[(near >= low[row]) & (near <= high[row])]
        one = OrderedSlopes(int(under) + int(np.count_nonzero(too_low)), inside)
        if one.holds(*ranks[row]):
            found[row] = one
    return found


def _brackets(
    values: Floats, ranks: Sequence[tuple[int, int]], pairs: Sequence[int]
) -> tuple[Floats, Floats]:
    """Slopes of a sample of the pairs that lie well outside of the ranks; NaN without any."""
    first, second = some_pairs(values.shape[1])
    sample = (values[:, second] - values[:, first]) / (second - first)
    seen = np.isfinite(sample).sum(axis=1)
    with np.errstate(over="ignore"):
        sample = np.sort(sample.astype(np.float32), axis=1)
    share = np.array(ranks) / np.maximum(pairs, 1)[:, None] + np.array([-SLACK, SLACK])
    place = (share * seen[:, None]).astype(int)
    held = (place[:, 0] >= 0) & (place[:, 1] < seen) & (seen > SAMPLED // 4)
    each = np.arange(len(values))
    low, high = (
        np.where(held, sample[each, np.where(held, place[:, side], 0)], np.nan).astype(np.float64)
        for side in (0, 1)
    )
    return low, high


def _inside(
    values: Floats, scaled: NDArray[np.float32], largest: float
) -> tuple[NDArray[np.int64], list[Floats]]:
    """Of each row, how many slopes lie below its bracket, and those in it or very near.

    `scaled` are the values turned and stretched so that the bracket is a slope of -1 to 1.
    """
    rows, days = scaled.shape
    first, second, apart = pairs_by_lag(days)
    within = np.empty((rows, len(first)), dtype=np.bool_)
    below = _Counts((rows, days), 1)
    done = 0
    for lag in range(1, days):
        reach = np.float32(lag + ROUNDING * largest)
        rise = scaled[:, lag:] - scaled[:, :-lag]
        below.add(rise < -reach)
        until = done + days - lag
        np.less_equal(np.abs(rise, out=rise), reach, out=within[:, done:until])
        done = until
    slopes = []
    for value, hits in zip(values, within, strict=True):
        hit = np.flatnonzero(hits)
        slopes.append((value[second[hit]] - value[first[hit]]) / apart[hit])
    return below.total(), slopes
