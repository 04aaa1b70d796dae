"""Small lasting shifts: EWMA and CUSUM charts, and how long each runs before it signals.

Roberts (1959), Page (1954), Brook and Evans (1972); NIST/SEMATECH e-Handbook 6.3.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from trueline.errors import InputError
from trueline.trends.observations import Floats, Values, one_series

LEAST_REFERENCE = 20


@dataclass(frozen=True)
class Chart:
    """One row per observed point; `signals` are positions in the series handed in."""

    upper: Floats
    lower: Floats
    upper_limit: float
    lower_limit: float
    signals: list[int]


def ewma_chart(
    values: Values, *, target: float, deviation: float, weight: float = 0.2, width: float = 2.7
) -> Chart:
    """Exponentially weighted moving average (`upper` and `lower` alike) in its lasting limits.

    `weight` of the newest point, `width` in standard deviations of the average.
    """
    series = one_series(values)
    average = np.empty(len(series.value))
    last = target
    for at, value in enumerate(series.value[:, 0]):
        last = weight * value + (1 - weight) * last
        average[at] = last
    reach = width * deviation * np.sqrt(weight / (2 - weight))
    outside = np.abs(average - target) > reach
    signals = [int(one) for one in series.position[outside]]
    return Chart(average, average, target + reach, target - reach, signals)


def cusum_chart(values: Values, *, target: float, allowance: float, limit: float) -> Chart:
    """Two-sided cumulative sum, `allowance` and `limit` in units of the values.

    A signal is a point at which a sum passes the limit; both sums then start again from 0.
    """
    series = one_series(values)
    upper, lower = np.empty(len(series.value)), np.empty(len(series.value))
    high = low = 0.0
    signals: list[int] = []
    for at, value in enumerate(series.value[:, 0]):
        high = max(0.0, high + value - target - allowance)
        low = max(0.0, low + target - value - allowance)
        upper[at], lower[at] = high, low
        if max(high, low) > limit:
            signals.append(int(series.position[at]))
            high = low = 0.0
    return Chart(upper, lower, limit, limit, signals)


def average_run_length(
    shift: float, *, allowance: float = 0.5, limit: float = 5.0, states: int = 400
) -> float:
    """Points until a two-sided CUSUM signals, from zero, when the mean is `shift` deviations off.

    Brook and Evans (1972): the sum in `states` cells as a Markov chain; the two sides combine as
    1 / ARL = 1 / ARL up + 1 / ARL down (van Dobben de Bruyn 1968).
    """
    sides = [_one_sided_run(mean, allowance, limit, states) for mean in (shift, -shift)]
    return 1 / sum(1 / one for one in sides)


def _one_sided_run(mean: float, allowance: float, limit: float, states: int) -> float:
    cell = 2 * limit / (2 * states - 1)
    place = np.arange(states) * cell
    step = place[None, :] - place[:, None] + allowance - mean
    upper, lower = norm.cdf(step + cell / 2), norm.cdf(step - cell / 2)
    lower[:, 0] = 0.0
    run: Floats = np.linalg.solve(np.eye(states) - (upper - lower), np.ones(states))
    return float(run[0])


@dataclass(frozen=True)
class Reference:
    """How a series behaved while all was well; the correlation is with the point before."""

    mean: float
    deviation: float
    correlation: float


def reference_of(values: Values) -> Reference:
    """Learned from a quiet stretch; Raises InputError when it has fewer than twenty points.

    The correlation of lag one with the first-order correction of its bias, (1 + 4 r) / n.
    """
    series = one_series(values)
    value = series.value[:, 0]
    if len(value) < LEAST_REFERENCE:
        raise InputError(
            f"reference has {len(value)} points", mend=f"give at least {LEAST_REFERENCE}"
        )
    left = value - value.mean()
    power = float(left @ left)
    found = float(left[1:] @ left[:-1]) / power if power > 0 else 0.0
    correlation = min(0.95, max(0.0, found + (1 + 4 * found) / len(value)))
    return Reference(float(value.mean()), float(value.std(ddof=1)), correlation)


def drift_alarms(
    values: Values, reference: Reference, *, allowance: float = 0.25, limit: float = 9.0
) -> list[int]:
    """Positions at which a slow drift away from the reference is called, in either direction.

    What each point brings that the one before did not foretell is independent where the series
    is not (AR(1)), so a CUSUM of it keeps its false alarms; the small allowance makes it one for
    ramps. `allowance` and `limit` are in standard deviations of that news.
    """
    series = one_series(values)
    if reference.deviation <= 0 or len(series.value) == 0:
        return []
    standard = (series.value[:, 0] - reference.mean) / reference.deviation
    following = np.diff(series.position, prepend=series.position[0] - 2) == 1
    foretold = np.where(following, reference.correlation * np.roll(standard, 1), 0.0)
    spread = np.where(following, np.sqrt(1 - reference.correlation**2), 1.0)
    news = (standard - foretold) / spread
    chart = cusum_chart(news, target=0.0, allowance=allowance, limit=limit)
    return [int(series.position[at]) for at in chart.signals]
