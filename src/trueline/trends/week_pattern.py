"""The pattern of the week in a daily series, and whether there is one at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import friedmanchisquare

from trueline.trends.decomposition import stl
from trueline.trends.observations import Floats

LEAST_WEEKS = 4


@dataclass(frozen=True)
class WeekPattern:
    """`trend`: the series without its week and its noise; `season`: its week, (days,).
    `by_day`: what each weekday differs by, Monday first. `strength`: share of what is not trend
    that the week explains. `chance`: of weekdays so unlike without a pattern (Friedman 1937)."""

    trend: Floats
    season: Floats
    by_day: tuple[float, ...]
    strength: float
    chance: float


def week_pattern(series: Floats, first_weekday: int) -> WeekPattern | None:
    """Of one series of days, NaN where one is missing, of which the first falls on `first_weekday`
    (0 = Monday); None for fewer than LEAST_WEEKS whole weeks with data."""
    weeks = len(series) // 7
    whole = series[len(series) - 7 * weeks :].reshape(weeks, 7)
    known = whole[np.isfinite(whole).all(axis=1)]
    if len(known) < LEAST_WEEKS:
        return None
    parts = stl(series[None, :], 7)
    season, rest = parts.seasons[0][0], parts.rest[0]
    seen = np.isfinite(rest)
    moving = float(np.var((season + rest)[seen]))
    strength = 1 - float(np.var(rest[seen])) / moving if moving > 0 else 0.0
    weekday = (np.arange(len(series)) + first_weekday) % 7
    by_day = tuple(float(season[weekday == day].mean()) for day in range(7))
    return WeekPattern(parts.trend[0], season, by_day, max(0.0, strength), _chance(known))


def _chance(weeks: Floats) -> float:
    if (np.ptp(weeks, axis=1) == 0).all():
        return 1.0
    found = float(friedmanchisquare(*weeks.T).pvalue)
    return found if np.isfinite(found) else 1.0
