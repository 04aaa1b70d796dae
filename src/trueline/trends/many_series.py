"""Many daily series at once: test, slope and level changes of each, on all processors.

The test is that of `trend_test`, the partition that of `segment_costs.partition` for levels, worked
on blocks of series side by side; the answers are those of one series at a time.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from trueline.errors import InputError
from trueline.trends.many_tests import plain_tests
from trueline.trends.monotone_trend import TrendTest
from trueline.trends.observations import Floats

BLOCK = 128
LEAST_DAYS = 7
PRICE = 4.0
NEVER = 1e300
"""A price that no change of level is worth."""


@dataclass(frozen=True)
class SeriesScan:
    """What was found of one series, in the units of the values per day."""

    test: TrendTest
    level_changes: list[int]
    """0-based days on which a new level starts, each level at least a week long."""


def scan_many(values: Floats, *, season: int = 7) -> list[SeriesScan]:
    """Scan of each row of `values` (series, days), NaN where a day is missing.

    `season` points are taken out first: the median difference of each day of the cycle from the
    average of the cycle around it; 1 for none.
    """
    if values.ndim != 2:
        raise InputError(f"values have {values.ndim} dimensions", mend="give rows of days")
    blocks = [values[at : at + BLOCK] for at in range(0, len(values), BLOCK)]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        scanned = threads.map(lambda block: _scan_block(block, season), blocks)
        return [one for block in scanned for one in block]


def _scan_block(values: Floats, season: int) -> list[SeriesScan]:
    plain = without_cycle(np.asarray(values, dtype=np.float64), season)
    changes = level_changes(plain, level_prices(plain))
    tests = plain_tests(plain)
    return [SeriesScan(test, cuts) for test, cuts in zip(tests, changes, strict=True)]


def without_cycle(values: Floats, season: int) -> Floats:
    """Rows less the median of each place in the cycle, measured from the cycle around it."""
    size = values.shape[1]
    if season < 2 or size < 3 * season:
        return values
    seen = np.isfinite(values)
    whole = (season - 1) // 2
    edge = ((0, 0), (whole + 1, season - 1 - whole))
    total = np.cumsum(np.pad(np.where(seen, values, 0.0), edge), axis=1)
    count = np.cumsum(np.pad(seen.astype(np.float64), edge), axis=1)
    around = total[:, season:] - total[:, :-season]
    average = around / np.maximum(count[:, season:] - count[:, :-season], 1.0)
    left = values - average[:, :size]
    cycle = np.stack([_medians(left[:, at::season]) for at in range(season)], axis=1)
    cycle = np.nan_to_num(cycle - _means(cycle)[:, None])
    return values - cycle[:, np.arange(size) % season]


def _medians(values: Floats) -> Floats:
    """Row medians of what is there, NaN for a row without anything."""
    order = np.sort(values, axis=1)
    count = np.isfinite(values).sum(axis=1)
    rows = np.arange(len(values))
    lower = order[rows, np.maximum(count - 1, 0) // 2]
    upper = order[rows, np.minimum(count // 2, values.shape[1] - 1)]
    middle: Floats = np.where(count > 0, (lower + upper) / 2, np.nan)
    return middle


def _means(values: Floats) -> Floats:
    seen = np.isfinite(values)
    total: Floats = np.where(seen, values, 0.0).sum(axis=1)
    mean: Floats = total / np.maximum(seen.sum(axis=1), 1)
    return mean


def level_prices(values: Floats) -> Floats:
    """Price of a level change in each row (series,), in squared units of the values.

    A multiple of log n times the long-run variance, taken from the differences between the means
    of successive weeks by their median, so that neither a few steps nor autocorrelation matter.
    """
    weeks = values.shape[1] // LEAST_DAYS
    if weeks < 3:
        return np.full(len(values), NEVER)
    shaped = values[:, : weeks * LEAST_DAYS].reshape(len(values), weeks, LEAST_DAYS)
    seen = np.isfinite(shaped)
    count = seen.sum(axis=2)
    sums = np.where(seen, shaped, 0.0).sum(axis=2)
    means = np.where(count > 0, sums / np.maximum(count, 1), np.nan)
    spread = 1.4826 * _medians(np.abs(np.diff(means, axis=1)))
    variance = LEAST_DAYS * spread**2 / 2
    price = PRICE * np.log(values.shape[1]) * variance
    return np.where(np.isfinite(variance), price, NEVER)


def level_changes(values: Floats, prices: Floats) -> list[list[int]]:
    """Exact least-squares partition of each row into levels, at `prices` (series,) a change.

    Equal to PELT with the l2 cost, no shorter segment than a week; missing days count nothing.
    """
    size, rows = values.shape[1], len(values)
    seen = np.isfinite(values)
    offset = _means(values)[:, None]
    total, count = np.zeros((size + 1, rows)), np.zeros((size + 1, rows))
    np.cumsum(np.where(seen, values - offset, 0.0).T, axis=0, out=total[1:])
    np.cumsum(seen.T, axis=0, out=count[1:])
    whole = bool(seen.all())
    inverse = 1.0 / np.arange(size + 1, 0, -1)[:, None]
    best = np.full((size + 1, rows), np.inf)
    best[0] = -prices
    for stop in range(LEAST_DAYS, size + 1):
        until = stop - LEAST_DAYS + 1
        cost = total[stop] - total[:until]
        cost *= cost
        if whole:
            cost *= inverse[size + 1 - stop :][:until]
        else:
            cost *= 1.0 / np.maximum(count[stop] - count[:until], 1.0)
        np.subtract(best[:until], cost, out=cost)
        np.minimum.reduce(cost, axis=0, out=best[stop])
        best[stop] += prices
    return [_cuts(total[:, row], count[:, row], best[:, row]) for row in range(rows)]


def _cuts(total: Floats, count: Floats, best: Floats) -> list[int]:
    """The way back: which start made each best sum, from the last segment to the first."""
    cuts: list[int] = []
    stop = len(total) - 1
    while stop >= LEAST_DAYS:
        until = stop - LEAST_DAYS + 1
        gain = np.square(total[stop] - total[:until])
        gain *= 1.0 / np.maximum(count[stop] - count[:until], 1.0)
        stop = int(np.argmin(best[:until] - gain))
        cuts.append(stop)
    return cuts[-2::-1]
