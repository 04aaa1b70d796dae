"""Where a series changes for good: `change_points(values)`.

Each stretch between two changes is described by a level, a line or a smooth curve; which changes
are worth it is decided once, with one setting for every series:

1. Lone spikes are cut back and a season, if there is one, is taken out (`cleaning`).
2. Optimal partitioning (`segment_costs.partition`) proposes segmentations, from many changes to
   none, for several prices of a change and of a coefficient.
3. The one with the best information criterion is kept. What the segments leave is judged as
   autocorrelated noise (AR(1)), for in a slowly wandering series most bends mean nothing, and, with
   less weight, as plain noise. A change has to explain some share of the variance as well, so that
   changes too small to see are not reported of long series.
4. A bend that one cubic describes as well as two levels or lines is a smooth course, and dropped.

A missing point is left out, never filled in. Nothing random takes part.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from trueline.trends.cleaning import found_period, repeating, without_season, without_spikes
from trueline.trends.observations import Floats, Values, observed, to_unit_size
from trueline.trends.segment_costs import basis, partition, residuals, segment_costs

LONGEST = 800
"""Points looked at in full; a longer series is first averaged over blocks, then refined."""


@dataclass(frozen=True)
class Setting:
    """The prices in the information criterion; the default was not fitted to any one series.

    Chosen in the middle of a wide plateau over real and synthetic series; `make bench` prints how
    little the score moves when each is changed.
    """

    per_change: float = 2.0
    """Of log n, for each change."""
    per_coefficient: float = 2.0
    """Of log n, for each coefficient of a segment."""
    share: float = 0.02
    """Fall in the log of the variance that a change has to bring, whatever the length."""
    floor: float = 0.001
    """Share of the variance below which noise is not told from nothing."""
    plain: float = 0.2
    """Weight of plain noise in the criterion; the rest judges the noise as AR(1)."""
    window: float = 0.25
    """Share of the series, on each side, in which the cubic is compared with two lines."""


DEFAULT = Setting()
LEAST_WINDOW = 20
"""Points on each side that a cubic is compared over, where there are as many."""
PRICES = np.geomspace(0.004, 0.4, 12)
"""Prices of a change, in shares of the variance."""
COEFFICIENT_PRICES = (0.3, 1.0, 3.0)
"""Prices of a coefficient, in prices of a change."""
GREATEST_CORRELATION = 0.98


def change_points(
    values: Values, *, season: int | None = None, setting: Setting = DEFAULT
) -> list[int]:
    """0-based positions at which new segments start; position 0 is not among them.

    `values` is a series (n,) or rows of d values (n, d); None and NaN are missing points.
    `season` is its period in points, 1 for none; without it a season is looked for.
    Raises InputError when the values are not numbers.
    """
    series = observed(values)
    if len(series.value) < 5:
        return []
    clean = np.stack([_cleaned(one, season) for one in series.value.T], axis=1)
    clean = clean[:, np.ptp(clean, axis=0) > 1e-12]
    if clean.shape[1] == 0:
        return []
    block = -(-len(clean) // LONGEST)
    coarse = _block_means(clean, block)
    cuts = _without_smooth_bends(coarse, _best_cuts(coarse, setting), setting)
    if block > 1:
        cuts = _refined(clean, [cut * block for cut in cuts], 2 * block)
    return [int(series.position[cut]) for cut in cuts]


def _cleaned(column: Floats, season: int | None) -> Floats:
    """One column without spikes and season, with mean 0 and variance 1 (0 if constant)."""
    unit = to_unit_size(column)
    if np.ptp(unit) <= 1e-12:
        return np.zeros_like(column)
    plain = without_spikes(unit)
    period = _period(plain) if season is None else season
    return _standard(without_season(plain, period))


def _standard(column: Floats) -> Floats:
    spread = float(column.std())
    return (column - column.mean()) / spread if spread > 0 else np.zeros_like(column)


def _period(series: Floats) -> int:
    """The season of the changes or, failing that, of what a rough segmentation leaves."""
    period = found_period(series)
    if period > 1 or len(series) > LONGEST:
        return period
    column = _standard(series)[:, None]
    size = len(column)
    cost = segment_costs(column)[:2]
    price = 0.06 * size
    cuts = partition(np.minimum(cost[0], cost[1] + price / 2), price, _least(size))
    left, _ = residuals(column, cost, cuts, price / 2)
    period = repeating(left[:, 0])
    return period if period >= 5 else 1


def _least(size: int) -> int:
    return 5 if size >= 40 else 3 if size >= 20 else 2


def _block_means(series: Floats, block: int) -> Floats:
    if block == 1:
        return series
    starts = np.arange(0, len(series), block)
    counts = np.diff(np.append(starts, len(series)))
    means = np.add.reduceat(series, starts, axis=0) / counts[:, None]
    return np.stack([_standard(one) for one in means.T], axis=1)


def _best_cuts(series: Floats, setting: Setting) -> list[int]:
    """The proposed segmentation with the best criterion."""
    size, width = series.shape
    cost = segment_costs(series)
    best = np.inf
    kept: tuple[int, ...] = ()
    seen: set[tuple[tuple[int, ...], int]] = set()
    for degrees in range(1, len(cost) + 1):
        for relative in COEFFICIENT_PRICES if degrees > 1 else (1.0,):
            for price in PRICES * size * width:
                each = relative * price
                charged = np.min(cost[:degrees] + each * np.arange(degrees)[:, None, None], axis=0)
                cuts = partition(charged, price, _least(size))
                left, spent = residuals(series, cost[:degrees], cuts, each)
                if (cuts, spent) in seen:
                    continue
                seen.add((cuts, spent))
                value = _criterion(left, cuts, spent, setting)
                if value < best:
                    best, kept = value, cuts
    return list(kept)


def _criterion(left: Floats, cuts: tuple[int, ...], spent: int, setting: Setting) -> float:
    """Twice the negative log likelihood of the residuals (n, d), plus the prices paid."""
    size, width = left.shape
    plain = (left**2).sum(axis=0) / size
    inside = np.ones(size - 1, dtype=bool)
    inside[np.array(cuts, dtype=np.intp) - 1] = False
    before, after = left[:-1][inside], left[1:][inside]
    power = np.maximum((before**2).sum(axis=0), 1e-300)
    correlation = np.clip((before * after).sum(axis=0) / power, 0.0, GREATEST_CORRELATION)
    new = ((after - correlation * before) ** 2).mean(axis=0)
    fit = (1 - setting.plain) * np.log(new + setting.floor)
    fit = fit + setting.plain * np.log(plain + setting.floor)
    price = setting.per_change * len(cuts) + setting.per_coefficient * spent
    return float(size * fit.sum() + price * np.log(size) + setting.share * size * width * len(cuts))


def _without_smooth_bends(series: Floats, cuts: list[int], setting: Setting) -> list[int]:
    """The cuts around which a break is worth more than one cubic, the weakest dropped first."""
    reach = max(LEAST_WINDOW, int(setting.window * len(series)))
    kept = list(cuts)
    while kept:
        edges = [0, *kept, len(series)]
        around = zip(edges, kept, edges[2:], strict=False)
        gains = [_gain_of_a_break(series, *three, reach) for three in around]
        weakest = int(np.argmin(gains))
        if gains[weakest] > 0:
            break
        del kept[weakest]
    return kept


def _gain_of_a_break(series: Floats, start: int, cut: int, stop: int, reach: int) -> float:
    """How much lower the BIC of two levels or lines is than that of one cubic around a cut.

    The place of the cut counts as a coefficient.
    """
    start, stop = max(start, cut - reach), min(stop, cut + reach)
    if min(cut - start, stop - cut) < 4:
        return np.inf
    size = (stop - start) * series.shape[1]
    price = np.log(stop - start) * series.shape[1]
    tiny = 1e-6 * size
    parts = (series[start:cut], series[cut:stop])
    left = [[_left_by(part, degree) for degree in (0, 1)] for part in parts]
    broken = min(
        size * np.log(left[0][a] + left[1][b] + tiny) + (a + b + 3) * price
        for a in (0, 1)
        for b in (0, 1)
    )
    smooth = size * np.log(_left_by(series[start:stop], 3) + tiny) + 4 * price
    return float(smooth - broken)


def _left_by(series: Floats, degree: int) -> float:
    shape = basis(len(series), degree)
    rest = series - shape @ (shape.T @ series)
    return float((rest**2).sum())


def _refined(series: Floats, cuts: list[int], reach: int) -> list[int]:
    """Cuts of a coarse series moved to the point where two lines leave least."""
    refined: list[int] = []
    edges = [0, *cuts, len(series)]
    for (start, cut), (_, stop) in zip(pairwise(edges[:-1]), pairwise(edges[1:]), strict=True):
        low, high = max(start, cut - 5 * reach), min(stop, cut + 5 * reach)
        places = range(max(low + 2, cut - reach), min(high - 2, cut + reach) + 1)
        left = [_left_by(series[low:at], 1) + _left_by(series[at:high], 1) for at in places]
        refined.append(places[int(np.argmin(left))])
    return refined
